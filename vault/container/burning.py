"""Making a container impossible to open: its heads and cells become random bytes.

docs/format/container.md, "Burning". Order: the four cells, fsync; the head behind, fsync; the head
in front, fsync. Cut off anywhere, the file still opens by the head in front, and opening says that
something is wrong; when that head is gone, nothing else is left. Without the keys in the heads
the rows are random bytes for everyone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.geometry import CELL_UNIT, HEAD_SIZE

if TYPE_CHECKING:
    from vault.container.geometry import Geometry
    from vault.crypto.entropy import Random
    from vault.storage.interface import File

_BACK_THEN_FRONT = (1, 0)


def overwrite_entrances(file: File, geometry: Geometry, random: Random) -> None:
    """Overwrite heads and cells with fresh random bytes; returns after the last fsync.

    Raises:
        NotSaved: a write or fsync failed.
    """
    for end in (0, 1):
        for slot in (0, 1):
            file.pwrite(geometry.cell_offset(end, slot), random(CELL_UNIT))
    file.fsync()
    for end in _BACK_THEN_FRONT:
        file.pwrite(geometry.edge_offset(end), random(HEAD_SIZE))
        file.fsync()
