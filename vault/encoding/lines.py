"""Reading of records made of lines, each ended by one LF."""

from __future__ import annotations

import re

from vault.encoding.refusal import malformed
from vault.errors import mark

_PRINTABLE_ASCII = bytes(range(0x20, 0x7F))
_NO_CONTROLS = re.compile(r"[^\x00-\x1f\x7f-\x9f]*")


class LineReader:
    """Takes a record apart, line by line, and refuses every byte that does not belong.

    A line is printable ASCII (0x20 to 0x7e) and ends in LF; so CR, NUL, tabs, a byte-order
    mark and letters of other scripts never get past it. With `utf8`, a line may hold any
    valid UTF-8 except control characters.

    Args:
        raw: the whole record.
        utf8: accept other scripts.
    """

    __slots__ = ("_at", "_raw", "_utf8")

    def __init__(self, raw: bytes, *, utf8: bool = False) -> None:
        self._raw = raw
        self._utf8 = utf8
        self._at = 0

    @property
    def at_end(self) -> bool:
        """Whether every byte was read."""
        return self._at == len(self._raw)

    def line(self) -> bytes:
        """Return the next line without its LF.

        Raises:
            MalformedRecord: no further line, no LF at its end, a character that may not occur.
        """
        end = self._raw.find(b"\n", self._at)
        if end < 0:
            raise malformed(mark("The record ends within a line: {found}"), self._raw[self._at :])
        line = self._raw[self._at : end]
        # What is left without the printable characters; for lines so short faster than a pattern.
        if line.translate(None, _PRINTABLE_ASCII) and not self._is_text(line):
            raise malformed(mark("A line with characters that may not occur: {found}"), line)
        self._at = end + 1
        return line

    def expect(self, literal: bytes) -> None:
        """Read one line that must be exactly `literal`."""
        line = self.line()
        if line != literal:
            raise malformed(
                mark("The line “{wanted}” is missing; there stands: {found}"),
                line,
                wanted=literal.decode("ascii"),
            )

    def value(self, key: bytes) -> bytes:
        """Read the line `key value` and return the value, which is not empty."""
        line = self.line()
        found, _, value = line.partition(b" ")
        if found != key or not value:
            raise malformed(
                mark("The line “{wanted}” is missing; there stands: {found}"),
                line,
                wanted=key.decode("ascii"),
            )
        return value

    def rest(self) -> bytes:
        """Return all bytes not read so far, unexamined, and stand at the end."""
        rest = self._raw[self._at :]
        self._at = len(self._raw)
        return rest

    def end(self) -> None:
        """Refuse whatever follows.

        Raises:
            MalformedRecord: there are bytes left.
        """
        if not self.at_end:
            raise malformed(
                mark("There is more after the end of the record: {found}"), self._raw[self._at :]
            )

    def _is_text(self, line: bytes) -> bool:
        """Whether a line may hold other scripts, and is such text."""
        if not self._utf8:
            return False
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return _NO_CONTROLS.fullmatch(text) is not None
