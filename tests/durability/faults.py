"""Every call to the disk fails, in every way, in every command that writes.

A command whose call failed ends with an error or did all of its work, never says that it saved
what it did not, never tries an fsync again that failed, and leaves old or new.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, NamedTuple

from durability.deeds import DEEDS, EVERY, Known, copied, made_scene, run
from durability.result import Result
from seam.faulty import ALL, CHANGING, FaultyDisk
from vault.storage.positioned import PositionedCalls
from vault.storage.real import RealDisk

if TYPE_CHECKING:
    from collections.abc import Callable

    from person.console import Ran
    from surroundings.scene import Scene


class Kind(NamedTuple):
    """A way to fail.

    Attributes:
        error: made for each failure.
        torn: whether a failing write leaves its first half behind.
    """

    error: Callable[[], int | BaseException]
    torn: bool


KINDS = {
    "EIO, half written": Kind(lambda: errno.EIO, torn=True),
    "ENOSPC, half written": Kind(lambda: errno.ENOSPC, torn=True),
    "EROFS": Kind(lambda: errno.EROFS, torn=False),
    "MemoryError": Kind(MemoryError, torn=False),
}

_UNUSED = frozenset({"remove"})
"""Calls whose failure need not fail the command: a temporary file stays, and is no part of it."""


def at_every_call(name: str, kind: str, forever: bool, only: slice = EVERY) -> Result:
    """Fail each call of a deed that changes the disk, or opens or locks a file.

    Args:
        name: of the deed.
        kind: of `KINDS`.
        forever: whether every later call fails too.
        only: which of the calls, in their order.
    """
    how = "for ever" if forever else "once"
    result = Result(f"{name}, {kind}, {how}, at each call")
    ops = CHANGING | {"open", "lock"}
    way = KINDS[kind]
    with made_scene() as scene:
        known = Known(scene, DEEDS[name])
        counting = FaultyDisk(RealDisk(), ops=ops)
        _tried(known, scene, counting)
        for number in range(counting.calls)[only]:
            faulty = FaultyDisk(
                RealDisk(),
                fail_at=number,
                error=way.error(),
                forever=forever,
                ops=ops,
                torn=way.torn,
            )
            _attempt(result, known, scene, faulty, number)
    return result


def unreadable(name: str, only: slice = EVERY) -> Result:
    """From each read on, nothing of the disk can be read: nothing is given up for it."""
    result = Result(f"{name}, no read succeeds from each one on")
    with made_scene() as scene:
        known = Known(scene, DEEDS[name])
        counting = FaultyDisk(RealDisk(), ops={"pread"})
        _tried(known, scene, counting)
        for number in range(counting.calls)[only]:
            faulty = FaultyDisk(RealDisk(), fail_at=number, forever=True, ops={"pread"})
            _attempt(result, known, scene, faulty, number)
    return result


def short_writes(name: str) -> Result:
    """Every write takes a third of what it is given, as the system may: all is written still."""
    result = Result(f"{name}, the system takes a third of each write")
    whole = PositionedCalls.write

    def third(self: PositionedCalls, descriptor: int, data: memoryview, offset: int) -> int:
        return whole(self, descriptor, data[: len(data) // 3 or 1], offset)

    with made_scene() as scene:
        known = Known(scene, DEEDS[name])
        PositionedCalls.write = third
        try:
            _attempt(result, known, scene, FaultyDisk(RealDisk(), ops=ALL), 0)
        finally:
            PositionedCalls.write = whole
    return result


def _tried(known: Known, scene: Scene, disk: FaultyDisk) -> Ran:
    with copied(scene, known.deed) as copy:
        return run(copy, known.deed, make_disk=lambda: disk)


def _attempt(result: Result, known: Known, scene: Scene, disk: FaultyDisk, number: int) -> None:
    result.tried += 1
    with copied(scene, known.deed) as copy:
        try:
            ran = run(copy, known.deed, make_disk=lambda: disk)
            told(ran, disk)
            known.check(copy, done=ran.code == 0, killed="remove" in {op for op, _ in disk.failed})
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            failed = disk.failed[:1]
            result.faults.append(
                f"{result.what}, {number} {failed}: {type(error).__name__} {error}"
            )
            return
    result.count("told" if ran.code else "done all the same")


def told(ran: Ran, disk: FaultyDisk) -> None:
    """A failure is told in words, and no fsync was tried again.

    Raises:
        AssertionError: it was not, or one was.
    """
    assert 0 == disk.fsyncs_after_failure, "fsync was tried again"
    needed = {op for op, _ in disk.failed} - _UNUSED
    reading = needed <= {"pread", "open"}
    assert not needed or ran.code or reading, f"success after {disk.failed}"
    assert "Traceback" not in ran.err, ran.err
    assert "went wrong inside" not in ran.err, ran.err
    assert not ran.code or ran.err.strip(), f"no word of it: {ran.code}"
