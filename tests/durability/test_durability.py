"""A little of each part of the programme, and that it would notice."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import pytest

from durability import faults, kernel, kills
from durability.deeds import DEEDS, EVERY, Known, between, copied, made_scene, run
from vault.cli.index import ENTRIES

KIND = "ext4 commit=1"


@pytest.fixture(scope="module")
def elsewhere():
    """Return what runs work in a process of one thread, which may fork and mount."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        yield lambda work, *words: pool.submit(work, *words).result()


@pytest.fixture(scope="module")
def scene():
    with made_scene() as scene:
        yield scene


def shown(result):
    if result.skipped:
        pytest.skip(result.line())
    assert [] == result.faults
    return result


def test_a_kernel_that_stops_takes_nothing_that_was_acknowledged(elsewhere):
    assert 3 == shown(elsewhere(kernel.cycles, KIND, 3, 1)).tried


@pytest.mark.long
def test_without_fsync_it_would(elsewhere):
    assert shown(elsewhere(kernel.control, KIND, 4, 1)).seen["lost something acknowledged"]


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("erase", slice(3, 4)),
        ("move", slice(-3, -2)),
        pytest.param("put-right", EVERY, marks=pytest.mark.long),
        pytest.param("scrub", slice(0, 60, 10), marks=pytest.mark.long),
    ],
)
def test_a_killed_command_leaves_old_or_new(elsewhere, name, calls):
    shown(elsewhere(kills.at_every_call, name, calls))


@pytest.mark.long
def test_a_failing_call_is_told_and_leaves_old_or_new(elsewhere):
    shown(elsewhere(faults.at_every_call, "move", "ENOSPC, half written", False, slice(-4, -2)))


# It would notice


def test_entries_that_are_neither_old_nor_new_are_noticed():
    before = {(True, 0): ("a", None)}
    after = {**before, (True, 1): ("b", None), (True, 2): ("c", None)}
    between(before, {**before, (True, 1): ("b", None)}, after)
    for found in (
        {},
        {(True, 0): ("other", None)},
        {**before, (True, 2): ("c", None)},
        {**after, (True, 3): ("d", None)},
    ):
        with pytest.raises(AssertionError):
            between(before, found, after)


def test_success_without_the_work_and_files_left_over_are_noticed(scene):
    deed = DEEDS["get"]
    known = Known(scene, deed)
    with copied(scene, deed) as copy:
        known.check(copy, done=False, killed=False)
        with pytest.raises(AssertionError, match="is not there"):
            known.check(copy, done=True, killed=False)
        assert 0 == run(copy, deed).code
        known.check(copy, done=True, killed=False)
        (copy.folder / ".0123456789abcdef").touch()
        known.check(copy, done=True, killed=True)
        with pytest.raises(AssertionError, match="left over"):
            known.check(copy, done=True, killed=False)
        (copy.folder / "out").write_bytes(b"half")
        with pytest.raises(AssertionError, match="not whole"):
            known.check(copy, done=False, killed=True)


def test_every_command_that_writes_is_tried():
    tried = {deed.words[0] for deed in DEEDS.values()}
    reading = {"level", "status", "check", "list", "show", "search", "verify", "guide", "doctor"}
    # Of these the saves are those of commands tried here: as typed there, as add and put-right.
    like_others = {"open", "stock"}
    assert {*ENTRIES} - tried <= reading | like_others
