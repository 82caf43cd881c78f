"""Choosing a root and building its map, where rows are lost, torn, or of another history."""

from __future__ import annotations

from fractions import Fraction

import pytest

from container.checks import in_place_after
from container.key_holder import KeyHolder, history
from container.worlds import PATH, World, payloads, read_all, read_rows
from seam.crashing import EVERYTHING, CrashingDisk, state_after
from seam.memory import MemoryDisk
from seam.small import SHORT_LENGTH, SMALL_FORM
from vault.container import recovery
from vault.container.block import MEDIA, PAGE, parse_name
from vault.container.geometry import CELL_UNIT
from vault.container.reading_ahead import ReadingAhead, all_runs
from vault.container.root import Row
from vault.container.share_io import ShareReader


def geometry_of(world):
    session = world.open(writable=False)
    session.close()
    return session.geometry


def without_root(world, level, rows):
    """Destroy both copies of a level's root in these rows."""
    geometry = geometry_of(world)
    share = geometry.shares[level]
    for row in rows:
        for position in (*range(share.root), *range(share.blocks - share.root, share.blocks)):
            at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
            world.disk.damage(PATH, at, bytes(geometry.sealed))


def copy_row(world, source, row):
    """Put a row of another copy of the file in the place of this one's."""
    geometry = geometry_of(world)
    at = geometry.row_offset(row)
    world.disk.damage(PATH, at, source[at : at + geometry.pitch])


def copy_cells(world, source):
    geometry = geometry_of(world)
    for end in (0, 1):
        for slot in (0, 1):
            at = geometry.cell_offset(end, slot)
            world.disk.damage(PATH, at, source[at : at + CELL_UNIT])


def in_row(session, row):
    """Names of the blocks that stand in a row."""
    places = session.top.where.items()
    return {parse_name(name) for name, spot in places if spot >> 16 == row}


def kept_but(world, names):
    level = world.kept[-1]
    return {name: data for name, data in level.items() if name not in names}


def test_names_that_blocks_tell_stand_where_a_root_would_have_them():
    world = World(3, contents=[{}, {}, payloads(40)])
    session = world.open()
    last = sorted(name for name, spot in session.top.where.items() if spot >> 16 == 61)
    assert 11 == len(last), "a full row"
    world.drop(session, 2, [parse_name(last[9])])  # the last but one of its positions
    world.commit(session)
    where = dict(session.top.where)
    session.close()
    rows = sorted({spot >> 16 for spot in where.values()} - {0})
    assert [61, 62, 63] == rows
    without_root(world, 2, rows)
    session = world.open()
    assert (where, 0) == (session.top.where, session.top.findings.lost)
    for row in rows:
        expected = bytearray(17 * 15)
        for name, spot in where.items():
            if spot >> 16 == row:
                position = spot & 0xFFFF
                expected[17 * position : 17 * position + 17] = name
        assert expected == session.top.state.names[row]
    session.commit()
    world.check(session)
    session.close()


def cut_off_in_place():
    """A row of nine blocks, written over by a save that was cut off then; three stand behind it.

    Returns:
        The world with the whole row, and the file as it was before.
    """
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(12)])
    world.foreign_rows(in_place_after(world))
    before, disk = world.disk.read(PATH), CrashingDisk(world.disk)
    world.disk = disk
    session = world.open()
    assert [9, 3] == [row.count for row in session.top.state.table if row.live]
    session.commit()
    session.close()
    world.disk = state_after(disk.log, 2, EVERYTHING).disk  # the fsync of opening, the row
    return world, before


def test_a_row_of_which_half_was_sealed_anew_is_read_side_by_side_as_well():
    world, before = cut_off_in_place()
    session = world.open(writable=False)
    reader, row = session.top.reader, session.status(1).epoch % 64
    session.close()
    half = reader.offset(row, 6)
    end = reader.offset(row, reader.share.blocks)
    world.disk.damage(PATH, half, before[half:end])
    session = world.open(writable=False)
    assert (world.kept[1], set()) == read_all(session.top) == read_rows(session.top)
    content = {}

    def consume(opened):
        for number, data in opened.payloads(1024):
            content[MEDIA, 0, number] = bytes(data)

    ReadingAhead(session.top, all_runs(session.top), consume).read(lambda _done: None)
    assert world.kept[1] == content
    session.close()


# How many blocks a search opens


@pytest.fixture
def tried(monkeypatch):
    """Opens the container, with so many blocks to open for maps.

    Tells how many were read, and whether the first map that was looked for was found.
    """

    def opened(world, most):
        geometry = geometry_of(world)
        share = geometry.shares[len(world.kept) - 1]
        content = range(share.root, share.blocks - share.root)
        monkeypatch.setattr(recovery, "_ROUNDS", Fraction(most, geometry.rows * share.blocks))
        read, count = ShareReader.read, 0

        def counted(self, row, position, blocks):
            nonlocal count
            count += self.share == share and position in content
            return read(self, row, position, blocks)

        monkeypatch.setattr(ShareReader, "read", counted)
        session = world.open()
        found, whole = count, session.top.findings.whole
        if whole:
            world.check(session, levels=[share.level])
        session.close()
        return found, whole

    return opened


@pytest.mark.parametrize(("most", "expected"), [(11, True), (10, True), (9, False), (0, False)])
def test_a_map_is_built_with_as_many_blocks_opened_as_may_be(tried, most, expected):
    world = World(1, contents=[payloads(20)])
    session = world.open()
    session.commit()
    rows = sorted({spot >> 16 for spot in session.top.where.values()} - {0})[:2]
    assert [5, 5] == [session.top.state.table[row].count for row in rows]
    session.close()
    without_root(world, 0, rows)
    count, whole = tried(world, most)
    assert expected == whole
    assert count == 10 if whole else count <= most


@pytest.mark.parametrize(("most", "expected"), [(21, True), (20, False), (17, False), (9, False)])
def test_a_block_that_is_tried_under_two_ids_counts_twice(tried, most, expected):
    """A save that was cut off wrote over a row of nine in place; three stand in another."""
    world, _ = cut_off_in_place()
    count, whole = tried(world, most)
    assert expected == whole
    assert count == 21 if whole else count <= most


# Rows of other histories


def two_histories(first, second):
    """Blocks saved one save after the other; the copy before put back, and others saved.

    Returns:
        The world at the end of the second, and the file at the end of the first.
    """
    world = World(1, disk=MemoryDisk(), contents=[payloads(40)], length=SHORT_LENGTH)
    before, kept = world.disk.read(PATH), world.kept
    for saves in (first, second):
        other = world.disk.read(PATH)
        world.disk.put(PATH, before)
        world.kept = kept
        session = world.open()
        for blocks in saves:
            world.put(session, 0, blocks)
            world.commit(session)
        session.close()
    return world, other


def pages(count, text, first=0):
    return {(PAGE, first, number): text for number in range(count)}


def test_a_row_of_another_history_with_the_same_epoch_costs_what_stood_in_it():
    saves = [pages(2, b"one"), pages(2, b"two", 1), pages(2, b"three", 2)]
    world, other = two_histories([pages(2, b"other")] * 3, saves)
    session = world.open(writable=False)
    hit = in_row(session, 0)
    assert set(pages(2, b"one")) <= hit
    session.close()
    copy_row(world, other, 0)
    session = world.open(writable=False)
    assert (kept_but(world, hit), set()) == read_all(session.top)
    assert (True, len(hit)) == (session.top.findings.altered, session.top.findings.lost)
    session.close()


def test_what_another_history_saved_as_often_does_not_become_part_of_this_one():
    """Its blocks bear names that this one has nowhere, at positions where blocks should be."""
    world, other = two_histories([pages(5, b"other", 9)], [pages(8, b"ours")])
    session = world.open(writable=False)
    hit = in_row(session, 0)
    assert (5, 32 + 2) == (len(hit), session.status(0).epoch)
    session.close()
    copy_row(world, other, 0)
    session = world.open(writable=False)
    assert (kept_but(world, hit), set()) == read_all(session.top)
    assert (True, 5) == (session.top.findings.altered, session.top.findings.lost)
    session.close()


@pytest.mark.parametrize("named", [0, 9])
def test_blocks_of_another_history_do_not_take_the_place_of_those_that_stand_elsewhere(named):
    """It counts as the next save, over the second row of two; some names stand in the first."""
    texts = pages(5, b"other", named)
    world, other = two_histories([pages(1, b"other", 8), texts], [pages(8, b"ours")])
    session = world.open(writable=False)
    hit = in_row(session, 1)
    assert (5, 32 + 2) == (len(hit), session.status(0).epoch)
    assert (set(texts) == in_row(session, 0)) == (not named)
    session.close()
    copy_row(world, other, 1)
    session = world.open(writable=False)
    assert (kept_but(world, hit), set()) == read_all(session.top)
    assert 5 == session.top.findings.lost
    session.close()


def test_where_every_root_is_older_than_some_row_the_newest_is_taken_with_what_still_opens():
    """Who holds the key wrote the head of a root over that of a row in use, and no whole root."""
    world = World(1, disk=MemoryDisk(), contents=[payloads(100)])
    session = world.open()
    for number in range(3):
        world.put(session, 0, {(PAGE, 0, number): b"evidence"})
        world.commit(session)
    row = min(spot >> 16 for spot in session.top.where.values() if spot >> 16 > 3)
    session.close()
    holder = KeyHolder(world)
    head = holder.reader.root(row).head
    without_root(world, 0, range(3, row))  # which would not know of it, and fit
    table = [Row(one.epoch, one.commit_id, 1) for one in holder.state.table]
    holder.write_root(row, head._replace(epoch=row + 64, commit_id=b"f" * 16), table)
    holder.leave()
    session = world.open(writable=False)
    assert (True, 0) == (session.top.findings.altered, session.top.findings.lost)
    world.check(session)
    session.close()


def test_a_newest_root_that_knows_a_row_too_old_costs_what_stood_in_it():
    """Who holds the key wrote it; the roots before it are of the same history."""
    world, _ = history()
    holder = KeyHolder(world)
    newest = (holder.cell.epoch - 1) % 64
    table = [Row(row.epoch, row.commit_id, row.live) for row in holder.state.table]
    changed = [row for index, row in enumerate(table) if row.live and index != newest][-1]
    assert changed.epoch < holder.cell.epoch - 1
    changed.epoch -= 64
    head = holder.reader.root(newest).head
    holder.leave()
    holder.write_root(newest, head, table)
    session = world.open(0, writable=False)
    lost = world.kept[0].keys() - read_all(session.top).content.keys()
    assert changed.count == len(lost) == session.top.findings.lost
    kept = {name: data for name, data in world.kept[0].items() if name not in lost}
    assert (kept, set()) == read_all(session.top)
    assert session.top.findings.altered
    session.close()


@pytest.mark.parametrize("more", [0, 1])
def test_beyond_cells_set_back_the_newest_counts_while_half_of_its_rows_were_not_put_back(more):
    world = World(1, disk=MemoryDisk(), contents=[payloads(80)], length=SHORT_LENGTH)
    old = world.disk.read(PATH)
    session = world.open()
    for number in range(32):
        world.put(session, 0, {(PAGE, 0, number % 3): b"%d" % number})
        world.commit(session)
    session.close()
    cells = world.disk.read(PATH)
    session = world.open()
    for number in range(6):
        world.put(session, 0, {(PAGE, 0, number % 3): b"newest %d" % number})
        world.commit(session)
    epoch = session.status(0).epoch
    hit = [row for row in range(32) if row != (epoch - 1) % 32][: 16 + more]
    names = set().union(*(in_row(session, row) for row in hit))
    session.close()
    for row in hit:
        copy_row(world, old, row)
    copy_cells(world, cells)
    session = world.open(writable=False)
    found = read_all(session.top)
    assert session.top.findings.altered
    assert (not more) == (found == (kept_but(world, names), set()))
    session.close()


def test_without_the_root_of_the_last_row_of_a_save_nothing_lags():
    world, _ = history(2)
    session = world.open()
    world.put(session, 2, {(MEDIA, 8, number): b"x" for number in range(19)})
    first = session.status(2).epoch
    world.commit(session)
    last = session.status(2).epoch - 1
    session.close()
    assert last == first + 1
    without_root(world, 2, [last % 64])
    session = world.open(writable=False)
    assert 0 == session.status(2).lag
    assert session.top.findings.whole
    assert last == session.top.state.epoch
    world.check(session)
    session.close()


def test_an_older_row_in_the_place_of_the_last_one_of_a_save_is_told():
    world, copies = history(2)
    session = world.open()
    world.put(session, 2, {(MEDIA, 8, number): b"x" for number in range(19)})
    world.commit(session)
    last = (session.status(2).epoch - 1) % 64
    hit = in_row(session, last)
    session.close()
    copy_row(world, copies[0], last)
    session = world.open(writable=False)
    assert (kept_but(world, hit), set()) == read_all(session.top)
    assert (True, len(hit)) == (session.top.findings.altered, session.top.findings.lost)
    session.close()


def cut_off(world, whole):
    """A save of four rows, cut off after so many of them; return the epoch of the first."""
    world.disk = CrashingDisk(world.disk)
    log = world.disk.log
    session = world.open()
    for number in range(35):
        session.top.put(MEDIA, 8, number, b"unfinished")
    first = session.status(2).epoch
    session.commit()
    assert 4 == session.status(2).epoch - first
    session.close()
    world.disk = state_after(log, 1 + whole, EVERYTHING).disk  # the fsync of opening, the rows
    return first


@pytest.mark.parametrize("whole", [1, 2, 3])
def test_without_cells_a_save_of_which_a_row_is_not_there_does_not_count(whole):
    world, _ = history(70)
    first = cut_off(world, whole)
    holder = KeyHolder(world)
    holder.leave()
    holder.break_cells()
    session = world.open(writable=False)
    world.check(session)
    assert [first] * 3 == [session.status(level).epoch for level in range(3)]
    assert all(volume.findings.whole for volume in session.volumes)
    session.close()


@pytest.mark.parametrize("back", [2, 3, None])
def test_what_an_unfinished_save_left_does_not_hide_the_one_after_it(back):
    """Cells set back, or none at all: the newest root there is does not count."""
    world, copies = history(70)
    first = cut_off(world, 4)
    session = world.open()
    for level in range(3):
        world.put(session, level, {(PAGE, 3, 0): b"acknowledged"})
    world.commit(session)
    assert first + 1 == session.status(2).epoch
    session.close()
    if back is None:
        holder = KeyHolder(world)
        holder.leave()
        holder.break_cells()
    else:
        copy_cells(world, copies[71 - back])
    session = world.open(writable=False)
    world.check(session)
    session.close()


def test_what_speaks_against_a_root_is_counted_once_and_reading_roots_has_an_end():
    world, _ = history(3)
    session = world.open(writable=False)
    search = recovery._Search(session.top.reader, session._cell)
    newest, before = search.known[:2]
    assert [0, 1] == [search._against(newest), search._against(before)]
    search._to_read = 2
    assert [0, 1] == [search._against(newest), search._against(before)]
    assert search._claim(newest)
    assert search._claim(newest) is None
    session.close()


@pytest.mark.parametrize(("others", "inner"), [(0, 0), (3, 0), (10, 2), (10, 3), (50, 0)])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_without_cells_a_last_row_torn_behind_a_level_hides_nothing_above(level, others, inner):
    """Those below have the whole save, which is theirs; those above what they had."""
    world, _ = history(70)
    world.foreign_rows(others, level=0)
    before, kept = world.disk.read(PATH), [dict(one) for one in world.kept]
    session = world.open()
    world.put(session, 2, {(MEDIA, 8, number): b"new" for number in range(35)})
    first = session.status(2).epoch
    world.commit(session)
    last = session.status(2).epoch - 1
    assert last == first + 3
    geometry = session.geometry
    session.close()
    start = geometry.row_offset(last % 64)
    share = geometry.shares[level]
    at = start + (share.first + share.blocks + inner) * geometry.sealed
    world.disk.damage(PATH, at, before[at : start + geometry.pitch])
    holder = KeyHolder(world)
    holder.leave()
    holder.break_cells()
    session = world.open(writable=False)
    world.kept[level + 1 :] = kept[level + 1 :]
    world.check(session)
    assert all(volume.findings.whole for volume in session.volumes)
    session.close()
    session = world.open(0, writable=False)
    session.open_further("three", form=SMALL_FORM)
    world.check(session)
    assert all(volume.findings.whole for volume in session.volumes)
    session.close()


def test_beyond_cells_set_back_a_save_that_never_finished_does_not_count():
    world, copies = history(70)
    cut_off(world, 1)
    copy_cells(world, copies[69])
    session = world.open(writable=False)
    world.check(session)
    session.close()


def test_where_no_root_beyond_cells_set_back_is_whole_the_volume_is_altered_and_not_gone():
    world, copies = history(70)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[2]
    session.close()
    for row in range(geometry.rows):
        for position in (1, share.blocks - 1):  # the second half of both copies
            at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
            world.disk.damage(PATH, at, bytes(geometry.sealed))
    copy_cells(world, copies[0])
    session = world.open(writable=False)
    assert (True, False) == (session.top.findings.altered, session.top.findings.gone)
    session.close()
