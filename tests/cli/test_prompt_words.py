"""What a line typed at the prompt means, and what is said only there."""

import re

import pytest

from person.machine import Machine
from vault.cli import prompt
from vault.cli.prompt import words_of
from vault.errors import UsageError


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("  list   --all ", ["list", "--all"]),
        ("note 'What I saw' \"at the gate\"", ["note", "What I saw", "at the gate"]),
        ("add my\\ photo.jpg", ["add", "my photo.jpg"]),
        ("search # 7", ["search", "#", "7"]),
        ("amanat list", ["list"]),
        ("help", ["--help"]),
        ("help contact add", ["contact", "add", "--help"]),
        ("note a;b|c>d&e", ["note", "a;b|c>d&e"]),
        ("note چه دیدم", ["note", "چه", "دیدم"]),
    ],
)
def test_a_line_is_split_as_a_shell_would(line, words):
    assert words == words_of(line, "amanat")


def test_a_quotation_mark_without_its_second_is_told():
    with pytest.raises(UsageError, match="quotation mark"):
        words_of("note don't", "amanat")


def test_a_backslash_is_part_of_a_name_on_windows(monkeypatch):
    monkeypatch.setattr(prompt.sys, "platform", "win32")
    assert ["add", r"C:\Users\a\b c.jpg"] == words_of(r'add "C:\Users\a\b c.jpg"', "amanat")
    assert ["add", r"C:\Users\a"] == words_of(r"add C:\Users\a", "amanat")


def test_names_with_wildcards_stand_for_files_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b.jpg", "a.jpg", "c*.txt"):
        (tmp_path / name).write_bytes(b"")
    assert ["add", "a.jpg", "b.jpg"] == words_of("add *.jpg", "amanat")
    assert ["add", "c*.txt"] == words_of("add c*.txt", "amanat")
    assert ["add", "none*"] == words_of("add none*", "amanat")
    assert ["search", "*.jpg"] == words_of("search *.jpg", "amanat")


def test_a_tilde_is_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/somebody")
    assert ["get", "1", "-o", "/home/somebody/a"] == words_of("get 1 -o ~/a", "amanat")


def test_help_at_the_prompt_names_what_works_there(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one")
    ran = machine.run("open", "my.vault", secrets=["one"], typed=b"help\nhelp get\n")
    assert re.search(r"^  add +Bring files and folders in\.$", ran.out, re.MULTILINE)
    assert "--passphrase-fd" not in ran.out
    assert "Make a vault" not in ran.out
    assert "  get 7 -o photo.jpg\n" in ran.out


def test_a_file_is_not_poured_onto_a_terminal(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one")
    (tmp_path / "a.txt").write_text("text of the file")
    machine.run("--vault", "my.vault", "add", "a.txt", secrets=["one"])
    ran = machine.run("--vault", "my.vault", "get", "0", secrets=["one"], on_terminal=True)
    assert (2, "") == (ran.code, ran.out)
    assert "Give a name for it: get 0 -o 0.txt\n" in ran.err


def test_a_text_is_never_obeyed_though_its_note_is_refused(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one")
    script = b"note x --field colour=red\nlist --all\nexit\n.\nstatus\n"
    ran = machine.run("open", "my.vault", secrets=["one"], typed=script)
    assert "no field of this name" in ran.err
    assert "Nothing is in it yet" not in ran.err
    assert "Saves so far" in ran.out


def test_a_save_that_fails_closes_the_prompt(tmp_path):
    import errno

    from seam.faulty import FaultyDisk
    from vault.storage.real import RealDisk

    machine = Machine(tmp_path)
    machine.make("my.vault", "one")
    machine.disk.inner = FaultyDisk(
        RealDisk(), fail_at=0, error=errno.EIO, forever=True, ops={"pwrite"}
    )
    ran = machine.run("open", "my.vault", secrets=["one"], typed=b"note x\ntext\n.\nlist\n")
    assert 1 == ran.code
    assert "amanat: A save failed; the vault was closed.\n" in ran.err
    assert "Locked." not in ran.err
    assert "Nothing is in it yet" not in ran.err


def test_ctrl_c_among_many_files_tells_which_are_in(tmp_path, monkeypatch):
    from vault.media.reader import MetadataReader

    machine = Machine(tmp_path)
    machine.make("my.vault", "one")
    (tmp_path / "many").mkdir()
    for number in range(40):
        (tmp_path / "many" / f"{number:02}").write_bytes(b"%02d" % number * 10_000)
    whole = MetadataReader.read_all

    def read_all(self, paths):
        for path, found in zip(paths, whole(self, paths), strict=True):
            if path.endswith("35"):
                raise KeyboardInterrupt
            yield found

    monkeypatch.setattr(MetadataReader, "read_all", read_all)
    ran = machine.run("--vault", "my.vault", "add", "many", secrets=["one", ""])
    told = [line.split("\t")[1] for line in ran.out.splitlines()]
    assert 130 == ran.code
    assert 0 < len(told) < 35
    assert f"{len(told)} entries added to “first”.\n" in ran.err
    assert ran.err.endswith("Interrupted: nothing after the last saved step was changed.\n")
    listed = machine.run("--vault", "my.vault", "list", secrets=["one"]).out
    assert told == [line.split()[-1] for line in reversed(listed.splitlines()[1:])]
    assert 0 == machine.run("--vault", "my.vault", "check", secrets=["one"]).code
