"""Random lives of a container, on all levels and with power cuts, against plain dictionaries."""

from __future__ import annotations

import random as pseudorandom
from typing import TYPE_CHECKING

from container.worlds import World, payloads, read_all
from seam.crashing import CrashingDisk, state_after
from seam.memory import MemoryDisk

if TYPE_CHECKING:
    from vault.container.session import Session


def live(seed: int) -> None:
    """One container through up to eight sessions of up to five steps each."""
    rng = pseudorandom.Random(f"model/{seed}")
    volumes = rng.choice([1, 2, 3, 3])
    contents = [payloads(rng.randrange(30), seed=level) for level in range(volumes)]
    world = World(volumes, disk=MemoryDisk(), seed=seed, contents=contents)
    for _ in range(rng.randint(2, 8)):
        level = rng.randrange(volumes)
        allowed = world.reserve_above(level)
        session = world.open(level, writable=rng.random() < 0.9)
        world.check(session)
        last = session.status(0).epoch + allowed - session.geometry.reserve
        for _ in range(rng.randint(1, 5) if session.writable else 0):
            if session.status(0).epoch > last:
                break
            session = step(world, session, rng)
        session.close()
        world.forget()
    session = world.open()
    world.check(session)
    assert not any(volume.findings.altered for volume in session.volumes)
    session.close()


def step(world: World, session: Session, rng: pseudorandom.Random) -> Session:
    """Change something on every open level; then commit, forget, or be cut off."""
    if rng.random() < 0.2:
        return cut(world, session, rng)
    world.stir(session, most=rng.choice([0, 2, 8]), names=rng.choice([5, 40]))
    if rng.random() < 0.1:
        session.rollback()
        world.forget()
    else:
        world.commit(session)
    if rng.random() < 0.3:
        world.check(session)
    return session


def cut(world: World, session: Session, rng: pseudorandom.Random) -> Session:
    """The power is cut during a commit: old or new, on all open levels; then go on."""
    level = session.top.level
    session.close()
    disk = CrashingDisk(world.disk)
    world.disk = disk
    session = world.open(level)
    world.stir(session, most=4)
    states = [world.kept, world.after()]
    session.commit()
    session.close()
    prefix = rng.randrange(len(disk.log.events) + 1)
    world.disk = state_after(disk.log, prefix, rng.randrange(1 << 32)).disk
    session = world.open(level)
    found = [read_all(volume).content for volume in session.volumes]
    world.kept = next(state for state in states if state[: level + 1] == found)
    world.forget()
    return session
