"""What a disk may refuse: reads, writes, fsyncs, locks."""

from __future__ import annotations

import errno

import pytest

from container.crashes import matching
from container.worlds import PATH, World, open_level, payloads, read_all, texts
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk
from seam.small import SMALL_FORM, seeded
from vault.container.block import PAGE, parse_name
from vault.container.session import open_container
from vault.errors import Damaged, InUse, NotSaved, VaultError

CHANGES = {(PAGE, 0, 0): b"new", (PAGE, 0, 1): b"new too"}


def made() -> World:
    return World(3, disk=MemoryDisk(), contents=[payloads(12, seed=level) for level in range(3)])


def commit_on(disk, world: World) -> None:
    """Open everything, change every level, commit; several rows."""
    session = open_level(disk, 2, random=seeded(3))
    try:
        for level in range(3):
            world.put(session, level, {**CHANGES, **payloads(12, seed=50 + level)})
        session.commit()
    finally:
        session.close()


@pytest.mark.parametrize("forever", [False, True])
@pytest.mark.parametrize("error", [errno.EIO, errno.ENOSPC, errno.EROFS, MemoryError()])
def test_whatever_write_or_fsync_fails_the_state_is_old_or_new_and_never_called_saved(
    error, forever
):
    world = made()
    counting = FaultyDisk(world.disk.fork())
    commit_on(counting, world)
    new = world.after()
    outcomes = set()
    for number in range(counting.calls):
        memory = world.disk.fork()
        disk = FaultyDisk(memory, fail_at=number, error=error, forever=forever)
        with pytest.raises(NotSaved if isinstance(error, int) else MemoryError):
            commit_on(disk, world)
        assert disk.fsyncs_after_failure == 0
        found = matching(memory, [world.kept, new])
        outcomes.add("new" if found == new else "old")
    assert outcomes == {"old", "new"}


@pytest.mark.parametrize("op", ["pwrite", "fsync"])
def test_after_a_failed_save_the_session_writes_nothing_more(op):
    world = made()
    disk = FaultyDisk(world.disk, fail_at=int(op == "fsync"), ops=[op])  # opening syncs once
    session = open_level(disk, 2)
    session.top.put(PAGE, 0, 0, b"x")
    with pytest.raises(NotSaved):
        session.commit()
    calls = disk.calls
    with pytest.raises(NotSaved) as caught:
        session.commit()
    assert "opened again" in str(caught.value)
    session.rollback()
    with pytest.raises(NotSaved):
        session.commit()
    assert calls == disk.calls
    session.close()
    session = world.open()
    world.check(session)
    session.commit()


def test_an_interrupt_in_the_middle_of_a_save_ends_the_session_too():
    world = made()
    disk = FaultyDisk(world.disk, fail_at=1, error=KeyboardInterrupt())
    session = open_level(disk, 2)
    with pytest.raises(KeyboardInterrupt):
        session.commit()
    with pytest.raises(NotSaved):
        session.commit()
    session.close()
    world.check(world.open())


def commits(session, count: int) -> None:
    for _ in range(count):
        session.commit()


class BadSector:
    """A disk that cannot read some bytes of the file."""

    def __init__(self, inner: MemoryDisk, start: int, length: int) -> None:
        self.inner, self.start, self.end = inner, start, start + length

    def open(self, path, *, writable=False):
        return BadFile(self, self.inner.open(path, writable=writable))


class BadFile:
    def __init__(self, disk: BadSector, inner) -> None:
        self._disk, self._inner = disk, inner

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def _refuse(self, offset, length):
        if offset < self._disk.end and offset + length > self._disk.start:
            raise Damaged("The disk failed while reading.")

    def pread(self, offset, length):
        self._refuse(offset, length)
        return self._inner.pread(offset, length)

    def pread_into(self, offset, buffer):
        self._refuse(offset, len(buffer))
        return self._inner.pread_into(offset, buffer)


def test_a_bad_sector_costs_its_block_only():
    world = made()
    session = world.open(writable=False)
    where = dict(session.top.where)
    reader, geometry = session.top.reader, session.geometry
    session.close()
    for name, spot in where.items():
        at = reader.offset(spot >> 16, spot & 0xFFFF)
        session = open_level(BadSector(world.disk, at + 99, 1), 2, writable=False)
        reading = read_all(session.top)
        assert len(reading.lost) == 1
        assert len(reading.content) == len(where) - 1
        assert name in session.top.where
        assert [] == session.notices
        world.check(session, levels=[0, 1])
        session.close()
    assert geometry.sealed == 1084


@pytest.mark.parametrize("copy", ["first", "last"])
def test_a_bad_sector_in_one_copy_of_a_root_costs_nothing(copy):
    world = made()
    session = world.open(writable=False)
    geometry = session.geometry
    session.close()
    for share in geometry.shares:
        for part in range(share.root):
            position = part if copy == "first" else share.blocks - share.root + part
            at = geometry.row_offset(63) + (share.first + position) * geometry.sealed
            session = open_level(BadSector(world.disk, at, geometry.sealed), 2, writable=False)
            assert [] == session.notices
            world.check(session)
            session.close()


def test_bad_sectors_in_three_cells_cost_nothing_and_in_all_four_are_told():
    world = made()
    session = world.open()
    session.commit()
    geometry = session.geometry
    session.close()
    for end in (0, 1):
        bad = BadSector(world.disk, geometry.cell_offset(end, 0), geometry.edge // 2)
        session = open_level(bad, 2)
        assert [] == session.notices
        world.check(session)
        session.close()


def test_a_bad_sector_in_the_head_is_a_file_that_does_not_open():
    world = made()
    with pytest.raises(VaultError) as caught:
        open_level(BadSector(world.disk, 100, 1), 2)
    assert caught.value.exit_code == 12


def test_a_block_that_cannot_be_moved_is_marked_lost_and_the_commit_goes_on():
    world = made()
    session = world.open(writable=False)
    name, spot = next(iter(session.top.where.items()))
    at = session.top.reader.offset(spot >> 16, spot & 0xFFFF)
    session.close()
    session = open_level(BadSector(world.disk, at, 1), 2, random=seeded(8))
    world.put(session, 2, CHANGES)
    world.commit(session)
    assert any("cannot be read any more" in notice.message for notice in session.notices)
    assert name not in session.top.where
    lost = {(2, 2, name[-1])}
    for level in range(3):
        gone = lost if level == 2 else set()
        expected = {key: data for key, data in world.kept[level].items() if key not in gone}
        assert (expected, set()) == read_all(session.volumes[level])
    session.commit()
    session.close()


def test_the_disk_is_asked_again_about_the_row_that_a_refused_block_was_to_be_moved_to(monkeypatch):
    asked = []
    monkeypatch.setattr("vault.container.commit.require_disk", lambda *words: asked.append(words))
    world = made()
    session = world.open(writable=False)
    spot = next(iter(session.top.where.values()))
    at = session.top.reader.offset(spot >> 16, spot & 0xFFFF)
    session.close()
    session = open_level(BadSector(world.disk, at, 1), 2, random=seeded(8))
    for number in range(8):  # moves it once
        row = session.status(0).epoch % session.geometry.rows
        world.put(session, 2, {(PAGE, 0, number): b"x"})
        before = len(asked)
        world.commit(session)
        assert asked[before:] in ([], [(session._ring.file, session.geometry, row)])
    assert 1 == len(asked)
    session.close()


@pytest.mark.parametrize("rows", [0.2, 1, 5, 20])
def test_local_damage_of_any_size_costs_what_stood_there_and_stops_no_save(rows):
    world = World(1, disk=MemoryDisk(), contents=[payloads(100)])
    session = world.open()
    session.commit()
    geometry = session.geometry
    start = geometry.row_offset(45) + geometry.sealed * session.top.reader.share.root
    length = int(rows * geometry.pitch)
    reader = session.top.reader
    gone = {
        parse_name(name)
        for name, spot in session.top.where.items()
        if start - geometry.sealed < reader.offset(spot >> 16, spot & 0xFFFF) < start + length
    }
    assert len(gone) > 4
    session.close()
    bad = BadSector(world.disk, start, length)
    for number in range(30):  # all has moved by then, and nothing stands in the bad place anew
        session = open_level(bad, 0, random=seeded(number))
        world.put(session, 0, {(PAGE, 0, number): b"after"})
        world.commit(session)
        session.close()
    expected = {name: data for name, data in world.kept[0].items() if name not in gone}
    session = open_level(bad, 0)
    reading = read_all(session.top)
    assert expected == reading.content
    assert reading.lost <= gone
    session.close()


def test_what_damage_cost_is_told_by_the_save_that_gives_it_up():
    world = World(1, disk=MemoryDisk(), contents=[payloads(40)])
    session = world.open(writable=False)
    geometry, lost = session.geometry, session.top.state.table[60].count
    session.close()
    session = open_level(BadSector(world.disk, geometry.row_offset(60), geometry.pitch), 0)
    said = []
    for _ in range(geometry.rows):
        session.commit()
        said = texts(session) or said
    assert f"Volume 1: {lost} blocks cannot be read any more. Run: amanat check" in said
    session.close()


@pytest.mark.parametrize("cached", [0, 8])
def test_a_disk_that_was_pulled_out_costs_nothing_though_some_of_it_is_cached(cached):
    """The system goes on giving what it has in memory: the front, some rows."""
    world = World(1, disk=MemoryDisk(), contents=[payloads(100)])
    disk = BadSector(world.disk, 0, 0)
    session = open_level(disk, 0)
    geometry = session.geometry
    disk.start, disk.end = geometry.row_offset(cached), geometry.length
    with pytest.raises(NotSaved, match="The disk fails while it is read"):
        commits(session, geometry.rows)
    session.close()
    world.check(world.open(writable=False))


def test_what_is_read_between_two_blocks_of_a_run_does_no_harm():
    world = World(1, disk=MemoryDisk(), contents=[{**payloads(30), (PAGE, 0, 0): b"page"}])
    session = world.open(writable=False)
    run = []
    for content in session.top.read_run(2, 0, 0, 30):
        run.append(bytes(content))
        assert b"page" == session.top.get(PAGE, 0, 0)
        assert payloads(30)[2, 0, 7] == session.top.get(2, 0, 7)
    assert list(payloads(30).values()) == run
    session.close()


def test_a_second_writer_and_a_reader_beside_a_writer_are_refused_at_once():
    world = made()
    writer = world.open()
    for writable in (True, False):
        with pytest.raises(InUse) as caught:
            world.open(0, writable=writable)
        assert caught.value.exit_code == 11
    writer.close()
    readers = [world.open(level, writable=False) for level in range(3)]
    with pytest.raises(InUse):
        world.open()
    for reader in readers:
        reader.close()
    world.open().close()


def test_the_lock_is_given_up_whatever_happens():
    world = made()
    for disk in (world.disk, FaultyDisk(world.disk, fail_at=2, ops=["pread"])):
        with pytest.raises(VaultError):
            open_level_with(disk, "wrong")
    world.open().close()


def open_level_with(disk, passphrase: str) -> None:
    open_container(disk, PATH, passphrase, writable=True, form=SMALL_FORM, random=seeded(1)).close()
