"""Key derivation: Argon2id from a passphrase, HKDF from a key.

HKDF follows RFC 5869 with SHA-512 or SHA-256; Argon2id follows RFC 9106.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from vault.crypto.types import Buffer
from vault.errors import VaultError, mark

KEK_SIZE = 32
"""Bytes of a key derived from a passphrase."""


@dataclass(frozen=True)
class Argon2Profile:
    """Parameters of one Argon2id derivation.

    Attributes:
        memory_kib: memory in KiB.
        passes: number of passes over it (t).
        lanes: degree of parallelism (p).
    """

    memory_kib: int
    passes: int
    lanes: int


ARGON2_V1 = Argon2Profile(memory_kib=256 * 1024, passes=3, lanes=4)
"""Container format 1: 256 MiB, t = 3, p = 4; above RFC 9106's second recommendation (64 MiB)."""


class NotEnoughMemory(VaultError):
    """The machine cannot give the memory that the derivation needs."""

    def __init__(self, mebibytes: int) -> None:
        super().__init__(
            mark("Not enough free memory: turning a passphrase into a key needs {mebibytes} MiB."),
            hint=mark("Close other programs and try again."),
            mebibytes=mebibytes,
        )


def argon2id(secret: Buffer, salt: bytes, profile: Argon2Profile) -> bytearray:
    """Derive 32 bytes from a passphrase.

    Args:
        secret: the normalised passphrase.
        salt: 32 bytes.
        profile: memory, passes, lanes.

    Returns:
        The key in a `bytearray`, for the caller to wipe.

    Raises:
        NotEnoughMemory: the operating system refused the memory.
    """
    out = bytearray(KEK_SIZE)
    try:
        Argon2id(
            salt=salt,
            length=KEK_SIZE,
            iterations=profile.passes,
            lanes=profile.lanes,
            memory_cost=profile.memory_kib,
        ).derive_into(bytes(secret), out)
    except MemoryError:
        raise NotEnoughMemory(profile.memory_kib // 1024) from None
    return out


def hkdf_sha512(key: Buffer, info: bytes, length: int = 32, salt: bytes = b"") -> bytes:
    """Return `length` bytes of HKDF-SHA-512 (extract and expand)."""
    return HKDF(algorithm=hashes.SHA512(), length=length, salt=salt or None, info=info).derive(key)


def hkdf_expand_sha512(key: Buffer, info: bytes, length: int) -> bytes:
    """Return `length` bytes of HKDF-Expand with SHA-512; `key` is uniform already."""
    return HKDFExpand(algorithm=hashes.SHA512(), length=length, info=info).derive(key)


def hkdf_sha256(key: Buffer, info: bytes, length: int = 32, salt: bytes = b"") -> bytes:
    """Return `length` bytes of HKDF-SHA-256 (extract and expand)."""
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt or None, info=info).derive(key)
