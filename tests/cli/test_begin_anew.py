"""A volume that saves without its passphrase wrote over: what is said, and how it begins anew."""

import json

import pytest

from person.machine import Machine
from person.terminal import ScriptedTerminal

VAULT = ("--vault", "my.vault")


@pytest.fixture
def machine(tmp_path):
    """Return a vault of two volumes, the second of which a scrub with the first gave up."""
    made = Machine(tmp_path)
    made.make("my.vault", "one", "two")
    assert 0 == made.run(*VAULT, "note", "--title", "lost", secrets=["two"], typed=b"x").code
    assert 0 == made.run(*VAULT, "scrub", "--yes", secrets=["one", ""]).code
    return made


def note(machine, *words, **options):
    said = ("note", "--title", "anew", *words)
    return machine.run(*VAULT, *said, secrets=["two"], typed=b"x", **options)


@pytest.mark.parametrize("words", [["list"], ["list", "--continue"], ["note", "--title", "x"]])
def test_a_volume_that_was_written_over_is_told_with_the_way_on(machine, words):
    ran = machine.run(*VAULT, *words, secrets=["two"], typed=b"x")
    assert 1 == ran.code
    first, second = ran.err.splitlines()
    assert "amanat: Nothing of volume 2 can be read." == first
    assert "It was written over" in second
    assert "An earlier copy of the file may still have it." in second
    assert "--continue" in second


@pytest.mark.parametrize(("answers", "code"), [(["no"], 1), ([], 2)])
def test_unless_it_is_confirmed_nothing_begins_anew(machine, answers, code):
    before = (machine.folder / "my.vault").read_bytes()
    her = {"terminal": ScriptedTerminal(answers)} if answers else {}
    assert code == note(machine, "--continue", **her).code
    assert 2 == note(machine, "--continue", "--no-input", **her).code
    assert before == (machine.folder / "my.vault").read_bytes()


def test_confirmed_it_begins_anew_and_is_a_volume_like_any_other(machine):
    ran = note(machine, "--continue", terminal=ScriptedTerminal(["begin"]))
    assert (0, True) == (ran.code, "Volume 2 was written over." in ran.screen), ran.err
    listed = machine.run(*VAULT, "list", "--json", secrets=["two"])
    assert (["anew"], "") == ([one["title"] for one in json.loads(listed.out)["entries"]], "")


def test_what_began_anew_stays_though_the_first_command_at_the_prompt_fails(machine):
    her = ScriptedTerminal(["begin"])
    typed = b"get 5\nnote After\n.\nlist\n"
    ran = machine.run(*VAULT, "open", "--continue", secrets=["two"], typed=typed, terminal=her)
    assert (0, True) == (ran.code, "After" in ran.out), ran.err
