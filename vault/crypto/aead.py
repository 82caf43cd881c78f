"""Authenticated encryption: ChaCha20-Poly1305 for blocks, XChaCha20-Poly1305 for small units.

ChaCha20-Poly1305 is RFC 8439 (OpenSSL); XChaCha20-Poly1305 is libsodium's IETF variant.
ChaCha rather than AES-GCM: constant-time and fast on laptops without AES instructions.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl import bindings
from nacl.exceptions import CryptoError

from vault.crypto.types import Buffer

KEY_SIZE = 32
TAG_SIZE = 16
NONCE_SIZE = 12
XNONCE_SIZE = 24


class AuthenticationFailed(Exception):
    """These bytes were not sealed under this key, nonce and associated data."""


class BlockSealer:
    """ChaCha20-Poly1305 under one key, sealing and opening into buffers of the caller."""

    __slots__ = ("_aead",)

    def __init__(self, key: Buffer) -> None:
        self._aead = ChaCha20Poly1305(key)

    def seal_into(self, nonce: Buffer, plaintext: Buffer, aad: Buffer, out: Buffer) -> None:
        """Write ciphertext and tag: `out` is exactly 16 bytes longer than `plaintext`."""
        self._aead.encrypt_into(nonce, plaintext, aad, out)

    def open_into(self, nonce: Buffer, sealed: Buffer, aad: Buffer, out: Buffer) -> None:
        """Write the plaintext: `out` is exactly 16 bytes shorter than `sealed`.

        Raises:
            AuthenticationFailed: what `out` then holds is to be ignored.
        """
        try:
            self._aead.decrypt_into(nonce, sealed, aad, out)
        except InvalidTag:
            raise AuthenticationFailed from None

    def seal(self, nonce: Buffer, plaintext: Buffer, aad: Buffer = b"") -> bytes:
        """Return ciphertext and tag."""
        return self._aead.encrypt(nonce, plaintext, aad)

    def open(self, nonce: Buffer, sealed: Buffer, aad: Buffer = b"") -> bytes:
        """Return the plaintext, or raise `AuthenticationFailed`."""
        try:
            return self._aead.decrypt(nonce, sealed, aad)
        except InvalidTag:
            raise AuthenticationFailed from None


def xchacha_seal(key: Buffer, nonce: bytes, plaintext: Buffer, aad: bytes) -> bytes:
    """Return XChaCha20-Poly1305 ciphertext and tag; `nonce` is 24 random bytes."""
    return bytes(
        bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
            bytes(plaintext), aad, nonce, bytes(key)
        )
    )


def xchacha_open(key: Buffer, nonce: bytes, sealed: Buffer, aad: bytes) -> bytes:
    """Return the plaintext.

    Raises:
        AuthenticationFailed: wrong key, nonce, associated data, or altered bytes.
    """
    if len(sealed) < TAG_SIZE:  # the binding would raise ValueError
        raise AuthenticationFailed
    try:
        return bytes(
            bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                bytes(sealed), aad, nonce, bytes(key)
            )
        )
    except CryptoError:
        raise AuthenticationFailed from None
