"""Making a container impossible to open: its heads and cells become random bytes.

docs/format/container.md, "Burning". Order: the four cells, fsync; the head behind, fsync; the head
in front, fsync. Cut off anywhere, the file still opens by the head in front, and opening says that
something is wrong; when that head is gone, nothing else is left. Without the keys in the heads
the rows are random bytes for everyone.

What cannot be written keeps nothing else from being written: the heads are tried whatever became
of the cells. Success is told only where every write and every fsync went well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.geometry import CELL_UNIT, HEAD_SIZE
from vault.errors import NotSaved

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.container.geometry import Geometry
    from vault.crypto.entropy import Random
    from vault.storage.interface import File

_BACK_THEN_FRONT = (1, 0)


def overwrite_entrances(file: File, geometry: Geometry, random: Random) -> None:
    """Overwrite heads and cells with fresh random bytes; returns after the last fsync.

    Of a file that is shorter than when it was made, what is there; it does not grow.

    Raises:
        NotSaved: a write or fsync failed; all others were tried.
    """
    size = file.size()
    failures: list[NotSaved] = []

    def attempt(step: Callable[[], None]) -> None:
        try:
            step()
        except NotSaved as error:
            failures.append(error)
            file.write_on()

    def overwrite(at: int, length: int) -> None:
        if (count := min(length, size - at)) > 0:
            attempt(lambda: file.pwrite(at, random(count)))

    for end in (0, 1):
        for slot in (0, 1):
            overwrite(geometry.cell_offset(end, slot), CELL_UNIT)
    attempt(file.fsync)
    for end in _BACK_THEN_FRONT:
        overwrite(geometry.edge_offset(end), HEAD_SIZE)
        attempt(file.fsync)
    if failures:
        raise failures[0]


class Remains:
    """A file that does not open as a container any more, of which a head still tells the layout.

    Args:
        file: open for writing, locked; closed by `close`.
        geometry: its layout when it was whole.
        random: source of what is written.
    """

    def __init__(self, file: File, geometry: Geometry, random: Random) -> None:
        self._file = file
        self._geometry = geometry
        self._random = random

    def burn(self) -> None:
        """Overwrite heads and cells, as far as they are there.

        Raises:
            NotSaved: a write or fsync failed; all others were tried.
        """
        overwrite_entrances(self._file, self._geometry, self._random)

    def close(self) -> None:
        """Close the file."""
        self._file.close()
