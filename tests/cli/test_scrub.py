import json
import shutil

import pytest

from person.console import TextStream
from person.machine import Machine
from person.terminal import LEFT, ScriptedTerminal

VAULT = ("--vault", "my.vault")
QUESTION = "Other passphrases whose volumes must survive? (Enter = none)"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a vault of three volumes with a note in each, made once."""
    machine = Machine(tmp_path_factory.mktemp("made"))
    machine.make("my.vault", "one", "two", "three")
    for secret in ("one", "two", "three"):
        done(machine.run(*VAULT, "note", "--title", f"of {secret}", secrets=[secret], typed=b"x"))
    return machine.folder / "my.vault"


@pytest.fixture
def machine(tmp_path, made):
    shutil.copy(made, tmp_path / "my.vault")
    return Machine(tmp_path)


def person(answers):
    """Somebody at the prompt of `open`."""
    return {"terminal": ScriptedTerminal(answers), "stdin": TextStream(terminal=True)}


def done(ran):
    assert ran.code == 0, ran.err
    return ran


def titles(machine, secret):
    ran = done(machine.run(*VAULT, "list", "--json", secrets=[secret]))
    return [entry["title"] for entry in json.loads(ran.out)["entries"]], ran.err


def test_a_person_is_asked_what_must_survive_and_types_the_word(machine):
    her = ScriptedTerminal(["one", "three", "scrub"])
    ran = done(machine.run(*VAULT, "scrub", terminal=her))
    assert 1 == ran.screen.count(QUESTION)
    assert [True, True, False] == her.secrets
    assert "These volumes stay: 1, 2, 3." in ran.screen
    assert "All 64 rows are written over." in ran.err
    for secret in ("one", "two", "three"):
        assert ([f"of {secret}"], "") == titles(machine, secret)


def test_what_was_not_given_is_lost_and_what_was_given_is_not(machine):
    ran = done(machine.run(*VAULT, "scrub", terminal=ScriptedTerminal(["one", "two", "", "scrub"])))
    assert 2 == ran.screen.count(QUESTION)
    assert "These volumes stay: 1, 2." in ran.screen
    assert (["of one"], "") == titles(machine, "one")
    assert (["of two"], "") == titles(machine, "two")
    ran = machine.run(*VAULT, "list", secrets=["three"])
    assert "Nothing of volume 3 can be read." in ran.err


def test_with_the_last_passphrase_nothing_is_asked(machine):
    ran = done(machine.run(*VAULT, "scrub", terminal=ScriptedTerminal(["three", "scrub"])))
    assert QUESTION not in ran.screen
    assert (["of two"], "") == titles(machine, "two")


def test_a_slip_is_told_and_asked_about_again(machine):
    her = ScriptedTerminal(["one", "thrae", "three", "scrub"])
    ran = done(machine.run(*VAULT, "scrub", terminal=her))
    assert "This passphrase opens nothing here." in ran.err
    assert (["of three"], "") == titles(machine, "three")


def test_a_third_slip_ends_it_before_anything_is_written(machine):
    before = (machine.folder / "my.vault").read_bytes()
    her = ScriptedTerminal(["one", "a", "two", "b", "c", "scrub"])
    ran = machine.run(*VAULT, "scrub", terminal=her)
    assert (12, before) == (ran.code, (machine.folder / "my.vault").read_bytes())
    assert "opens nothing here; nothing was written" in ran.err
    assert ["scrub"] == list(her.answers)


@pytest.mark.parametrize("word", ["", "yes", "Scrub!"])
def test_another_word_changes_nothing(machine, word):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "scrub", terminal=ScriptedTerminal(["three", word]))
    assert (1, before) == (ran.code, (machine.folder / "my.vault").read_bytes())


def test_scripts_give_passphrases_in_order_and_an_empty_line_for_none(machine):
    done(machine.run(*VAULT, "scrub", "--yes", secrets=["one", "two", ""]))
    assert (["of two"], "") == titles(machine, "two")


def test_scripts_without_a_last_line_are_told_and_nothing_is_written(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "scrub", "--yes", secrets=["one"])
    assert (2, before) == (ran.code, (machine.folder / "my.vault").read_bytes())
    assert "other passphrases whose volumes must survive, and there is no answer" in ran.err


def test_no_input_is_no_answer_and_an_empty_line_is(machine):
    before = (machine.folder / "my.vault").read_bytes()
    words = ("scrub", "--yes", "--no-input")
    for secrets in (["one"], ["one", "two"]):
        ran = machine.run(*VAULT, *words, secrets=secrets)
        assert (2, before) == (ran.code, (machine.folder / "my.vault").read_bytes())
    ran = done(machine.run(*VAULT, *words, secrets=["one", "two", ""]))
    assert "Protected: volumes 1, 2. Anything else may be written over." in ran.err
    assert (["of two"], "") == titles(machine, "two")


def test_no_input_without_yes_is_refused(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "scrub", "--no-input", secrets=["three"])
    assert (2, before) == (ran.code, (machine.folder / "my.vault").read_bytes())


def test_json_tells_what_was_done(machine):
    ran = done(machine.run(*VAULT, "scrub", "--yes", "--json", secrets=["one", "two", ""]))
    told = json.loads(ran.out)
    assert ("amanat/scrub/v1", [1, 2], True) == (told["schema"], told["volumes"], told["done"])
    assert told["rows"] >= told["of"] == 64
    assert 2 == machine.run(*VAULT, "scrub", "--json", secrets=["three"]).code


def test_at_the_prompt_it_protects_for_this_command_only(machine):
    answers = ["one", "scrub", "three", "scrub", "note Later", "x", ".", "exit"]
    ran = done(machine.run("open", "my.vault", **person(answers)))
    assert 1 == ran.screen.count(QUESTION)
    found, told = titles(machine, "three")
    assert ["of three"] == found
    assert "Volume 3: 2 rows were written without it since its last save." in told


def test_a_script_at_the_prompt_gives_the_lines_that_follow(machine):
    ran = machine.run("open", "my.vault", secrets=["one", "three"], typed=b"scrub --yes\nexit\n")
    assert "Protected: volumes 1, 2, 3." in done(ran).err
    assert ["of three"] == titles(machine, "three")[0]


def test_somebody_who_leaves_at_the_confirmation_changes_nothing(machine):
    ran = machine.run("open", "my.vault", **person(["three", "scrub", LEFT]))
    assert 0 == ran.code
    assert "written over" not in ran.err
