"""What the records of each kind say: strict readers and writers of their bodies.

    text(n)   = length, an n-byte big-endian number ‖ so many bytes of UTF-8 without NUL
    time      = 20 bytes of RFC 3339, `2026-03-04T05:06:07Z`

Leaves and disclosures are kept as their very bytes. Format: `docs/format/catalog.md`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vault.crypto.hashes import SHA256_SIZE
from vault.encoding.integers import MAX_I63, u32, u64
from vault.encoding.refusal import malformed
from vault.encoding.times import read_time
from vault.errors import mark
from vault.ledger.origin import check_origin

SETTINGS = 1
LEAF = 2
DISCLOSURE = 3
MEDIA_EXTENT = 4
CONTACT = 5
COUNTER = 6
IMPORT = 7
CHECKPOINT = 8
PROOF = 9

KINDS = range(SETTINGS, PROOF + 1)
"""Kinds of records that this version reads; others are kept as they are."""

SEED_SIZE = 32
TIME_SIZE = 20

MAX_CARD = 64 << 10
"""Bytes of a contact's card."""


@dataclass(frozen=True)
class Settings:
    """What a volume is.

    Args:
        label: its owner's name for it, at most 255 bytes of UTF-8.
        origin: the name of its log.
        seed: 32 bytes, from which the log's keys follow.
    """

    label: str
    origin: str
    seed: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Return the record's body."""
        if len(self.seed) != SEED_SIZE:
            raise malformed(mark("A log seed of {length} bytes."), length=len(self.seed))
        return text(self.label, 1) + log_name(self.origin) + self.seed


@dataclass(frozen=True)
class KeptLeaf:
    """A leaf and when this volume took it in.

    Args:
        added: RFC 3339, of this machine's clock; no part of the log.
        raw: the leaf's very bytes.
    """

    added: str
    raw: bytes

    def encode(self) -> bytes:
        """Return the record's body."""
        return time(self.added) + self.raw


@dataclass(frozen=True)
class Extent:
    """A file's bytes: chunks 0 … n − 1 of one object, all full but the last.

    Args:
        origin: log of the entry that the file belongs to.
        seq: number of that entry.
        object_id: object in the namespace `media`, from 1.
        size: bytes; an empty file has no chunk.
        sha256: 32 bytes.
        media_type: as the field `file` says it.
    """

    origin: str
    seq: int
    object_id: int
    size: int
    sha256: bytes
    media_type: str

    def encode(self) -> bytes:
        """Return the record's body."""
        return (
            log_name(self.origin)
            + number(self.seq)
            + number(self.object_id)
            + number(self.size)
            + digest(self.sha256)
            + text(self.media_type, 1)
        )

    def chunks(self, payload: int) -> int:
        """Return how many blocks of `payload` bytes the file takes."""
        return -(-self.size // payload)


@dataclass(frozen=True)
class Contact:
    """Somebody whose card is kept.

    Args:
        contact_id: from 1, never given twice.
        name: what the owner calls her, at most 255 bytes of UTF-8.
        origin: the log that her card names; empty for a bare recipient.
        card: the card's very bytes, at most 64 KiB.
        fingerprint: of the card, as it is compared.
        confirmed: whether it was compared.
        added: RFC 3339.
    """

    contact_id: int
    name: str
    origin: str
    card: bytes
    fingerprint: str
    confirmed: bool
    added: str

    def encode(self) -> bytes:
        """Return the record's body."""
        if len(self.card) > MAX_CARD:
            raise malformed(mark("A card of {length} bytes."), length=len(self.card))
        return (
            u32(self.contact_id)
            + bytes([self.confirmed])
            + time(self.added)
            + text(self.name, 1)
            + (log_name(self.origin) if self.origin else text("", 1))
            + text(self.fingerprint, 1)
            + self.card
        )


@dataclass(frozen=True)
class Counter:
    """A number that only grows: the next bundle for a contact, and the like.

    Args:
        contact_id: whose; 0 for the volume's own.
        name: at most 255 bytes.
        value: the newest record of a name counts.
    """

    contact_id: int
    name: str
    value: int

    def encode(self) -> bytes:
        """Return the record's body."""
        return u32(self.contact_id) + text(self.name, 1) + number(self.value)


@dataclass(frozen=True)
class Import:
    """A bundle that was taken in.

    Args:
        manifest: 32 bytes, the SHA-256 of its manifest.
        contact_id: who signed it; 0 if unknown.
        seq: its number among the bundles of that contact.
        made: RFC 3339, by the sender's clock.
        imported: RFC 3339, by this machine's clock.
        origin: the log it is about.
        head_size: entries of that log.
        head_root: 32 bytes, the root of that log's tree.
    """

    manifest: bytes
    contact_id: int
    seq: int
    made: str
    imported: str
    origin: str
    head_size: int
    head_root: bytes

    def encode(self) -> bytes:
        """Return the record's body."""
        return (
            digest(self.manifest)
            + u32(self.contact_id)
            + number(self.seq)
            + time(self.made)
            + time(self.imported)
            + log_name(self.origin)
            + number(self.head_size)
            + digest(self.head_root)
        )


@dataclass(frozen=True)
class KeptCheckpoint:
    """A signed checkpoint, one's own that left the vault or one that came in.

    Args:
        origin: the log.
        size: entries of it.
        root: 32 bytes.
        raw: the note's very bytes.
    """

    origin: str
    size: int
    root: bytes
    raw: bytes

    def encode(self) -> bytes:
        """Return the record's body."""
        return log_name(self.origin) + number(self.size) + digest(self.root) + self.raw


@dataclass(frozen=True)
class KeptProof:
    """An inclusion proof that came with a received entry.

    Args:
        origin: the log.
        seq: the entry.
        size: entries of the tree that it leads to.
        raw: the proof's very bytes.
    """

    origin: str
    seq: int
    size: int
    raw: bytes

    def encode(self) -> bytes:
        """Return the record's body."""
        return log_name(self.origin) + number(self.seq) + number(self.size) + self.raw


Body = Settings | KeptLeaf | Extent | Contact | Counter | Import | KeptCheckpoint | KeptProof
"""What is encoded here; a disclosure is its own body."""


def text(value: str, width: int) -> bytes:
    """Write text with its length in `width` bytes before it.

    Raises:
        MalformedRecord: too long, a NUL, or half of a surrogate pair.
    """
    try:
        raw = value.encode("utf-8")
    except UnicodeEncodeError:
        raise malformed(mark("Text that is no Unicode.")) from None
    if len(raw) >= 1 << 8 * width or b"\0" in raw:
        raise malformed(mark("Text that is too long or holds a NUL: {found}"), raw)
    return len(raw).to_bytes(width, "big") + raw


def log_name(value: str) -> bytes:
    """Write a log's name with its length in a byte before it; raises `MalformedRecord`."""
    return text(check_origin(value), 1)


def time(value: str) -> bytes:
    """Write a time; raises `MalformedRecord` for any other form."""
    raw = value.encode("ascii", "backslashreplace")
    read_time(raw)
    return raw


def number(value: int) -> bytes:
    """Write a number from 0 to 2⁶³ − 1 as 8 bytes."""
    if not 0 <= value <= MAX_I63:
        raise malformed(mark("The number {value} is out of range."), value=value)
    return u64(value)


def digest(value: bytes) -> bytes:
    """Write a SHA-256 digest; raises `MalformedRecord` for another length."""
    if len(value) != SHA256_SIZE:
        raise malformed(mark("A digest of {length} bytes instead of 32."), length=len(value))
    return value
