"""What Python code in the child cannot do, and its limits; native code: test_native_code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vault.media import confinement
from vault.media.child import default_command
from vault.media.reader import MetadataReader

CHECKOUT = Path(confinement.__file__).parents[2]


def inside(code):
    """What a child prints that runs this code after it gave everything up."""
    program = (
        "import os, socket, subprocess, sys\n"
        "sys.path[:] = sys.argv[1:]\n"
        "from vault.media.confinement import confine, time_for_one_file, TimeIsUp\n"
        "confine()\n" + code
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
    return done.stdout.strip() or done.stderr.strip().rsplit("\n", 1)[-1]


@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "socket.getaddrinfo('localhost', 1)",
        "subprocess.Popen([sys.executable])",
        "os.system('true')",
        "os.fork()",
        "os.execv(sys.executable, ['python'])",
        "open('/tmp/amanat-test', 'w')",
        "open('/tmp/amanat-test', 'rb+')",
        "os.open('/tmp/amanat-test', os.O_CREAT | os.O_WRONLY)",
        "os.remove('/tmp/amanat-test')",
        "os.rename('/tmp/amanat-test', '/tmp/amanat-test2')",
        "os.mkdir('/tmp/amanat-test')",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_network_processes_and_writing_are_refused(code):
    if not hasattr(os, "fork") and "fork" in code:
        pytest.skip("this system has no fork")
    assert inside(code) == "PermissionError"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_limits_are_in_force():
    expected = f"({1 << 30}, {1 << 30}) (0, 0) (0, 0) (32, 32) NoNewPrivs:\t1"
    code = (
        "import resource as r\n"
        "kinds = (r.RLIMIT_AS, r.RLIMIT_CORE, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE)\n"
        "status = open('/proc/self/status').read().split('\\n')\n"
        "print(*map(r.getrlimit, kinds), *(x for x in status if x.startswith('NoNew')))"
    )
    assert inside(code) == expected


def test_ciphers_are_not_loaded():
    assert "cryptography" in inside("import cryptography")
    assert inside("import pypdf, sys; print('nacl' in sys.modules)") == "False"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows ends the child from outside")
def test_time_for_one_file_is_limited():
    code = (
        "import vault.media.confinement as c\n"
        "c.SECONDS = 0.1\n"
        "try:\n"
        " with time_for_one_file():\n"
        "  while True:\n"
        "   try: 1 / 0\n"
        "   except Exception: pass\n"
        "except TimeIsUp: print('time')"
    )
    assert inside(code) == "time"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no such limit")
def test_memory_is_limited():
    assert inside("bytes(2 << 30)") == "MemoryError"


def test_no_bytecode_is_written(tmp_path, jpeg):
    copy = tmp_path / "vault"
    for folder in ("", "media"):
        (copy / folder).mkdir()
        for module in (CHECKOUT / "vault" / folder).glob("*.py"):
            shutil.copy(module, copy / folder)
    command = default_command()
    with MetadataReader(command=[*command[:7], str(tmp_path), *command[7:]]) as metadata:
        assert metadata.read_bytes(jpeg).fields["Make"] == "Maker"
    assert not list(tmp_path.rglob("*.pyc"))


ALLOWED = re.compile(r'"/dev/null"|O_RDONLY')


def test_system_calls_show_no_socket_and_no_writing(tmp_path, jpeg, png, sound, film, pdf, office):
    if sys.platform != "linux" or shutil.which("strace") is None:
        pytest.skip("strace is not here: NOT CHECKED that no socket is made")
    files = []
    for number, content in enumerate((jpeg, png, sound, film, pdf, office)):
        files.append(tmp_path / f"{number}")
        files[-1].write_bytes(content)
    trace = tmp_path / "trace"
    calls = "%network,open,openat,creat,mkdir,unlink,unlinkat,rename,execve,fork,vfork,clone,clone3"
    command = ["strace", "-f", "-qq", "-o", str(trace), "-e", f"trace={calls}", *default_command()]
    with MetadataReader(command=command, time_limit=60, start_limit=60) as metadata:
        problems = [metadata.read(file).problem for file in files]
    if not trace.exists() or not trace.stat().st_size:
        pytest.skip("strace may not trace here: NOT CHECKED that no socket is made")
    assert problems == [None] * 6
    lines = trace.read_text().splitlines()
    assert sum("execve(" in line for line in lines) == 1
    assert not [line for line in lines if "socket(" in line or "connect(" in line]
    opened = [line for line in lines if "open" in line and "= -1" not in line]
    assert any(str(files[0]) in line for line in opened)
    assert not [line for line in opened if not ALLOWED.search(line)]
    others = re.compile(r"(creat|mkdir|unlink|unlinkat|rename|fork|vfork|clone|clone3)\(")
    assert not [line for line in lines if others.search(line)]
