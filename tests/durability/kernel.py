"""The kernel stops in the middle of a save: loop-mounted file systems, shut down for real.

One cycle: a process works on the container; at a random moment the file system is shut down
without its log being written (FS_IOC_SHUTDOWN, NOLOGFLUSH), so that what was not made durable is
gone; unmount, mount, and another process looks. The container goes on into the next cycle.

The control does the same without any fsync. It has to lose acknowledged saves: else the
shutdown would take nothing away, and the cycles before would show nothing.
"""

from __future__ import annotations

import os
import pickle
import random as pseudorandom
import signal
import time
from typing import TYPE_CHECKING

from durability.image import mounted_image
from durability.processes import end_of, start
from durability.result import NotPossibleHere, Result
from durability.sessions import Life, begin, look
from vault.errors import VaultError
from vault.storage import durable

if TYPE_CHECKING:
    from durability.image import Image

SHORT, LONG = 0.06, 1.5
"""Seconds of work at most: usually, and once in forty times (the journal commits meanwhile)."""


_LOST = "lost something acknowledged"


class Cycles:
    """Cycles on one file system.

    Args:
        image: mounted.
        seed: of all of them.
        synced: whether fsync does anything; without it this is the control.
    """

    def __init__(self, image: Image, seed: int, *, synced: bool) -> None:
        self.image = image
        self.rng = pseudorandom.Random(f"kernel/{seed}")
        self.synced = synced
        folder = image.place.parent
        self.kept, self.notes, self.told = (folder / name for name in ("kept", "notes", "told"))
        self._again()

    def _again(self) -> None:
        seed = self.rng.randrange(1 << 32)
        made = start(lambda: self._keep(begin(self.image.place, seed)), self.told)
        if end_of(made):
            raise RuntimeError(self.told.read_text())

    def _keep(self, contents: object) -> None:
        self.kept.write_bytes(pickle.dumps(contents))

    def cycle(self, result: Result) -> None:
        """Work, stop, look; count what was seen."""
        seed = self.rng.randrange(1 << 32)
        seconds = self.rng.uniform(0, LONG if self.rng.randrange(40) == 0 else SHORT)
        opened = self.rng.randrange(10) > 0
        self.notes.write_bytes(b"")
        self.told.unlink(missing_ok=True)
        child = start(lambda: self._live(seed), self.told)
        try:
            while opened and not self.notes.stat().st_size and not self.told.exists():
                time.sleep(0.001)
            time.sleep(seconds)
            if self.told.exists():
                result.faults.append(f"the session ended by itself: {self.told.read_text()}")
            cut = time.monotonic_ns()
            self.image.stop()
        except BaseException:
            os.kill(child, signal.SIGKILL)
            raise
        finally:
            code = end_of(child)
        if code:
            result.faults.append(f"no error of the disk: {self.told.read_text()}")
        self.image.unmount()
        self.image.mount()
        result.tried += 1
        lost = end_of(start(lambda: self._look(cut), self.told))
        if not lost:
            self._take_over(result)
            return
        if self.synced:
            result.faults.append(f"cycle {result.tried}: {self.told.read_text()}")
        else:
            result.count(_LOST)
        self._again()

    def _live(self, seed: int) -> None:
        if not self.synced:
            durable.sync_file = lambda _descriptor: None
        kept = pickle.loads(self.kept.read_bytes())
        try:
            Life(self.image.place, kept, seed, self.notes).go_on()
        except (VaultError, OSError) as error:  # the disk is gone, as it should be
            self.told.write_text(repr(error))

    def _look(self, cut: int) -> None:
        found = look(self.image.place, pickle.loads(self.kept.read_bytes()), self.notes, cut)
        self._keep(found.kept)
        self.told.write_bytes(pickle.dumps(found._replace(kept=[])))

    def _take_over(self, result: Result) -> None:
        """Count what the process that looked has found."""
        found = pickle.loads(self.told.read_bytes())
        result.count("saves acknowledged", found.saved)
        result.count("cuts within a save", found.within)
        result.count("of these found new", found.newer)
        result.count("files acknowledged", found.files)
        result.count("temporary files left", found.leftovers)
        result.count("acknowledged by the file system after it was stopped", found.late)


def cycles(kind: str, count: int, seed: int) -> Result:
    """Run cycles on a file system of a kind of `KINDS`; call it in a process of one thread."""
    return _run(Result(f"kernel stopped on {kind}"), kind, count, seed, synced=True)


def control(kind: str, count: int, seed: int) -> Result:
    """Run the same cycles without any fsync: they have to lose something."""
    result = Result(f"kernel stopped on {kind}, control without fsync")
    _run(result, kind, count, seed, synced=False)
    if not result.skipped and not result.seen.get(_LOST):
        result.faults.append(f"{result.what}, seed {seed}: nothing was lost: nothing is shown")
    return result


def _run(result: Result, kind: str, count: int, seed: int, *, synced: bool) -> Result:
    try:
        with mounted_image(kind) as image:
            run = Cycles(image, seed, synced=synced)
            for _ in range(count):
                run.cycle(result)
    except NotPossibleHere as reason:
        if result.tried:  # it was possible before: a file system that no longer mounts is a finding
            result.faults.append(str(reason))
        else:
            result.skipped = str(reason)
    result.faults = [f"{result.what}, seed {seed}: {fault}" for fault in result.faults]
    return result
