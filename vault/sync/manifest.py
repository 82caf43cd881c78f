"""The manifest: what a bundle holds, whom it is for, and where in the log it stands.

It is a C2SP signed note by both manifest keys of the sender's log. Because it names its
recipient, whoever opens a bundle cannot pass it on as if it had been sealed for another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.crypto.hashes import SHA256_SIZE, sha256
from vault.encoding.binary import read_hex, write_hex
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.encoding.times import read_time, write_time
from vault.errors import MalformedBundle, MalformedRecord, mark
from vault.ledger.merkle import EMPTY_ROOT
from vault.ledger.note import open_note, sign_note, split_note
from vault.ledger.origin import read_origin
from vault.ledger.tree_head import Checkpoint
from vault.sync.names import place_of, read_name

if TYPE_CHECKING:
    from datetime import datetime

    from vault.ledger.keys import LogKeys, LogPublicKeys

MAX_MANIFEST_SIZE = 16 * 1024 * 1024
"""Bytes of a manifest with its signatures: about a hundred thousand files."""

_HEADER = b"amanat-bundle/v1"


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """One file of a bundle.

    Attributes:
        name: matches the grammar of `vault.sync.names`.
        size: bytes, at most 2**63 - 1.
        sha256: digest of its bytes, 32 bytes.
    """

    name: str
    size: int
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says.

    Attributes:
        to: `recipient_digest` of whom the bundle is for, 32 bytes.
        seq: number of the bundle for this recipient, from 1.
        made: when it was sealed, UTC, by the sender's clock.
        base: size and root that the receiver must already hold; 0 and the empty root if nothing.
        head: size and root of the log that the bundle is cut from; its origin is the log.
        files: strictly ascending by name.
    """

    to: bytes
    seq: int
    made: datetime
    base: Checkpoint
    head: Checkpoint
    files: tuple[ManifestFile, ...]

    @property
    def log(self) -> str:
        """The origin of the sender's log."""
        return self.head.origin

    def text(self) -> bytes:
        """Return the lines that are signed.

        Raises:
            MalformedRecord: a value that the grammar has no place for.
        """
        lines = [
            _HEADER,
            b"to " + write_hex(self.to),
            b"seq " + write_decimal(self.seq),
            b"made " + write_time(self.made),
            b"log " + self.log.encode("utf-8"),
            b"base " + _write_head(self.base),
            b"head " + _write_head(self.head),
        ]
        lines += [
            b"file %d %s %s" % (file.size, write_hex(file.sha256), file.name.encode("utf-8"))
            for file in self.files
        ]
        text = b"\n".join(lines) + b"\n"
        _parse_text(text)  # what is written can be read: the same rules hold for both
        return text


def recipient_digest(recipient: str) -> bytes:
    """Return what `to` holds: SHA-256 of the recipient `age1pq1…`, lower case, without LF."""
    return sha256(recipient.encode("ascii"))


def sign_manifest(manifest: Manifest, keys: LogKeys) -> bytes:
    """Return the manifest as a note, signed by both manifest keys of its log.

    ML-DSA draws its randomness inside the library: a second note differs.

    Raises:
        MalformedRecord: a value that the grammar has no place for, another log's keys, or a
            note above 16 MiB.
    """
    if manifest.log != keys.origin:
        raise malformed(mark("A manifest of one log is not signed with the keys of another."))
    note = sign_note(manifest.text(), keys.manifest_signers)
    if len(note) > MAX_MANIFEST_SIZE:
        raise malformed(mark("Too many files for one bundle: their list is above 16 MiB."))
    return note


def parse_manifest(note: bytes) -> Manifest:
    """Read a manifest strictly; its signatures are *not* verified.

    Raises:
        MalformedBundle: anything that the grammar does not allow.
    """
    try:
        text, _ = split_note(note)
        return _parse_text(text)
    except MalformedRecord as error:
        raise MalformedBundle(error.message, hint=error.hint, **error.values) from None


def verify_manifest(manifest: Manifest, note: bytes, keys: LogPublicKeys) -> None:
    """Require that both manifest keys of a log signed a manifest.

    Args:
        manifest: what `parse_manifest` read from this very note.
        note: the manifest with its signatures.
        keys: of the log that must have signed.

    Raises:
        MalformedBundle: a manifest of another log.
        BadCheckpoint: a signature is missing, doubled or wrong.
    """
    if manifest.log != keys.origin:
        raise MalformedBundle(
            mark("This bundle is of the log {found}, not of {wanted}."),
            found=manifest.log,
            wanted=keys.origin,
        )
    open_note(note, keys.manifest)


def _parse_text(text: bytes) -> Manifest:
    reader = LineReader(text)
    reader.expect(_HEADER)
    to = read_hex(reader.value(b"to"), SHA256_SIZE)
    seq = read_decimal(reader.value(b"seq"))
    if seq < 1:
        raise malformed(mark("Bundles are numbered from 1."))
    made = read_time(reader.value(b"made"))
    log = read_origin(reader.value(b"log"))
    base = _read_head(reader.value(b"base"), log)
    head = _read_head(reader.value(b"head"), log)
    if base.size > head.size or (base.size == head.size and base.root != head.root):
        raise malformed(mark("The base of this bundle is no earlier state of its head."))
    files: list[ManifestFile] = []
    while not reader.at_end:
        file = _read_file(reader.value(b"file"))
        if files and files[-1].name >= file.name:
            raise malformed(
                mark("Names that are not strictly ascending: {found}"), file.name.encode("ascii")
            )
        files.append(file)
    return Manifest(to, seq, made, base, head, tuple(files))


def _read_file(value: bytes) -> ManifestFile:
    size, digest, name = _split(value, 3)
    file = ManifestFile(read_name(name), read_decimal(size), read_hex(digest, SHA256_SIZE))
    place = place_of(file.name)
    if place and place.sha256 not in (None, file.sha256):
        raise malformed(mark("A media file under the digest of another: {found}"), name)
    return file


def _read_head(value: bytes, log: str) -> Checkpoint:
    size, root = _split(value, 2)
    head = Checkpoint(log, read_decimal(size), read_hex(root, SHA256_SIZE))
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise malformed(mark("A log without entries has another root than this."))
    return head


def _split(value: bytes, count: int) -> list[bytes]:
    parts = value.split(b" ")
    if len(parts) != count:
        raise malformed(mark("A line with missing or further values: {found}"), value)
    return parts


def _write_head(head: Checkpoint) -> bytes:
    return write_decimal(head.size) + b" " + write_hex(head.root)
