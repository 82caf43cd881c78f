"""The program as a process of its own, in the cheap form: python driver.py [WHEN] WORDS…

WHEN is `SIGNAL@N`: that signal is sent to the process itself at the Nth call that changes the
disk, N from 0; `0@0` sends none and says on standard error how many calls there were.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]
sys.dont_write_bytecode = True

from seam.faulty import CHANGING, FaultyDisk  # noqa: E402  after the path
from seam.small import SMALL_FORM  # noqa: E402
from vault.cli import app, surroundings  # noqa: E402
from vault.storage.real import RealDisk  # noqa: E402


class SignallingDisk(FaultyDisk):
    """Sends a signal at one call, and does the call all the same if it is still there."""

    def __init__(self, number: int, at: int) -> None:
        super().__init__(RealDisk(), ops=CHANGING)
        self._signal = number
        self.counting = number == 0
        self._at = at

    def count(self, op, path, *, before=None):
        if op in CHANGING and self.calls == self._at and self._signal:
            number, self._signal = self._signal, 0  # once: what tidies up is let do so
            os.kill(os.getpid(), number)
        super().count(op, path, before=before)


def main() -> None:
    made = surroundings.real_surroundings()
    disk = None
    if "@" in sys.argv[1]:
        number, at = sys.argv.pop(1).split("@")
        disk = SignallingDisk(int(number), int(at))
    made = replace(made, make_form=lambda: SMALL_FORM)
    if disk is not None:
        made = replace(made, make_disk=lambda: disk)
    app.real_surroundings = lambda: made
    try:
        app.main()
    finally:
        if disk is not None and disk.counting:
            os.write(2, b"calls %d\n" % disk.calls)


if __name__ == "__main__":
    main()
