"""Ed25519 (RFC 8032) and ML-DSA-44 (FIPS 204) signatures, made from and checked against raw keys.

Ed25519 goes through libsodium and nowhere else. With the identity point as public key,
other libraries accept one constant signature for every message; libsodium refuses points of
small order and S >= L, and here keys and R must be canonical points of the prime-order
subgroup besides. So the cofactored and the cofactorless equation agree on all that passes.

ML-DSA-44 signs in pure mode with an empty context, and draws its hedging randomness itself:
two signatures of one message differ.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa
from nacl import bindings
from nacl.exceptions import BadSignatureError

from vault.crypto.types import Buffer

SEED_SIZE = 32
"""Bytes of the seed of either kind of key."""

ED25519_SIGNATURE_SIZE = 64
MLDSA44_KEY_SIZE = 1312

_POINT_SIZE = 32  # R is the first half of an Ed25519 signature


class BadSignature(Exception):
    """A signature that does not fit key and message."""


class BadPublicKey(Exception):
    """Bytes that are no public key, or one that nobody holds the secret of alone."""


def ed25519_public_key(seed: Buffer) -> bytes:
    """Return the 32-byte public key that belongs to a 32-byte seed."""
    public_key, _ = bindings.crypto_sign_seed_keypair(bytes(seed))
    return public_key


def ed25519_sign(seed: Buffer, message: Buffer) -> bytes:
    """Sign a message; the 64-byte signature depends on seed and message alone."""
    _, secret_key = bindings.crypto_sign_seed_keypair(bytes(seed))
    return bindings.crypto_sign(bytes(message), secret_key)[:ED25519_SIGNATURE_SIZE]


def check_ed25519_public_key(public_key: Buffer) -> None:
    """Refuse what is not a canonical point of the prime-order subgroup.

    Raises:
        BadPublicKey: another length, not on the curve, non-canonical, of small or mixed order.
    """
    if not _is_valid_point(bytes(public_key)):
        raise BadPublicKey


def ed25519_verify(public_key: Buffer, message: Buffer, signature: Buffer) -> None:
    """Check a signature.

    Args:
        public_key: 32 bytes.
        message: what was signed.
        signature: 64 bytes, R and S.

    Raises:
        BadPublicKey: as `check_ed25519_public_key`.
        BadSignature: another length, S >= L, an R that is no canonical point of the
            prime-order subgroup, another message or key.
    """
    check_ed25519_public_key(public_key)
    signature = bytes(signature)
    if len(signature) != ED25519_SIGNATURE_SIZE or not _is_valid_point(signature[:_POINT_SIZE]):
        raise BadSignature
    try:
        bindings.crypto_sign_open(signature + bytes(message), bytes(public_key))
    except BadSignatureError:
        raise BadSignature from None


def mldsa44_public_key(seed: Buffer) -> bytes:
    """Return the 1,312-byte public key that belongs to a 32-byte seed (FIPS 204, algorithm 6)."""
    private_key = mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(seed))
    return private_key.public_key().public_bytes_raw()


def mldsa44_sign(seed: Buffer, message: Buffer) -> bytes:
    """Sign a message; the 2,420-byte signature is different each time."""
    return mldsa.MLDSA44PrivateKey.from_seed_bytes(bytes(seed)).sign(bytes(message))


def check_mldsa44_public_key(public_key: Buffer) -> None:
    """Refuse a key of another length than 1,312 bytes; all others are valid encodings.

    Raises:
        BadPublicKey: another length.
    """
    if len(public_key) != MLDSA44_KEY_SIZE:
        raise BadPublicKey


def mldsa44_verify(public_key: Buffer, message: Buffer, signature: Buffer) -> None:
    """Check a signature of 2,420 bytes.

    Raises:
        BadPublicKey: as `check_mldsa44_public_key`.
        BadSignature: another length, another message or key.
    """
    check_mldsa44_public_key(public_key)
    key = mldsa.MLDSA44PublicKey.from_public_bytes(bytes(public_key))
    try:
        key.verify(bytes(signature), bytes(message))
    except InvalidSignature:
        raise BadSignature from None


def _is_valid_point(encoded: bytes) -> bool:
    return len(encoded) == _POINT_SIZE and bindings.crypto_core_ed25519_is_valid_point(encoded)
