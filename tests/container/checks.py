"""Checks of the container's rules, each a function that fails by AssertionError.

The ordinary tests call them on the program as it is; tests/container/test_mutants.py calls them
on the program with one rule taken out, where they must fail.
"""

from __future__ import annotations

import random as pseudorandom
from typing import TYPE_CHECKING, NamedTuple

from container.crashes import fill, judge, judge_state, matching
from container.randomness import check_columns, check_file
from container.worlds import PATH, Reading, World, open_level, payloads, read_all, told
from seam.crashing import EVERYTHING, NOTHING, CrashingDisk, crash_states, state_after
from seam.memory import MemoryDisk
from seam.recording import Op, RecordingDisk
from vault.container.block import MEDIA, PAGE
from vault.container.geometry import CELL_UNIT
from vault.container.state import positions_of

if TYPE_CHECKING:
    from vault.container.geometry import Geometry
    from vault.container.session import Session
    from vault.container.share_io import ShareReader


# What is done to the file


def planned(geometry: Geometry, epoch: int, commit: int, rows: int) -> list[Op]:
    """What a commit does to the file, by the rules of docs/format/container.md."""
    ops = [
        Op("pwrite", "f1", geometry.edge + number % geometry.rows * geometry.pitch, geometry.pitch)
        for number in range(epoch, epoch + rows)
    ]
    ops.append(Op("fsync", "f1"))
    place = geometry.edge * (1 + commit % 2) // 4
    ops += [
        Op("pwrite", "f1", start + place, CELL_UNIT)
        for start in (0, geometry.length - geometry.edge)
    ]
    return [*ops, Op("fsync", "f1")]


def check_operations() -> None:
    """Every commit writes whole rows, syncs, cells, syncs: with any number of volumes."""
    for volumes in (1, 2, 3):
        memory = MemoryDisk()
        world = World(volumes, disk=memory, seed=volumes)
        disk = RecordingDisk(memory)
        session = open_level(disk, volumes - 1, random=world.random)
        for number in range(1, 25):
            epoch = session.status(0).epoch
            disk.clear()
            for level in range(volumes):
                count = session.volumes[level].batch_limit() if number % 8 == 0 else 1
                blocks = {(MEDIA, 0, index): b"%d" % number for index in range(count)}
                world.put(session, level, blocks)
            world.commit(session)
            rows = session.status(0).epoch - epoch
            assert rows == (4 if number % 8 == 0 else 1)
            assert planned(session.geometry, epoch, number, rows) == disk.ops
        session.close()


STALE = b"\xee" * 16


def check_nothing_stale() -> None:
    """A row holds nothing of what its buffer held before, also where a block could not be moved."""
    for at_once in (False, True):
        world = World(3, disk=MemoryDisk(), contents=[payloads(12, seed=i) for i in range(3)])
        session = world.open()
        for volume in session.volumes:
            for spot in volume.where.values():
                at = volume.reader.offset(spot >> 16, spot & 0xFFFF)
                world.disk.damage(PATH, at, bytes(session.geometry.sealed))
        for _ in range(2 if at_once else 60):
            for buffer in [session._ring.writer.buffer() for _ in (0, 1)]:
                buffer[:] = STALE * (len(buffer) // len(STALE))
            if at_once:
                count = session.volumes[0].batch_limit()
                world.put(session, 0, {(MEDIA, 7, index): b"new" for index in range(count)})
            session.commit()
        lost = sum("cannot be read" in notice.message for notice in session.notices)
        session.close()
        assert lost >= 2, "the damage was not met"
        assert STALE not in world.disk.read(PATH)


# What is seen by who has a lower passphrase


class View(NamedTuple):
    """All that a level's keys open: nothing in it may depend on levels above."""

    status: list[object]
    roots: list[object]
    blocks: list[object]
    words: list[str]


def view(disk: MemoryDisk, level: int) -> View:
    """Open what can be opened; commit ids are random and stand for their order only."""
    session = open_level(disk, level, writable=False)
    ids: dict[bytes, int] = {}
    roots, blocks = [], []
    for volume in session.volumes:
        reader = volume.reader
        for row in range(session.geometry.rows):
            root = reader.root(row)
            if root is None:
                roots.append(None)
                continue
            head = root.head._replace(commit_id=b"")
            table = [
                (one.epoch, ids.setdefault(one.commit_id, len(ids)), one.live) for one in root.table
            ]
            roots.append((head, table))
            blocks += opened(reader, row, root.table[row].epoch, root.table[row].commit_id)
    status = [session.status(volume.level) for volume in session.volumes]
    words = [notice.message.format(**notice.values) for notice in session.notices]
    session.close()
    return View(status, roots, blocks, words)


def opened(reader: ShareReader, row: int, epoch: int, commit_id: bytes) -> list[object]:
    """Every block of a row's share that opens under the row's key, live or not."""
    sealer = reader.keys.block(epoch, commit_id)
    headers = reader.open_run(row, 0, reader.share.blocks, sealer)
    return [(header, bytes(reader.content(header))) for header in headers if header]


def twin(volumes: int, seed: int) -> tuple[list[Op], list[View]]:
    """A script of visible actions, with so many volumes; what is done and what level 0 sees."""
    memory = MemoryDisk()
    disk = RecordingDisk(memory)
    below = payloads(6, seed=1)
    above = [payloads(20 * level, seed=level) for level in range(1, volumes)]
    world = World(volumes, disk=disk, seed=volumes, contents=[below, *above])
    visible, hidden = pseudorandom.Random(seed), pseudorandom.Random(f"{seed}/{volumes}")
    views = []
    for _ in range(16):
        private = visible.random() < 0.6  # in the twin without secrets: an ordinary session
        session = world.open(None if private else 0, writable=visible.random() < 0.9)
        if session.writable:
            for name in {(PAGE, 0, visible.randrange(9)) for _ in range(visible.randrange(4))}:
                world.put(session, 0, {name: visible.randbytes(200)})
            for volume in session.volumes[1:]:
                for name in {(MEDIA, 1, hidden.randrange(9)) for _ in range(hidden.randrange(4))}:
                    world.put(session, volume.level, {name: hidden.randbytes(50)})
            for _ in range(visible.randrange(1, 3)):
                world.commit(session)
        session.close()
        views.append(view(memory, 0))
    return disk.ops, views


def check_twins() -> None:
    """Operations, and all that level 0 opens, are the same with 0, 1 and 2 more volumes."""
    for seed in range(2):
        alone, *others = [twin(volumes, seed) for volumes in (1, 2, 3)]
        for other in others:
            assert alone[0] == other[0], "operations differ"
            assert alone[1] == other[1], "what level 0 sees differs"


def check_levels_apart() -> None:
    """No key of a level opens anything in the share of another."""
    world = World(3, disk=MemoryDisk(), contents=[payloads(9, seed=i) for i in range(3)])
    session = world.open()
    for _ in range(20):
        world.stir(session)
        world.commit(session)
    for volume in session.volumes:
        for other in session.volumes:
            if other is not volume:
                assert not opens_foreign(volume.reader, other.reader, session)
    session.close()


def opens_foreign(keys: ShareReader, share: ShareReader, session: Session) -> bool:
    """Whether keys of one level open a block in another's share, under any header's rules."""
    mixed = type(share)(share.file, share.geometry, share.share, keys.keys)
    for row in range(session.geometry.rows):
        if mixed.root_heads(row, torn=True):
            return True
        table = session.volumes[share.share.level].state.table[row]
        if opened(mixed, row, table.epoch, table.commit_id):
            return True
    return False


# What survives


def check_power_cuts() -> None:
    """Old or new, all together: a slice of the crash model."""
    judge("mixed", 3, 60)
    judge("bulk", 4, 200)  # more than two for each write: the first two are all or nothing


def check_power_cuts_after_a_kill() -> None:
    """What a killed process left in the cache is durable before anything is built on it."""
    judge("killed", 3, 300)


def check_power_cuts_with_few_clean_rows() -> None:
    """The same where others have used up most of the reserve."""
    world = World(3, disk=MemoryDisk(), seed=5)
    session = world.open()
    fill(world, session, part=0.3)
    session.close()
    world.foreign_rows(in_place_after(world) - 2)
    disk = CrashingDisk(world.disk)
    before, world.disk = world.kept, disk
    session = world.open()
    assert session.top.free_rows(session.status(2).epoch) == 2
    for level in range(1, 3):
        count = 3 * session.geometry.shares[level].data
        world.put(session, level, {(MEDIA, 1, number): b"x" for number in range(count)})
    world.commit(session)
    disk.mark("1")
    session.close()
    chance = pseudorandom.Random(1)
    for state in crash_states(disk.log, chance, 60):
        judge_state([before, world.kept], state, chance)


def check_reserve() -> None:
    """The reserve never falls below R less the R/2 of unfinished commits, commit by commit."""
    world = World(3, disk=MemoryDisk(), contents=[payloads(60, seed=i) for i in range(3)])
    session = world.open()
    for _ in range(150):
        world.stir(session, most=2)
        world.commit(session)
        for volume in session.volumes:
            epoch = session.status(0).epoch
            assert volume.free_rows(epoch) >= session.geometry.reserve
    assert not told(session, "reserve is used up")
    world.check(session)
    session.close()


# What the bytes are


def sealed_blocks(raw: bytes, geometry: Geometry) -> list[bytes]:
    """The bytes at every block's place, in use or not."""
    places = [
        geometry.row_offset(row) + index * geometry.sealed
        for row in range(geometry.rows)
        for index in range(sum(share.blocks for share in geometry.shares))
    ]
    return [raw[at : at + geometry.sealed] for at in places]


def check_bytes(commits: int = 20, volumes: int = 3) -> None:
    """After creation, commits, and a power cut the file looks random in every way we look."""
    world = World(
        volumes, disk=MemoryDisk(), contents=[payloads(30, seed=i) for i in range(volumes)]
    )
    check_content(world.disk)
    session = world.open()
    for _ in range(commits):
        world.stir(session)
        world.commit(session)
    session.close()
    check_content(world.disk)
    disk = CrashingDisk(world.disk)
    world.disk = disk
    session = world.open()
    world.stir(session, most=9)
    world.commit(session)
    session.close()
    *_, cut, _ = crash_states(disk.log, pseudorandom.Random(4), 3 * len(disk.log.events))
    check_content(cut.disk)


def check_content(disk: MemoryDisk) -> None:
    raw = disk.read(PATH)
    session = open_level(disk, 0, writable=False)
    geometry = session.geometry
    session.close()
    check_file(raw)
    check_columns(sealed_blocks(raw, geometry), geometry.sealed)


def live_blocks(session: Session, level: int) -> int:
    """Positions that a level's own table calls live."""
    state = session.volumes[level].state
    return sum(len(list(positions_of(row.live))) for row in state.table)


def check_histories_apart() -> None:
    """A block of an aborted commit, at the same place and epoch, does not open in a later one."""
    disk = MemoryDisk()
    world = World(1, disk=disk, seed=8)
    raw = disk.read(PATH)
    rows = []
    for text in (b"first", b"second"):
        disk.put(PATH, raw)
        session = world.open()
        world.put(session, 0, {(PAGE, 0, 0): text})
        world.commit(session)
        start = session.geometry.row_offset(0)
        rows.append(disk.read(PATH)[start : start + session.geometry.pitch])
        size, first = (
            session.geometry.sealed,
            session.geometry.shares[0].root * session.geometry.sealed,
        )
        session.close()
    disk.damage(PATH, start + first, rows[0][first : first + size])
    session = world.open()
    assert read_all(session.volumes[0]) == Reading({}, {(PAGE, 0, 0)})
    session.close()


def check_power_cuts_in_place() -> None:
    """With no clean row left, a block is written over with its own content only.

    The row is there whole or not at all: what a tear in it costs is another matter. Twelve
    blocks stand in two rows, of which the first comes up for writing.
    """
    made = World(2, disk=MemoryDisk(), seed=6, contents=[{}, payloads(12)])
    session = made.open()
    made.commit(session)
    session.close()
    made.foreign_rows(in_place_after(made))
    raw = made.disk.read(PATH)
    for name in sorted(made.kept[1]):
        disk = CrashingDisk(MemoryDisk({PATH: raw}))
        made.disk, before = disk, made.kept
        session = made.open()
        made.put(session, 1, {name: b"replaced"})
        made.commit(session)
        assert told(session, "reserve is used up")
        session.close()
        for prefix in range(len(disk.log.events) + 1):
            for seed in (NOTHING, EVERYTHING):
                matching(state_after(disk.log, prefix, seed).disk, [before, made.kept])
        made.kept = before


def check_torn_cells() -> None:
    """Where both new cells are torn, the state before stands, whatever k and n were."""
    for rows in (1, 2, 3, 4):
        memory = MemoryDisk()
        world = World(1, disk=memory, seed=rows)
        session = world.open()
        cells = [session.geometry.cell_offset(end, slot) for end in (0, 1) for slot in (0, 1)]
        count = rows * session.geometry.shares[0].data
        for turn in range(4):
            before, old = world.kept, memory.read(PATH)
            world.put(session, 0, {(MEDIA, 0, index): b"%d" % turn for index in range(count)})
            world.commit(session)
            torn = MemoryDisk({PATH: memory.read(PATH)})
            for at in cells:
                if old[at : at + CELL_UNIT] != memory.read(PATH)[at : at + CELL_UNIT]:
                    torn.damage(PATH, at, world.random(CELL_UNIT))
            matching(torn, [before])
        session.close()


def in_place_after(world: World) -> int:
    """Rows that others may write until the next one is in use."""
    session = world.open(writable=False)
    ahead = session.top.free_rows(session.status(0).epoch)
    session.close()
    return ahead
