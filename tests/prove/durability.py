"""Lose power, processes and disks, many times: python3 dev.py prove durability [--part NAME]

    model    the crash model of tests/container/crashes.py                    --states N
    kernel   file systems in a file, stopped as by a crash of the kernel      --cycles N, of each
    kill     SIGKILL at every write of every writing command
    faults   every call to the disk fails, in every way
    full     disks that fill up, and one that may not be written
    many     eight processes at once on one container                         --commands N, of each

All parts by default, on all processors, from one --seed. A fault is printed with what makes it
again. What a part needs and this system does not have is said in capitals. Ctrl-C stops, and
prints what was found until then.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
# Instead of this folder, where a file has the name of the package.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
sys.dont_write_bytecode = True

from container.crashes import shards  # noqa: E402
from durability import disks, faults, kernel, kills, many, model  # noqa: E402
from durability.deeds import DEEDS  # noqa: E402
from durability.image import KINDS  # noqa: E402
from durability.processes import Ending, end_with_parent  # noqa: E402
from durability.result import Result  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Job = tuple[Callable[..., Result], tuple[object, ...]]

EACH = 500
"""States of one scenario: enough for several at each of its writes."""

CYCLES = 100
"""Cycles on one file system before the next is made."""


def model_jobs(wanted: argparse.Namespace) -> Iterator[Job]:
    for shard in shards(wanted.states, wanted.seed, max(10, wanted.states // EACH)):
        yield model.states, shard


def kernel_jobs(wanted: argparse.Namespace) -> Iterator[Job]:
    for start in range(0, wanted.cycles, CYCLES):
        for kind in wanted.kinds or KINDS:
            count = min(CYCLES, wanted.cycles - start)
            yield kernel.cycles, (kind, count, wanted.seed + start)
            if start == 0:
                yield kernel.control, (kind, min(count, 20), wanted.seed)


def kill_jobs(wanted: argparse.Namespace) -> Iterator[Job]:
    for name in wanted.deeds or DEEDS:
        yield kills.at_every_call, (name,)
        yield kills.at_every_system_call, (name,)


def fault_jobs(wanted: argparse.Namespace) -> Iterator[Job]:
    for name in wanted.deeds or DEEDS:
        for kind in faults.KINDS:
            for forever in (False, True):
                yield faults.at_every_call, (name, kind, forever)
        yield faults.short_writes, (name,)
    for name in wanted.deeds or DEEDS:
        yield faults.unreadable, (name,)


def full_jobs(_wanted: argparse.Namespace) -> Iterator[Job]:
    for name in disks.MAKING:
        yield disks.full_at_every_length, (name,)
    yield disks.vault_on_a_full_disk, ()
    yield disks.read_only, ()


def many_jobs(wanted: argparse.Namespace) -> Iterator[Job]:
    yield many.at_once, (wanted.commands, wanted.seed)


PARTS = {
    "model": model_jobs,
    "kernel": kernel_jobs,
    "kill": kill_jobs,
    "faults": fault_jobs,
    "full": full_jobs,
    "many": many_jobs,
}


def attempt(work: Callable[..., Result], words: tuple[object, ...]) -> Result:
    """Do the work; what stops it is a fault, and stops nothing else."""
    try:
        return work(*words)
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        text = "".join(traceback.format_exception(error, limit=-4))
        return Result("work that did not end", 1, [f"{work.__name__}{words}: {text}"])
    finally:
        if Ending.told:  # the parent ended, and all is tidied up; the pool would go on
            os._exit(1)


def prove(name: str, wanted: argparse.Namespace) -> int:
    """Run one part, print what it found, and return the number of its faults."""
    started = time.monotonic()
    found: dict[str, Result] = {}
    done = 0
    # Processes of one thread, which may fork and take their mounts apart.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        wanted.processes, context, initializer=end_with_parent, initargs=(os.getpid(),)
    ) as pool:
        jobs = [pool.submit(attempt, *job) for job in PARTS[name](wanted)]
        try:
            for job in as_completed(jobs):
                result = job.result()
                done += 1
                for fault in result.faults:
                    print(f"FAULT {fault}", flush=True)
                found.setdefault(result.what, Result(result.what)).add(result)
                if sys.stderr.isatty():
                    print(f"\r{name}: {done} of {len(jobs)}", end="", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
    for what in sorted(found):
        print(found[what].line(), flush=True)
    print(f"{name}: {done} of {len(jobs)} jobs, {time.monotonic() - started:.0f} s", flush=True)
    if done < len(jobs):
        raise KeyboardInterrupt
    return sum(len(result.faults) for result in found.values())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", action="append", choices=list(PARTS), dest="parts")
    parser.add_argument("--states", type=int, default=100_000)
    parser.add_argument("--cycles", type=int, default=1000)
    parser.add_argument("--commands", type=int, default=125)
    parser.add_argument("--kind", action="append", choices=list(KINDS), dest="kinds")
    parser.add_argument("--deed", action="append", choices=list(DEEDS), dest="deeds")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    wanted = parser.parse_args()
    print(f"seed {wanted.seed}, Python {sys.version.split()[0]}, {os.uname().release}", flush=True)
    try:
        count = sum(prove(name, wanted) for name in wanted.parts or PARTS)
    except KeyboardInterrupt:
        print("stopped; what was found until then stands above")
        return 130
    print(f"{count or 'no'} faults")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
