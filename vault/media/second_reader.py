"""exifread, the second reader of EXIF: where Pillow finds none, and for maker notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

import exifread

from vault.media import exif

if TYPE_CHECKING:
    from exifread.core.ifd_tag import IfdTag

    from vault.media.collected import Collected

_BYTES: Final = frozenset({1, 7})
"""Field types BYTE and UNDEFINED (TIFF 6.0, section 2)."""


def add_by_exifread(collected: Collected, file: BinaryIO) -> None:
    """Fields that are not known yet, and serial numbers and owners in maker notes.

    Args:
        collected: receives them; what Pillow found before stays.
        file: seekable.
    """
    had_notes = any(part.kind == "maker-note" for part in collected.parts)
    with collected.tolerating():
        # Without `details` it leaves maker notes alone.
        tags = exifread.process_file(file, details=True, extract_thumbnail=False)
        exif.add_image_tags(collected, _group(tags, "Image "))
        directory = _group(tags, "EXIF ")
        if had_notes:
            directory.pop(exif.MAKER_NOTE, None)
        exif.add_exif_tags(collected, directory)
        exif.add_gps_tags(collected, _group(tags, "GPS "))
        for key, tag in tags.items():
            if key.startswith("MakerNote ") and "Serial" in key:
                collected.add("MakerNote-SerialNumber", tag.printable)
            elif key.startswith("MakerNote ") and "Owner" in key:
                collected.add("MakerNote-OwnerName", tag.printable)


def _group(tags: dict[str, IfdTag], prefix: str) -> dict[int, object]:
    return {tag.tag: _plain(tag) for key, tag in tags.items() if key.startswith(prefix)}


def _plain(tag: IfdTag) -> object:
    """The value in the types that Pillow uses: bytes, text, a number or several."""
    values = tag.values
    if isinstance(values, list):
        if tag.field_type in _BYTES and all(isinstance(item, int) for item in values):
            return bytes(item & 0xFF for item in values if isinstance(item, int))
        return values[0] if len(values) == 1 else values
    return values
