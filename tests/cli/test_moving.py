"""Moving between volumes at the command line: what is asked before, and what is told after."""

import pytest

from person.machine import Machine
from person.terminal import ScriptedTerminal

VAULT = ("--vault", "my.vault")
QUESTION = "Other passphrases whose volumes must survive?"


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one", "two")
    return machine


def typed(machine, *words, answers, **options):
    return machine.run(*VAULT, *words, terminal=ScriptedTerminal(answers), **options)


def test_putting_right_is_asked_about_when_the_catalog_it_makes_anew_is_large(machine):
    """No file moves, but all records and the whole index below are written."""
    asked = []
    for size in (10, 40_000):
        typed(machine, "note", "--title", "x", answers=["one", ""], typed=b"x" * size)
        typed(machine, "note", "--title", "y", answers=["one", ""], typed=b"y")
        words = ("put-right", "1", "--yes", "--level", "0")
        ran = typed(machine, *words, answers=["two", ""])
        assert 0 == ran.code, ran.err
        asked.append(ran.screen.count(QUESTION))
    assert [0, 1] == asked


def test_a_file_that_is_an_exhibit_already_does_not_wait(machine):
    (machine.folder / "photo").write_bytes(b"photo")
    machine.run(*VAULT, "add", "photo", secrets=["two"])
    ran = machine.run(*VAULT, "stock", "add", "photo", secrets=["two"])
    assert (0, "") == (ran.code, ran.out)
    assert "photo is there already, as entry 0." in ran.err
    assert "Nothing waits" in machine.run(*VAULT, "stock", "list", secrets=["two"]).err
