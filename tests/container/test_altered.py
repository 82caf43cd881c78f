"""Somebody who holds K₀, or older copies, alters the file: told, survived, never blocking."""

from __future__ import annotations

import pytest

from container.key_holder import KeyHolder, history
from container.worlds import PATH, World, read_all, told
from seam.small import SMALL_FORM, seeded
from vault.container.block import PAGE
from vault.container.cell import LIMIT, Cell
from vault.container.geometry import CELL_UNIT
from vault.container.root import RootHead, Row
from vault.container.session import open_container
from vault.errors import Damaged, RolledBack


def upper_intact(world: World, *, altered: bool) -> None:
    """The upper volumes have all they had; writing goes on, after a confirmation if told."""
    session = world.open()
    world.check(session, levels=[1, 2])
    assert altered == told(session, "Volume 3: altered") == session.top.findings.altered
    if altered:
        with pytest.raises(RolledBack) as caught:
            session.commit()
        assert caught.value.hint.endswith("add --continue.")
    session.close()
    session = world.open(allow_altered=True)
    for number in range(6):
        for level in (1, 2):
            world.put(session, level, {(PAGE, 9, number): b"after"})
        world.staged[0] = {}
        world.commit(session)
        world.check(session, levels=[1, 2])
    session.close()
    session = world.open()
    world.check(session, levels=[1, 2])
    assert not session.top.findings.altered
    session.commit()
    session.close()


@pytest.mark.parametrize("back", [2, 3, 7])
def test_cells_of_an_older_state_are_told_and_nothing_is_lost(back):
    world, copies = history()
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    for end in (0, 1):
        for slot in (0, 1):
            at = geometry.cell_offset(end, slot)
            world.disk.damage(PATH, at, copies[-1 - back][at : at + CELL_UNIT])
    session = world.open()
    assert told(session, "Volume 1: altered, or an older state of the file was put back")
    world.check(session)
    session.close()
    upper_intact(world, altered=True)


def test_the_very_last_commit_set_back_looks_like_an_unfinished_one():
    world, copies = history()
    world.disk.put(PATH, copies[-1])
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    for end in (0, 1):
        for slot in (0, 1):
            at = geometry.cell_offset(end, slot)
            world.disk.damage(PATH, at, copies[-2][at : at + CELL_UNIT])
    session = world.open()
    assert told(session, "an unfinished save was skipped")
    assert not session.top.findings.altered
    session.commit()
    session.close()


@pytest.mark.parametrize("steps", [1, 5, 63, 64, 65, 1000, 1 << 40])
def test_cells_set_forward_are_survived(steps):
    world, _ = history()
    holder = KeyHolder(world)
    cell = holder.cell
    holder.leave()
    holder.write_cells(Cell(cell.commit + 2, cell.epoch + steps, 1, bytes(16)))
    session = world.open()
    assert told(session, f"Volume 3: {steps} rows were written without it")
    world.check(session, levels=[1, 2])
    session.close()
    upper_intact(world, altered=False)


@pytest.mark.parametrize(
    "cell",
    [
        Cell(LIMIT - 1, LIMIT - 1, 1, bytes(16)),
        Cell(LIMIT - 1, 100, 1, bytes(16)),
        Cell(101, LIMIT - 1, 1, bytes(16)),
        Cell(101, LIMIT - 3, 1, bytes(16)),
    ],
    ids=["both", "commit", "epoch", "epoch-two-before"],
)
def test_a_cell_at_the_end_of_the_numbers_never_loses_an_acknowledged_commit(cell):
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    holder.write_cells(cell)
    refused: list[str] = []
    for turn in range(4):
        session = world.open(allow_altered=True)
        world.check(session, levels=[1, 2])
        for level in (1, 2):
            world.put(session, level, {(PAGE, 8, turn): b"x"})
        try:
            world.commit(session)
        except RolledBack as error:
            refused.append(error.hint)
            world.forget()
        session.close()
    assert {"Reading goes on. Take what it holds into a new vault."} >= set(refused)
    session = world.open(writable=False)
    world.check(session, levels=[1, 2])
    session.close()


def test_no_cell_readable_level_0s_newest_root_stands_in():
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    holder.break_cells()
    for level in range(3):
        session = world.open(level)
        assert told(session, "All places that tell of the last save are damaged")
        world.check(session)
        assert Cell(*holder.cell[:2], 1, holder.cell.commit_id) == session._cell
        assert holder.cell.epoch == session.status(level).epoch
        assert holder.cell.commit == session.status(level).commits
        session.close()


@pytest.mark.parametrize("level", [0, 1, 2])
def test_without_a_cell_nothing_is_saved_whatever_one_says(level):
    """Levels may differ in which save was their last: what comes next would cost one of them."""
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    holder.break_cells()
    before = world.disk.read(PATH)
    for allow_altered in (False, True):
        session = world.open(level, allow_altered=allow_altered)
        session.top.put(PAGE, 0, 0, b"never")
        with pytest.raises(Damaged, match="nothing can be saved") as caught:
            session.commit()
        assert "rescue NEWFILE" in caught.value.hint
        with pytest.raises(Damaged, match="nothing can be saved"):
            session.renew(1)
        session.close()
    assert before == world.disk.read(PATH)


def test_without_cells_and_without_level_0_the_upper_volumes_are_read():
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    holder.break_cells()
    share = holder.geometry.shares[0].blocks * holder.geometry.sealed
    for row in range(holder.geometry.rows):
        world.disk.damage(PATH, holder.geometry.row_offset(row), holder.random(share))
    session = world.open()
    assert not session.volumes[0].usable
    assert Cell(0, 64, 64, bytes(16)) == session._cell
    assert told(session, "Volume 1: wholly overwritten")
    world.check(session, levels=[1, 2])
    session.close()


def hostile_tables(holder: KeyHolder) -> dict[str, tuple[RootHead, list[Row]]]:
    """Roots of level 0 that its reader must refuse or survive."""
    share, state, cell = holder.geometry.shares[0], holder.state, holder.cell
    names = bytearray(17 * share.blocks)
    for position in range(share.blocks):
        names[17 * position : 17 * position + 17] = b"\2" + bytes(15) + b"\1"
    honest = RootHead(cell.epoch - 1, cell.commit_id, state.counter, cell.commit, bytes(names))
    full = ((1 << share.data) - 1) << share.root
    every = [Row(row.epoch, row.commit_id, full) for row in state.table]
    far = [Row(row.epoch + (1 << 40), row.commit_id, full) for row in state.table]
    own = (cell.epoch - 1) % holder.geometry.rows
    one = [Row(row.epoch, row.commit_id, 0) for row in state.table]
    one[own] = Row(cell.epoch - 1, cell.commit_id, full)
    return {
        "one name everywhere": (honest, one),
        "everything live": (honest, every),
        "rows of the far future": (honest, far),
        "highest counter": (honest._replace(counter=LIMIT - 1), state.table),
        "highest commit": (honest._replace(commit=LIMIT - 1), state.table),
        "names of roots": (honest._replace(summary=bytes(17 * share.blocks)), one),
    }


@pytest.mark.parametrize("kind", list(hostile_tables(KeyHolder(history(2)[0]))))
def test_a_hostile_root_of_level_0_neither_harms_nor_stops_the_levels_above(kind):
    world, _ = history()
    holder = KeyHolder(world)
    head, table = hostile_tables(holder)[kind]
    holder.leave()
    holder.write_root(head.epoch % holder.geometry.rows, head, table)
    session = world.open()
    assert not session.volumes[0].findings.unfinished
    world.check(session, levels=[1, 2])
    session.close()
    upper_intact(world, altered=False)


def test_roots_of_level_0_ahead_are_told_and_do_not_stop_the_levels_above():
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    epoch = holder.cell.epoch + holder.geometry.reserve
    head = RootHead(epoch, bytes(16), holder.state.counter + 9, 99, bytes(17 * 9))
    holder.write_root(epoch % holder.geometry.rows, head, holder.state.table)
    session = world.open()
    assert told(session, "Volume 1: altered")
    world.check(session, levels=[1, 2])
    session.close()
    upper_intact(world, altered=False)


def test_the_share_of_level_0_in_random_bytes_is_left_out_and_named():
    world, _ = history()
    holder = KeyHolder(world)
    holder.leave()
    share = holder.geometry.shares[0].blocks * holder.geometry.sealed
    for row in range(holder.geometry.rows):
        world.disk.damage(PATH, holder.geometry.row_offset(row), holder.random(share))
    session = world.open()
    assert [False, True, True] == [volume.usable for volume in session.volumes]
    assert told(session, "Volume 1: wholly overwritten")
    session.close()
    upper_intact(world, altered=False)


def test_blocks_of_an_older_copy_do_not_open():
    """Each block of the newest row, replaced by what stood there one round before."""
    world, _ = history(2)
    session = world.open()
    old = world.disk.read(PATH)
    for number in range(64):
        for level in range(3):
            world.put(session, level, {(PAGE, 1, 0): b"round two %d" % number})
        world.commit(session)
    geometry = session.geometry
    row = (session.status(2).epoch - 1) % geometry.rows
    session.close()
    new = world.disk.read(PATH)
    for share in geometry.shares:
        for position in range(share.root, share.root + share.data):
            at = geometry.row_offset(row) + (share.first + position) * geometry.sealed
            world.disk.put(PATH, new)
            world.disk.damage(PATH, at, old[at : at + geometry.sealed])
            session = world.open(writable=False)
            for volume in session.volumes:
                reading = read_all(volume)
                expected = dict(world.kept[volume.level])
                for name in reading.lost:
                    del expected[name]
                assert expected == reading.content
                assert len(reading.lost) <= (volume.level == share.level)
            session.close()


def test_the_whole_file_replaced_by_an_older_copy_is_not_noticed_here():
    world, copies = history()
    world.disk.put(PATH, copies[4])
    session = world.open()
    assert [] == session.notices


def impossible_roots(world: World) -> None:
    """Every root of level 0 with a head that reads and a table that cannot be."""
    holder = KeyHolder(world)
    table = [Row(row.epoch, row.commit_id, 1) for row in holder.state.table]
    for row in range(holder.geometry.rows):
        head = holder.reader.root(row).head
        holder.write_root(row, head, table)
    holder.leave()


def test_level_0_without_one_root_that_can_be_is_told_and_left_out():
    world, _ = history()
    impossible_roots(world)
    session = world.open()
    assert [False, True, True] == [volume.usable for volume in session.volumes]
    assert told(session, "Volume 1: altered")
    status = session.status(0)
    assert (0, 0) == (status.lag, status.used)
    session.close()
    upper_intact(world, altered=False)


def test_who_says_nothing_of_it_writes_to_no_altered_file():
    world, _ = history()
    impossible_roots(world)
    session = open_container(
        world.disk, PATH, "one", writable=True, form=SMALL_FORM, random=seeded(1)
    )
    with pytest.raises(RolledBack):
        session.commit()
    session.close()


def test_a_volume_of_which_no_root_fits_starts_anew_only_when_asked_for():
    world, _ = history()
    impossible_roots(world)
    session = world.open(0)
    assert not session.top.usable
    with pytest.raises(RolledBack):
        session.commit()
    session.close()
    session = world.open(0, allow_altered=True)
    assert (-1, 0, 0, {}, 0) == (
        session.top.state.epoch,
        session.top.state.counter,
        session.top.state.commit,
        session.top.where,
        session.status(0).used,
    )
    world.kept[0] = {}
    world.put(session, 0, {(PAGE, 0, 0): b"anew"})
    world.commit(session)
    session.close()
    session = world.open()
    world.check(session)
    assert not session.volumes[0].findings.altered


def test_where_the_newest_map_cannot_be_built_the_one_before_is_taken():
    world, _ = history()
    holder = KeyHolder(world)
    row = (holder.cell.epoch - 1) % holder.geometry.rows
    root = holder.reader.root(row)
    assert any(root.head.summary)
    assert root.table[row].live
    holder.write_root(row, root.head._replace(summary=bytes(len(root.head.summary))), root.table)
    holder.leave()
    session = world.open(0, writable=False)
    assert holder.state.epoch - 1 == session.top.state.epoch
    assert session.top.findings.altered
    session.close()
