"""A disclosure: one field of one entry, with the salt that hid it.

Six lines, an empty line, then the value as it is. The SHA-256 of exactly these bytes is the
commitment that stands in the leaf; log and number keep it from being opened elsewhere.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vault.crypto.hashes import sha256
from vault.encoding.binary import read_hex, write_hex
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.errors import mark
from vault.ledger.origin import check_origin, read_origin

SALT_SIZE = 32
"""Random bytes that keep a commitment from being guessed."""

MAX_VALUE_SIZE = 16 * 1024 * 1024
"""Bytes of one field's value; media are not inlined."""

_HEADER = b"amanat-field/v1"
_NAME = re.compile(r"[a-z0-9-]{1,32}")


class Disclosure(NamedTuple):
    """One field of one entry.

    Attributes:
        log: origin of the log.
        seq: number of the entry, from 0.
        name: 1 to 32 of a–z, 0–9 and hyphen.
        salt: 32 random bytes.
        value: the field's value, at most 16 MiB.
    """

    log: str
    seq: int
    name: str
    salt: bytes
    value: bytes

    def encode(self) -> bytes:
        """Return the record.

        Raises:
            MalformedRecord: a part that the reader would refuse.
        """
        if len(self.salt) != SALT_SIZE:
            raise malformed(mark("A salt of {length} bytes instead of 32."), length=len(self.salt))
        lines = (
            _HEADER,
            b"log " + check_origin(self.log).encode("ascii"),
            b"seq " + write_decimal(self.seq),
            b"name " + check_field_name(self.name).encode("ascii"),
            b"salt " + write_hex(self.salt),
            b"size " + write_decimal(len(self.value), MAX_VALUE_SIZE),
            b"",
            self.value,
        )
        return b"\n".join(lines)


def parse_disclosure(raw: bytes) -> Disclosure:
    """Read a disclosure in its only form.

    Raises:
        MalformedRecord: any other form; more or fewer bytes of value than announced.
    """
    reader = LineReader(raw)
    reader.expect(_HEADER)
    log = read_origin(reader.value(b"log"))
    seq = read_decimal(reader.value(b"seq"))
    name = check_field_name(reader.value(b"name").decode("ascii"))
    salt = read_hex(reader.value(b"salt"), SALT_SIZE)
    size = read_decimal(reader.value(b"size"), MAX_VALUE_SIZE)
    reader.expect(b"")
    value = reader.rest()
    if len(value) != size:
        raise malformed(
            mark("A value of {length} bytes where {size} are announced."),
            length=len(value),
            size=size,
        )
    return Disclosure(log, seq, name, salt, value)


def commitment(raw: bytes) -> bytes:
    """Return the 32 bytes that a leaf holds for this disclosure: the SHA-256 of its bytes."""
    return sha256(raw)


def check_field_name(name: str) -> str:
    """Return `name` if a field may bear it.

    Raises:
        MalformedRecord: it may not.
    """
    if _NAME.fullmatch(name) is None:
        shown = name.encode("utf-8", "backslashreplace")
        raise malformed(mark("Not the name of a field: {found}"), shown)
    return name
