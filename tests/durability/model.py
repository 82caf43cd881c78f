"""The crash model at scale: as many states as asked for."""

from __future__ import annotations

from container.crashes import Fault, judge
from durability.result import Result


def states(name: str, seed: int, count: int, threads: bool) -> Result:
    """Judge states of one scenario of `container.crashes`."""
    result = Result("states of the model", count)
    try:
        judged = judge(name, seed, count, threads=threads)
        result.count("more after a second cut", judged.again)
    except Fault as fault:
        result.faults.append(str(fault))
    return result
