"""Bundles for the tests of this room, and bundles with one thing wrong."""

from __future__ import annotations

import base64
import hashlib
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vault.contacts.recipient import parse_recipient
from vault.ledger.keys import LogKeys
from vault.ledger.merkle import EMPTY_ROOT
from vault.ledger.tree_head import Checkpoint
from vault.sync.age_header import encode_header, payload_key
from vault.sync.age_hybrid import wrap_file_key
from vault.sync.age_identity import AgeIdentity
from vault.sync.age_stream import seal_stream
from vault.sync.bundle import BundleFile, open_bundle, seal_bundle
from vault.sync.manifest import Manifest, ManifestFile, recipient_digest, sign_manifest
from vault.sync.padme import body_size

MADE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FILE_KEY = bytes(range(16))


class Counting:
    """A generator whose bytes never repeat and are the same in each run."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, size: int) -> bytes:
        self.calls += 1
        return hashlib.shake_256(self.calls.to_bytes(8, "big")).digest(size)


@dataclass
class Workshop:
    """A sender, a recipient and a third party, and what they do with bundles."""

    keys: LogKeys
    recipient: AgeIdentity
    third: AgeIdentity
    random: Counting

    def head(self, size: int = 3) -> Checkpoint:
        root = hashlib.sha256(b"%d" % size).digest() if size else EMPTY_ROOT
        return Checkpoint(self.keys.origin, size, root)

    def files(self, parts: dict[str, bytes]) -> list[BundleFile]:
        return [
            BundleFile(name, len(data), hashlib.sha256(data).digest(), lambda data=data: [data])
            for name, data in parts.items()
        ]

    def sealed(self, parts: dict[str, bytes], recipient: str | None = None):
        return self.sealed_files(self.files(parts), recipient)

    def sealed_files(self, files: list[BundleFile], recipient: str | None = None):
        return seal_bundle(
            recipient=recipient or self.recipient.recipient,
            seq=1,
            made=MADE,
            base=self.head(0),
            head=self.head(),
            files=files,
            keys=self.keys,
            random=self.random,
        )

    def bundle(self, parts: dict[str, bytes], recipient: str | None = None) -> bytes:
        return b"".join(bytes(piece) for piece in self.sealed(parts, recipient).stream())

    def manifest(self, parts: dict[str, bytes], **changes) -> Manifest:
        listed = tuple(
            ManifestFile(name, len(data), hashlib.sha256(data).digest())
            for name, data in sorted(parts.items())
        )
        to = recipient_digest(self.recipient.recipient)
        manifest = Manifest(to, 1, MADE, self.head(0), self.head(), listed)
        return replace(manifest, **changes)

    def body(self, parts: dict[str, bytes], note: bytes | None = None) -> bytes:
        """A body with all its padding."""
        if note is None:
            note = sign_manifest(self.manifest(parts), self.keys)
        content = len(note).to_bytes(4, "big") + note
        content += b"".join(parts[name] for name in sorted(parts))
        return content.ljust(body_size(len(content)), b"\0")

    def note(self, text: bytes) -> bytes:
        """A manifest of any text whatever, rightly signed."""
        note = text + b"\n"
        for signer in self.keys.manifest_signers:
            signature = base64.b64encode(signer.key.key_id + signer.sign(text)).decode()
            note += f"— {signer.key.name} {signature}\n".encode()
        return note

    def seal_body(self, body: bytes, recipient: str | None = None) -> bytes:
        """An age file of any body: what a hostile sender, or another program, can make."""
        key = parse_recipient(recipient or self.recipient.recipient)
        header = encode_header((wrap_file_key(key, FILE_KEY),), FILE_KEY)
        stream = seal_stream(payload_key(FILE_KEY, bytes(16)), [body])
        return header + bytes(16) + b"".join(bytes(piece) for piece in stream)

    def opened(self, bundle: bytes, *identities: AgeIdentity):
        return open_bundle(io.BytesIO(bundle).read, identities or (self.recipient,))

    def contents(self, bundle: bytes, *identities: AgeIdentity) -> dict[str, bytes]:
        """Read a bundle to its end."""
        reader = self.opened(bundle, *identities)
        parts = {
            file.entry.name: b"".join(bytes(piece) for piece in file) for file in reader.files()
        }
        assert reader.complete
        return parts


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    return Workshop(
        LogKeys.from_seed(b"\x01" * 32),
        AgeIdentity(b"\x02" * 32),
        AgeIdentity(b"\x03" * 32),
        Counting(),
    )


@pytest.fixture(scope="session")
def vectors() -> Path:
    return Path(__file__).parent.parent / "vectors" / "sync"
