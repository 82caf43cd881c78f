"""Verifying and unsealing bundles with nothing but an identity file: no vault needed."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vault.contacts.card import parse_card
from vault.errors import BadCard, VaultError, mark
from vault.media.media_type import HEAD, extension_for, sniff
from vault.storage.extract import ExtractFolder
from vault.storage.source import FileSource
from vault.sync.age_identity import parse_identity_file
from vault.sync.bundle import open_bundle
from vault.verify.bundle import BundleReport, Discard, Signer, check_bundle, check_signer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vault.contacts.card import Card
    from vault.ledger.entry import FileValue
    from vault.operations.workplace import Progress, Workplace
    from vault.storage.source import Source
    from vault.sync.age_identity import AgeIdentity
    from vault.sync.manifest import Manifest
    from vault.verify.bundle import ReceivedEntry, Sink

MAX_SMALL_FILE = 1 << 20
"""Bytes of the largest card or identity file that is read."""


def read_small(path: str) -> bytes:
    """Read a card or an identity file, at most 1 MiB.

    Raises:
        NotFound: there is none.
        VaultError: no ordinary file, larger than that, or it cannot be read.
    """
    source = FileSource(path)
    try:
        if source.size > MAX_SMALL_FILE:
            raise VaultError(mark("{path} is too large to be a key file or a card."), path=path)
        buffer = bytearray(source.size)
        source.readinto(buffer)
        source.check_unchanged()
        return bytes(buffer)
    finally:
        source.close()


def read_identities(path: str) -> tuple[AgeIdentity, ...]:
    """Read the keys of an identity file."""
    return parse_identity_file(read_small(path))


def check_file(
    path: str,
    identities: Iterable[AgeIdentity],
    sink: Sink,
    progress: Progress,
) -> BundleReport:
    """Check one bundle file from its first byte to its last.

    Args:
        path: the file.
        identities: tried in turn.
        sink: gets what the bundle holds.
        progress: called with bytes read and bytes in all.

    Raises:
        NotForUs: none of the identities opens it.
        SyncError: not a bundle, or altered.
        LedgerError: a signature or proof in it does not hold.
        SourceChanged: the file changed while it was read.
    """
    source = FileSource(path)
    try:
        reader = open_bundle(SourceReader(source, progress), identities)
        report = check_bundle(reader, sink)
        source.check_unchanged()
        return report
    finally:
        source.close()


def verify_file(
    path: str, *, identity: str, signed_by: str | None, progress: Progress
) -> BundleReport:
    """Check a bundle with an identity file, and against the sender's card where it is given.

    Args:
        path: the bundle.
        identity: path of an identity file.
        signed_by: path of the card that must have signed; the caller compared its fingerprint.
        progress: called with bytes read and bytes in all.

    Raises:
        VerificationFailed: intact, but signed by somebody else than `signed_by`.
        VaultError: see `check_file`.
    """
    expected = _origin_of(signed_by)
    report = check_file(path, read_identities(identity), Discard(expected), progress)
    return _by_card(report, expected)


def unseal_file(
    path: str,
    target: str,
    *,
    identity: str,
    signed_by: str | None,
    place: Workplace,
    progress: Progress,
) -> BundleReport:
    """Check a bundle and write what it holds into a folder; nothing stays if a check fails.

    Args:
        path: the bundle.
        target: folder to write into; made if it does not exist; nothing in it is overwritten.
        identity: path of an identity file.
        signed_by: path of the card that must have signed, or `None`.
        place: gives randomness for temporary names.
        progress: called with bytes read and bytes in all.

    Raises:
        VerificationFailed: signed by somebody else than `signed_by`.
        VaultError: see `check_file`; or the folder cannot be written.
    """
    identities = read_identities(identity)
    expected = _origin_of(signed_by)
    with ExtractFolder(target, random=place.random) as folder:
        report = check_file(path, identities, _Extract(folder, expected), progress)
        for name, content in (("card", report.card), ("checkpoint", report.checkpoint)):
            with folder.file(name) as file:
                file.write(content)
    return _by_card(report, expected)


class _Extract:
    """A sink that writes files: the bundle's own names, and exhibits by number and type.

    A file that several entries name is written as the exhibit of the first of them.
    """

    def __init__(self, folder: ExtractFolder, expected: str | None) -> None:
        self._folder = folder
        self._expected = expected
        self._exhibits: dict[bytes, int] = {}

    def sender(self, card: Card, manifest: Manifest, digest: bytes) -> None:  # noqa: ARG002 the protocol's
        check_signer(card, self._expected)

    def entry(self, entry: ReceivedEntry) -> None:
        base = f"entries/{entry.seq}"
        parts = {"leaf": entry.leaf, "proof": entry.proof}
        parts |= {f"fields/{name}": raw for name, raw in entry.fields.items()}
        for name, content in parts.items():
            with self._folder.file(f"{base}/{name}") as file:
                file.write(content)
        if entry.file:
            digest = entry.file.sha256
            self._exhibits[digest] = min(entry.seq, self._exhibits.get(digest, entry.seq))

    def media(self, file: FileValue, chunks: Iterator[memoryview]) -> None:
        head = bytearray()
        for chunk in chunks:
            head += chunk
            if len(head) >= HEAD:
                break
        # The type that the bytes speak for, not the one that the sender states.
        exhibit = f"exhibits/{self._exhibits[file.sha256]}{extension_for(sniff(bytes(head)))}"
        with (
            self._folder.file(f"media/{file.sha256.hex()}") as kept,
            self._folder.file(exhibit) as shown,
        ):
            for piece in chain([memoryview(head)], chunks):
                kept.write(piece)
                shown.write(piece)


def _origin_of(signed_by: str | None) -> str | None:
    """Return the log of the card that must have signed.

    Raises:
        BadCard: no card, or a bare key, which signs nothing.
    """
    if signed_by is None:
        return None
    origin = parse_card(read_small(signed_by)).origin
    if origin is None:
        raise BadCard(mark("{card} is a key without a log: it signs nothing."), card=signed_by)
    return origin


def _by_card(report: BundleReport, expected: str | None) -> BundleReport:
    if expected is not None:
        report.signer = Signer.BY_CARD
    return report


class SourceReader:
    """Reads a source in pieces and tells how far it is."""

    def __init__(self, source: Source, progress: Progress) -> None:
        self._source = source
        self._progress = progress
        self._done = 0

    def __call__(self, length: int) -> bytes:
        """Return up to `length` bytes, none only at the end."""
        buffer = bytearray(length)
        count = self._source.readinto(buffer)
        self._done += count
        self._progress(self._done, self._source.size)
        return bytes(memoryview(buffer)[:count])
