"""A volume of a container that is being made, before there is a file, and the rows it fills."""

from __future__ import annotations

from collections import deque

import pytest

from container.worlds import World, payloads
from seam.memory import MemoryDisk
from seam.small import SMALL_LENGTH, SMALL_ROWS, seeded, small_geometry
from vault.container.block import MEDIA, BlockLost, block_name
from vault.container.cell import Cell
from vault.container.new_volume import InitialFill, NewVolume
from vault.container.plan import RowWrite
from vault.container.share_fill import Filler
from vault.errors import ContainerFull

GEOMETRY = small_geometry(SMALL_LENGTH)


def to_come(level=0, **blocks):
    file = MemoryDisk().create("new")
    return NewVolume(file, GEOMETRY, level, b"\5" * 32, **blocks)


def begun(count):
    volume = to_come()
    volume.start_with(payloads(count))
    return volume


@pytest.mark.parametrize("made", [to_come, lambda: begun(7)])
def test_of_a_volume_to_come_no_row_was_written_and_all_are_free(made):
    volume = made()
    assert volume.usable
    assert volume.findings.whole
    assert [0, 1, 3] == [volume.lag(epoch) for epoch in (0, 1, 3)]
    assert SMALL_ROWS == volume.free_rows(0)


def test_without_an_old_container_the_new_file_is_what_is_read():
    file = MemoryDisk().create("new")
    volume = NewVolume(file, GEOMETRY, 0, b"\5" * 32)
    assert file is volume.source.file


def test_what_turned_out_to_be_unreadable_is_left_out_and_nothing_else():
    session = World(1, contents=[payloads(6)]).open(writable=False)
    volume = to_come(old=session.top)
    gone = [block_name(MEDIA, 0, number) for number in (1, 4)]
    volume.leave_out([*gone, block_name(MEDIA, 77, 0)])
    assert [0, 2, 3, 5] == volume.numbers(MEDIA, 0)
    assert [block_name(MEDIA, 0, number) for number in (0, 2, 3, 5)] == volume.in_order()
    assert payloads(6)[MEDIA, 0, 5] == volume.get(MEDIA, 0, 5)
    with pytest.raises(BlockLost):
        volume.get(MEDIA, 0, 4)
    session.close()


def test_who_has_too_much_for_the_size_is_told_to_choose_a_larger_one():
    begun(GEOMETRY.limit(0)).require_room()
    with pytest.raises(ContainerFull) as caught:
        begun(GEOMETRY.limit(0) + 1).require_room()
    assert "Choose a larger size." == caught.value.hint


@pytest.mark.parametrize(
    ("index", "places"),
    [
        (0, [(0, 2), (7, 9)]),  # roots alone
        (62, [(0, 9)]),  # five blocks between them
        (63, [(0, 4), (7, 9)]),  # the two that are left
    ],
)
def test_filler_keeps_off_the_same_places_before_while_and_after_a_row_is_built(index, places):
    """Another thread fills between them meanwhile."""
    seen = []

    def random(length):
        seen.append(list(share.taken(index)))
        return seeded(3)(length)

    share = InitialFill(begun(7), Cell(0, SMALL_ROWS, SMALL_ROWS, b"\6" * 16), random)
    seen.append(list(share.taken(index)))
    row = memoryview(bytearray(GEOMETRY.pitch))
    step = RowWrite(index, index, GEOMETRY.row_offset(index), GEOMETRY.pitch)
    new = deque()
    share.fill(row, Filler(b"\7" * 32, row), step, index, new)
    while new:
        new.popleft()()
    seen.append(list(share.taken(index)))
    assert 3 < len(seen)
    assert [places] * len(seen) == seen
    size = GEOMETRY.sealed
    for block in range(9):  # what is sealed stands there, and nothing elsewhere
        written = any(row[block * size : (block + 1) * size])
        assert any(start <= block < end for start, end in places) is written
    assert not any(row[9 * size :])
