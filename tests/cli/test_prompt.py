"""The prompt of `open` on a real terminal."""

import os
import signal
import subprocess
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("terminals of POSIX", allow_module_level=True)

from person.machine import Machine
from person.pty import LEFT_SCREEN, OWN_SCREEN, Pty, start

PROMPT = "Family> "


@pytest.fixture(autouse=True)
def _nothing_is_ignored():
    """Whoever starts the tests may have it ignored, as nohup does; then the program would, too."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path)
    made.make("my.vault", "one", labels=["Family"])
    (tmp_path / "gate.txt").write_text("the gate")
    return made


def status(machine):
    """Return commits and entries."""
    ran = machine.run("--vault", "my.vault", "status", "--plain", secrets=["one"])
    lines = dict(line.rsplit("  ", 1) for line in ran.out.splitlines() if "  " in line)
    found = {name.strip(): value.strip() for name, value in lines.items()}
    return int(found["Saves so far"]), int(found["Entries"])


def opened(machine, *words, idle=300.0, **environ):
    pty = Pty("open", "my.vault", *words, folder=machine.folder, idle=idle, **environ)
    pty.answer("Passphrase for my.vault: ", "one")
    return pty


def test_a_session_on_a_screen_of_its_own(machine):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.answer(PROMPT, "add gate.txt --title 'A secret title'")
        assert "1 entry added to “Family”." in pty.until(PROMPT)
        pty.type("list\n")
        assert "A secret title" in pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()
        assert "one" not in pty.seen.split(OWN_SCREEN)[0].split("my.vault: ")[1]
        assert ["Passphrase for my.vault: ", "Locked."] == pty.left_behind.splitlines()
    # One for the file, one at the end.
    assert (commits + 2, 1) == status(machine)


def test_nothing_typed_still_ends_in_exactly_one_save(machine):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.answer(PROMPT, "lock")
        assert 0 == pty.end()
    assert (commits + 1, 0) == status(machine)


def test_the_prompt_shows_the_volume_that_is_worked_on(machine):
    (machine.folder / "my.vault").unlink()
    machine.make("my.vault", "two", "one", labels=["Day", "Family"])
    with opened(machine) as pty:
        pty.answer(PROMPT, "level 0")
        pty.answer("Day> ", "note Bread")
        pty.answer("ends it:\n", ".")
        assert "saved in “Day”" in pty.until("Day> ")
        pty.type("level 2\n")
        assert "does not open volume 3" in pty.until("Day> ")
        pty.type("level\n")
        pty.answer(PROMPT, "exit")
        assert 0 == pty.end()
    assert 0 == status(machine)[1]


def test_reading_only_saves_nothing_and_says_so(machine):
    commits, _entries = status(machine)
    with opened(machine, "--read-only") as pty:
        assert "reading only" in pty.answer(PROMPT, "note x")
        assert "amanat: The vault was opened for reading only." in pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()
    assert (commits, 0) == status(machine)


def test_the_end_of_input_locks(machine):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.until(PROMPT)
        pty.type("\x04")
        assert 0 == pty.end()
        assert pty.left_behind.endswith("Locked.\n")
    assert (commits + 1, 0) == status(machine)


def test_ctrl_c_at_the_prompt_gives_a_new_line(machine):
    with opened(machine) as pty:
        pty.until(PROMPT)
        pty.type("half a li\x03")
        pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()


def test_ctrl_c_at_a_question_goes_back_to_the_prompt_and_keeps_nothing(machine):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.answer(PROMPT, "note")
        pty.answer("Title: ", "What I saw")
        pty.answer("ends it:\n", "A line.")
        pty.until("A line.")
        pty.type("\x03")
        assert "Interrupted: nothing after the last saved step" in pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()
    assert (commits + 1, 0) == status(machine)


def test_a_note_is_typed_line_by_line(machine):
    with opened(machine) as pty:
        pty.answer(PROMPT, "note The gate")
        pty.answer("ends it:\n", "First line.")
        pty.type("Second line.\n.\n")
        assert "Note 0 saved" in pty.until(PROMPT)
        pty.type("show 0\n")
        assert "description: First line.\n    Second line.\n" in pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()


def test_left_alone_it_locks(machine):
    commits, _entries = status(machine)
    with opened(machine, idle=0.2) as pty:
        assert 0 == pty.end()
        assert pty.left_behind.endswith("Locked.\n")
    assert (commits + 1, 0) == status(machine)


def test_left_alone_at_a_question_it_locks_and_keeps_nothing_unsaved(machine):
    commits, _entries = status(machine)
    with opened(machine, idle=1.5) as pty:
        pty.answer(PROMPT, "note The gate")
        pty.until("ends it:\n")
        assert 0 == pty.end()
        assert pty.left_behind.endswith("Locked.\n")
    assert (commits + 1, 0) == status(machine)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_shutdown_locks(machine, number):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.until(PROMPT)
        pty.process.send_signal(number)
        assert 0 == pty.end()
        assert LEFT_SCREEN in pty.seen
    assert (commits + 1, 0) == status(machine)


def test_a_closed_window_locks(machine):
    commits, _entries = status(machine)
    with opened(machine) as pty:
        pty.until(PROMPT)
        pty.hang_up()
        pty.process.wait(60)
    assert (commits + 1, 0) == status(machine)


def test_ctrl_z_does_not_stop_it(machine):
    with opened(machine) as pty:
        pty.until(PROMPT)
        pty.type("\x1aexit\n")
        assert 0 == pty.end()


def test_no_list_of_past_commands_is_kept(machine, tmp_path):
    with opened(machine, HOME=str(tmp_path)) as pty:
        pty.answer(PROMPT, "search a-word-to-look-for")
        pty.answer(PROMPT, "exit")
        pty.end()
    assert {"my.vault", "gate.txt"} == {path.name for path in tmp_path.iterdir()}
    contents = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"a-word-to-look-for" not in contents


def test_a_long_list_is_shown_a_screenful_at_a_time(machine):
    folder = machine.folder / "many"
    folder.mkdir()
    for number in range(40):
        (folder / f"file {number:02}").write_text(str(number))
    machine.run("--vault", "my.vault", "add", "many", secrets=["one", ""])
    with opened(machine) as pty:
        pty.answer(PROMPT, "list")
        first = pty.until("-- Enter: more, q: stop -- ")
        assert 23 == first.count("\n")  # the line that was typed is still to be seen
        assert "file 39" in first
        pty.type("\n")
        assert "file 01" in pty.until(PROMPT)
        pty.type("list\n")
        pty.until("-- Enter: more, q: stop -- ")
        pty.type("q\n")
        assert "file 01" not in pty.until(PROMPT)
        pty.type("exit\n")
        assert 0 == pty.end()


def test_a_made_passphrase_is_shown_on_a_screen_that_does_not_stay(tmp_path):
    size = ("--size", "16842752", "--passphrases", "1", "--label", "x")
    with Pty("init", "my.vault", *size, folder=tmp_path) as pty:
        shown = pty.until("Type it back: ")
        made = next(line for line in shown.splitlines() if line.startswith("    ")).strip()
        assert 6 == len(made.split())
        pty.type(made + "\n")
        assert 0 == pty.end()
        assert made not in pty.left_behind
        assert "Made: my.vault" in pty.left_behind


def test_the_first_word_may_be_the_file(machine):
    with Pty("my.vault", folder=machine.folder) as pty:
        pty.answer("Passphrase for my.vault: ", "one")
        pty.answer(PROMPT, "exit")
        assert 0 == pty.end()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interruption_in_a_long_add_leaves_what_was_saved(machine, number):
    reader = machine._descriptor(["one", ""])
    with reader as option:
        process = start(
            ["--vault", "my.vault", *option, "add", "-"],
            folder=machine.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[int(option[1])],
        )
        with process:
            before = (machine.folder / "my.vault").read_bytes()
            process.stdin.write(b"x" * 1_000_000)
            process.stdin.flush()
            while (machine.folder / "my.vault").read_bytes() == before:
                assert process.poll() is None
            process.send_signal(number)
            out, err = process.communicate()
    assert 130 == process.returncode
    assert b"" == out
    assert b"0 entries added" in err
    assert err.endswith(b"Interrupted: nothing after the last saved step was changed.\n")
    assert 0 == status(machine)[1]
    checked = machine.run("--vault", "my.vault", "check", secrets=["one"])
    assert (0, "“Family”: 0 entries and 0 files checked.\n") == (checked.code, checked.out)


def test_an_interruption_removes_what_was_half_written(machine):
    folder = machine.folder
    (folder / "large").write_bytes(b"plain" * 200_000)
    machine.run("--vault", "my.vault", "add", "large", secrets=["one", ""])
    (folder / "large").unlink()
    before = {path.name for path in folder.iterdir()}
    os.mkfifo(folder / "secret")
    with start(
        ["get", "0", "-o", "copy", "--vault", "my.vault", "--passphrase-file", "secret"],
        folder=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        (folder / "secret").write_text("one\n")
        while {path.name for path in folder.iterdir()} == before | {"secret"}:
            if process.poll() is not None:
                break  # too fast to be caught: then the whole file is there
        process.send_signal(signal.SIGTERM)
        process.communicate()
    (folder / "secret").unlink()
    left = {path.name for path in folder.iterdir()} - before
    assert (left, process.returncode) in [(set(), 130), ({"copy"}, 0), ({"copy"}, 130)]
