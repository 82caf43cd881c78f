"""Many random lives: python3 dev.py prove lives [--minutes M | --portions N] [--seed S]

Of containers, with sessions of all levels and power cuts, as in tests/container/test_model.py; and
of whole vaults, with every use case and every fate, as in tests/operations/test_whole_lives.py.
Both against plain dictionaries. They come in portions; a fault is printed with the steps that lead
to it, and with what makes its portion again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
sys.dont_write_bytecode = True

from hypothesis import HealthCheck, seed, settings  # noqa: E402
from hypothesis.stateful import run_state_machine_as_test  # noqa: E402

from container.lives import live  # noqa: E402
from operations.whole_life import TALLY  # noqa: E402
from operations.whole_lives import WholeLife  # noqa: E402
from operations.whole_scene import forget_scenes  # noqa: E402

OF_CONTAINERS = 20
"""Lives of containers in a portion."""

OF_VAULTS = settings(
    max_examples=10,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=False,
    print_blob=False,  # the seed says it
    suppress_health_check=list(HealthCheck),
)


class Part(NamedTuple):
    """What one process did."""

    portions: int
    tally: Counter[str]
    faults: list[str]


def portion(number: int) -> list[str]:
    """Live; return what went wrong."""
    faults = []
    for life in range(number * OF_CONTAINERS, (number + 1) * OF_CONTAINERS):
        try:
            live(life)
        except Exception:  # noqa: BLE001  whatever it is, it is a finding
            faults.append(f"live({life})\n{traceback.format_exc()}")
    try:
        run_state_machine_as_test(seed(number)(WholeLife), settings=OF_VAULTS)
    except Exception:  # noqa: BLE001  as above; the steps are among its notes
        faults.append(traceback.format_exc())
    return [f"FAULT, again with: --portions 1 --seed {number}\n{text}" for text in faults]


def portions(first: int, stride: int, end: int | None, seconds: float) -> Part:
    """Go through every `stride`th portion, up to the one before `end` or while there is time."""
    started, done, faults = time.monotonic(), 0, []
    number = first
    try:
        while number < end if end is not None else time.monotonic() - started < seconds:
            faults += portion(number)
            number += stride
            done += 1
    finally:
        forget_scenes()
    tally = TALLY.copy()
    TALLY.clear()  # the process may be given another part
    return Part(done, tally, faults)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py prove lives", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, metavar="M", help="by default 10")
    parser.add_argument("--portions", type=int, metavar="N", help="so many, however long it takes")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="the first portion")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), metavar="P")
    wanted = parser.parse_args()
    end = None if wanted.portions is None else wanted.seed + wanted.portions
    started, stride = time.monotonic(), wanted.processes
    with ProcessPoolExecutor(stride) as pool:
        jobs = [
            pool.submit(portions, wanted.seed + turn, stride, end, wanted.minutes * 60)
            for turn in range(stride)
        ]
        parts = [job.result() for job in jobs]
    tally = sum((part.tally for part in parts), Counter())
    faults = [fault for part in parts for fault in part.faults]
    print(*faults, sep="\n")
    for name, count in sorted(tally.items()):
        print(f"{count:8} {name}")
    done = sum(part.portions for part in parts)
    steps = sum(count for name, count in tally.items() if not name.startswith("("))
    print(
        f"{done} portions from {wanted.seed} in {time.monotonic() - started:.0f} s: "
        f"{done * OF_CONTAINERS} lives of containers, {tally['(lives)']} of vaults with {steps} "
        f"steps, {len(faults) or 'no'} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
