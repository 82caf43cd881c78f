"""Verifying and unsealing bundles with nothing but an identity file: no vault needed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from vault.contacts.card import parse_card
from vault.errors import NotForUs, VerificationFailed, mark
from vault.media.media_type import extension_for
from vault.storage.extract import ExtractFolder
from vault.storage.source import FileSource
from vault.sync.age_identity import parse_identity_file
from vault.sync.bundle import open_bundle
from vault.verify.bundle import BundleReport, Discard, Signer, check_bundle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vault.ledger.entry import FileValue
    from vault.operations.workplace import Progress, Workplace
    from vault.storage.source import Source
    from vault.sync.age_identity import AgeIdentity
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
            raise NotForUs(mark("{path} is too large to be a key file or a card."), path=path)
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
    report = check_file(path, read_identities(identity), Discard(), progress)
    return _signed_by(report, signed_by)


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
    with ExtractFolder(target, random=place.random) as folder:
        sink = _Extract(folder)
        report = check_file(path, identities, sink, progress)
        _signed_by(report, signed_by)
        for name, content in (("card", report.card), ("checkpoint", report.checkpoint)):
            with folder.file(name) as file:
                file.write(content)
    return report


class _Extract:
    """A sink that writes files: the bundle's own names, and exhibits by number and type."""

    def __init__(self, folder: ExtractFolder) -> None:
        self._folder = folder
        self._exhibits: dict[bytes, list[str]] = {}

    def entry(self, entry: ReceivedEntry) -> None:
        base = f"entries/{entry.seq}"
        parts = {"leaf": entry.leaf, "proof": entry.proof}
        parts |= {f"fields/{name}": raw for name, raw in entry.fields.items()}
        for name, content in parts.items():
            with self._folder.file(f"{base}/{name}") as file:
                file.write(content)
        if entry.file:
            name = f"exhibits/{entry.seq}{extension_for(entry.file.media_type)}"
            self._exhibits.setdefault(entry.file.sha256, []).append(name)

    def media(self, file: FileValue, chunks: Iterator[memoryview]) -> None:
        names = [f"media/{file.sha256.hex()}", *self._exhibits.get(file.sha256, [])]
        with ExitStack() as stack:
            outputs = [stack.enter_context(self._folder.file(name)) for name in names]
            for chunk in chunks:
                for output in outputs:
                    output.write(chunk)


def _signed_by(report: BundleReport, signed_by: str | None) -> BundleReport:
    """Set who signed, as far as a card given from outside tells."""
    if signed_by is None:
        return report
    card = parse_card(read_small(signed_by))
    if card.origin != report.origin:
        raise VerificationFailed(
            mark("This bundle was not signed by the owner of {card}."),
            report=report,
            card=signed_by,
        )
    report.signer = Signer.CONFIRMED
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
