"""Many random lives of a container: python3 dev.py prove lives [--runs N] [--seed S]

Sessions of all levels, with power cuts, against plain dictionaries, as in
tests/container/test_model.py. A fault is printed with the seed that makes it again.
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

from container.lives import live  # noqa: E402


def attempt(seed: int) -> str:
    """Live once; return what went wrong."""
    try:
        live(seed)
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        return f"live({seed}): {type(error).__name__} {error}"
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first run")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wanted = parser.parse_args()
    started = time.monotonic()
    with ProcessPoolExecutor(wanted.processes) as pool:
        seeds = range(wanted.seed, wanted.seed + wanted.runs)
        faults = [fault for fault in pool.map(attempt, seeds, chunksize=20) if fault]
    for fault in faults:
        print(f"FAULT {fault}")
    seconds = time.monotonic() - started
    print(
        f"{wanted.runs} lives from seed {wanted.seed} in {seconds:.0f} s: "
        f"{len(faults) or 'no'} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
