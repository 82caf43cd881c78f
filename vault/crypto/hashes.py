"""Hashes and MACs: SHA-256 for everything a court checks, HMAC for keyed tags."""

from __future__ import annotations

import hashlib
import hmac

from vault.crypto.types import Buffer

SHA256_SIZE = 32
"""Bytes of a SHA-256 digest."""


class Sha256:
    """SHA-256 over data that arrives in pieces (FIPS 180-4)."""

    __slots__ = ("_state",)

    def __init__(self, data: Buffer = b"") -> None:
        self._state = hashlib.sha256(data)

    def update(self, data: Buffer) -> None:
        """Add `data`; the interpreter lock is released for pieces above 2 KiB."""
        self._state.update(data)

    def digest(self) -> bytes:
        """Return the 32 bytes of the digest so far."""
        return self._state.digest()

    def hexdigest(self) -> str:
        """Return the digest so far as 64 lower-case hexadecimal digits."""
        return self._state.hexdigest()


def sha256(*parts: Buffer) -> bytes:
    """Return the 32-byte SHA-256 of the concatenation of `parts`."""
    return hashlib.sha256(b"".join(parts)).digest()


def hmac_sha256(key: Buffer, *parts: Buffer) -> bytes:
    """Return the 32-byte HMAC-SHA-256 of the concatenation of `parts` (RFC 2104)."""
    state = hmac.new(bytes(key), digestmod="sha256")
    for part in parts:
        state.update(part)
    return state.digest()


def equal(left: Buffer, right: Buffer) -> bool:
    """Compare two byte strings in time that depends on their lengths only."""
    return hmac.compare_digest(bytes(left), bytes(right))
