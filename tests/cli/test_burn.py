import json
import shutil

import pytest

from person.console import TextStream
from person.machine import Machine
from person.terminal import ScriptedTerminal
from seam.faulty import FaultyDisk
from vault.errors import Damaged

VAULT = ("--vault", "my.vault")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a vault of two volumes, made once."""
    machine = Machine(tmp_path_factory.mktemp("made"))
    machine.make("my.vault", "one", "two")
    return machine.folder / "my.vault"


@pytest.fixture
def machine(tmp_path, made):
    shutil.copy(made, tmp_path / "my.vault")
    return Machine(tmp_path)


def is_burnt(machine):
    codes = {machine.run(*VAULT, "list", secrets=[secret]).code for secret in ("one", "two")}
    assert 1 == len(codes)
    return codes == {12}


@pytest.mark.parametrize("secret", ["one", "two"])
def test_any_passphrase_and_the_word_burn_it_and_copies_open_as_before(machine, secret):
    shutil.copy(machine.folder / "my.vault", machine.folder / "copy.vault")
    ran = machine.run(*VAULT, "burn", terminal=ScriptedTerminal([secret, "burn"]))
    assert 0 == ran.code, ran.err
    assert "will never open again, with any passphrase" in ran.screen
    assert "Copies made before are not reached" in ran.screen
    assert is_burnt(machine)
    assert 0 == machine.run("--vault", "copy.vault", "list", secrets=["two"]).code


@pytest.mark.parametrize("answers", [["one", ""], ["one", "yes"], ["one"], ["three", "burn"]])
def test_without_passphrase_or_word_nothing_happens(machine, answers):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*VAULT, "burn", terminal=ScriptedTerminal(answers))
    assert ran.code in {1, 12}
    assert before == (machine.folder / "my.vault").read_bytes()


def test_another_file_is_left_alone(machine):
    (machine.folder / "photo.jpg").write_bytes(b"not a vault" * 1000)
    ran = machine.run("--vault", "photo.jpg", "burn", "--yes", secrets=["one"])
    assert 12 == ran.code
    assert b"not a vault" * 1000 == (machine.folder / "photo.jpg").read_bytes()


def test_no_input_needs_yes(machine):
    assert 2 == machine.run(*VAULT, "burn", "--no-input", secrets=["one"]).code
    assert not is_burnt(machine)
    assert 0 == machine.run(*VAULT, "burn", "--no-input", "--yes", secrets=["one"]).code
    assert is_burnt(machine)


def test_json_needs_yes_and_tells_it(machine):
    assert 2 == machine.run(*VAULT, "burn", "--json", secrets=["one"]).code
    ran = machine.run(*VAULT, "burn", "--json", "--yes", secrets=["one"])
    assert {"schema": "amanat/burn/v1", "path": "my.vault", "burnt": True} == json.loads(ran.out)


def test_at_the_prompt_it_ends_the_prompt_and_nothing_is_saved_after_it(machine):
    her = ScriptedTerminal(["two", "burn", "burn", "note Never", "exit"])
    ran = machine.run("open", "my.vault", terminal=her, stdin=TextStream(terminal=True))
    assert 0 == ran.code, ran.err
    assert ["note Never", "exit"] == list(her.answers)
    assert [("pwrite", 4096)] * 4 + [("fsync", 0)] + [("pwrite", 2080), ("fsync", 0)] * 2 == [
        (op.op, op.length) for op in machine.disk.ops[-10:-1]
    ]
    assert is_burnt(machine)


def test_at_a_prompt_for_reading_it_is_refused(machine):
    typed = b"burn --yes\nlist\n"
    ran = machine.run("open", "my.vault", "--read-only", secrets=["two"], typed=typed)
    assert "opened for reading only" in ran.err
    assert not is_burnt(machine)


def test_a_volume_that_was_overwritten_does_not_keep_it_from_burning(machine):
    ran = machine.run(*VAULT, "scrub", "--yes", "--no-input", secrets=["one", ""])
    assert 0 == ran.code, ran.err
    assert 1 == machine.run(*VAULT, "list", secrets=["two"]).code
    assert 0 == machine.run(*VAULT, "burn", "--yes", secrets=["two"]).code
    assert 12 == machine.run(*VAULT, "list", secrets=["one"]).code


@pytest.mark.parametrize("at", [1, 4, 6])
def test_a_failing_disk_is_told_and_the_prompt_ends(machine, at):
    real = machine.disk.inner
    machine.disk.inner = FaultyDisk(real, fail_at=at, forever=True)
    ran = machine.run("open", "my.vault", secrets=["two"], typed=b"burn --yes\nlist\n")
    machine.disk.inner = real
    assert 1 == ran.code
    assert "this file may still be possible to open" in ran.err
    assert "Burnt" not in ran.err
    assert "what was saved before is there" not in ran.err


@pytest.mark.parametrize("at", range(1, 10))
def test_one_failure_keeps_nothing_else_from_being_overwritten(machine, at):
    real = machine.disk.inner
    machine.disk.inner = FaultyDisk(real, fail_at=at, torn=False)
    machine.disk.clear()
    ran = machine.run(*VAULT, "burn", "--yes", secrets=["two"])
    machine.disk.inner = real
    assert 1 == ran.code
    assert "this file may still be possible to open" in ran.err
    assert 6 == sum(op.op == "pwrite" for op in machine.disk.ops)
    head_in_front = 8
    assert is_burnt(machine) == (at != head_in_front)


def test_ctrl_c_while_it_burns_is_told_as_what_it_is(machine):
    real = machine.disk.inner
    machine.disk.inner = FaultyDisk(real, fail_at=3, error=KeyboardInterrupt())
    ran = machine.run("open", "my.vault", secrets=["two"], typed=b"burn --yes\nlist\n")
    machine.disk.inner = real
    assert 1 == ran.code
    assert "Burning was interrupted: this file may still be possible to open." in ran.err
    assert "saved" not in ran.err


@pytest.mark.parametrize("damage", ["front", "shorter", "longer", "no cells"])
def test_what_rescue_could_open_can_be_burnt(machine, damage):
    path = machine.folder / "my.vault"
    whole = path.read_bytes()
    path.write_bytes(
        {
            "front": bytes(4096) + whole[4096:],
            "shorter": whole[:-500_000],
            "longer": whole + b"more",
            "no cells": whole[:4096] + bytes(60_000) + whole[64_096:],
        }[damage]
    )
    size = path.stat().st_size
    assert 12 == machine.run(*VAULT, "burn", "--yes", secrets=["wrong"]).code
    ran = machine.run(*VAULT, "burn", "--yes", secrets=["one"])
    assert 0 == ran.code, ran.err
    assert size == path.stat().st_size
    for words in ([], ["--from-end"], ["--from-end", "--size", str(len(whole))]):
        assert 12 == machine.run(*VAULT, "rescue", "new.vault", *words, secrets=["one", ""]).code


def test_what_is_damaged_keeps_nobody_from_the_prompt_where_it_can_be_burnt(machine, monkeypatch):
    def damaged(_vault):
        raise Damaged("The catalog is damaged.")

    monkeypatch.setattr("vault.operations.stock.waiting", damaged)
    her = ScriptedTerminal(["two", "burn", "burn"])
    ran = machine.run("open", "my.vault", terminal=her, stdin=TextStream(terminal=True))
    assert 0 == ran.code, ran.err
    assert "is open. Type a command" in ran.screen
    assert is_burnt(machine)
