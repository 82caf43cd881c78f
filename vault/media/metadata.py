"""What the child found in a file, and why it found nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vault.errors import mark

UNKNOWN_TYPE: Final = "application/octet-stream"

GIVEN_AWAY: Final = {
    "location": mark("where it was made"),
    "serial-number": mark("serial number of the device"),
    "identifier": mark("number that links it with other files"),
    "person": mark("name of a person, or of who made it"),
    "device": mark("device"),
    "software": mark("program and system"),
    "time": mark("when it was made or changed"),
    "text": mark("words written into it"),
    "preview": mark("smaller picture inside, which may show what was cut away"),
    "maker-note": mark("notes of the maker, which may hold serial numbers"),
    "embedded": mark("further file inside"),
    "xmp": mark("description in XMP, which may hold the history of editing"),
    "provenance": mark("signed statement of origin (C2PA)"),
    "unread": mark("properties that are not read here and may name people and places"),
}
"""Kinds of finding, each with its English msgid."""

PROBLEMS: Final = {
    "unreadable": mark("The file could not be opened to read its metadata."),
    "damaged": mark("The metadata could not be read: the file is damaged or unusual."),
    "encrypted": mark("The metadata could not be read: the file is protected by a password."),
    "too-large": mark("The metadata were not read: there is too much to unpack."),
    "no-library": mark("The metadata were not read: the parts that read such files are missing."),
    "time": mark("The metadata were not read: it took too long."),
    "memory": mark("The metadata were not read: it took too much memory."),
    "crash": mark("The metadata were not read: the reader stopped unexpectedly."),
}
"""Why metadata are missing or incomplete, each with its English msgid."""


@dataclass(frozen=True)
class Finding:
    """One thing that the bytes give away.

    Args:
        kind: a key of `GIVEN_AWAY`.
        field: the name of the metadata field, or of the part of the file.
        value: its value as text, untrusted; for parts their size in bytes.
    """

    kind: str
    field: str
    value: str


@dataclass(frozen=True)
class Metadata:
    """What a file says of itself; every text is untrusted.

    Args:
        media_type: one of `vault.media.media_type.EXTENSIONS`.
        fields: text by tag name; names and values are those of `exiftool -n`.
        revealing: what the bytes give away to whoever receives them.
        problem: English msgid without placeholders; None when everything was read.
    """

    media_type: str = UNKNOWN_TYPE
    fields: dict[str, str] = field(default_factory=dict)
    revealing: tuple[Finding, ...] = ()
    problem: str | None = None
