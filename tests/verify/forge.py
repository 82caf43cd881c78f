"""Bundles as an honest or a hostile sender makes them, every part at hand and every key known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sync.conftest import MADE, Counting, Workshop
from vault.contacts.card import make_card
from vault.contacts.recipient import parse_recipient
from vault.crypto.hashes import sha256
from vault.ledger.checkpoint import sign_checkpoint
from vault.ledger.entry import Entry, build_entry, file_value
from vault.ledger.keys import LogKeys
from vault.ledger.leaf import genesis
from vault.ledger.merkle import EMPTY_ROOT, Tree
from vault.ledger.proof import InclusionProof
from vault.ledger.tree_head import Checkpoint
from vault.sync.age_header import encode_header, payload_key
from vault.sync.age_hybrid import wrap_file_key
from vault.sync.age_identity import AgeIdentity
from vault.sync.age_stream import seal_stream
from vault.sync.manifest import Manifest, ManifestFile, recipient_digest, sign_manifest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8


class Sender:
    """A log with its keys, and bundles of it.

    Args:
        seed: of the log's keys.
        recipient: seed of the key that bundles are for.
        photo: the file of entry 0.
    """

    def __init__(self, seed: int = 1, recipient: int = 2, photo: bytes = PHOTO) -> None:
        self.keys = LogKeys.from_seed(bytes([seed]) * 32)
        self.recipient = AgeIdentity(bytes([recipient]) * 32)
        self.random = Counting()
        self.random.calls = seed * 1000 + len(photo)  # no key is that of another bundle
        self.photo = photo
        self.entries: list[Entry] = []
        self.tree = Tree()
        self.append({"kind": b"exhibit", "title": b"bridge", "file": self.file_of(photo)})
        self.append({"kind": b"note", "title": b"seen", "place": b"Herat"})
        self.append({"kind": b"note", "title": b"heard", "place": b"Kabul"})

    @staticmethod
    def file_of(content: bytes, size: int | None = None) -> bytes:
        return file_value(sha256(content), len(content) if size is None else size, "image/jpeg")

    def append(self, fields: Mapping[str, bytes]) -> None:
        origin = self.keys.origin
        prev = self.entries[-1].leaf_hash if self.entries else genesis(origin)
        self.entries.append(build_entry(origin, len(self.entries), prev, fields, self.random))
        self.tree.append(self.entries[-1].leaf_hash)

    def head(self, size: int | None = None) -> Checkpoint:
        count = len(self.entries) if size is None else size
        return Checkpoint(self.keys.origin, count, self.tree.root(count))

    def card(self) -> bytes:
        return make_card(self.keys, AgeIdentity(self.keys.age_seed).recipient)

    def checkpoint(self, head: Checkpoint | None = None) -> bytes:
        return sign_checkpoint(head or self.head(), self.keys)

    def entry_parts(self, seq: int, size: int | None = None) -> dict[str, bytes]:
        entry = self.entries[seq]
        base = f"entries/{seq}"
        parts = {
            f"{base}/leaf": entry.leaf,
            f"{base}/proof": InclusionProof(seq, self.tree.inclusion_proof(seq, size)).encode(),
        }
        for raw in entry.disclosures:
            name = raw.split(b"\nname ")[1].split(b"\n")[0].decode()
            parts[f"{base}/fields/{name}"] = raw
        return parts

    def parts(self, *seqs: int) -> dict[str, bytes]:
        """The files of an honest bundle of these entries; of all of them, if none is named."""
        parts = {"card": self.card(), "checkpoint": self.checkpoint()}
        for seq in seqs or range(len(self.entries)):
            parts |= self.entry_parts(seq)
        if f"media/{sha256(self.photo).hex()}" and "entries/0/leaf" in parts:
            parts[f"media/{sha256(self.photo).hex()}"] = self.photo
        return parts

    def manifest(self, parts: Mapping[str, bytes], **changes: object) -> Manifest:
        listed = tuple(
            ManifestFile(name, len(data), sha256(data)) for name, data in sorted(parts.items())
        )
        to = recipient_digest(self.recipient.recipient)
        base = Checkpoint(self.keys.origin, 0, EMPTY_ROOT)
        return replace(Manifest(to, 1, MADE, base, self.head(), listed), **changes)

    def bundle(
        self,
        parts: Mapping[str, bytes] | None = None,
        *,
        note: bytes | None = None,
        signers: LogKeys | None = None,
        recipient: AgeIdentity | None = None,
        **changes: object,
    ) -> bytes:
        """Seal files under a manifest of them, rightly signed unless told otherwise."""
        chosen = self.parts() if parts is None else parts
        if note is None:
            note = sign_manifest(self.manifest(chosen, **changes), signers or self.keys)
        shop = Workshop(self.keys, self.recipient, self.recipient, self.random)
        return self.seal(shop.body(dict(chosen), note), recipient or self.recipient)

    def seal(self, body: bytes, recipient: AgeIdentity) -> bytes:
        """An age file of any body, under a key of its own."""
        file_key, nonce = self.random(16), self.random(16)
        key = parse_recipient(recipient.recipient)
        header = encode_header((wrap_file_key(key, file_key),), file_key)
        stream = seal_stream(payload_key(file_key, nonce), [body])
        return header + nonce + b"".join(map(bytes, stream))


def without(parts: Mapping[str, bytes], *names: str) -> dict[str, bytes]:
    """The files but those whose names begin so; each must take something away."""
    left = {name: data for name, data in parts.items() if not name.startswith(names)}
    assert len(left) < len(parts), names
    return left


def flipped(data: bytes, place: int, mask: int = 1) -> bytes:
    changed = bytearray(data)
    changed[place] ^= mask
    return bytes(changed)


def lines_but(data: bytes, *numbers: int) -> bytes:
    """The data without some of its lines."""
    lines: Sequence[bytes] = data.splitlines(keepends=True)
    dropped = {number % len(lines) for number in numbers}
    return b"".join(line for number, line in enumerate(lines) if number not in dropped)
