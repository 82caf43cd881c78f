"""The question for other passphrases before much is written: when, in which words, to what end."""

import shutil

import pytest

from person.console import TextStream
from person.machine import Machine
from person.terminal import LEFT, ScriptedTerminal

VAULT = ("--vault", "my.vault")
QUESTION = "Other passphrases whose volumes must survive? (Enter = none): "
SECRETS = ("one", "two", "three")

MUCH = 150_000
"""Bytes of a file that takes more than R/4 rows, of 52 KiB for level 0; R is 8."""

LITTLE = 40_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return folders with a vault of one, two and three volumes."""
    folders = {}
    for volumes in (1, 2, 3):
        machine = Machine(tmp_path_factory.mktemp("made"))
        machine.make("my.vault", *SECRETS[:volumes])
        folders[volumes] = machine.folder
    return folders


def of(made, folder, volumes):
    shutil.copy(made[volumes] / "my.vault", folder / "my.vault")
    (folder / "much.bin").write_bytes(b"x" * MUCH)
    (folder / "little.bin").write_bytes(b"x" * LITTLE)
    return Machine(folder)


@pytest.fixture
def machine(made, tmp_path):
    return of(made, tmp_path, 3)


def typed(machine, *words, answers, **options):
    return machine.run(*VAULT, *words, terminal=ScriptedTerminal(answers), **options)


def lag(machine, secret="three"):
    """Rows that were written without the last volume, as it tells when it is opened."""
    told = machine.run(*VAULT, "list", secrets=[secret]).err
    return "rows were written without it" in told


@pytest.mark.parametrize("volumes", [1, 2, 3])
def test_it_is_asked_once_in_the_same_words_whatever_there_is(made, tmp_path, volumes):
    machine = of(made, tmp_path, volumes)
    ran = typed(machine, "add", "much.bin", answers=["one", ""])
    assert 0 == ran.code, ran.err
    assert f"Passphrase for my.vault: \n{QUESTION}\n" == ran.screen
    assert "Protected: volumes 1. Anything else may be written over." in ran.err


def test_little_is_written_without_a_question(machine):
    ran = typed(machine, "add", "little.bin", answers=["one"])
    assert (0, "Passphrase for my.vault: \n") == (ran.code, ran.screen)
    assert lag(machine)


def test_what_is_given_is_protected(machine):
    ran = typed(machine, "add", "much.bin", answers=["one", "three"])
    assert "Protected: volumes 1, 2, 3." in ran.err
    assert not lag(machine)
    assert "much.bin" in machine.run(*VAULT, "list", secrets=["one"]).out


def test_it_is_asked_until_nothing_is_entered_or_nothing_more_could_be(machine):
    ran = typed(machine, "add", "much.bin", answers=["one", "one", "two", "one", ""])
    assert (0, 4) == (ran.code, ran.screen.count(QUESTION))
    assert not lag(machine, "two")
    assert lag(machine)


def test_with_the_third_passphrase_nothing_is_asked_on_any_level(machine):
    for level in ("0", "1", "2"):
        ran = typed(machine, "add", "much.bin", "--level", level, answers=["three"])
        assert (0, 0) == (ran.code, ran.screen.count(QUESTION))


@pytest.mark.parametrize("volumes", [1, 2, 3])
def test_a_slip_is_asked_about_three_times_and_then_nothing_is_added(made, tmp_path, volumes):
    machine = of(made, tmp_path, volumes)
    before = (machine.folder / "my.vault").read_bytes()
    ran = typed(machine, "add", "much.bin", answers=["one", *["wrong"] * 4])
    assert (12, 3) == (ran.code, ran.screen.count(QUESTION))
    assert ran.err.splitlines() == [
        *["This passphrase opens nothing here. Type it again; Enter = none."] * 2,
        "amanat: This further passphrase opens nothing here; nothing was written.",
        "Type it again, or answer with Enter, in a file an empty line: it means none.",
    ]
    assert before == (machine.folder / "my.vault").read_bytes()


def test_a_slip_in_a_file_is_told_at_once(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "add", "much.bin", secrets=["one", "wrong", ""])
    assert 12 == ran.code
    assert ran.err.startswith("amanat: This further passphrase opens nothing here")
    assert before == (machine.folder / "my.vault").read_bytes()


def test_the_end_of_input_is_no_answer(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = typed(machine, "add", "much.bin", answers=["one"])
    assert (1, before) == (ran.code, (machine.folder / "my.vault").read_bytes())


def test_many_small_files_are_much(machine):
    many = machine.folder / "many"
    many.mkdir()
    for number in range(40):
        (many / str(number)).write_text(str(number))
    assert QUESTION in typed(machine, "add", "many", answers=["one", ""]).screen


def test_the_vault_itself_counts_for_nothing(machine):
    ran = typed(machine, "add", "my.vault", "little.bin", answers=["one"])
    assert (3, 0) == (ran.code, ran.screen.count(QUESTION))


def test_a_stream_is_asked_about_when_it_is_long(machine):
    for size, asked in ((LITTLE, 0), (MUCH, 1)):
        ran = typed(machine, "add", "-", answers=["one", ""], typed=b"abc" * (size // 3))
        assert (0, asked) == (ran.code, ran.screen.count(QUESTION))
        item = ran.out.split("\t")[0]
        assert b"abc" * (size // 3) == machine.run(*VAULT, "get", item, secrets=["one"]).raw


def test_a_long_note_is_asked_about(machine):
    for size, asked in ((1000, 0), (30_000, 1)):
        words = ("note", "--title", "x")
        ran = typed(machine, *words, answers=["one", ""], typed=b"x" * size)
        assert (0, asked) == (ran.code, ran.screen.count(QUESTION))


def test_large_bundles_are_asked_about_before_anything_of_them_is_read(machine):
    for name, asked in (("little.bin", 0), ("much.bin", 1), ("none.bin", 0)):
        ran = typed(machine, "import", name, answers=["one", ""])
        assert asked == ran.screen.count(QUESTION)
        assert ran.code in {10, 20}


def test_where_nobody_can_be_asked_it_is_refused(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "add", "much.bin", secrets=["one"])
    assert (2, before) == (ran.code, (machine.folder / "my.vault").read_bytes())


def test_no_input_is_no_answer_and_an_empty_line_is(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "add", "much.bin", "--no-input", secrets=["one"])
    assert (2, before) == (ran.code, (machine.folder / "my.vault").read_bytes())
    assert "other passphrases whose volumes must survive" in ran.err
    ran = machine.run(*VAULT, "add", "much.bin", "--no-input", secrets=["one", ""])
    assert 0 == ran.code, ran.err
    assert lag(machine)


def test_at_the_prompt_it_is_asked_for_each_command(machine):
    answers = ["one", "add much.bin", "three", "add much.bin --again", "", "exit"]
    her = {"terminal": ScriptedTerminal(answers), "stdin": TextStream(terminal=True)}
    ran = machine.run("open", "my.vault", **her)
    assert (0, 2) == (ran.code, ran.screen.count(QUESTION))
    assert lag(machine)


def test_left_alone_with_the_question_it_locks(machine):
    her = {"terminal": ScriptedTerminal(["one", "add much.bin", LEFT])}
    ran = machine.run("open", "my.vault", stdin=TextStream(terminal=True), **her)
    assert 0 == ran.code
    assert ran.err.endswith("Locked.\n")
    assert "cannot be opened" not in ran.err
    assert "much.bin" not in machine.run(*VAULT, "list", secrets=["one"]).out
