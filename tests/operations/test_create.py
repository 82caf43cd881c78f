from __future__ import annotations

import errno

import pytest

from operations.desk import PASSPHRASES, Desk, no_progress
from seam.crashing import CrashingDisk, crash_states
from seam.faulty import CHANGING, FaultyDisk
from seam.memory import MemoryDisk
from vault.errors import UnlockError, UsageError, VaultError
from vault.operations.create import VolumeToMake, create_vault


@pytest.fixture
def bare(tmp_path):
    """Return a desk without any vault."""
    return Desk(tmp_path, disk=MemoryDisk())


@pytest.mark.parametrize("volumes", [1, 2, 3])
def test_each_passphrase_opens_its_own_label_and_log(bare, volumes):
    bare.make("v", volumes)
    seen = []
    for number in range(volumes):
        with bare.open("v", PASSPHRASES[number], writable=False) as vault:
            assert (number + 1, 0) == (
                len(vault.session.volumes),
                vault.catalog.next_seq(vault.catalog.origin),
            )
            assert vault.keys.origin == vault.catalog.origin
            seen.append((vault.label, vault.catalog.origin))
    assert ["bag", "truth", "deepest"][:volumes] == [label for label, _ in seen]
    assert volumes == len({origin for _, origin in seen})


def test_a_less_secret_volume_can_be_worked_on_but_no_more_secret_one(bare):
    bare.make("v", 2)
    with bare.open("v", "two", level=0, writable=False) as vault:
        assert "bag" == vault.label
    with pytest.raises(UsageError), bare.open("v", "one", level=1):
        pass


def test_nothing_else_opens_it(bare):
    bare.make("v", 1)
    for passphrase in ("two", "three", "One!"):
        with pytest.raises(UnlockError), bare.open("v", passphrase):
            pass


@pytest.mark.parametrize(
    "volumes",
    [
        [],
        [("one", "a")] * 2,
        [("one", "a"), (" one ", "b")],
        [("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")],
        [("", "a")],
        [(" \t", "a")],
        [("one", "x" * 256)],
        [("one", "label\0with NUL")],
        [("one", "label \udcff")],
    ],
    ids=["none", "twice", "spelled-alike", "four", "empty", "blank", "long", "nul", "no-text"],
)
def test_what_no_vault_can_have_is_told_as_wrong_use_and_makes_no_file(bare, volumes):
    with pytest.raises(VaultError) as told:
        create_vault(
            "v",
            bare.length,
            [VolumeToMake(*volume) for volume in volumes],
            place=bare.place(),
            progress=no_progress,
        )
    assert 2 == told.value.exit_code
    assert [] == list(bare.disk)


def test_a_taken_name_is_left_alone(bare):
    bare.disk.put("v", b"something else")
    with pytest.raises(VaultError, match="exists already"):
        bare.make("v")
    assert {"v": b"something else"} == bare.disk.snapshot()


def test_too_little_room_is_told_before_anything_is_written(bare):
    bare.disk.free = bare.length - 1
    with pytest.raises(VaultError, match="not enough room"):
        bare.make("v")
    assert [] == list(bare.disk)


def test_every_failing_call_leaves_nothing_and_no_fsync_is_tried_again(bare):
    counting = FaultyDisk(MemoryDisk())
    bare.make("v", disk=counting)
    assert 60 < counting.calls
    for number in range(counting.calls):
        faulty = FaultyDisk(MemoryDisk(), fail_at=number, error=errno.ENOSPC)
        with pytest.raises(VaultError) as told:
            bare.make("v", disk=faulty)
        left = list(faulty.inner)
        # Once the name is there only its durability is in doubt.
        assert left == (["v"] if faulty.failed[0][0] == "sync-folder" else [])
        assert (1, 0) == (told.value.exit_code, faulty.fsyncs_after_failure)


def test_a_disk_that_is_gone_is_told_by_its_first_failure(bare):
    counting = FaultyDisk(MemoryDisk())
    bare.make("v", disk=counting)
    for number in range(0, counting.calls, 7):
        faulty = FaultyDisk(MemoryDisk(), fail_at=number, error=errno.ENODEV, forever=True)
        with pytest.raises(VaultError, match="The disk is gone: v was not saved"):
            bare.make("v", disk=faulty)


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()], ids=["memory", "ctrl-c"])
def test_an_interruption_at_any_call_leaves_no_file(bare, error):
    counting = FaultyDisk(MemoryDisk())
    bare.make("v", disk=counting)
    for number in range(0, counting.calls, 5):
        faulty = FaultyDisk(MemoryDisk(), fail_at=number, error=error, ops=CHANGING - {"remove"})
        with pytest.raises(type(error)):
            bare.make("v", disk=faulty)
        assert [] == list(faulty.inner)


def test_a_power_cut_leaves_a_whole_vault_or_none(bare, rng):
    crashing = CrashingDisk()
    bare.make("v", 2, disk=crashing)
    crashing.mark("made")
    for state in crash_states(crashing.log, rng, 150):
        if not state.disk.exists("v"):
            assert () == state.marks
            continue
        with bare.open("v", "two", disk=state.disk) as vault:
            assert ("truth", []) == (vault.label, vault.notices)
