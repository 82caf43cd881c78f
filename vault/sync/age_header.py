"""The header of an age v1 file: stanzas that carry the file key, and a MAC over them.

Grammar and MAC are those of the age specification (C2SP age.md, "Header"); one encoding of each
thing. A reader accepts stanzas of types it does not know, as the specification asks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.crypto.hashes import equal, hmac_sha256
from vault.crypto.kdf import hkdf_sha256
from vault.crypto.labels import AGE_HEADER, AGE_PAYLOAD
from vault.encoding.binary import read_base64_unpadded, write_base64_unpadded
from vault.errors import MalformedBundle, MalformedRecord, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.sync.intake import Intake

VERSION_LINE = b"age-encryption.org/v1"
FILE_KEY_SIZE = 16
PAYLOAD_NONCE_SIZE = 16
MAC_SIZE = 32

MAX_HEADER_SIZE = 1 << 20
"""Bytes that a header may have: six hundred recipients. The specification names no limit."""

_BODY_LINE_SIZE = 48
_ARGUMENT = re.compile(rb"[\x21-\x7e]+")
_MAC_PREFIX = b"---"


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's wrapping of the file key.

    Attributes:
        args: at least one argument; the first is the type.
        body: any number of bytes.
    """

    args: tuple[str, ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class AgeHeader:
    """A header as it was read.

    Attributes:
        stanzas: in the order of the file.
        mac: 32 bytes.
        covered: the very bytes that the MAC covers, through the three hyphens.
    """

    stanzas: tuple[Stanza, ...]
    mac: bytes
    covered: bytes

    def check(self, file_key: bytes) -> None:
        """Check the MAC.

        Raises:
            MalformedBundle: the header was altered, or put before another payload.
        """
        if not equal(self.mac, _mac(file_key, self.covered)):
            raise MalformedBundle(mark("The header of this bundle was altered."))


def encode_header(stanzas: Sequence[Stanza], file_key: bytes) -> bytes:
    """Return the header of a file, through the LF after its MAC."""
    lines = [VERSION_LINE]
    for stanza in stanzas:
        lines.append(" ".join(("->", *stanza.args)).encode("ascii"))
        body = stanza.body
        # A body whose last line is full is ended by an empty line, hence the `+ 1`.
        lines.extend(
            write_base64_unpadded(body[start : start + _BODY_LINE_SIZE])
            for start in range(0, len(body) + 1, _BODY_LINE_SIZE)
        )
    covered = b"\n".join((*lines, _MAC_PREFIX))
    return covered + b" " + write_base64_unpadded(_mac(file_key, covered)) + b"\n"


def read_header(intake: Intake) -> AgeHeader:
    """Read a header and leave the intake at the first byte of the payload's nonce.

    Raises:
        MalformedBundle: this is no age v1 header, or longer than 1 MiB.
    """
    lines = _Lines(intake)
    if lines.next() != VERSION_LINE:
        raise MalformedBundle(mark("This is not a bundle that this program can read."))
    stanzas: list[Stanza] = []
    while not (line := lines.next()).startswith(_MAC_PREFIX):
        stanzas.append(_read_stanza(line, lines))
    covered = b"".join(lines.seen[:-1]) + _MAC_PREFIX
    if line[len(_MAC_PREFIX) :][:1] != b" ":
        raise _malformed()
    mac = decode_base64(line[len(_MAC_PREFIX) + 1 :])
    if len(mac) != MAC_SIZE:
        raise _malformed()
    return AgeHeader(tuple(stanzas), mac, covered)


def payload_key(file_key: bytes, nonce: bytes) -> bytes:
    """Return the 32-byte key of the payload; `nonce` is the 16 bytes after the header."""
    return hkdf_sha256(file_key, AGE_PAYLOAD, salt=nonce)


def decode_base64(text: bytes) -> bytes:
    """Decode base64 as the header has it: canonical, without padding.

    Raises:
        MalformedBundle: anything else.
    """
    try:
        return read_base64_unpadded(text)
    except MalformedRecord:
        raise _malformed() from None


class _Lines:
    """The lines of a header, counted against its limit and kept for the MAC."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._left = MAX_HEADER_SIZE
        self.seen: list[bytes] = []

    def next(self) -> bytes:
        line = self._intake.line(self._left)
        self._left -= len(line) + 1
        self.seen.append(line + b"\n")
        return line


def _read_stanza(first: bytes, lines: _Lines) -> Stanza:
    prefix, *args = first.split(b" ")
    if prefix != b"->" or not args or not all(map(_ARGUMENT.fullmatch, args)):
        raise _malformed()
    body = bytearray()
    while True:
        part = decode_base64(lines.next())
        if len(part) > _BODY_LINE_SIZE:
            raise _malformed()
        body += part
        if len(part) < _BODY_LINE_SIZE:
            return Stanza(tuple(arg.decode("ascii") for arg in args), bytes(body))


def _mac(file_key: bytes, covered: bytes) -> bytes:
    return hmac_sha256(hkdf_sha256(file_key, AGE_HEADER), covered)


def _malformed() -> MalformedBundle:
    return MalformedBundle(mark("The header of this bundle is malformed."))
