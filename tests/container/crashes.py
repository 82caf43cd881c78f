"""The crash model: what may stand in a container after the power was cut, at any point.

A scenario is a run of sessions whose writes are logged, with a mark at each acknowledgement
and the expected contents beside it. From its log come states: a prefix of the writes, of which
those not yet synced are there, or not, or in part, in any order. In every state all levels must
be at the last acknowledged commit or the one being made, all together. In one of n states the
next session then commits, the power is cut again, and the same must hold; and without the second
cut its commit must stand.
"""

from __future__ import annotations

import random as pseudorandom
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from container.worlds import PATH, Content, World, open_level, payloads, read_rows
from seam.at_once import at_once
from seam.crashing import CrashingDisk, WriteLog, crash_states, state_after
from seam.memory import MemoryDisk
from seam.small import SHORT_LENGTH, seeded
from vault.container.block import MEDIA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from seam.crashing import CrashState
    from vault.container.session import Session
    from vault.storage.interface import Buffer, File

Contents = list[Content]


class Scenario(NamedTuple):
    """A log of writes, and what is in the container after each mark."""

    log: WriteLog
    moments: list[Contents]


class Run:
    """Sessions on a disk that logs; `moments[i]` belongs to the i-th mark."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.disk = CrashingDisk(world.disk)
        world.disk = self.disk
        self.moments = [world.kept]

    def commit(self, session: Session) -> None:
        self.world.commit(session)
        self.acknowledge()

    def acknowledge(self) -> None:
        self.moments.append(self.world.kept)
        self.disk.mark(str(len(self.moments) - 1))

    def kill(self, session: Session) -> Session:
        """End the process in a save, and open again: what is found then is acknowledged.

        All that it wrote stays in the cache, and is lost only with the power.
        """
        made = self.world.after()
        session._ring = session._ring._replace(
            file=Dying(session._ring.file, self.world.rng.randrange(7))
        )
        with suppress(Killed):
            session.commit()
        session.close()
        again = self.world.open()
        found = [read_rows(volume).content for volume in again.volumes]
        assert found in (self.world.kept, made), describe(found, [self.world.kept, made])
        self.world.kept = found
        self.world.forget()
        self.moments.append(found)
        self.disk.mark(str(len(self.moments) - 1))
        return again

    def scenario(self) -> Scenario:
        return Scenario(self.disk.log, self.moments)


class Killed(Exception):
    """The process is gone."""


class Dying:
    """A file of a process that is killed after so many writes and fsyncs."""

    def __init__(self, inner: File, left: int) -> None:
        self._inner, self._left = inner, left

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def pwrite(self, offset: int, data: Buffer) -> None:
        self._live()
        self._inner.pwrite(offset, data)

    def fsync(self) -> None:
        self._live()
        self._inner.fsync()

    def _live(self) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1


# Scenarios


def small_world(seed: int) -> World:
    """Three volumes that hold something, in as few rows as commits of two rows can do with."""
    contents = [payloads(9, seed=level) for level in range(3)]
    return World(3, disk=MemoryDisk(), seed=seed, contents=contents, length=SHORT_LENGTH)


def mixed(seed: int) -> Scenario:
    """Small changes on all levels; sessions of any level; none writes beyond the reserve."""
    world = small_world(seed)
    run = Run(world)
    for _ in range(10):
        level = world.rng.choice([2, 2, 2, 1, 0])
        commits = min(world.rng.randint(1, 4), world.reserve_above(level))
        session = world.open(level)
        for _ in range(commits):
            world.stir(session)
            run.commit(session)
        session.close()
    return run.scenario()


def killed(seed: int) -> Scenario:
    """The process killed in every second save, opened again at once, and the power cut later."""
    world = small_world(seed)
    run = Run(world)
    for _ in range(10):
        level = world.rng.choice([2, 2, 2, 1, 0])
        within = world.reserve_above(level) >= 4  # of two rows each: what is staged, a move before
        session = world.open(level if within else 2)
        world.stir(session, most=world.rng.choice([1, 3, 12]))
        session = run.kill(session)
        world.stir(session)
        run.commit(session)
        session.close()
    return run.scenario()


def bulk(seed: int) -> Scenario:
    """Commits of several rows, with erasures between."""
    world = World(3, disk=MemoryDisk(), seed=seed, contents=[payloads(5, seed=i) for i in range(3)])
    run = Run(world)
    session = world.open()
    for step in range(12):
        for volume in session.volumes:
            level = volume.level
            most = min(volume.batch_limit(), volume.room(media=True))
            count = world.rng.randint(0, max(0, most))
            new = payloads(
                count, seed=100 * seed + 3 * step + level, size=world.rng.randint(0, 1024)
            )
            world.put(session, level, new)
            if step % 2:
                media = [name for name in world.kept[level] if name[0] == MEDIA]
                world.drop(session, level, world.rng.sample(media, len(media) // 2))
        run.commit(session)
        if step % 4 == 3:
            session.close()
            session = world.open()
    session.close()
    return run.scenario()


def crowded(seed: int) -> Scenario:
    """Volumes near their limit, so that commits which only move blocks go before."""
    world = World(3, disk=MemoryDisk(), seed=seed)
    session = world.open()
    fill(world, session, part=0.55)
    session.close()
    run = Run(world)
    session = world.open()
    for _ in range(14):
        for volume in session.volumes:
            held = sorted(world.kept[volume.level])
            names = world.rng.sample(held, volume.batch_limit())
            world.put(session, volume.level, {name: world.rng.randbytes(9) for name in names})
        run.commit(session)
    session.close()
    return run.scenario()


def fill(world: World, session: Session, *, part: float) -> None:
    """Put media on every level until `part` of what it may take is used."""
    goals = [int(volume.room(media=True) * part) for volume in session.volumes]
    number = 0
    while any(goal > 0 for goal in goals):
        for volume in session.volumes:
            count = min(goals[volume.level], volume.batch_limit())
            blocks = {(MEDIA, 9, number + index): b"%d" % index for index in range(count)}
            world.put(session, volume.level, blocks)
            goals[volume.level] -= count
            number += count
        world.commit(session)


def scrub(seed: int) -> Scenario:
    """What was erased written over in one turn of the ring, with changes before and after."""
    world = World(3, disk=MemoryDisk(), seed=seed, contents=[payloads(9, seed=i) for i in range(3)])
    run = Run(world)
    session = world.open()
    world.stir(session, most=12)
    for level in range(3):
        world.drop(session, level, [(MEDIA, level, number) for number in range(0, 9, 2)])
    run.commit(session)
    left = session.geometry.rows
    while left > 0:
        left -= session.renew(world.rng.choice([1, 2, 4]))
        run.acknowledge()
    world.stir(session)
    run.commit(session)
    session.close()
    return run.scenario()


def creation(seed: int) -> Scenario:
    """Making a container with three volumes that hold something."""
    disk = CrashingDisk()
    contents = [payloads(7 + seed % 5, seed=seed + level) for level in range(3)]
    World(3, disk=disk, seed=seed, contents=contents)
    disk.mark("0")
    return Scenario(disk.log, [contents])


SCENARIOS: dict[str, Callable[[int], Scenario]] = {
    "mixed": mixed,
    "killed": killed,
    "bulk": bulk,
    "crowded": crowded,
    "scrub": scrub,
    "creation": creation,
}


# Judging a state


class Fault(AssertionError):
    """A state that breaks the promise; its text says how to make it again."""


class Judged(NamedTuple):
    """How many states were held against the promise.

    Attributes:
        first: after one cut.
        again: after another one, in what followed.
    """

    first: int
    again: int


def judge(name: str, seed: int, count: int, *, again: int = 1, threads: bool = True) -> Judged:
    """Check `count` states of one scenario; return how many were checked.

    Args:
        name: of the scenario.
        seed: of the scenario and of its states.
        count: how many states.
        again: in one of so many states the next session commits and is cut off as well.
        threads: whether commits of several rows have their threads.

    Raises:
        Fault: naming scenario, seed, and state.
    """
    with at_once(threads=threads):
        return _judge(name, seed, count, again)


def _judge(name: str, seed: int, count: int, again: int) -> Judged:
    scenario = SCENARIOS[name](seed)
    chance = pseudorandom.Random(f"{name}/{seed}")
    first = second = 0
    for state in crash_states(scenario.log, chance, count):
        try:
            second += judge_state(
                scenario.moments, state, chance, go_on=chance.randrange(again) == 0
            )
        except Exception as error:
            message = f"{name} seed={seed} {state!r}: {type(error).__name__} {error}"
            raise Fault(message) from error
        first += 1
    return Judged(first, second)


def judge_state(
    moments: list[Contents], state: CrashState, chance: pseudorandom.Random, *, go_on: bool = True
) -> bool:
    """One state: old or new; then, to `go_on`, a commit after it, cut once more or not.

    Returns:
        Whether there was a second cut.
    """
    if not state.disk.exists(PATH):
        assert not state.marks, "an acknowledged container is gone"
        return False
    allowed = allowed_after(moments, state.marks)
    if not go_on:
        matching(state.disk, allowed)
        return False
    found, world, disk = next_session(state.disk, allowed, chance)
    events = len(disk.log.events)
    again = state_after(disk.log, chance.randrange(events + 1), chance.randrange(1 << 32))
    matching(again.disk, [world.kept] if again.marks else [found, world.kept])
    if chance.random() < 0.1:
        matching(disk.memory, [world.kept])
    return True


def allowed_after(moments: list[Contents], marks: tuple[str, ...]) -> list[Contents]:
    """The last acknowledged contents, and those of the commit being made."""
    last = int(marks[-1]) if marks else 0
    return moments[last : last + 2]


def next_session(
    before: MemoryDisk, allowed: list[Contents], chance: pseudorandom.Random
) -> tuple[Contents, World, CrashingDisk]:
    """Open everything after the cut, see what is there, and commit a little on each level."""
    disk = CrashingDisk(before)
    session = open_level(disk, len(allowed[0]) - 1, random=seeded(chance.randrange(1 << 32)))
    world = World.__new__(World)
    world.disk = disk
    world.rng = chance
    world.kept = found = matching_session(session, allowed)
    world.forget()
    world.stir(session, most=chance.choice([1, 3, 12]))
    world.commit(session)
    disk.mark("0")
    session.close()
    return found, world, disk


def matching(disk: MemoryDisk, allowed: list[Contents]) -> Contents:
    """Return which of the contents the container holds, on all levels together."""
    session = open_level(disk, len(allowed[0]) - 1, writable=False)
    found = matching_session(session, allowed)
    session.close()
    return found


def matching_session(session: Session, allowed: list[Contents]) -> Contents:
    """Return which of the contents an open container holds."""
    readings = [read_rows(volume) for volume in session.volumes]
    found = [reading.content for reading in readings]
    assert not any(reading.lost for reading in readings), "blocks are lost"
    assert not any(volume.findings.altered for volume in session.volumes), "called altered"
    assert found in allowed, describe(found, allowed)
    return found


def describe(found: Contents, allowed: list[Contents]) -> str:
    """Say which level is neither old nor new."""
    verdicts = []
    for level, content in enumerate(found):
        fits = [index for index, contents in enumerate(allowed) if contents[level] == content]
        verdicts.append(f"level {level}: {('old', 'new')[fits[0]] if fits else 'neither'}")
    return ", ".join(verdicts)


TURNS = (
    *("mixed", "killed", "bulk", "mixed", "killed") * 3,
    *("scrub", "mixed", "crowded", "creation", "creation"),
)
"""How often each scenario comes; most states of a creation are "nothing is there yet"."""


WITH_THREADS = 7
"""One of so many shards has threads; prime to the turns, so that every scenario comes to it."""


def shards(states: int, seed: int, parts: int) -> Iterator[tuple[str, int, int, bool]]:
    """Cut a number of states into runs of (scenario, seed, states, whether with threads)."""
    for index in range(parts):
        share = states * (index + 1) // parts - states * index // parts
        yield TURNS[index % len(TURNS)], seed + index, share, index % WITH_THREADS == 0
