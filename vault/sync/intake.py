"""Bytes as they arrive: lines for the header, blocks of a wanted size for the payload."""

from __future__ import annotations

from collections.abc import Callable

from vault.errors import MalformedBundle, mark

Reader = Callable[[int], bytes]
"""`reader(n)` returns up to n bytes of a bundle, and none only at its end."""

_HEADER_READ = 4096


class Intake:
    """A reader with what was read too far kept back.

    Args:
        reader: where the bytes come from; short reads are fine.
    """

    __slots__ = ("_kept", "_reader")

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._kept = b""

    def line(self, limit: int) -> bytes:
        """Return the next line without its LF.

        Args:
            limit: most bytes that the line may have, its LF included.

        Raises:
            MalformedBundle: the line is longer, or the bytes end before its LF.
        """
        while (end := self._kept.find(b"\n", 0, limit)) < 0:
            if len(self._kept) >= limit:
                raise MalformedBundle(mark("The header of this bundle is too long."))
            piece = self._reader(_HEADER_READ)
            if not piece:
                raise MalformedBundle(mark("This bundle ends inside its header."))
            self._kept += piece
        line = self._kept[:end]
        self._kept = self._kept[end + 1 :]
        return line

    def block(self, size: int) -> bytes | bytearray:
        """Return the next `size` bytes, fewer only where the bytes end."""
        if not self._kept:
            piece = self._reader(size)
            if len(piece) == size or not piece:
                return piece  # the common case: nothing is copied
            self._kept = piece
        gathered = bytearray(self._kept)
        self._kept = b""
        while len(gathered) < size:
            piece = self._reader(size - len(gathered))
            if not piece:
                break
            gathered += piece
        self._kept = bytes(gathered[size:])
        del gathered[size:]
        return gathered
