"""`rescue`: what is asked, what is said of what is lost, and what the codes are."""

from __future__ import annotations

import json

import pytest

from person.machine import SIZE, Machine
from person.terminal import SHOWN, ScriptedTerminal
from seam.small import EDGE
from vault.container.block import MEDIA
from vault.container.session import open_container
from vault.storage.real import RealDisk

RESCUE = ("--vault", "my.vault", "rescue", "new.vault")


@pytest.fixture
def machine(tmp_path):
    machine = Machine(tmp_path)
    machine.make("my.vault", "one", "two")
    (tmp_path / "gate.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"gate" * 2_000)
    for words in (["add", "gate.jpg", "--title", "The gate"], ["note", "what I saw"]):
        ran = machine.run("--vault", "my.vault", *words, secrets=["two"], typed=b"Text.")
        assert ran.code == 0, ran.err
    return machine


def spoil(machine, at, content):
    with (machine.folder / "my.vault").open("r+b") as file:
        file.seek(at)
        file.write(content)


def spoil_gate(machine):
    """Spoil one block of the file in the second volume."""
    path = str(machine.folder / "my.vault")
    session = open_container(
        RealDisk(), path, "two", writable=False, form=machine.form, random=bytes
    )
    spot = session.top.where[max(name for name in session.top.where if name[0] == MEDIA)]
    at = session.top.reader.offset(spot >> 16, spot & 0xFFFF)
    session.close()
    spoil(machine, at + 60, b"spoiled")


def test_a_sound_file_is_brought_over_whole(machine):
    before = (machine.folder / "my.vault").read_bytes()
    ran = machine.run(*RESCUE, secrets=["two", "", "uno", "due"])
    assert [
        "Volume 1, “first”: 0 entries.",
        "Volume 2, “second”: 2 entries.",
    ] == ran.out.splitlines()
    assert [
        "Volumes that go along: 1, 2. Anything else stays in the old file only.",
        "The new file gets passphrases of its own, in the same order.",
        "Made: new.vault",
        "The old file stays as it was: my.vault",
        "What no passphrase given here opens is in the old file only.",
    ] == ran.err.splitlines()
    assert 0 == ran.code
    assert before == (machine.folder / "my.vault").read_bytes()
    assert SIZE == (machine.folder / "new.vault").stat().st_size
    got = machine.run("--vault", "new.vault", "get", "0", "-o", "copy.jpg", secrets=["due"])
    assert 0 == got.code
    gate = (machine.folder / "gate.jpg").read_bytes()
    assert gate == (machine.folder / "copy.jpg").read_bytes()


def test_what_is_lost_is_named_by_entry_and_the_code_says_partly(machine):
    spoil_gate(machine)
    ran = machine.run(*RESCUE, secrets=["two", "", "uno", "due"])
    assert 3 == ran.code
    assert [
        "Volume 1, “first”: 0 entries.",
        "Volume 2, “second”: 2 entries.",
        "    Entry 0 “The gate”: lost: 1 parts of its file",
    ] == ran.out.splitlines()
    assert "Something could not be brought back; what is known of it is named above." in ran.err
    assert "Keep the damaged file: it was not changed." in ran.err


def test_what_json_says(machine):
    spoil_gate(machine)
    ran = machine.run(*RESCUE, "--json", secrets=["two", "", "uno", "due"])
    assert 3 == ran.code
    lost = {"item": "0", "title": "The gate", "leaf": False, "fields": False, "chunks": 1}
    same = {"end": False, "since": 0, "anew": False, "nameless": False}
    assert {
        "schema": "amanat/rescue/v1",
        "path": "new.vault",
        "size": SIZE,
        "whole": False,
        "volumes": [
            {"number": 1, "label": "first", "entries": 0, "whole": True, "lost": [], **same},
            {"number": 2, "label": "second", "entries": 2, "whole": False, "lost": [lost], **same},
        ],
    } == json.loads(ran.out)


def test_the_error_of_a_lost_head_names_the_way_and_the_way_works(machine):
    spoil(machine, 0, bytes(4096))
    failed = machine.run("--vault", "my.vault", "list", secrets=["two"])
    assert 12 == failed.code
    assert "If the file is damaged: rescue --from-end" in failed.err
    ran = machine.run(*RESCUE, "--from-end", secrets=["two", "", "uno", "due"])
    assert 0 == ran.code, ran.err
    assert "Volume 2, “second”: 2 entries." in ran.out


def test_the_original_size_finds_the_end_of_a_file_that_has_grown(machine):
    spoil(machine, 0, bytes(EDGE))
    with (machine.folder / "my.vault").open("ab") as file:
        file.write(bytes(70_000))
    words = (*RESCUE, "--from-end")
    assert 12 == machine.run(*words, secrets=["two", "", "uno", "due"]).code
    ran = machine.run(*words, "--size", str(SIZE), secrets=["two", "", "uno", "due"])
    assert 0 == ran.code, ran.err


def test_a_truncated_file_is_refused_and_rescued(machine):
    with (machine.folder / "my.vault").open("r+b") as file:
        file.truncate(SIZE // 2)
    failed = machine.run("--vault", "my.vault", "list", secrets=["two"])
    assert 1 == failed.code
    assert "rescue" in failed.err
    ran = machine.run(*RESCUE, secrets=["two", "", "uno", "due"])
    assert 0 == ran.code, ran.err
    assert SIZE == (machine.folder / "new.vault").stat().st_size


def test_nothing_that_can_be_read_is_told_for_each_volume(machine):
    spoil(machine, EDGE // 8, bytes(SIZE - EDGE))
    ran = machine.run(*RESCUE, secrets=["two", "", "uno", "due"])
    assert 3 == ran.code
    assert 2 == ran.out.count("    Nothing of it can be read: it begins anew, empty.\n")
    added = machine.run("--vault", "new.vault", "add", "gate.jpg", secrets=["due"])
    assert 0 == added.code, added.err


def test_a_person_is_asked_for_everything_in_turn(machine):
    terminal = ScriptedTerminal(["one", "two", "", SHOWN, SHOWN])
    ran = machine.run(*RESCUE, terminal=terminal)
    assert 0 == ran.code, ran.err
    assert 2 == ran.screen.count("Other passphrases whose volumes must survive?")
    assert "First passphrase:" in ran.screen
    assert "Second passphrase:" in ran.screen


@pytest.mark.parametrize(
    ("words", "secrets", "code"),
    [
        (["rescue", "gate.jpg"], ["two", "", "uno", "due"], 1),
        (["rescue", "none/new.vault"], ["two", "", "uno", "due"], 10),
        (["rescue", "new.vault"], ["wrong", "", "uno", "due"], 12),
        (["rescue", "new.vault"], ["two", "wrong", "", "uno", "due"], 12),
        (["rescue", "new.vault"], ["two", "", "uno", "uno"], 2),
        (["rescue", "new.vault", "--size", "much"], ["two", "", "uno", "due"], 2),
    ],
)
def test_refused_before_anything_is_written(machine, words, secrets, code):
    before = sorted(path.name for path in machine.folder.iterdir())
    assert code == machine.run("--vault", "my.vault", *words, secrets=secrets).code
    assert before == sorted(path.name for path in machine.folder.iterdir())


def test_outside_of_the_prompt_only(machine):
    typed = b"rescue new.vault\n"
    ran = machine.run("--vault", "my.vault", "open", secrets=["two"], typed=typed)
    assert "This works outside of the prompt only." in ran.err


@pytest.mark.parametrize("words", [("move",), ("rescue",), ("rescue", "--from-end")])
def test_new_passphrases_are_not_taken_for_others_and_help_says_how_lines_stand(machine, words):
    before = set(machine.folder.iterdir())
    command = ("--vault", "my.vault", words[0], "new.vault", *words[1:], "--no-input")
    ran = machine.run(*command, secrets=["two", "uno", "due"])
    assert 12 == ran.code
    assert "in a file an empty line" in ran.err
    assert "--from-end" not in ran.err
    assert before == set(machine.folder.iterdir())
    told = " ".join(machine.run(words[0], "--help").out.split())
    order = "the passphrase; any others; an empty line, unless the third passphrase was among them"
    assert f"in this order: {order}; the new ones." in told
