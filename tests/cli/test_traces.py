"""The real program as processes of their own, with every system call watched.

Its real form and its real key derivation: a file of 128 MiB and a second for each passphrase.
Where strace is absent this is skipped, and said.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STRACE = shutil.which("strace")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(STRACE is None, reason="NOT SHOWN HERE: strace is not installed"),
    pytest.mark.slow,
]

# Words that occur nowhere else: in a passphrase, and in what is kept.
SECRET = "zygote-canary-passphrase quillwort"
WORD = b"zygote-canary-passphrase"
PLAIN = "canary-plaintext-bdellium"

OPENED = re.compile(
    r"open(?:at)?2?\((?:(?:AT_FDCWD|\d+)<(?P<at>[^>]*)>, |AT_FDCWD, )?"
    r'"(?P<name>(?:[^"\\]|\\.)*)", (?:\{flags=)?(?P<flags>[A-Z0-9_|]+)'
)
WRITTEN = re.compile(r"(?:write|writev|pwrite64|pwritev2?)\(\d+<(?P<path>[^>]*)>")
MOVED = re.compile(r"\b(?:rename|renameat2?|unlink|unlinkat|mkdir|mkdirat|link|symlink)\((.*)")
QUOTED = re.compile(r'(?:\d+|AT_FDCWD)<([^>]*)>, "([^"]*)"|"([^"]*)"')

CHANGES = "open,openat,openat2,creat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,"
CHANGES += "link,linkat,symlink,symlinkat,mknod,mknodat,truncate,chmod,write,writev,pwrite64,"
CHANGES += "pwritev,pwritev2,execve,execveat,%network"

NETWORK = ("socket", "socketpair", "connect", "bind", "listen", "accept", "sendto", "sendmsg")

DEVICES = {"/dev/tty", "/dev/null"}


@dataclass
class Traced:
    words: list[str]
    code: int
    out: bytes
    err: bytes
    lines: list[str]
    screen: str = ""


class Tracer:
    """Runs commands in a folder under strace, and keeps what it saw."""

    def __init__(self, folder):
        self.folder = folder
        self.traced = []
        environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self.environ = environ

    def command(self, words):
        log = self.folder.parent / f"trace-{len(self.traced)}"
        watch = [STRACE, "-f", "--seccomp-bpf", "-qq", "-v", "-y", "-s", "4096"]
        watch += ["-e", f"trace={CHANGES}", "-e", "signal=none"]
        return log, [*watch, "-o", log, sys.executable, ROOT / "cli.py", *words]

    def run(self, *words, typed=b"", code=0):
        log, command = self.command(words)
        ran = subprocess.run(
            command,
            cwd=self.folder,
            input=typed,
            capture_output=True,
            check=False,
            env=self.environ,
            start_new_session=True,
        )
        lines = log.read_text("utf-8", "replace").splitlines()
        self.traced.append(Traced(list(words), ran.returncode, ran.stdout, ran.stderr, lines))
        assert code == ran.returncode, ran.stderr
        return self.traced[-1]

    def vault(self, name, *words, **options):
        return self.run("--vault", name, "--passphrase-file", "../secret", *words, **options)


@pytest.fixture(scope="module")
def tracer(tmp_path_factory):
    """Run the main job once, each command a process."""
    top = tmp_path_factory.mktemp("traces")
    (top / "secret").write_text(f"{SECRET}\n{SECRET} two\n\n")
    (top / "work").mkdir()
    tracer = Tracer(top / "work")
    folder = tracer.folder
    (folder / "gate.txt").write_text(f"{PLAIN}\n" * 3000)
    shutil.copy(ROOT / "LICENSE", folder / "other.txt")
    size = ("--size", "128MiB", "--passphrase-file", "../secret")
    tracer.run("init", "my.vault", *size, "--passphrases", "2")
    tracer.run("init", "her.vault", *size, "--passphrases", "1")
    tracer.vault("my.vault", "add", "gate.txt", "other.txt", "--title", "x", "--read-back")
    tracer.vault("my.vault", "note", "What I saw", typed=PLAIN.encode())
    tracer.vault("my.vault", "list")
    tracer.vault("my.vault", "get", "0", "-o", "copy.txt")
    tracer.vault("my.vault", "check", "--deep")
    tracer.vault("my.vault", "contact", "card", "-o", "my.card")
    tracer.vault("her.vault", "contact", "card", "-o", "her.card")
    made = tracer.run("keygen", "-o", "partner.key")
    (folder / "partner.pub").write_bytes(made.out)
    script = "contact add partner partner.pub\ncontact add zarmina her.card\n"
    script += "seal --to zarmina -o hers.age --yes\nlog --proof 0 -o proof\nadd - \n"
    script += "scrub --yes --no-input\n"
    tracer.vault("my.vault", "open", typed=script.encode())
    tracer.vault("my.vault", "seal", "0", "1", "--to", "partner", "-o", "partner.age", "--yes")
    tracer.vault("her.vault", "open", typed=b"contact add amina my.card\nstatus\n")
    received = tracer.vault("her.vault", "open", typed=b"import hers.age\nburn --yes\n")
    assert received.err.index(b"new in") < received.err.index(b"Burnt: her.vault")
    tracer.run("verify", "partner.age", "-i", "partner.key", "--signed-by", "my.card")
    tracer.vault("my.vault", "erase", "1", "--yes")
    tracer.run("unseal", "partner.age", "-i", "partner.key", "--extract", "received")
    tracer.vault("my.vault", "show", "99", code=10)
    (top / "more").write_text(f"{SECRET}\n\n{SECRET} new\n")
    more = ("--vault", "my.vault", "--passphrase-file", "../more")
    tracer.run(*more, "move", "new.vault", "--passphrases", "1")
    tracer.run(*more, "rescue", "back.vault", "--from-end")
    (top / "secret").write_text(f"{SECRET} wrong\n")
    tracer.vault("my.vault", "list", code=12)
    tracer.run("doctor")
    tracer.run("guide", "start")
    tracer.run("frob", code=2)
    return tracer


def calls(tracer):
    for traced in tracer.traced:
        for line in traced.lines:
            yield traced, line


def names_called(line):
    """Return the name of the system call of a line of strace."""
    found = re.match(r"\d+ +(?:<\.\.\. )?(\w+)", line)
    return found[1] if found else ""


def test_no_process_makes_a_socket(tracer):
    made = [line for _traced, line in calls(tracer) if names_called(line) in NETWORK]
    others = [line for line in made if "AF_UNIX" not in line or "sendto" in line]
    assert [] == others
    connected = [line for line in made if "connect(" in line]
    assert [] == [line for line in connected if "/nscd/socket" not in line]


def test_the_trace_sees_what_it_looks_for(tracer):
    """What finds nothing would find something: the container, the child, and its question."""
    seen = {names_called(line) for _traced, line in calls(tracer)}
    assert {"execve", "openat", "pwrite64", "write"} <= seen
    assert any("my.vault" in line for _traced, line in calls(tracer) if WRITTEN.search(line))
    added = next(traced for traced in tracer.traced if "add" in traced.words)
    assert 2 <= sum(names_called(line) == "execve" for line in added.lines)


def opened_for_writing(line):
    found = OPENED.search(line)
    if not found or not re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND", found["flags"]):
        return None
    return os.path.join(found["at"] or "", found["name"])


def allowed(tracer, traced):
    """Return what a command may write: by name, or as a temporary name in that place."""
    words = traced.words
    if "init" in words:
        return {words[1]}
    if {"move", "rescue"} & set(words):  # the old file is not written
        return {word for word in words if word in {"new.vault", "back.vault"}}
    targets = {words[words.index(o) + 1] for o in ("-o", "--extract") if o in words}
    if "--vault" in words and not {"list", "get", "check", "card", "show"} & set(words):
        targets.add(words[words.index("--vault") + 1])
    if "open" in words:
        targets |= {"hers.age", "proof"}
    return targets


def test_nothing_is_written_but_the_vault_and_what_was_asked_for(tracer):
    wrong = []
    for traced, line in calls(tracer):
        path = opened_for_writing(line)
        if path is None or path in DEVICES:
            continue
        inside = os.path.relpath(os.path.join(tracer.folder, path), tracer.folder)
        first = inside.split(os.sep)[0]
        fits = any(
            first == name or re.fullmatch(re.escape(name) + r"\.[0-9a-f]{12}", first)
            for name in allowed(tracer, traced)
        )
        hidden = re.fullmatch(r"\.[0-9a-f]{16}", os.path.basename(inside))
        if not fits and not (hidden and (os.sep not in inside) and allowed(tracer, traced)):
            wrong.append((traced.words, line[:300]))
    assert [] == wrong


def test_reading_commands_do_not_open_the_vault_for_writing(tracer):
    for traced, line in calls(tracer):
        if {"list", "get", "check", "show"} & set(traced.words):
            path = opened_for_writing(line)
            assert path is None or "vault" not in path, line[:300]


def test_nothing_is_moved_removed_or_made_elsewhere(tracer):
    for _traced, line in calls(tracer):
        found = MOVED.search(line)
        if not found:
            continue
        for at, name, alone in QUOTED.findall(found[1]):
            path = os.path.join(tracer.folder, at, name or alone)
            assert path.startswith(f"{tracer.folder}{os.sep}"), line[:300]


def test_no_byte_code_is_written(tracer):
    wrong = [line for _t, line in calls(tracer) if ".pyc" in (opened_for_writing(line) or "")]
    assert [] == wrong


def test_no_argument_and_no_environment_holds_a_secret(tracer):
    started = [line for _traced, line in calls(tracer) if names_called(line) == "execve"]
    assert len(tracer.traced) < len(started)
    for canary in (WORD.decode(), PLAIN):
        assert [] == [line[:200] for line in started if canary in line]


def test_what_is_written_holds_neither_passphrase_nor_plaintext(tracer):
    """Where the plaintext was asked for it may stand; the passphrase stands nowhere."""
    for traced, line in calls(tracer):
        found = WRITTEN.search(line)
        if not found:
            continue
        assert SECRET not in line, line[:300]
        asked = {"get", "unseal"} & set(traced.words) or "pipe:" in found["path"]
        assert asked or PLAIN not in line, line[:300]


def test_no_file_holds_a_passphrase_and_only_those_asked_for_plaintext(tracer):
    holding = set()
    for path in sorted(tracer.folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            assert WORD not in content, path
            if PLAIN.encode() in content:
                holding.add(str(path.relative_to(tracer.folder)))
    sealed = {name for name in holding if name.endswith((".vault", ".age", ".key", ".card"))}
    assert set() == sealed
    asked = {"gate.txt", "other.txt", "copy.txt"}
    assert all(name in asked or name.startswith(("received", "proof")) for name in holding)


def test_the_streams_hold_neither(tracer):
    for traced in tracer.traced:
        for stream in (traced.out, traced.err):
            assert WORD not in stream
            assert PLAIN.encode() not in stream


def test_the_folder_holds_what_was_asked_for_and_nothing_else(tracer):
    names = {path.name for path in tracer.folder.iterdir()}
    made = {"my.vault", "her.vault", "copy.txt", "my.card", "her.card", "partner.key"}
    made |= {"partner.age", "hers.age", "proof", "received", "new.vault", "back.vault"}
    given = {"gate.txt", "other.txt", "partner.pub"}
    assert made | given == names


def test_the_prompt_on_a_terminal_leaves_no_trace_either(tracer, tmp_path):
    """The passphrase typed; what is typed at the prompt kept nowhere."""
    (tracer.folder.parent / "secret").write_text(f"{SECRET}\n")
    log, command = tracer.command(["open", "my.vault"])
    code = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    code += "os.execv(sys.argv[1], sys.argv[1:])"
    keyboard, screen = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command],
        cwd=tracer.folder,
        env=tracer.environ | {"HOME": str(tmp_path), "TERM": "xterm"},
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
    )
    os.close(screen)
    seen = b""
    answers = [(b"my.vault: ", SECRET), (b"> ", f"note {PLAIN}"), (b":", "x\n."), (b"> ", "exit")]
    with process:
        told = 0
        for question, answer in answers:
            while question not in seen[told:]:
                seen += os.read(keyboard, 65536)
            told = len(seen)
            os.write(keyboard, answer.encode() + b"\n")
        try:
            while piece := os.read(keyboard, 65536):
                seen += piece
        except OSError:
            pass  # the program let go of its side
    os.close(keyboard)
    assert 0 == process.returncode, seen
    assert [] == list(tmp_path.iterdir())
    lines = log.read_text("utf-8", "replace").splitlines()
    assert not any(names_called(line) in NETWORK and "nscd" not in line for line in lines)
    for line in lines:
        path = opened_for_writing(line)
        assert path in {None, str(tracer.folder / "my.vault"), *DEVICES}, line[:300]
        assert SECRET not in line
    assert any("/dev/tty" == opened_for_writing(line) for line in lines)
