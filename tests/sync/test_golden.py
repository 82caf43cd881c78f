"""One stored bundle: it opens for ever, and no bit of it can be changed."""

from __future__ import annotations

import io

import pytest

from vault.contacts.card import parse_card
from vault.errors import LedgerError, SyncError
from vault.sync.age_header import payload_key, read_header
from vault.sync.age_identity import AgeIdentity, parse_identity_file
from vault.sync.age_stream import seal_stream
from vault.sync.bundle import open_bundle
from vault.sync.intake import Intake
from vault.sync.manifest import verify_manifest
from vault.sync.padme import OVERHEAD_SIZE, body_size


class Remembering:
    """An identity that keeps the file key: a payload can be tried without the KEM each time."""

    def __init__(self, identity: AgeIdentity, file_key: bytes) -> None:
        self.recipient = identity.recipient
        self._file_key = file_key

    def unwrap(self, stanzas) -> bytes:
        return self._file_key


@pytest.fixture(scope="module")
def identity(vectors) -> AgeIdentity:
    (identity,) = parse_identity_file((vectors / "golden-identity.txt").read_bytes())
    return identity


@pytest.fixture(scope="module")
def golden(vectors) -> bytes:
    return (vectors / "golden.age").read_bytes()


@pytest.fixture(scope="module")
def remembering(golden, identity) -> Remembering:
    header = read_header(Intake(io.BytesIO(golden).read))
    return Remembering(identity, identity.unwrap(header.stanzas))


def read_all(bundle: bytes, identity, keys) -> dict[str, bytes]:
    reader = open_bundle(io.BytesIO(bundle).read, [identity])
    verify_manifest(reader.manifest, reader.manifest_note, keys)
    parts = {file.entry.name: b"".join(map(bytes, file)) for file in reader.files()}
    assert reader.complete
    return parts


def test_golden_bundle_opens_and_verifies(vectors, golden, identity, workshop):
    keys = workshop.keys.public
    parts = read_all(golden, identity, keys)
    body = (vectors / "golden.body").read_bytes()
    note = (vectors / "golden.manifest").read_bytes()
    assert body == len(note).to_bytes(4, "big") + note + b"".join(parts.values())
    assert parse_card(parts["card"]).keys == keys
    assert parts["entries/0/leaf"] == b"leaf"


def test_every_bit_of_the_header_counts(golden, identity, workshop):
    keys = workshop.keys.public
    accepted = []
    for bit in range(OVERHEAD_SIZE * 8):
        altered = bytearray(golden)
        altered[bit // 8] ^= 1 << bit % 8
        try:
            read_all(bytes(altered), identity, keys)
        except SyncError:
            continue
        accepted.append(bit)
    assert accepted == []


@pytest.mark.long
def test_every_byte_of_the_payload_counts(golden, remembering, workshop):
    keys = workshop.keys.public
    accepted = []
    for place in range(OVERHEAD_SIZE, len(golden)):
        altered = bytearray(golden)
        altered[place] ^= 1 << place % 8
        try:
            read_all(bytes(altered), remembering, keys)
        except SyncError:
            continue
        accepted.append(place)
    assert accepted == []


def test_every_truncation_of_the_payload_counts(golden, remembering, workshop):
    keys = workshop.keys.public
    for length in range(OVERHEAD_SIZE, len(golden), 97):
        with pytest.raises(SyncError):
            read_all(golden[:length], remembering, keys)


@pytest.mark.long
def test_every_byte_of_the_body_counts_when_it_is_sealed_anew(
    vectors, golden, remembering, workshop
):
    """What the recipient, who has the payload key, could change without being found out."""
    keys = workshop.keys.public
    key = payload_key(remembering.unwrap(()), golden[OVERHEAD_SIZE - 16 : OVERHEAD_SIZE])
    body = (vectors / "golden.body").read_bytes()
    padded = body.ljust(body_size(len(body)), b"\0")

    def sealed(body: bytes) -> bytes:
        return golden[:OVERHEAD_SIZE] + b"".join(map(bytes, seal_stream(key, [body])))

    assert golden == sealed(padded)
    note = (vectors / "golden.manifest").read_bytes()
    lines, manifest = 4 + note.rindex(b"\n\n") + 1, 4 + len(note)
    places = [
        *((place, bit) for place in range(lines) for bit in range(8)),
        *((place, place % 8) for place in range(lines, manifest)),
        *((place, place % 8) for place in range(manifest, len(padded), 37)),
    ]
    accepted = []
    for place, bit in places:
        altered = bytearray(padded)
        altered[place] ^= 1 << bit
        try:
            read_all(sealed(bytes(altered)), remembering, keys)
        except (SyncError, LedgerError):
            continue
        accepted.append((place, bit))
    assert accepted == []
