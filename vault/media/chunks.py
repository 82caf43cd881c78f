"""RIFF files (WAV, AVI, WebP): descriptions and manifests that tag readers pass over."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.media.collected import Collected

MAX_CHUNKS: Final = 4096
MAX_CONTENT: Final = 65536

_INFO: Final = {
    b"IART": "Artist",
    b"ICMT": "Comment",
    b"ICOP": "Copyright",
    b"ICRD": "DateCreated",
    b"IENG": "Engineer",
    b"IGNR": "Genre",
    b"IKEY": "Keywords",
    b"INAM": "Title",
    b"IPRD": "Product",
    b"ISBJ": "Subject",
    b"ISFT": "Software",
    b"ITCH": "Technician",
}
"""Members of a LIST chunk of the type INFO (Multimedia Programming Interface 1.0)."""


def add_chunks(collected: Collected, file: BinaryIO) -> None:
    """INFO texts, the broadcast extension and a C2PA manifest.

    Args:
        collected: receives them.
        file: seekable.
    """
    size = file.seek(0, 2)
    for kind, start, end in _walk(file, 12, size):
        file.seek(start)
        if kind == b"LIST" and file.read(4) == b"INFO":
            for name, at, until in _walk(file, start + 4, end):
                if name in _INFO:
                    file.seek(at)
                    text = file.read(min(until - at, MAX_CONTENT))
                    collected.add(_INFO[name], text.split(b"\0", 1)[0])
        elif kind == b"bext":
            _add_broadcast_extension(collected, file.read(min(end - start, MAX_CONTENT)))
        elif kind == b"C2PA":
            collected.found("provenance", "C2PA", end - start)


def _walk(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(MAX_CHUNKS):
        if end - start < 8:  # noqa: PLR2004 - a chunk header
            return
        file.seek(start)
        header = file.read(8)
        length = int.from_bytes(header[4:8], "little")
        start += 8
        yield header[:4], start, min(start + length, end)
        start += length + (length & 1)


def _add_broadcast_extension(collected: Collected, content: bytes) -> None:
    """Who recorded, with what, and when (EBU Tech 3285, section 2.3)."""
    for name, first, last in (
        ("Description", 0, 256),
        ("Originator", 256, 288),
        ("OriginatorReference", 288, 320),
        ("DateTimeOriginal", 320, 338),
    ):
        text = content[first:last].split(b"\0", 1)[0]
        if name == "DateTimeOriginal":
            text = text[:10].replace(b"-", b":") + b" " + text[10:]
        collected.add(name, text)
    umid = content[348:412].rstrip(b"\0")
    if umid:
        collected.found("identifier", "UMID", umid.hex())
