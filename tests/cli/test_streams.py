"""The program as a process of its own: closed streams, pipes, odd surroundings, no traces."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")


def start(words, *, environ=None, cwd=ROOT, **options):
    """Run the program from the checkout; stdin is empty and there is no terminal."""
    settings = {"stdin": subprocess.DEVNULL, "capture_output": True, "start_new_session": True}
    return subprocess.run(
        [sys.executable, cwd / "cli.py", *words],
        check=False,
        env=dict(os.environ) if environ is None else environ,
        **{**settings, **options},
    )


def through_shell(line):
    program = f'"{sys.executable}" "{ROOT / "cli.py"}"'
    return subprocess.run(
        ["sh", "-c", line.replace("amanat", program)], capture_output=True, check=False
    )


@POSIX
def test_a_pipe_nobody_reads_ends_the_program_without_a_word():
    reader, writer = os.pipe()
    os.close(reader)
    ran = start(["guide", "limits"], capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert (1, b"") == (ran.returncode, ran.stderr)


@POSIX
def test_closed_output_is_one_line_and_its_advice():
    ran = through_shell("amanat guide >&-")
    assert 1 == ran.returncode
    assert ran.stderr.startswith(b"amanat: Standard output is closed")
    assert 2 == ran.stderr.count(b"\n")


@POSIX
def test_closed_error_output_changes_no_exit_code():
    assert 2 == through_shell("amanat frob 2>&-").returncode
    assert 0 == through_shell("amanat guide 2>&-").returncode


@POSIX
def test_all_streams_closed_still_ends_in_order():
    assert 2 == through_shell("amanat frob <&- >&- 2>&-").returncode


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_is_told():
    ran = through_shell("amanat guide >/dev/full")
    assert 1 == ran.returncode
    assert b"could not be written: No space left on device." in ran.stderr
    assert b"Traceback" not in ran.stderr


@POSIX
def test_an_interruption_ends_in_130_without_a_traceback():
    code = (
        "import os, signal, sys; sys.path.insert(0, sys.argv[1]);"
        "from vault.cli import app, surroundings;"
        "app.real_surroundings = lambda: os.kill(os.getpid(), signal.SIGINT);"
        "sys.argv[1:] = ['guide']; app.main()"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, ROOT], capture_output=True, check=False, timeout=60
    )
    assert 130 == ran.returncode
    assert b"Traceback" not in ran.stderr


@pytest.mark.parametrize("language", ["C", "POSIX", "en_US.ISO-8859-1", "nonsense"])
def test_any_locale_shows_the_same(language):
    environ = {**os.environ, "LANG": language, "LC_ALL": language}
    ran = start(["guide"], environ=environ)
    assert (0, b"") == (ran.returncode, ran.stderr)
    assert b"Topic" in ran.stdout


def test_a_stream_that_cannot_show_a_character_gets_an_escape():
    ran = start(["--help"], environ={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert 0 == ran.returncode
    assert rb"COMMAND \u2026" in ran.stdout


@POSIX
def test_an_empty_environment_is_enough():
    for words in (["guide"], ["doctor"], ["--help"]):
        ran = start(words, environ={})
        assert (0, b"") == (ran.returncode, ran.stderr)


@POSIX
def test_no_home_is_enough():
    environ = {name: value for name, value in os.environ.items() if name != "HOME"}
    assert 0 == start(["doctor"], environ={**environ, "HOME": "/nonexistent"}).returncode
    assert 0 == start(["doctor"], environ=environ).returncode


@POSIX
def test_without_a_terminal_it_does_not_read_a_passphrase_from_standard_input():
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from vault.cli.terminal import open_terminal;"
        "print(open_terminal())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, ROOT],
        input=b"open sesame\n",
        capture_output=True,
        start_new_session=True,
        check=True,
    )
    assert b"None" == ran.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of the program without any byte code."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "vault", tmp_path / "vault", ignore=skip)
    shutil.copy(ROOT / "cli.py", tmp_path)
    return tmp_path


def test_no_byte_code_is_written(checkout):
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for words in (["--help"], ["guide"], ["doctor"], ["frob"]):
        start(words, cwd=checkout, environ=environ)
    assert [] == list(checkout.rglob("*.pyc"))


def test_python_m_vault_is_the_same_program(checkout):
    ran = subprocess.run(
        [sys.executable, "-m", "vault", "--help"],
        cwd=checkout,
        env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        check=True,
    )
    assert start(["--help"]).stdout == ran.stdout
    # Python keeps this one before any line of the program runs; an installed program has it.
    kept = {str(path.relative_to(checkout)).split(".")[0] for path in checkout.rglob("*.pyc")}
    assert {"vault/__pycache__/__init__"} == kept


def test_an_installed_program_keeps_no_further_byte_code(checkout):
    """What an installer writes as `amanat`, where it compiled nothing beforehand."""
    script = checkout / "amanat"
    script.write_text("import sys\nfrom vault.cli.app import main\nsys.exit(main())\n")
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for words in (["--help"], ["doctor"]):
        subprocess.run(
            [sys.executable, script, *words], env=environ, capture_output=True, check=True
        )
    kept = {str(path.relative_to(checkout)).split(".")[0] for path in checkout.rglob("*.pyc")}
    assert {"vault/__pycache__/__init__"} == kept


@POSIX
def test_a_folder_that_may_not_be_written_is_enough(checkout):
    environ = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    for folder in [checkout, *(path for path in checkout.rglob("*") if path.is_dir())]:
        folder.chmod(0o555)
    assert 0 == start(["guide"], cwd=checkout, environ=environ).returncode
    for folder in [checkout, *(path for path in checkout.rglob("*") if path.is_dir())]:
        folder.chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_core_dumps_and_tracing_are_off():
    code = (
        "import ctypes, resource, sys; sys.path.insert(0, sys.argv[1]);"
        "from vault.cli.hardening import harden; harden();"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    ran = subprocess.run([sys.executable, "-c", code, ROOT], capture_output=True, check=True)
    assert b"(0, 0) 0" == ran.stdout.strip()
