"""What native code in the child cannot do: calls through libc, past everything in Python.

Each attempt is made three times: with nothing in force, where it must work, or the test would prove
nothing; and under each of the two means of the kernel alone, and under both.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vault.media.child import default_command
from vault.media.reader import MetadataReader

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="NOT STOPPED HERE: native code in the child (only on Linux)"
)

CONTENT = b"ciphertext" * 1000
REFUSED = {"EPERM", "EACCES"}

START = """
import ctypes, errno, os, signal, sys
layer, number = sys.argv[1], int(sys.argv[2])
victim, place = map(os.fsencode, sys.argv[3:5])
sys.path[:] = sys.argv[5:]
from vault.media import confinement, landlock, seccomp
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
machine = os.uname().machine
before = os.open(victim, os.O_RDWR)
def tell(result):
    failed = result in (-1, ctypes.c_void_p(-1).value)
    print(errno.errorcode[ctypes.get_errno()] if failed else "done", flush=True)
libc.prctl(38, 1, 0, 0, 0)
force = (0, False)
if layer == "all":
    force = tuple(confinement.confine())
if layer == "landlock":
    force = (landlock.refuse_changes(libc, machine), False)
if layer == "seccomp":
    force = (0, seccomp.filter_calls(libc, machine))
"""


class Stage:
    """A file and a process that are attacked, and the child that attacks."""

    def __init__(self, folder, bystander):
        self.victim = folder / "vault.bin"
        self.victim.write_bytes(CONTENT)
        self.place = folder / "new"
        self.bystander = bystander

    def run(self, layer, code):
        command = default_command()
        told = [layer, str(self.bystander.pid), str(self.victim), str(self.place)]
        return subprocess.run(
            [*command[:5], "-c", START + code, *told, *command[7:]],
            capture_output=True,
            env={},
            text=True,
            timeout=60,
            check=False,
        )

    def says(self, layer, code):
        done = self.run(layer, code)
        return done.stdout.strip() or done.stderr

    def unharmed(self):
        return (
            self.victim.read_bytes() == CONTENT
            and os.listdir(self.victim.parent) == [self.victim.name]
            and self.bystander.poll() is None
        )


@pytest.fixture
def stage(tmp_path):
    # It waits for the end of its input.
    with subprocess.Popen([shutil.which("cat")], stdin=subprocess.PIPE) as bystander:
        yield Stage(tmp_path, bystander)
        bystander.kill()


@pytest.fixture(scope="module")
def force(tmp_path_factory):
    """Version of Landlock, and whether the filter holds, on this kernel."""
    with subprocess.Popen([shutil.which("cat")], stdin=subprocess.PIPE) as bystander:
        asked = Stage(tmp_path_factory.mktemp("asked"), bystander)
        version, filtered = asked.says("all", "print(*map(int, force))").split()
        bystander.kill()
    return int(version), bool(int(filtered))


def need(force, layer, version=1):
    """Skip where this kernel cannot enforce it."""
    if layer == "landlock" and force[0] < version:
        pytest.skip(f"Landlock {version} is not here: NOT STOPPED by it")
    if layer == "seccomp" and not force[1]:
        pytest.skip("no filter of system calls here: NOT STOPPED by it")
    if layer == "all" and not (force[1] or force[0] >= version):
        pytest.skip("neither Landlock nor a filter here: NOT STOPPED")


LAYERS = ["none", "landlock", "seccomp", "all"]

CHANGES = {
    "write": "tell(libc.open(victim, os.O_RDWR))",
    "append": "tell(libc.open(victim, os.O_WRONLY | os.O_APPEND))",
    "map": (
        "held = libc.open(victim, os.O_RDWR)\n"
        "held = held if held >= 0 else libc.open(victim, os.O_RDONLY)\n"
        "at = libc.mmap(None, ctypes.c_size_t(4096), 3, 1, held, ctypes.c_long(0))\n"
        "tell(at)\n"
        "ctypes.memset(at, 0, 10)"
    ),
    "empty": "tell(libc.open(victim, os.O_TRUNC))",
    "creat": "tell(libc.creat(place, 0o600))",
    "nameless": "tell(libc.open(os.path.dirname(victim), os.O_TMPFILE | os.O_RDWR, 0o600))",
    "unlink": "tell(libc.unlink(victim))",
    "rename": "tell(libc.rename(victim, place))",
    "link": "tell(libc.link(victim, place))",
    "symlink": "tell(libc.symlink(victim, place))",
    "mkdir": "tell(libc.mkdir(place, 0o700))",
    "fifo": "tell(libc.mkfifo(place, 0o600))",
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("change", CHANGES)
def test_no_file_is_changed(stage, force, change, layer):
    need(force, layer, 3 if change == "empty" else 1)
    said = stage.says(layer, CHANGES[change])
    if layer == "none":
        assert "done" == said
    else:
        assert said in REFUSED
        assert stage.unharmed()


@pytest.mark.parametrize("layer", LAYERS)
def test_no_file_is_truncated(stage, force, layer):
    need(force, layer, 3)
    said = stage.says(layer, "tell(libc.truncate(victim, ctypes.c_long(0)))")
    assert said == "done" if layer == "none" else said in REFUSED
    assert stage.unharmed() == (layer != "none")


# Landlock knows nothing of these; the filter does.
BEYOND_FILES = {
    "ftruncate": "tell(libc.ftruncate(before, ctypes.c_long(0)))",
    "chmod": "tell(libc.chmod(victim, 0))",
    "times": "tell(libc.utimensat(-100, victim, None, 0))",
    "flags": "tell(libc.fcntl(before, 8, os.getpid()))",
    "lock": "tell(libc.flock(before, 2))",
    "socket": "tell(libc.socket(2, 1, 0))",
    "unix socket": "tell(libc.socket(1, 1, 0))",
    "socketpair": "tell(libc.socketpair(1, 1, 0, (ctypes.c_int * 2)()))",
    "fork": "made = libc.fork()\nmade or os._exit(0)\ntell(made)",
    "limits": "tell(libc.prlimit(number, 4, (ctypes.c_uint64 * 2)(), None))",
    "priority": "tell(libc.setpriority(0, number, 19))",
    "shared memory": (
        "made = libc.shmget(0, ctypes.c_size_t(4096), 0o1600)\n"
        "tell(made)\n"
        "libc.shmctl(made, 0, None)"
    ),
    "memory file": "tell(libc.memfd_create(b'x', 0))",
    "dumpable": "tell(libc.prctl(4, 1, 0, 0, 0))",
}


@pytest.mark.parametrize("layer", ["none", "seccomp", "all"])
@pytest.mark.parametrize("attempt", BEYOND_FILES)
def test_other_calls_are_refused(stage, force, attempt, layer):
    need(force, "seccomp")
    assert ("done" if layer == "none" else "EPERM") == stage.says(layer, BEYOND_FILES[attempt])
    if layer != "none":
        assert stage.unharmed()


KILLING = {
    "kill": "tell(libc.kill(number, signal.SIGKILL))",
    "tgkill": "tell(libc.tgkill(number, number, signal.SIGKILL))",
    "group": "tell(libc.kill(os.getppid(), 0))",
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("way", KILLING)
def test_no_other_process_is_killed(stage, force, way, layer):
    need(force, layer, 6)
    if way == "tgkill" and "glibc" not in platform.libc_ver():
        pytest.skip("this C library has no tgkill")
    assert ("done" if layer == "none" else "EPERM") == stage.says(layer, KILLING[way])
    if layer != "none":
        assert stage.unharmed()


@pytest.mark.parametrize("layer", LAYERS)
def test_no_program_is_run(stage, force, layer):
    need(force, layer)
    echo = shutil.which("echo")
    run = (
        f"arguments = (ctypes.c_char_p * 3)({echo!r}.encode(), b'done', None)\n"
        f"tell(libc.execve({echo!r}.encode(), arguments, (ctypes.c_char_p * 1)()))"
    )
    said = stage.says(layer, run)
    assert said == "done" if layer == "none" else said in REFUSED
    said = stage.says(layer, "print(libc.system(b'exit 3') >> 8)")
    assert said == "3" if layer == "none" else said in {"-1", "127"}


@pytest.mark.parametrize("layer", ["none", "landlock"])
def test_landlock_alone_refuses_to_bind(stage, force, layer):
    need(force, layer, 4)
    address = r"b'\2\0\0\0\x7f\0\0\1' + bytes(8)"
    bind = f"tell(libc.bind(libc.socket(2, 1, 0), {address}, 16))"
    assert ("done" if layer == "none" else "EACCES") == stage.says(layer, bind)


@pytest.mark.parametrize("layer", ["landlock", "all"])
def test_memory_of_others_is_not_read(stage, force, layer):
    need(force, "landlock")
    assert "EACCES" == stage.says(layer, "tell(libc.open(b'/proc/%d/mem' % number, os.O_RDONLY))")
    attach = "tell(libc.ptrace(16, ctypes.c_long(number), None, None))"
    assert stage.says(layer, attach) == "EPERM"
    read = (
        "here = (ctypes.c_size_t * 2)(ctypes.addressof((ctypes.c_char * 9)()), 9)\n"
        "tell(libc.process_vm_readv(number, here, 1, here, 1, 0))"
    )
    assert stage.says(layer, read) == "EPERM"


@pytest.mark.parametrize("number", ["clone3", "io_uring_setup", "openat2", "pidfd_open"])
def test_newer_calls_are_unknown(stage, force, number):
    need(force, "seccomp")
    numbers = {"io_uring_setup": 425, "pidfd_open": 434, "clone3": 435, "openat2": 437}
    code = f"tell(libc.syscall(ctypes.c_long({numbers[number]}), 0, 0, 0, 0, 0, 0))"
    assert "ENOSYS" == stage.says("all", code)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="two instruction sets: on x86-64 only")
def test_calls_of_32_bits_are_refused(stage, force):
    need(force, "seccomp")
    # mov eax, 20 (getpid of i386); int 0x80; ret
    code = (
        "at = libc.mmap(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0))\n"
        "ctypes.memmove(at, bytes.fromhex('b814000000cd80c3'), 8)\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int)(at)() == os.getpid())"
    )
    if stage.says("none", code) != "True":
        pytest.skip("this kernel runs no calls of 32 bits")
    assert "False" == stage.says("all", code)


def test_both_means_are_in_force_where_the_kernel_has_them(stage):
    version = stage.says("none", "print(libc.syscall(444, None, ctypes.c_size_t(0), 1))")
    machine = platform.machine()
    filtered = int(machine in {"x86_64", "aarch64"})
    expected = f"{max(0, int(version))} {filtered}"
    assert expected == stage.says("all", "print(*map(int, force))")


def test_no_thread_runs_before_it_is_confined(stage):
    count = (
        "import vault.media.__main__\nprint(os.listdir('/proc/self/task') == [str(os.getpid())])"
    )
    assert "True" == stage.says("none", count)


def test_the_child_that_serves_is_filtered(force, jpeg):
    need(force, "seccomp")
    with MetadataReader() as metadata:
        assert metadata.read_bytes(jpeg).problem is None
        status = Path(f"/proc/{metadata._child.pid}/status").read_text()
    assert "Seccomp:\t2\n" in status
    assert "NoNewPrivs:\t1\n" in status


def test_reading_threads_and_the_end_go_on(stage):
    threads = "import threading\none = threading.Thread(target=print, args=['ran'])\none.start()\n"
    assert "ran" == stage.says("all", threads + "one.join()")
    assert "10000" == stage.says("all", "print(len(open(victim, 'rb').read()))")
    assert "ok" == stage.says("all", "import fractions, PIL.ImageFont, mutagen.mp4\nprint('ok')")
    assert -6 == stage.run("all", "libc.abort()").returncode


@pytest.mark.parametrize("missing", ["ctypes", "vault.media.landlock"])
def test_a_python_that_cannot_ask_the_kernel_reads_and_says_so(missing, tmp_path):
    program = (
        "import sys\n"
        "sys.path[:] = sys.argv[1:]\n"
        "import vault.media.confinement as c\n"
        f"sys.modules[{missing!r}] = None\n"
        "print(c.confine(), len(open(c.__file__).read()) > 0)"
    )
    command = default_command()
    done = subprocess.run(
        [*command[:5], "-c", program, *command[7:]],
        capture_output=True,
        env={},
        text=True,
        timeout=60,
        check=False,
    )
    assert "Confinement(landlock=0, seccomp=False) True" == done.stdout.strip()
