"""Sealing an open bundle into a stream of bytes, and opening one from a stream of bytes.

    bundle  = age v1 header with one `mlkem768x25519` stanza ‖ nonce 16 ‖ STREAM(body)
    body    = u32 manifest length ‖ manifest ‖ file bytes in manifest order ‖ zeros

The length of a body follows from its content (`vault.sync.padme`); a reader wants exactly that
length, zeros and nothing after them. Both ways hold about 2 MiB besides the manifest, whatever
the bundle's size. A reader hands out bytes as soon as they are authentic, but they count only
once the end was reached: see `BundleReader.complete`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.contacts.recipient import parse_recipient
from vault.crypto.hashes import Sha256, equal
from vault.encoding.integers import u32
from vault.errors import MalformedBundle, NotForUs, SyncError, mark
from vault.sync.age_header import (
    FILE_KEY_SIZE,
    PAYLOAD_NONCE_SIZE,
    encode_header,
    payload_key,
    read_header,
)
from vault.sync.age_hybrid import wrap_file_key
from vault.sync.age_stream import open_stream, seal_stream
from vault.sync.intake import Intake
from vault.sync.manifest import (
    MAX_MANIFEST_SIZE,
    Manifest,
    ManifestFile,
    parse_manifest,
    recipient_digest,
    sign_manifest,
)
from vault.sync.padme import body_size, bundle_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from vault.crypto.entropy import Random
    from vault.crypto.hybrid_kem import HybridRecipient
    from vault.crypto.types import Buffer
    from vault.ledger.keys import LogKeys
    from vault.ledger.tree_head import Checkpoint
    from vault.sync.age_identity import AgeIdentity
    from vault.sync.intake import Reader

MAX_RECORD = (1 << 20) + (1 << 16)
"""Bytes of the largest file of a bundle besides media: a field of 1 MiB with its lines."""

MAX_RECORDS = 256 << 20
"""Bytes of all files of a bundle besides media: a reader holds the entries in memory."""

_LENGTH_SIZE = 4
_ZEROS = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file to be sealed.

    Attributes:
        name: matches the grammar of `vault.sync.names`.
        size: bytes.
        sha256: digest of its bytes, 32 bytes.
        chunks: returns its bytes anew each time, in pieces of any size; a large piece costs less
            than many small ones.
    """

    name: str
    size: int
    sha256: bytes
    chunks: Callable[[], Iterable[Buffer]]


class SealedBundle:
    """A bundle that is ready to be written.

    Attributes:
        manifest: what it says.
        manifest_note: the manifest with its signatures, as it stands in the body.
        size: bytes that `stream()` will yield, a Padmé length.
    """

    def __init__(
        self,
        manifest: Manifest,
        manifest_note: bytes,
        files: Sequence[BundleFile],
        recipient: HybridRecipient,
        random: Random,
    ) -> None:
        self.manifest = manifest
        self.manifest_note = manifest_note
        self._content = _content_size(manifest, manifest_note)
        self.size = bundle_size(self._content)
        self._files = files
        self._recipient = recipient
        self._random = random

    def stream(self) -> Iterator[Buffer]:
        """Yield the bytes of the bundle, under a new file key each time.

        Yields:
            Pieces of at most about 1 MiB, each valid until the next is asked for.

        Raises:
            SyncError: a file is not what its size and digest say; what was yielded is no bundle.
        """
        file_key = self._random(FILE_KEY_SIZE)
        nonce = self._random(PAYLOAD_NONCE_SIZE)
        yield encode_header((wrap_file_key(self._recipient, file_key),), file_key) + nonce
        yield from seal_stream(payload_key(file_key, nonce), self._body())

    def _body(self) -> Iterator[Buffer]:
        yield u32(len(self.manifest_note)) + self.manifest_note
        for file in self._files:
            yield from _checked(file)
        padding = body_size(self._content) - self._content
        while padding:
            piece = memoryview(_ZEROS)[:padding]
            padding -= len(piece)
            yield piece


def seal_bundle(
    *,
    recipient: str,
    seq: int,
    made: datetime,
    base: Checkpoint,
    head: Checkpoint,
    files: Iterable[BundleFile],
    keys: LogKeys,
    random: Random,
) -> SealedBundle:
    """Sign the manifest of an open bundle and prepare its sealing; no file is read yet.

    Args:
        recipient: `age1pq1…`.
        seq: number of the bundle for this recipient, from 1.
        made: now, UTC.
        base: what the receiver already holds of the log; its origin is that of `keys`.
        head: the state of the log that the bundle is cut from.
        files: in any order.
        keys: of the log; both manifest keys sign.
        random: file key and nonce come from it; HPKE and ML-DSA draw their own inside the
            library.

    Raises:
        BadCard: not a recipient.
        MalformedRecord: a value or name that the manifest has no place for, a name twice, or
            more files than 16 MiB can name.
    """
    key = parse_recipient(recipient)
    ordered = sorted(files, key=lambda file: file.name)
    listed = tuple(ManifestFile(file.name, file.size, file.sha256) for file in ordered)
    manifest = Manifest(recipient_digest(recipient), seq, made, base, head, listed)
    return SealedBundle(manifest, sign_manifest(manifest, keys), ordered, key, random)


class BundledFile:
    """One file of an opened bundle: an iterator over its bytes.

    Pieces have at most 64 KiB and are valid until the next is asked for.

    Attributes:
        entry: name, size and digest by the manifest.

    Raises:
        MalformedBundle: from `next()`: the bytes are not those of the digest, or end too early.
    """

    def __init__(self, entry: ManifestFile, body: _Body) -> None:
        self.entry = entry
        self._body = body
        self._left = entry.size
        self._digest = Sha256()

    def __iter__(self) -> BundledFile:
        return self

    def __next__(self) -> memoryview:
        if not self._left:
            if not equal(self._digest.digest(), self.entry.sha256):
                raise MalformedBundle(
                    mark("“{name}” in this bundle is not what its manifest says."),
                    name=self.entry.name,
                )
            raise StopIteration
        piece = self._body.piece(self._left)
        self._left -= len(piece)
        self._digest.update(piece)
        return piece


class BundleReader:
    """An opened bundle.

    Attributes:
        manifest: read strictly; whether its sender signed it is for `verify_manifest` to say.
        manifest_note: its very bytes, with the signatures.
        complete: whether every file, the padding and the end were read and are right; before
            that nothing of the bundle may be relied on.
    """

    def __init__(self, manifest: Manifest, manifest_note: bytes, body: _Body) -> None:
        self.manifest = manifest
        self.manifest_note = manifest_note
        self.complete = False
        self._body = body
        self._content = _content_size(manifest, manifest_note)

    def files(self) -> Iterator[BundledFile]:
        """Yield the files in the order of the manifest; can be done once.

        What is left of a file is read and hashed before the next one is yielded. When the
        iteration ends by itself, padding and end of stream were checked and `complete` is set.

        Raises:
            MalformedBundle: anything in the bundle that is not as the format wants it.
        """
        for entry in self.manifest.files:
            file = BundledFile(entry, self._body)
            yield file
            for _ in file:
                pass
        self._body.finish(body_size(self._content) - self._content)
        self.complete = True


def open_bundle(reader: Reader, identities: Iterable[AgeIdentity]) -> BundleReader:
    """Open a bundle and read its manifest.

    Args:
        reader: `reader(n)` returns up to n bytes of the file, none at its end.
        identities: tried in turn.

    Raises:
        NotForUs: none of the identities opens it, or it was sealed for somebody else and then
            passed on under a new seal.
        MalformedBundle: not a bundle, or altered.
    """
    intake = Intake(reader)
    header = read_header(intake)
    for identity in identities:
        file_key = identity.unwrap(header.stanzas)
        if file_key is not None:
            break
    else:
        raise NotForUs(mark("This bundle is sealed for somebody else."))
    header.check(file_key)
    nonce = bytes(intake.block(PAYLOAD_NONCE_SIZE))
    if len(nonce) != PAYLOAD_NONCE_SIZE:
        raise MalformedBundle(mark("This bundle ends inside its header."))
    body = _Body(open_stream(payload_key(file_key, nonce), intake))
    length = int.from_bytes(body.take(_LENGTH_SIZE), "big")
    if length > MAX_MANIFEST_SIZE:
        raise MalformedBundle(mark("The manifest of this bundle is too long."))
    manifest_note = body.take(length)
    manifest = parse_manifest(manifest_note)
    if not equal(manifest.to, recipient_digest(identity.recipient)):
        raise NotForUs(mark("This bundle was made for somebody else and passed on."))
    return BundleReader(manifest, manifest_note, body)


class _Body:
    """The bytes of a body in order, each asked for once."""

    def __init__(self, chunks: Iterator[memoryview]) -> None:
        self._chunks = chunks
        self._rest = memoryview(b"")

    def piece(self, limit: int) -> memoryview:
        """Return the next 1 to `limit` bytes."""
        while not self._rest:
            following = next(self._chunks, None)
            if following is None:
                raise MalformedBundle(mark("This bundle is shorter than its manifest says."))
            self._rest = following
        piece = self._rest[:limit]
        self._rest = self._rest[limit:]
        return piece

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes; memory grows only as they arrive."""
        gathered = bytearray()
        while len(gathered) < size:
            gathered += self.piece(size - len(gathered))
        return bytes(gathered)

    def finish(self, padding: int) -> None:
        """Check that so many zeros follow, and then nothing."""
        while padding:
            piece = self.piece(padding)
            if piece.tobytes() != _ZEROS[: len(piece)]:
                raise MalformedBundle(mark("The padding of this bundle is not empty."))
            padding -= len(piece)
        if self._rest or next(self._chunks, None) is not None:
            raise MalformedBundle(mark("This bundle is longer than its manifest says."))


def _content_size(manifest: Manifest, manifest_note: bytes) -> int:
    return _LENGTH_SIZE + len(manifest_note) + sum(file.size for file in manifest.files)


def _checked(file: BundleFile) -> Iterator[Buffer]:
    """Yield the bytes of a file, as many as its size and those of its digest.

    Nobody should carry a bundle across a border that its receiver then refuses.
    """
    digest = Sha256()
    left = file.size
    for chunk in file.chunks():
        left -= len(chunk)
        if left < 0:
            raise _changed(file)
        digest.update(chunk)
        yield chunk
    if left or not equal(digest.digest(), file.sha256):
        raise _changed(file)


def _changed(file: BundleFile) -> SyncError:
    return SyncError(
        mark("“{name}” is not what its entry says; no bundle was made."), name=file.name
    )
