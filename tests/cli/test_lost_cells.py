"""A vault of which no cell is left: it is read, and brought into a new file, and never written."""

from __future__ import annotations

import json

import pytest

from person.machine import SIZE, Machine
from person.terminal import ScriptedTerminal
from vault.container.geometry import CELL_UNIT

VAULT = ("--vault", "my.vault")
REFUSED = "All places that tell of the last save are damaged: nothing can be saved."


@pytest.fixture
def machine(tmp_path):
    """Return a vault of two volumes with a note in each, whose four cells were written over."""
    machine = Machine(tmp_path)
    machine.make("my.vault", "one", "two")
    for secret in ("one", "two"):
        ran = machine.run(*VAULT, "note", "--title", secret, secrets=[secret], typed=b"Text.")
        assert ran.code == 0, ran.err
    return machine


def lose_cells(machine):
    geometry = machine.form.geometry(SIZE)
    with (machine.folder / "my.vault").open("r+b") as file:
        for end in (0, 1):
            for slot in (0, 1):
                file.seek(geometry.cell_offset(end, slot))
                file.write(bytes(CELL_UNIT))


@pytest.mark.parametrize("secret", ["one", "two"])
def test_everything_is_read(machine, secret):
    lose_cells(machine)
    ran = machine.run(*VAULT, "list", "--json", secrets=[secret])
    assert (0, [secret]) == (ran.code, [one["title"] for one in json.loads(ran.out)["entries"]])
    assert "nothing can be saved" in ran.err
    ran = machine.run(*VAULT, "open", "--read-only", secrets=[secret], typed=b"list\n")
    assert (0, True) == (ran.code, secret in ran.out), ran.err


@pytest.mark.parametrize("words", [["--continue"], []])
@pytest.mark.parametrize(
    "command",
    [
        ["note", "--title", "x"],
        ["add", "a.txt"],
        ["erase", "0", "--yes"],
        ["scrub", "--yes"],
        ["stock", "add", "a.txt"],
        ["check", "--repair"],
        ["open"],
    ],
    ids=lambda command: command[0],
)
def test_what_would_write_is_refused_before_anything_more_is_asked(machine, command, words):
    (machine.folder / "a.txt").write_bytes(b"text")
    lose_cells(machine)
    before = (machine.folder / "my.vault").read_bytes()
    her = ScriptedTerminal([])
    ran = machine.run(*VAULT, *command, *words, secrets=["two"], typed=b"x", terminal=her)
    assert (1, True) == (ran.code, REFUSED in ran.err), ran.err
    assert ran.err.splitlines()[-1].endswith("rescue NEWFILE")
    assert before == (machine.folder / "my.vault").read_bytes()
    assert ["a.txt", "my.vault"] == sorted(path.name for path in machine.folder.iterdir())


def test_nothing_is_moved_for_later_saves_may_be_missing(machine):
    lose_cells(machine)
    ran = machine.run(*VAULT, "move", "new.vault", secrets=["two", "", "uno", "due"])
    assert (1, True) == (ran.code, REFUSED in ran.err), ran.err
    assert not (machine.folder / "new.vault").exists()


def test_a_volume_that_was_written_over_as_well_is_not_said_to_begin_anew(machine):
    assert machine.run(*VAULT, "scrub", "--yes", secrets=["one", ""]).code == 0
    lose_cells(machine)
    ran = machine.run(*VAULT, "list", secrets=["two"])
    assert (1, True) == (ran.code, "Nothing of volume 2 can be read." in ran.err), ran.err
    assert "--continue" not in ran.err


def test_a_deep_check_does_not_say_that_nothing_is_lost(machine):
    lose_cells(machine)
    ran = machine.run(*VAULT, "check", "--deep", secrets=["two"])
    assert (0, True) == (
        ran.code,
        "4 copies are damaged, among them all places that tell" in ran.err,
    ), ran.err
    assert "nothing is lost" not in ran.err


def test_rescue_makes_a_new_vault_that_is_written(machine):
    lose_cells(machine)
    secrets = ["two", "", "uno", "due"]
    ran = machine.run(*VAULT, "rescue", "new.vault", secrets=secrets)
    assert ran.code == 0, ran.err
    new = ("--vault", "new.vault")
    assert machine.run(*new, "note", "--title", "x", secrets=["due"], typed=b"x").code == 0
    ran = machine.run(*new, "list", "--json", secrets=["due"])
    assert ["two", "x"] == sorted(one["title"] for one in json.loads(ran.out)["entries"])


def test_burning_still_burns_it(machine):
    lose_cells(machine)
    her = ScriptedTerminal(["burn"])
    assert machine.run(*VAULT, "burn", secrets=["one"], terminal=her).code == 0
    assert machine.run(*VAULT, "list", secrets=["two"]).code == 12
