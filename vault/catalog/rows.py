"""From rows to values, strictly: a row may have been written by somebody else.

What does not fit raises `IndexDamaged`, and the index is rebuilt from the records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from vault.catalog.database import IndexDamaged
from vault.catalog.records import ERASED, MAX_KIND, MAX_RECORD, Record
from vault.crypto.hashes import SHA256_SIZE
from vault.errors import MalformedRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Body = TypeVar("Body")

MAX_SHORT_TEXT = 4096
"""Bytes of a text in a row: origins, names, titles of 200 characters, times."""

Value = object
"""What SQLite hands over: `None`, `int`, `float`, `str` or `bytes`."""


def number_in(value: Value) -> int:
    """Return a column that must be a number, zero or above."""
    if not isinstance(value, int) or value < 0:
        raise IndexDamaged
    return value


def text_in(value: Value) -> str:
    """Return a column that must be a short text."""
    if not isinstance(value, str) or len(value) > MAX_SHORT_TEXT:
        raise IndexDamaged
    return value


def blob_in(value: Value) -> bytes:
    """Return a column that must be the body of a record."""
    if not isinstance(value, bytes) or len(value) > MAX_RECORD:
        raise IndexDamaged
    return value


def digest_in(value: Value) -> bytes:
    """Return a column that must be a SHA-256 digest."""
    if not isinstance(value, bytes) or len(value) != SHA256_SIZE:
        raise IndexDamaged
    return value


def body_in(value: Value, reader: Callable[[bytes], Body]) -> Body:
    """Return a column that must be the body of a record, read by its kind's reader."""
    try:
        return reader(blob_in(value))
    except MalformedRecord as error:
        raise IndexDamaged from error


@dataclass(frozen=True)
class Media:
    """An entry's file, as the volume keeps it.

    Args:
        object_id: object in the namespace `media`; its chunks are blocks 0 … n − 1.
        size: bytes.
        sha256: 32 bytes.
        media_type: as the field `file` says it.
    """

    object_id: int
    size: int
    sha256: bytes
    media_type: str


@dataclass(frozen=True)
class Entry:
    """An entry as a list shows it.

    Args:
        number: of the leaf's record: the larger, the newer in this volume.
        origin: its log.
        seq: its number there.
        leaf_hash: 32 bytes.
        added: RFC 3339, when this volume took it in.
        kind: value of the field `kind`; empty if unknown or withheld.
        title: first line of title, description, English summary or file name.
        file_name: first line of the field `file-name`.
        fields: how many disclosures the volume holds.
        media: its file, if the volume keeps one.
    """

    number: int
    origin: str
    seq: int
    leaf_hash: bytes
    added: str
    kind: str
    title: str
    file_name: str
    fields: int
    media: Media | None


@dataclass(frozen=True)
class StoredField:
    """A disclosure.

    Args:
        name: of the field.
        raw: the disclosure's very bytes.
    """

    name: str
    raw: bytes


ENTRY_COLUMNS = (
    "SELECT e.id, l.origin, e.seq, e.hash, e.added, e.kind, e.title, e.file_name, e.fields,"
    " m.object, m.size, m.sha256, m.type"
    " FROM entries e JOIN logs l ON l.id = e.log"
    " LEFT JOIN media m ON m.log = e.log AND m.seq = e.seq "
)
"""What `entry_from` reads; a condition follows."""


def record_from(row: Sequence[Value]) -> Record:
    """Return the record in a row: number, kind, body, block, end."""
    number, kind, body, block, end = row
    record = Record(
        number_in(number), number_in(kind), blob_in(body), number_in(block), number_in(end)
    )
    if record.kind > MAX_KIND:
        raise IndexDamaged
    # A record lies in consecutive blocks; all between the first and the last are full of it.
    if record.kind != ERASED and not 0 <= record.end - record.block <= len(record.body) // 256 + 2:
        raise IndexDamaged
    return record


def entry_from(row: Sequence[Value]) -> Entry:
    """Return the entry in a row of `ENTRY_COLUMNS`."""
    number, origin, seq, hash_, added, kind, title, file_name, fields, *media = row
    return Entry(
        number_in(number),
        text_in(origin),
        number_in(seq),
        digest_in(hash_),
        text_in(added),
        text_in(kind),
        text_in(title),
        text_in(file_name),
        number_in(fields),
        None if media[0] is None else media_from(media),
    )


def media_from(row: Sequence[Value]) -> Media:
    """Return the media in a row: object, size, digest, type."""
    object_id, size, sha256, media_type = row
    return Media(number_in(object_id), number_in(size), digest_in(sha256), text_in(media_type))
