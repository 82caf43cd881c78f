"""`move`: what is asked, what is said, and which volume becomes which."""

from __future__ import annotations

import json

import pytest

from person.machine import SIZE, Machine
from person.terminal import SHOWN, ScriptedTerminal

MOVE = ("--vault", "my.vault", "move", "new.vault")


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one", "two")
    for secret, title in (("one", "shopping"), ("two", "what I saw")):
        ran = machine.run("--vault", "my.vault", "note", title, secrets=[secret], typed=b"Text.")
        assert ran.code == 0, ran.err
    return machine


def titles(machine, path, secret):
    ran = machine.run("--vault", path, "list", "--json", secrets=[secret])
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    return found["label"], [entry["title"] for entry in found["entries"]]


def test_a_person_is_asked_for_everything_in_turn(machine):
    terminal = ScriptedTerminal(["two", "", "3", "deepest", SHOWN, SHOWN, SHOWN])
    ran = machine.run(*MOVE, terminal=terminal)
    assert (0, "") == (ran.code, ran.out)
    assert [
        "Volumes that go along: 1, 2. Anything else stays in the old file only.",
        "Below 512MiB a file is for trials: saving gets slow as it fills.",
        "Each passphrase opens a part of its own, and those before it. All numbers are usual.",
        "Volume 1 of the new file: what is volume 1 now.",
        "Volume 2 of the new file: what is volume 2 now.",
        "Volume 3 of the new file: empty.",
        "Made: new.vault",
        "The old file stays as it was: my.vault",
        "What no passphrase given here opens is in the old file only.",
    ] == ran.err.splitlines()
    asked = [line.partition(":")[0] for line in ran.screen.splitlines() if ": " in line]
    assert "Other passphrases whose volumes must survive? (Enter = none)" in asked[1]
    assert "First passphrase:" in ran.screen
    assert "Third passphrase, for “deepest”:" in ran.screen


def test_everything_goes_along_and_the_old_file_is_the_same(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*MOVE, "--passphrases", "2", secrets=["two", "", "uno", "due"])
    assert ran.code == 0, ran.err
    assert before == (machine.folder / "my.vault").read_bytes()
    for old, new in (("one", "uno"), ("two", "due")):
        assert titles(machine, "my.vault", old) == titles(machine, "new.vault", new)


def test_what_a_further_passphrase_opens_goes_along(machine):
    ran = machine.run(*MOVE, "--passphrases", "2", secrets=["one", "two", "", "uno", "due"])
    assert ran.code == 0, ran.err
    assert ("second", ["what I saw"]) == titles(machine, "new.vault", "due")


def test_a_further_passphrase_that_opens_nothing_ends_it(machine):
    ran = machine.run(*MOVE, "--passphrases", "1", secrets=["one", "wrong", "", "uno"])
    assert 12 == ran.code
    assert not (machine.folder / "new.vault").exists()


def test_fewer_passphrases_than_go_along_are_refused(machine):
    ran = machine.run(*MOVE, "--passphrases", "1", secrets=["two", "", "uno"])
    assert 2 == ran.code
    assert "2 volumes go along, and each needs a passphrase of its own." in ran.err
    assert "--leave NUMBER" in ran.err
    assert not (machine.folder / "new.vault").exists()


def test_a_volume_is_left_behind_only_when_it_is_named_and_confirmed(machine):
    left = (*MOVE, "--passphrases", "1", "--leave", "1", "--kind", "own")
    refusing = ScriptedTerminal(["two", "", "no"])
    assert 1 == machine.run(*left, terminal=refusing).code
    assert not (machine.folder / "new.vault").exists()
    terminal = ScriptedTerminal(["two", "", "leave", "uno", "uno"])
    ran = machine.run(*left, terminal=terminal)
    assert ran.code == 0, ran.err
    assert "Volume 1 stays behind, in the old file only." in ran.screen
    assert "Volume 1 of the new file: what is volume 2 now." in ran.err
    assert ("second", ["what I saw"]) == titles(machine, "new.vault", "uno")
    assert ("first", ["shopping"]) == titles(machine, "my.vault", "one")


def test_a_volume_that_is_not_open_cannot_be_left(machine):
    ran = machine.run(*MOVE, "--leave", "3", "--yes", secrets=["two", ""])
    assert 2 == ran.code
    assert "Volume 3 is not open." in ran.err


def test_another_size_and_what_json_says(machine):
    size = str(SIZE + 64 * 1024 * 16)
    words = (*MOVE, "--size", size, "--passphrases", "3", "--label", "deepest", "--json")
    ran = machine.run(*words, secrets=["two", "", "uno", "due", "tre"])
    assert ran.code == 0, ran.err
    assert {
        "schema": "amanat/move/v1",
        "path": "new.vault",
        "size": int(size),
        "passphrases": 3,
        "from": [1, 2, None],
    } == json.loads(ran.out)
    assert int(size) == (machine.folder / "new.vault").stat().st_size
    assert ("deepest", []) == titles(machine, "new.vault", "tre")


def test_too_small_a_size_is_refused_before_a_new_passphrase_is_asked_for(machine):
    terminal = ScriptedTerminal(["two", ""])
    ran = machine.run(*MOVE, "--size", "1114112", terminal=terminal)
    assert 1 == ran.code
    assert "What goes along does not fit into a vault of this size." in ran.err
    assert "This is enough: --size 128MiB" in ran.err
    assert not (machine.folder / "new.vault").exists()


def test_at_the_prompt_it_moves_what_is_open(machine):
    typed = b"note later\nMore.\n.\nmove new.vault --passphrases 2\n"
    ran = machine.run("--vault", "my.vault", "open", secrets=["two", "", "uno", "due"], typed=typed)
    assert ran.code == 0, ran.err
    assert ("second", ["later", "what I saw"]) == titles(machine, "new.vault", "due")
