"""One open volume: what is read at once, what is lost, what is staged and how much it takes."""

from __future__ import annotations

import pytest

from container.worlds import World, open_level, payloads
from seam.recording import RecordingDisk
from vault.container.block import MEDIA, PAGE, RECORD, BlockLost
from vault.errors import ContainerFull

SEALED = 12 + 32 + 1024 + 16


@pytest.fixture
def recorded():
    """A volume of eleven blocks side by side, and the blocks that each read asks for."""
    world = World(3, contents=[{}, {}, payloads(11)])
    disk = RecordingDisk(world.disk)
    session = open_level(disk, 2)
    disk.clear()

    def blocks_read():
        reads = [op.length / SEALED for op in disk.reads]
        disk.clear()
        return reads

    yield session.top, blocks_read
    session.close()


def run_of(volume, first, count):
    return [bytes(content) for content in volume.read_run(MEDIA, 0, first, count)]


def test_blocks_side_by_side_are_read_at_once(recorded):
    volume, blocks_read = recorded
    stored = list(payloads(11).values())
    assert stored == run_of(volume, 0, 11)
    assert [11] == blocks_read()
    assert stored[3:7] == run_of(volume, 3, 4)
    assert [4] == blocks_read()


def test_what_is_staged_is_not_read_from_the_file(recorded):
    volume, blocks_read = recorded
    volume.put(MEDIA, 0, 4, b"staged")
    stored = list(payloads(11).values())
    assert [*stored[:4], b"staged", *stored[5:]] == run_of(volume, 0, 11)
    assert [4, 6] == blocks_read()


def test_a_run_ends_before_what_is_to_be_forgotten(recorded):
    volume, blocks_read = recorded
    volume.drop(MEDIA, 0, 7)
    run = volume.read_run(MEDIA, 0, 2, 9)
    assert list(payloads(11).values())[2:7] == [bytes(next(run)) for _ in range(5)]
    with pytest.raises(BlockLost) as caught:
        next(run)
    assert (MEDIA, 0, 7) == (caught.value.namespace, caught.value.object_id, caught.value.number)
    assert [5] == blocks_read()


def test_a_single_block_is_read_without_those_beside_it(recorded):
    volume, blocks_read = recorded
    assert payloads(11)[MEDIA, 0, 3] == volume.get(MEDIA, 0, 3)
    assert [1] == blocks_read()


@pytest.mark.parametrize(
    ("namespace", "kind"), [(PAGE, "catalog"), (MEDIA, "file"), (RECORD, "record")]
)
def test_a_block_that_is_not_there_is_named(recorded, namespace, kind):
    volume, _ = recorded
    with pytest.raises(BlockLost) as caught:
        volume.get(namespace, 7, 12)
    error = caught.value
    assert (namespace, 7, 12) == (error.namespace, error.object_id, error.number)
    assert {"kind": kind, "object_id": 7, "number": 12} == error.values
    assert "Run: amanat check" == error.hint


def test_a_full_volume_says_what_can_be_done():
    session = World(1).open(writable=False)
    volume = session.top
    for number in range(volume.room(media=False)):
        volume.put(PAGE, 0, number, b"")
    with pytest.raises(ContainerFull, match=r"^This volume is full\.$") as caught:
        volume.put(PAGE, 1, 0, b"")
    assert caught.value.hint == (
        "Take all of it into a larger file: amanat move NEWFILE --size SIZE. "
        "Or erase what is no longer needed."
    )
    session.close()


@pytest.mark.parametrize(
    ("steps", "used"),
    [
        ("d", 2),
        ("dd", 2),
        ("dp", 3),
        ("dpp", 3),
        ("dpd", 2),
        ("dpdp", 3),
        ("pdp", 3),
        ("ppd", 2),
    ],
)
def test_blocks_in_use_are_those_that_a_save_would_leave(steps, used):
    """Of three blocks one is dropped and put, in any order."""
    session = World(1, contents=[payloads(3)]).open()
    volume = session.top
    for step in steps:
        if step == "d":
            volume.drop(MEDIA, 0, 1)
        else:
            volume.put(MEDIA, 0, 1, b"again")
    assert used == volume.used
    assert (used == 3) == volume.has(MEDIA, 0, 1)
    session.commit()
    assert used == volume.used == len(volume.where)
    session.close()
