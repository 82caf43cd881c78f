"""What we accept and refuse is what the public vectors of the age format say."""

from __future__ import annotations

import hashlib
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import pytest

from vault.errors import SyncError
from vault.sync.age_header import encode_header, payload_key, read_header
from vault.sync.age_identity import parse_identity
from vault.sync.age_stream import CHUNK_SIZE, open_stream, seal_stream
from vault.sync.intake import Intake

VECTORS = Path(__file__).parent.parent / "vectors" / "sync" / "age"

# The reference implementation tries a full chunk as one in the middle, then as the last one, and
# hands it out before it looks what follows. Ours knows by its place which it must be: these
# files, which are refused either way, yield so many chunks fewer before they are.
CHUNKS_NOT_HANDED_OUT = {
    "stream_no_final_full": 1,
    "stream_no_final_two_chunks_full": 1,
    "stream_trailing_garbage_long": 1,
    "stream_trailing_garbage_short": 1,
    "stream_two_final_chunks": 1,
    "stream_two_final_chunks_full": 1,
    "stream_two_final_chunks_second": 1,
}


@dataclass
class Vector:
    expect: str
    payload: str | None
    file_key: bytes | None
    identities: list[str]
    file: bytes

    @classmethod
    def load(cls, name: str) -> Vector:
        head, file = (VECTORS / name).read_bytes().split(b"\n\n", 1)
        pairs = [line.split(": ", 1) for line in head.decode().split("\n")]
        values = dict(pairs)
        if values.get("compressed") == "zlib":
            file = zlib.decompress(file)
        key = values.get("file key")
        return cls(
            values["expect"],
            values.get("payload"),
            bytes.fromhex(key) if key else None,
            [value for name, value in pairs if name == "identity"],
            file,
        )

    def unwrap(self, stanzas) -> bytes | None:
        ours = [text for text in self.identities if text.startswith("AGE-SECRET-KEY-PQ-1")]
        if not ours:  # only header and payload are the matter of this vector
            return self.file_key
        keys = (parse_identity(text).unwrap(stanzas) for text in ours)
        return next((key for key in keys if key is not None), None)

    def open(self) -> tuple[bool, list[bytes]]:
        """Return whether the file is accepted, and the chunks handed out."""
        chunks: list[bytes] = []
        try:
            intake = Intake(io.BytesIO(self.file).read)
            header = read_header(intake)
            file_key = self.unwrap(header.stanzas)
            if file_key is None:
                return False, chunks
            header.check(file_key)
            nonce = bytes(intake.block(16))
            if len(nonce) < 16:
                return False, chunks
            # What was handed out before an error counts too: extend() keeps it.
            chunks.extend(map(bytes, open_stream(payload_key(file_key, nonce), intake)))
        except SyncError:
            return False, chunks
        return True, chunks


NAMES = sorted(path.name for path in VECTORS.iterdir())


def test_all_vectors_on_header_stream_and_hybrid_recipients_are_here():
    families = {"header": 1, "hmac": 8, "hybrid": 18, "stanza": 14, "stream": 28, "version": 1}
    counted = dict.fromkeys(families, 0)
    for name in NAMES:
        family = name.partition("_")[0]
        counted[family] = counted.get(family, 0) + 1
    assert {**families, "empty": 1} == counted


@pytest.mark.parametrize("name", NAMES)
def test_vector_is_accepted_or_refused_as_it_says(name):
    vector = Vector.load(name)
    accepted, chunks = vector.open()
    assert (vector.expect == "success") == accepted
    if vector.payload and name not in CHUNKS_NOT_HANDED_OUT:
        assert vector.payload == hashlib.sha256(b"".join(chunks)).hexdigest()


@pytest.mark.parametrize("name", CHUNKS_NOT_HANDED_OUT)
def test_refused_stream_hands_out_a_part_of_what_the_reference_does(name):
    vector = Vector.load(name)
    _, chunks = vector.open()
    handed_out = b"".join(chunks)
    missing = _reference_chunks(vector)[len(chunks) :]
    assert CHUNKS_NOT_HANDED_OUT[name] == len(missing)
    assert vector.payload == hashlib.sha256(handed_out + b"".join(missing)).hexdigest()


def _reference_chunks(vector: Vector) -> list[bytes]:
    """Open chunk after chunk under whichever flag fits, as the reference does."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    intake = Intake(io.BytesIO(vector.file).read)
    read_header(intake)
    aead = ChaCha20Poly1305(payload_key(vector.file_key, bytes(intake.block(16))))
    chunks: list[bytes] = []
    while sealed := bytes(intake.block(CHUNK_SIZE + 16)):
        for flag in (0, 1):
            try:
                nonce = len(chunks).to_bytes(11, "big") + bytes([flag])
                chunks.append(aead.decrypt(nonce, sealed, None))
                break
            except InvalidTag:
                continue
        else:
            return chunks
        if flag:
            return chunks
    return chunks


@pytest.mark.parametrize("name", [name for name in NAMES if Vector.load(name).expect == "success"])
def test_accepted_vector_is_written_again_byte_for_byte(name):
    vector = Vector.load(name)
    intake = Intake(io.BytesIO(vector.file).read)
    header = read_header(intake)
    nonce = bytes(intake.block(16))
    key = payload_key(vector.file_key, nonce)
    plaintext = [bytes(chunk) for chunk in open_stream(key, intake)]
    again = b"".join(bytes(piece) for piece in seal_stream(key, plaintext))
    assert vector.file == encode_header(header.stanzas, vector.file_key) + nonce + again
