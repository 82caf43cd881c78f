"""Reading a level's share of the rows: short files, bad sectors, long runs, roots torn apart."""

from __future__ import annotations

import pytest

from container.key_holder import KeyHolder, history
from container.test_faults import BadSector
from container.worlds import PATH, World, open_level, payloads
from seam.small import CATALOG_LENGTH
from vault.container.block import MEDIA, PAGE, block_name

ROW = 63
"""Blocks that a volume starts with stand in the last rows."""


@pytest.mark.parametrize("kept", [0, 1, 1083, 1084, 1085, 2000, 3 * 1084])
def test_beyond_the_end_of_the_file_are_zeros(kept):
    world = World(1, contents=[payloads(12)])
    session = world.open(writable=False)
    reader = session.top.reader
    reader.read(ROW - 1, 2, 3)  # something else stands in the buffer
    start = reader.offset(ROW, 2)
    stored = world.disk.read(PATH)[start : start + kept]
    world.disk.truncate(PATH, start + kept)
    assert stored.ljust(3 * 1084, b"\0") == bytes(reader.read(ROW, 2, 3))
    session.close()


def test_blocks_that_the_disk_refuses_are_zeros_and_are_counted():
    world = World(1, contents=[payloads(12)])
    session = world.open(writable=False)
    start = session.top.reader.offset(ROW, 2)
    session.close()
    stored = world.disk.read(PATH)[start : start + 5 * 1084]
    disk = BadSector(world.disk, start + 1084 + 5, 1084)  # in the second and in the third block
    session = open_level(disk, 0, writable=False)
    reader = session.top.reader
    reader.read(ROW - 1, 2, 5)  # something else stands in the buffer
    assert 0 == reader.refused
    expected = stored[:1084] + bytes(2 * 1084) + stored[3 * 1084 :]
    assert expected == bytes(reader.read(ROW, 2, 5))
    assert 2 == reader.refused
    assert bytes(1084) == bytes(reader.read(ROW, 4, 1))
    assert 3 == reader.refused
    session.close()


@pytest.mark.parametrize("blocks", [1, 2, 64, 65, 130])
def test_a_run_of_any_length_is_opened_once_whole_and_in_order(blocks):
    stored, others = payloads(blocks), {(PAGE, 0, number): b"page" for number in range(4)}
    world = World(2, contents=[{}, {**stored, **others}], length=CATALOG_LENGTH)
    session = world.open(writable=False)
    volume = session.top
    spot = volume.where[block_name(MEDIA, 0, 0)]
    assert [*range(spot, spot + blocks)] == [volume.where[block_name(*name)] for name in stored]
    found = []
    for header in volume.open_spots(spot, blocks):
        found.append((header.namespace, header.object_id, header.number))
        assert stored[found[-1]] == bytes(volume.reader.content(header))
        between = [bytes(content) for content in volume.read_run(PAGE, 0, 0, 4)]
        assert list(others.values()) == between
    assert list(stored) == found
    session.close()


def test_of_two_roots_in_one_row_each_is_read_when_it_is_asked_for():
    """A row written over in place and torn: the first copy is of one root, the last of another."""
    world, _ = history(2)
    holder = KeyHolder(world)
    row, share = 5, holder.geometry.shares[0]
    old = holder.reader.root(row)
    new = old.head._replace(epoch=row + holder.geometry.rows, commit_id=b"n" * 16, counter=9)
    at = holder.reader.offset(row, share.blocks - share.root)
    last = world.disk.read(PATH)[at : at + share.root * holder.geometry.sealed]
    holder.write_root(row, new, old.table)
    world.disk.damage(PATH, at, last)
    assert [new, old.head] == holder.reader.root_heads(row, torn=True)
    assert new == holder.reader.root(row).head
    assert new == holder.reader.root(row, new).head
    assert old == holder.reader.root(row, old.head)
    assert holder.reader.root(row, new._replace(counter=8)) is None
    holder.leave()
