"""Cut the power, many times: python3 dev.py prove durability [--states N] [--seed S]

The crash model of tests/container/test_crash.py with as many states as asked for, on all
processors; after every state the next session is cut off as well. The same seed makes the same
states; a fault is printed with what makes it again.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from container.crashes import Fault, judge, shards  # noqa: E402

EACH = 500
"""States of one scenario: enough for several at each of its writes."""


def attempt(part: tuple[str, int, int]) -> tuple[int, str]:
    """States judged, and the fault if there was one."""
    try:
        return judge(*part), ""
    except Fault as fault:
        return part[2], str(fault)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wanted = parser.parse_args()
    parts = list(shards(wanted.states, wanted.seed, max(10, wanted.states // EACH)))
    started, done, faults = time.monotonic(), 0, []
    with ProcessPoolExecutor(wanted.processes) as pool:
        for count, fault in pool.map(attempt, parts):
            done += count
            if fault:
                faults.append(fault)
                print(f"FAULT {fault}", flush=True)
    seconds = time.monotonic() - started
    print(
        f"{done} states of {len(parts)} runs, seed {wanted.seed}, in {seconds:.0f} s: "
        f"{len(faults) or 'no'} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
