"""Sealed blocks: the unit in which every volume stores everything.

docs/format/container.md, "Blocks". sealed block = nonce 12 ‖ ChaCha20-Poly1305(header 32 ‖
payload) ‖ tag 16. Header: epoch 8, namespace 1, zero 3, length 4, object 8, number 8, big-endian.
Associated data: format version 1, level 1, row 4, position in the share 4.
"""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from vault.container.geometry import HEADER_SIZE, VERSION
from vault.errors import Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.crypto.types import Buffer

ROOT, PAGE, MEDIA, RECORD = 0, 1, 2, 3
"""Namespaces: a root's own parts, catalog pages, file contents, the record stream."""

CONTENT_NAMESPACES = frozenset({PAGE, MEDIA, RECORD})

HEADER = struct.Struct(">QB3xIQQ")
_NAMED = struct.Struct(">Qc3xI16s")
_NAME = struct.Struct(">BQQ")
_AAD = struct.Struct(">BBII")

_RESERVED = bytes(3)

NO_NAME = bytes(_NAME.size)
"""What a summary holds at a position without a live block."""


class Header(NamedTuple):
    """A block's header, opened.

    Attributes:
        epoch: number of the row write it was sealed in.
        namespace: ROOT, PAGE, MEDIA or RECORD.
        length: bytes of the payload in use.
        object_id: which object of the namespace.
        number: which block of the object.
    """

    epoch: int
    namespace: int
    length: int
    object_id: int
    number: int

    @property
    def name(self) -> bytes:
        """The 17 bytes that name this block's content."""
        return block_name(self.namespace, self.object_id, self.number)


def block_name(namespace: int, object_id: int, number: int) -> bytes:
    """Return the 17-byte name of a logical block; names sort by namespace, object, number."""
    return _NAME.pack(namespace, object_id, number)


def block_names(namespace: int, object_id: int, count: int) -> Iterator[bytes]:
    """Return the names of an object's blocks 0 … count − 1; there may be millions of them."""
    return map(_NAME.pack, repeat(namespace), repeat(object_id), range(count))


def parse_name(name: bytes) -> tuple[int, int, int]:
    """Return namespace, object and number of a 17-byte name."""
    namespace, object_id, number = _NAME.unpack(name)
    return namespace, object_id, number


def write_named_header(plain: memoryview, name: bytes, *, epoch: int, length: int) -> None:
    """Put the header of the block called `name` in front of its payload in `plain`."""
    _NAMED.pack_into(plain, 0, epoch, name[:1], length, name[1:])


def block_aad(level: int, row: int, position: int) -> bytes:
    """Return the associated data of the block at `position` of a level's share of a row."""
    return _AAD.pack(VERSION, level, row, position)


def parse_header(plaintext: Buffer, payload: int) -> Header | None:
    """Read the header of an opened block; `None` if it breaks the format's rules."""
    header = Header(*HEADER.unpack_from(plaintext))
    if header.length > payload or bytes(plaintext[9:12]) != _RESERVED:
        return None
    rest = bytes(plaintext[HEADER_SIZE + header.length :])
    if rest != bytes(len(rest)):
        return None
    return header


class BlockLost(Damaged):
    """A block that should be there is absent or cannot be read.

    Attributes:
        namespace: PAGE, MEDIA or RECORD.
        object_id: which object.
        number: which block of it.
    """

    def __init__(self, namespace: int, object_id: int, number: int) -> None:
        super().__init__(
            mark("A part of this vault cannot be read ({kind} {object_id}, block {number})."),
            hint=mark("Run: amanat check"),
            kind={PAGE: "catalog", MEDIA: "file", RECORD: "record"}.get(namespace, "unknown"),
            object_id=object_id,
            number=number,
        )
        self.namespace = namespace
        self.object_id = object_id
        self.number = number
