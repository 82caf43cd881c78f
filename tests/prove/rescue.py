"""Damage vaults at random and rescue them: python3 dev.py prove rescue [--states N] [--seed N]

Each state is a vault of three volumes of which one to four things are gone: a block, a copy of a
root, all roots of a row, a cell, a head, a range of any length, the end of the file. What comes out
of the rescue must be true, and what does not come out must be named.
"""

from __future__ import annotations

import argparse
import os
import random as pseudorandom
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
# Instead of this folder, where a file has the name of the package.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
sys.dont_write_bytecode = True

from operations.damages import GEOMETRY, LENGTH, judge, made  # noqa: E402
from seam.small import EDGE  # noqa: E402
from vault.container.cell import CELL_UNIT  # noqa: E402
from vault.container.geometry import HEAD_SIZE  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operations.damages import Scene

    Range = tuple[int, int]

SHARD = 100


def some_damage(scene: Scene, chance: pseudorandom.Random) -> Iterator[Range]:
    """Yield what is gone: first byte and end of each range."""
    blocks = [at for held in scene.held for at in held.blocks.values()]
    row = chance.choice([scene.held[0].newest_row, chance.randrange(24)])
    at = chance.choice(blocks)
    match chance.choice("block block root roots cell head range range range".split()):  # noqa: SIM905
        case "block":
            yield at, at + GEOMETRY.sealed
        case "root":
            start = chance.choice([*roots_of(row)])
            yield start, start + GEOMETRY.sealed
        case "roots":
            for start in roots_of(row):
                yield start, start + GEOMETRY.sealed
        case "cell":
            start = GEOMETRY.cell_offset(chance.randrange(2), chance.randrange(2))
            yield start, start + CELL_UNIT
        case "head":
            yield 0, HEAD_SIZE
        case _:
            start = chance.choice([at, chance.randrange(EDGE, LENGTH)])
            yield start, min(LENGTH, start + 2 ** chance.randrange(20))


def roots_of(row: int) -> Iterator[int]:
    """Yield the offsets of all blocks of all levels' roots in a row."""
    for share in GEOMETRY.shares:
        for position in (*range(share.root), *range(share.blocks - share.root, share.blocks)):
            yield GEOMETRY.row_offset(row) + (share.first + position) * GEOMETRY.sealed


def states(seed: int, count: int) -> tuple[int, int]:
    """Judge `count` states; return in how many something was lost, and how many there were.

    Raises:
        AssertionError: naming the state.
    """
    lost = 0
    with tempfile.TemporaryDirectory() as folder:
        scene = made(Path(folder))
        for number in range(count):
            chance = pseudorandom.Random(f"{seed}/{number}")
            gone = [one for _ in range(chance.randint(1, 4)) for one in some_damage(scene, chance)]
            desk = scene.fork()
            cut = chance.random() < 0.1
            for first, end in gone:
                desk.disk.damage("v", first, bytes(end - first))
            if cut:
                end = chance.randrange(EDGE, LENGTH)
                desk.disk.put("v", desk.disk.read("v")[:end])
                gone.append((end, LENGTH))
            from_end = any(first < HEAD_SIZE for first, _end in gone)
            if from_end and any(end > GEOMETRY.edge_offset(1) for _first, end in gone):
                continue  # both heads
            try:
                lost += bool(judge(scene, desk, *gone, from_end=from_end))
            except Exception as error:
                message = f"--seed {seed} state {number}: {type(error).__name__} {error}, {gone}"
                raise AssertionError(message) from error
    return lost, count


def main() -> int:
    """Run, on all processors; print what was found."""
    parser = argparse.ArgumentParser(prog="dev.py prove rescue", description=__doc__)
    parser.add_argument("--states", type=int, default=2000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    wanted = parser.parse_args()
    started = time.monotonic()
    shards = range(-(-wanted.states // SHARD))
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(states, wanted.seed + shard, SHARD) for shard in shards]
        lost = sum(job.result()[0] for job in jobs)
    count = len(jobs) * SHARD
    seconds = time.monotonic() - started
    print(f"{count} damaged vaults from seed {wanted.seed}, {seconds:.0f} s:")
    print(f"{lost} lost something, which was named; nothing else was missing or wrong in any.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
