"""Reads one file's metadata, here and now: what the child does for each request.

Only for the child and for tests: nothing here protects the process that calls it.
"""

from __future__ import annotations

import io
import os
import stat
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final

from vault.media.media_type import HEAD, sniff

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.media.collected import Collected

_IMAGE: Final = ("images.add_image",)
_SOUND: Final = ("audio.add_audio",)
_FILM: Final = ("boxes.add_boxes",)
_ARCHIVE: Final = ("archives.add_archive",)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."

# Own readers first: they work where the libraries are missing.
_READERS: Final = {
    "application/pdf": ("pdf.add_pdf",),
    "application/zip": _ARCHIVE,
    f"{_OFFICE}presentationml.presentation": _ARCHIVE,
    f"{_OFFICE}spreadsheetml.sheet": _ARCHIVE,
    f"{_OFFICE}wordprocessingml.document": _ARCHIVE,
    f"{_OPEN}presentation": _ARCHIVE,
    f"{_OPEN}spreadsheet": _ARCHIVE,
    f"{_OPEN}text": _ARCHIVE,
    "audio/aac": _SOUND,
    "audio/flac": _SOUND,
    "audio/mp4": _FILM,
    "audio/mpeg": _SOUND,
    "audio/ogg": _SOUND,
    "audio/opus": _SOUND,
    "audio/x-wav": ("chunks.add_chunks", "audio.add_audio"),
    "image/avif": _IMAGE,
    "image/bmp": _IMAGE,
    "image/gif": _IMAGE,
    "image/heic": _IMAGE,
    "image/jpeg": _IMAGE,
    "image/png": _IMAGE,
    "image/tiff": _IMAGE,
    "image/webp": ("chunks.add_chunks", "images.add_image"),
    "text/plain": (),
    "video/3gpp": _FILM,
    "video/mp4": _FILM,
    "video/ogg": _SOUND,
    "video/quicktime": _FILM,
    "video/x-msvideo": ("chunks.add_chunks",),
}
"""Module and function for each type; of other types nothing but the type is known."""


def inspect_path(path: str, collected: Collected, *, only_type: bool = False) -> None:
    """Open a regular file for reading and inspect it.

    Args:
        path: of the file; a folder, pipe or device is not read.
        collected: receives type, fields, parts and problem.
        only_type: look at the first bytes and no further.

    Raises:
        MemoryError: a parser wanted too much; what was found before stays.
    """
    try:
        file = _open(path)
    except (OSError, ValueError):
        collected.problem = "unreadable"
        return
    with file:
        inspect(file, collected, only_type=only_type)


def inspect_bytes(content: bytes, collected: Collected, *, only_type: bool = False) -> None:
    """Inspect a file that came as bytes; otherwise like `inspect_path`."""
    inspect(io.BytesIO(content), collected, only_type=only_type)


def inspect(file: BinaryIO, collected: Collected, *, only_type: bool) -> None:
    """Type and, unless the type alone is wanted, everything that the file says.

    Args:
        file: seekable.
        collected: receives type, fields, parts and problem.
        only_type: look at the first bytes and no further.

    Raises:
        MemoryError: a parser wanted too much; what was found before stays.
    """
    try:
        collected.media_type = sniff(file.read(HEAD))
        if only_type:
            return
        if collected.media_type not in _READERS:
            collected.found("unread", "Properties", collected.media_type)
        for name in _READERS.get(collected.media_type, ()):
            file.seek(0)
            _load(name)(collected, file)
    except ImportError:
        collected.problem = "no-library"
    except OSError:
        collected.problem = "unreadable"


def _open(path: str) -> BinaryIO:
    # Without O_NONBLOCK the opening of a pipe waits for a writer.
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError
    return os.fdopen(descriptor, "rb")


def _load(name: str) -> Callable[[Collected, BinaryIO], None]:
    """The library is imported with the first file of its type."""
    module, _, function = name.partition(".")
    reader: Callable[[Collected, BinaryIO], None] = getattr(
        import_module(f"vault.media.{module}"), function
    )
    return reader
