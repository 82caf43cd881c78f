"""Filler: bytes that nobody can tell from sealed blocks."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from vault.crypto.types import Buffer

_ZEROS = bytes(1 << 20)
_STEP = 64
"""Bytes of keystream for each value of ChaCha20's block counter (RFC 8439, section 2.3)."""


def fill_keystream(key: bytes, buffer: bytearray | memoryview, offset: int = 0) -> None:
    """Fill `buffer` with ChaCha20 keystream under a fresh 32-byte key, nonce zero.

    Args:
        key: 32 random bytes, for one row or area of the file.
        buffer: what is filled.
        offset: bytes of the keystream before the first that is wanted; parts of a row are filled
            apart, each at its own offset, with what filling the whole row would have put there.

    A 32-bit block counter allows 256 GiB for one key; a row is at most 32 MiB.
    """
    counter, skipped = divmod(offset, _STEP)
    nonce = counter.to_bytes(4, "little") + bytes(12)
    cipher = Cipher(algorithms.ChaCha20(key, nonce), None).encryptor()
    cipher.update(_ZEROS[:skipped])
    target = memoryview(buffer)
    for start in range(0, len(target), len(_ZEROS)):
        piece: Buffer = target[start : start + len(_ZEROS)]
        cipher.update_into(memoryview(_ZEROS)[: len(piece)], piece)
