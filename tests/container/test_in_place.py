"""Rows written over in place, when others have used up the reserve: what a power cut may cost."""

from __future__ import annotations

import random as pseudorandom

import pytest

from container.checks import in_place_after
from container.key_holder import KeyHolder
from container.worlds import PATH, World, open_level, payloads, read_all, told
from seam.crashing import EVERYTHING, NOTHING, CrashingDisk, state_after
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk
from vault.container.block import PAGE
from vault.errors import NotSaved


def prepared() -> World:
    """A volume of twelve blocks in two rows, of which the first comes up for writing."""
    world = World(2, disk=MemoryDisk(), seed=6, contents=[{}, payloads(12)])
    session = world.open()
    world.commit(session)
    session.close()
    world.foreign_rows(in_place_after(world))
    return world


def commit_cut(world: World, seed: int) -> MemoryDisk:
    """Commit in place, with the power cut while the row is written."""
    disk = CrashingDisk(world.disk)
    kept, world.disk = world.disk, disk
    session = world.open()
    assert not told(session, "reserve is used up")
    session.commit()
    assert told(session, "reserve is used up")
    session.close()
    world.disk = kept
    return state_after(disk.log, 2, seed).disk  # the fsync of opening, the row


def test_a_torn_row_costs_its_torn_blocks():
    """As long as one copy of a root says under which id the rest was sealed."""
    world = prepared()
    raw = world.disk.read(PATH)
    whole = commit_cut(world, EVERYTHING).read(PATH)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[1]
    row = session.status(1).epoch % geometry.rows
    blocks = [geometry.row_offset(row) + (share.first + at) * geometry.sealed for at in range(13)]
    session.close()
    chance = pseudorandom.Random(4)
    for _ in range(40):
        # Each block old or new; the first copy of the root new; up to two blocks torn.
        made = bytearray(raw)
        torn = chance.sample(range(share.root, share.root + share.data), chance.randrange(3))
        for position, at in enumerate(blocks):
            end = at + geometry.sealed
            if position < share.root or chance.random() < 0.5:
                made[at:end] = whole[at:end]
            if position in torn:
                made[at : at + 512] = raw[at : at + 512]
                made[at + 512 : end] = whole[at + 512 : end]
        world.disk.put(PATH, bytes(made))
        session = world.open()
        reading = read_all(session.top)
        assert len(world.kept[1]) - len(reading.content) <= len(torn)
        assert reading.content.items() <= world.kept[1].items()
        assert not session.top.findings.altered
        lost = session.top.findings.lost
        assert lost == len(world.kept[1]) - len(reading.content)
        assert told(session, f"Volume 2: {lost} blocks") == (lost > 0)
        for _ in range(3):
            session.commit()
        assert (reading.content, set()) == read_all(session.top)
        session.close()


class Torn:
    """The row that comes up: as it was, and as commits that were cut off wrote it."""

    def __init__(self) -> None:
        self.world = World(2, disk=MemoryDisk(), seed=6, contents=[{}, payloads(12)])
        self.world.foreign_rows(in_place_after(self.world))
        self.raw = self.world.disk.read(PATH)
        session = self.world.open(writable=False)
        self.geometry, self.share = session.geometry, session.geometry.shares[1]
        self.row = session.status(1).epoch % self.geometry.rows
        assert session.top.state.table[self.row].count == self.share.data
        self.old = session.top.reader.root(self.row).head
        session.close()

    def written(self) -> bytes:
        """The file with another attempt at the row, whole."""
        self.world.disk.put(PATH, self.raw)
        return commit_cut(self.world, EVERYTHING).read(PATH)

    def put(self, source: list[bytes]) -> None:
        """Take each block of the share from the file given for it."""
        assert len(source) == self.share.blocks
        made = bytearray(self.raw)
        below = source[:1] * self.share.first
        for block, file in enumerate([*below, *source]):
            at = self.geometry.row_offset(self.row) + block * self.geometry.sealed
            made[at : at + self.geometry.sealed] = file[at : at + self.geometry.sealed]
        self.world.disk.put(PATH, bytes(made))

    def check(self, source: list[bytes], *, cells: bool = True) -> None:
        """Nothing is lost where the share is put together so, whether or not a cell is left."""
        self.put(source)
        if not cells:
            holder = KeyHolder(self.world)
            holder.leave()
            holder.break_cells()
        session = self.world.open(writable=cells)
        assert not session.top.findings.altered
        self.world.check(session, levels=[1])
        if not cells:
            session.close()
            return
        session.commit()
        self.world.check(session, levels=[1])
        session.close()
        self.world.check(self.world.open(writable=False), levels=[1])


def test_a_cut_between_any_two_blocks_of_a_row_in_place_costs_nothing():
    """Whichever end of the row the disk wrote first: one copy of each root is whole."""
    torn = Torn()
    new, blocks = torn.written(), torn.share.blocks
    for cut in range(blocks + 1):
        torn.check([new] * cut + [torn.raw] * (blocks - cut))
        torn.check([torn.raw] * cut + [new] * (blocks - cut))


def test_two_cuts_in_the_same_row_cost_nothing_while_a_root_of_each_is_whole():
    torn = Torn()
    first, second, blocks = torn.written(), torn.written(), torn.share.blocks
    assert first != second
    for cut in range(torn.share.root, blocks - torn.share.root + 1):
        torn.check([second] * cut + [first] * (blocks - cut))


def test_a_cut_in_a_row_in_place_costs_nothing_where_the_cells_are_lost_as_well():
    torn = Torn()
    new, blocks = torn.written(), torn.share.blocks
    for cut in range(blocks + 1):
        torn.check([new] * cut + [torn.raw] * (blocks - cut), cells=False)


def test_parts_of_two_roots_are_never_mixed():
    """The first part of one root before a whole copy of another does not hide it."""
    torn = Torn()
    new, share = torn.written(), torn.share
    assert share.root == 2
    torn.check([new] + [torn.raw] * (share.blocks - 1))
    torn.check([torn.raw] + [new] * (share.blocks - 1))


def test_a_row_there_whole_or_not_at_all_costs_nothing_however_often():
    world = prepared()
    for seed in (EVERYTHING, EVERYTHING, NOTHING, EVERYTHING):
        world.disk = commit_cut(world, seed)
        session = world.open(writable=False)
        world.check(session)
        assert told(session, "an unfinished save was skipped")
        session.close()
    session = world.open()
    world.stir(session)
    world.commit(session)
    world.check(session)


def test_the_last_root_of_all_written_over_in_place_is_an_unfinished_save():
    """S − 1 rows of others: the row that comes up holds the only root left, and the blocks."""
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(3)])
    world.foreign_rows(63)
    session = world.open(writable=False)
    assert 1 == sum(session.top.reader.root(row) is not None for row in range(64))
    session.close()
    world.disk = commit_cut(world, EVERYTHING)
    session = world.open()
    assert told(session, "Volume 2: an unfinished save was skipped")
    assert not session.top.findings.altered
    world.check(session)
    session.commit()
    session.close()
    world.check(world.open())


@pytest.mark.parametrize("old_from", [2, 6, 10])
def test_the_last_root_of_all_written_over_twice_costs_nothing_while_one_is_whole(old_from):
    """An unfinished save stands in for the last root; the next one is torn in the same row."""
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(8)])
    world.foreign_rows(63)
    world.disk = commit_cut(world, EVERYTHING)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[1]
    start = geometry.row_offset(session.status(1).epoch % geometry.rows)
    assert told(session, "an unfinished save was skipped")
    session.close()
    first = world.disk.read(PATH)
    world.disk = commit_cut(world, EVERYTHING)
    at = start + (share.first + old_from) * geometry.sealed
    end = start + (share.first + share.blocks) * geometry.sealed
    world.disk.damage(PATH, at, first[at:end])
    session = world.open(writable=False)
    assert session.top.findings.whole
    assert told(session, "an unfinished save was skipped")
    world.check(session, levels=[1])
    session.close()


def test_the_last_root_of_all_torn_twice_in_both_copies_is_gone_and_not_altered():
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(3)])
    session = world.open()
    world.put(session, 1, {(PAGE, 0, 0): b"x"})
    world.commit(session)
    last = session.status(1).epoch - 1
    session.close()
    world.foreign_rows(63)
    world.disk = commit_cut(world, EVERYTHING)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[1]
    session.close()
    assert 2 == share.root
    for position in (1, share.blocks - 1):  # the second half of both copies
        at = geometry.row_offset(last % 64) + (share.first + position) * geometry.sealed
        world.disk.damage(PATH, at, bytes(geometry.sealed))
    session = world.open(writable=False)
    findings = session.top.findings
    assert (True, False, True) == (findings.gone, findings.altered, findings.unfinished)
    session.close()


def test_a_cut_between_any_two_blocks_of_the_row_with_the_last_root_costs_nothing():
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(8)])
    world.foreign_rows(63)
    raw = world.disk.read(PATH)
    new = commit_cut(world, EVERYTHING).read(PATH)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[1]
    start = geometry.row_offset(session.status(1).epoch % geometry.rows)
    session.close()
    start += share.first * geometry.sealed
    end = start + share.blocks * geometry.sealed
    for front, back in ((raw, new), (new, raw)):
        for cut in range(share.blocks + 1):
            at = start + cut * geometry.sealed
            world.disk.put(PATH, front[:at] + back[at:end] + raw[end:])
            world.disk.damage(PATH, 0, raw[:start])
            session = world.open(writable=False)
            assert session.top.findings.whole, cut
            world.check(session, levels=[1])
            session.close()


@pytest.mark.parametrize("whole", [1, 2, 3, 4])
def test_a_volume_begun_anew_whose_first_saves_were_cut_off_is_still_to_be_begun_anew(whole):
    world = World(2, disk=MemoryDisk(), contents=[{}, payloads(8)])
    world.foreign_rows(64)
    for again in range(2):
        disk = CrashingDisk(world.disk)
        world.disk = disk
        session = world.open(allow_altered=True)
        first = session.status(0).epoch
        for number in range(30):
            session.top.put(PAGE, 1, number, b"never acknowledged")
        session.commit()
        assert 4 == session.status(0).epoch - first
        session.close()
        world.disk = state_after(disk.log, 1 + (4 if again else whole), EVERYTHING).disk
        session = world.open(writable=False)
        findings = session.top.findings
        assert (True, False, 0) == (findings.gone, findings.altered, findings.lost)
        session.close()


def test_a_disk_that_fails_while_it_is_read_loses_nothing_in_place():
    """What cannot be read is not written over: the row is given up before it is written."""
    world = prepared()
    counting = FaultyDisk(world.disk.fork(), ops=["pread"])
    open_level(counting, 1, random=world.random).close()
    for later in range(3):
        memory = world.disk.fork()
        failing = FaultyDisk(memory, ops=["pread"], fail_at=counting.calls + later, forever=True)
        session = open_level(failing, 1, random=world.random)
        with pytest.raises(NotSaved):
            session.commit()
        session.close()
        session = open_level(memory, 1)
        world.check(session)
        session.close()
