"""Reading the bodies of records: the opposite of `vault.catalog.bodies`."""

from __future__ import annotations

from typing import NamedTuple

from vault.catalog import bodies
from vault.catalog.bodies import (
    MAX_CARD,
    SEED_SIZE,
    TIME_SIZE,
    Contact,
    Counter,
    Extent,
    Import,
    KeptCheckpoint,
    KeptLeaf,
    KeptProof,
    Settings,
)
from vault.crypto.hashes import SHA256_SIZE
from vault.encoding.integers import MAX_I63
from vault.encoding.refusal import malformed
from vault.encoding.times import read_time
from vault.errors import mark
from vault.ledger.disclosure import Disclosure, parse_disclosure
from vault.ledger.leaf import Leaf, leaf_hash, parse_leaf
from vault.ledger.origin import check_origin


class ReadLeaf(NamedTuple):
    """What a record of kind 2 says, the leaf itself read as well.

    Attributes:
        added: RFC 3339, when this volume took it in.
        leaf: the leaf.
        leaf_hash: 32 bytes.
    """

    added: str
    leaf: Leaf
    leaf_hash: bytes


Content = (
    Settings
    | ReadLeaf
    | Disclosure
    | Extent
    | Contact
    | Counter
    | Import
    | KeptCheckpoint
    | KeptProof
    | None
)
"""What a record says; `None` for a kind that this version does not know."""


class _Reader:
    """Takes a body apart from its first byte to its last."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._raw):
            raise malformed(mark("A record ends too early: {found}"), self._raw)
        piece, self._at = self._raw[self._at : end], end
        return piece

    def number(self, size: int = 8) -> int:
        value = int.from_bytes(self.take(size), "big")
        if value > MAX_I63:
            raise malformed(mark("The number {value} is out of range."), value=value)
        return value

    def text(self, width: int = 1) -> str:
        raw = self.take(self.number(width))
        try:
            value = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise malformed(mark("Text that is no Unicode: {found}"), raw) from None
        if "\0" in value:
            raise malformed(mark("Text that is too long or holds a NUL: {found}"), raw)
        return value

    def log_name(self) -> str:
        return check_origin(self.text())

    def time(self) -> str:
        raw = self.take(TIME_SIZE)
        read_time(raw)
        return raw.decode("ascii")

    def digest(self) -> bytes:
        return self.take(SHA256_SIZE)

    def rest(self) -> bytes:
        return self.take(len(self._raw) - self._at)

    def end(self) -> None:
        if self._at != len(self._raw):
            raise malformed(mark("A record with bytes left over: {found}"), self._raw[self._at :])


def read_settings(raw: bytes) -> Settings:
    """Read a record of kind 1; raises `MalformedRecord`."""
    reader = _Reader(raw)
    settings = Settings(reader.text(), reader.log_name(), reader.take(SEED_SIZE))
    reader.end()
    return settings


def read_leaf(raw: bytes) -> KeptLeaf:
    """Read a record of kind 2; the leaf itself is not examined; raises `MalformedRecord`."""
    reader = _Reader(raw)
    return KeptLeaf(reader.time(), reader.rest())


def read_extent(raw: bytes) -> Extent:
    """Read a record of kind 4; raises `MalformedRecord`."""
    reader = _Reader(raw)
    extent = Extent(
        origin=reader.log_name(),
        seq=reader.number(),
        object_id=reader.number(),
        size=reader.number(),
        sha256=reader.digest(),
        media_type=reader.text(),
    )
    reader.end()
    return extent


def read_contact(raw: bytes) -> Contact:
    """Read a record of kind 5; the card itself is not examined; raises `MalformedRecord`."""
    reader = _Reader(raw)
    contact_id, confirmed, added = reader.number(4), reader.number(1), reader.time()
    name, origin, fingerprint = reader.text(), reader.text(), reader.text()
    card = reader.rest()
    if origin:
        check_origin(origin)
    if confirmed > 1 or len(card) > MAX_CARD:
        raise malformed(mark("A contact with a bad mark or card: {found}"), card)
    return Contact(contact_id, name, origin, card, fingerprint, bool(confirmed), added)


def read_counter(raw: bytes) -> Counter:
    """Read a record of kind 6; raises `MalformedRecord`."""
    reader = _Reader(raw)
    counter = Counter(reader.number(4), reader.text(), reader.number())
    reader.end()
    return counter


def read_import(raw: bytes) -> Import:
    """Read a record of kind 7; raises `MalformedRecord`."""
    reader = _Reader(raw)
    imported = Import(
        manifest=reader.digest(),
        contact_id=reader.number(4),
        seq=reader.number(),
        made=reader.time(),
        imported=reader.time(),
        origin=reader.log_name(),
        head_size=reader.number(),
        head_root=reader.digest(),
    )
    reader.end()
    return imported


def read_checkpoint(raw: bytes) -> KeptCheckpoint:
    """Read a record of kind 8; the note itself is not examined; raises `MalformedRecord`."""
    reader = _Reader(raw)
    return KeptCheckpoint(reader.log_name(), reader.number(), reader.digest(), reader.rest())


def read_proof(raw: bytes) -> KeptProof:
    """Read a record of kind 9; the proof itself is not examined; raises `MalformedRecord`."""
    reader = _Reader(raw)
    return KeptProof(reader.log_name(), reader.number(), reader.number(), reader.rest())


def read_content(kind: int, raw: bytes) -> Content:  # noqa: PLR0911 - one for each kind
    """Read a record of any kind; raises `MalformedRecord`."""
    match kind:
        case bodies.SETTINGS:
            return read_settings(raw)
        case bodies.LEAF:
            kept = read_leaf(raw)
            return ReadLeaf(kept.added, parse_leaf(kept.raw), leaf_hash(kept.raw))
        case bodies.DISCLOSURE:
            return parse_disclosure(raw)
        case bodies.MEDIA_EXTENT:
            return read_extent(raw)
        case bodies.CONTACT:
            return read_contact(raw)
        case bodies.COUNTER:
            return read_counter(raw)
        case bodies.IMPORT:
            return read_import(raw)
        case bodies.CHECKPOINT:
            return read_checkpoint(raw)
        case bodies.PROOF:
            return read_proof(raw)
        case _:
            return None
