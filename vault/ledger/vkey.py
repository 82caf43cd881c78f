"""Keys that sign notes, and their public form, the vkey (C2SP signed-note, "Verifier keys").

    <key name>+<8 hex digits: key ID>+<base64: signature type ‖ public key>

    key ID = SHA-256(key name ‖ 0x0A ‖ signature type ‖ public key)[:4]

Three signature types: Ed25519 over the note's text (0x01); ML-DSA-44 over a `cosigned_message`
made from a checkpoint (0x06, C2SP tlog-cosignature), with the timestamp 0, since a log makes
no statement on time about itself; ML-DSA-44 over the note's text (0xff ‖ `amanat-mldsa44/v1`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum

from vault.crypto import labels, signatures
from vault.crypto.hashes import sha256
from vault.crypto.signatures import BadPublicKey, BadSignature
from vault.encoding.binary import read_base64, read_hex, write_base64, write_hex
from vault.encoding.integers import u64
from vault.encoding.refusal import malformed
from vault.errors import MalformedRecord, mark
from vault.ledger.tree_head import parse_checkpoint_text

KEY_ID_SIZE = 4
"""Bytes of a key ID."""

MAX_NAME_LENGTH = 255
"""Bytes of a key name: a `cosigned_message` counts them in one byte."""

# A lone surrogate has no UTF-8.
_NOT_IN_A_NAME = re.compile(r"[\s+\x00-\x1f\ud800-\udfff]")

_NO_TIME = u64(0)


class SignatureType(Enum):
    """What a key signs and how; the value stands before the public key in key ID and vkey."""

    ED25519 = b"\x01"
    MLDSA44_CHECKPOINT = b"\x06"
    MLDSA44_NOTE = b"\xff" + labels.MLDSA44_NOTE


@dataclass(frozen=True)
class VerifierKey:
    """A public key under its name.

    Attributes:
        name: the key name, 1 to 255 bytes of UTF-8 without spaces and plus.
        type: which kind of signature it makes.
        public_key: 32 bytes (Ed25519) or 1,312 bytes (ML-DSA-44).
        key_id: 4 bytes, computed.

    Raises:
        MalformedRecord: not a key name, or not a public key of this type.
    """

    name: str
    type: SignatureType
    public_key: bytes = field(repr=False)
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        name = check_key_name(self.name).encode("utf-8")
        try:
            if self.type is SignatureType.ED25519:
                signatures.check_ed25519_public_key(self.public_key)
            else:
                signatures.check_mldsa44_public_key(self.public_key)
        except BadPublicKey:
            raise malformed(
                mark("The public key of {name} is not valid."), name=self.name
            ) from None
        digest = sha256(name, b"\n", self.type.value, self.public_key)
        object.__setattr__(self, "key_id", digest[:KEY_ID_SIZE])

    def encode(self) -> str:
        """Return the vkey."""
        material = write_base64(self.type.value + self.public_key)
        return f"{self.name}+{write_hex(self.key_id).decode()}+{material.decode()}"

    def verify(self, text: bytes, signature: bytes) -> None:
        """Check a signature over the text of a note.

        Args:
            text: the note's text with its last LF.
            signature: what follows the key ID in the signature line.

        Raises:
            BadSignature: it does not fit, or the text is not what this type signs.
        """
        if self.type is SignatureType.ED25519:
            signatures.ed25519_verify(self.public_key, text, signature)
        elif self.type is SignatureType.MLDSA44_NOTE:
            signatures.mldsa44_verify(self.public_key, text, signature)
        else:
            # The log itself never states a time: any other value is a second form, refused.
            if not signature.startswith(_NO_TIME):
                raise BadSignature
            try:
                message = cosigned_message(self.name, text)
            except MalformedRecord:
                raise BadSignature from None
            signatures.mldsa44_verify(self.public_key, message, signature[len(_NO_TIME) :])


@dataclass(frozen=True)
class SigningKey:
    """A key that signs notes: its public form, and the 32-byte seed, which no repr shows."""

    key: VerifierKey
    seed: bytes = field(repr=False)

    @classmethod
    def from_seed(cls, name: str, signature_type: SignatureType, seed: bytes) -> SigningKey:
        """Make the key that belongs to a 32-byte seed."""
        if signature_type is SignatureType.ED25519:
            public_key = signatures.ed25519_public_key(seed)
        else:
            public_key = signatures.mldsa44_public_key(seed)
        return cls(VerifierKey(name, signature_type, public_key), seed)

    def sign(self, text: bytes) -> bytes:
        """Sign the text of a note; returns what follows the key ID in the signature line.

        Raises:
            MalformedRecord: the text is no checkpoint, and this key signs nothing else.
        """
        if self.key.type is SignatureType.ED25519:
            return signatures.ed25519_sign(self.seed, text)
        if self.key.type is SignatureType.MLDSA44_NOTE:
            return signatures.mldsa44_sign(self.seed, text)
        return _NO_TIME + signatures.mldsa44_sign(self.seed, cosigned_message(self.key.name, text))


def parse_vkey(text: str) -> VerifierKey:
    """Read a vkey in its only form.

    Raises:
        MalformedRecord: not a vkey, an unknown signature type, a key that is not valid, or a
            key ID that belongs to another key.
    """
    shown = text.encode("utf-8", "backslashreplace")
    # Base64 has plus signs of its own: split at the first two only.
    name, plus, rest = text.partition("+")
    key_id, second_plus, encoded = rest.partition("+")
    if not plus or not second_plus:
        raise malformed(mark("Not a verifier key: {found}"), shown)
    material = read_base64(encoded.encode("utf-8", "backslashreplace"))
    for signature_type in SignatureType:
        if material.startswith(signature_type.value):
            key = VerifierKey(name, signature_type, material[len(signature_type.value) :])
            break
    else:
        raise malformed(mark("A verifier key of an unknown type: {found}"), shown)
    if read_hex(key_id.encode("utf-8", "backslashreplace"), KEY_ID_SIZE) != key.key_id:
        raise malformed(mark("The key ID is that of another key: {found}"), shown)
    return key


def check_key_name(name: str) -> str:
    """Return `name` if a key may bear it.

    Raises:
        MalformedRecord: empty, above 255 bytes, with a space of any script, a plus sign or a
            control character.
    """
    shown = name.encode("utf-8", "backslashreplace")
    if _NOT_IN_A_NAME.search(name) or not 0 < len(shown) <= MAX_NAME_LENGTH:
        raise malformed(mark("Not the name of a key: {found}"), shown)
    return name


def cosigned_message(cosigner: str, text: bytes) -> bytes:
    """Return what a type 0x06 key signs for a checkpoint, with the timestamp 0.

        label[12] ‖ u8 length, cosigner name ‖ u64 timestamp ‖ u8 length, log origin ‖
        u64 start (0) ‖ u64 end (the size) ‖ hash[32]

    Raises:
        MalformedRecord: the text is no checkpoint, or its origin is longer than 255 bytes.
    """
    checkpoint = parse_checkpoint_text(text)
    name, origin = cosigner.encode("utf-8"), checkpoint.origin.encode("utf-8")
    if len(origin) > MAX_NAME_LENGTH:
        raise malformed(mark("The name of a log is longer than 255 bytes: {found}"), origin)
    parts = (
        labels.SUBTREE,
        bytes([len(name)]),
        name,
        _NO_TIME,
        bytes([len(origin)]),
        origin,
        u64(0),
        u64(checkpoint.size),
        checkpoint.root,
    )
    return b"".join(parts)
