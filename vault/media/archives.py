"""ZIP archives, and the office files that are such.

Names are counted, nothing is unpacked to disk. Only the small parts that hold the properties
of a document are read, in memory.
"""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, BinaryIO, Final

from vault.media.properties import OFFICE_NAMES, add_properties

if TYPE_CHECKING:
    from vault.media.collected import Collected

MAX_PART: Final = 1 << 20
"""Bytes of a property part that are unpacked at most."""

_PARTS: Final = ("docProps/core.xml", "docProps/app.xml", "meta.xml")
_PREVIEWS: Final = ("docProps/thumbnail.jpeg", "Thumbnails/thumbnail.png")
_ENCRYPTED: Final = 1


def add_archive(collected: Collected, file: BinaryIO) -> None:
    """How many files, and the properties of an office document.

    Args:
        collected: receives them.
        file: seekable.
    """
    with collected.tolerating(), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        collected.add("ZipFileCount", len(members))
        if collected.media_type == "application/zip":
            collected.found("embedded", "ZipFileCount", len(members))
            return
        for name in _PARTS:
            with collected.tolerating():
                _add_part(collected, archive, name)
        for name in _PREVIEWS:
            if name in archive.NameToInfo:
                collected.found("preview", "PreviewImage", archive.NameToInfo[name].file_size)


def _add_part(collected: Collected, archive: zipfile.ZipFile, name: str) -> None:
    member = archive.NameToInfo.get(name)
    if member is None:
        return
    if member.flag_bits & _ENCRYPTED:
        collected.problem = "encrypted"
        return
    with archive.open(member) as part:
        text = part.read(MAX_PART + 1)
    if len(text) > MAX_PART:
        collected.problem = "too-large"
    else:
        add_properties(collected, text, OFFICE_NAMES)
