"""Telling a disk or cable that fails from damage in some place.

A bad sector or a dead piece of flash costs its blocks; a pulled plug must cost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.geometry import CELL_UNIT
from vault.errors import Damaged, NotSaved, mark

if TYPE_CHECKING:
    from vault.container.geometry import Geometry
    from vault.storage.interface import File

_PROBES = 8
"""Places looked at, spread over the ring, before blocks that the system will not read are given
up."""


def require_disk(file: File, geometry: Geometry, row: int = 0) -> None:
    """Find out whether what could not be read may be given up: does most of the rest read?

    The middles of rows: an open session reads them last, so that the system has to ask the disk.
    (Of cached pages it would go on giving what a pulled stick once held.)

    Args:
        file: what was read.
        geometry: its layout.
        row: where the probes begin.

    Raises:
        NotSaved: no: the disk fails.
    """
    refused = 0
    for probe in range(_PROBES):
        at = (row + (2 * probe + 1) * geometry.rows // (2 * _PROBES)) % geometry.rows
        try:
            file.pread(geometry.row_offset(at) + geometry.pitch // 2, CELL_UNIT)
        except Damaged:
            refused += 1
    if refused > _PROBES // 2:
        raise NotSaved(
            mark("The disk fails while it is read: nothing was saved."),
            hint=mark("Check the plug, then copy the file to another disk and go on there."),
        )
