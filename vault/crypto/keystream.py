"""Filler: bytes that nobody can tell from sealed blocks."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from vault.crypto.types import Buffer

_ZEROS = bytes(1 << 20)


def fill_keystream(key: bytes, buffer: bytearray | memoryview) -> None:
    """Fill `buffer` with ChaCha20 keystream under a fresh 32-byte key, counter and nonce zero.

    A 32-bit block counter allows 256 GiB for one key; a row is at most 32 MiB.
    """
    cipher = Cipher(algorithms.ChaCha20(key, bytes(16)), None).encryptor()
    target = memoryview(buffer)
    for start in range(0, len(target), len(_ZEROS)):
        piece: Buffer = target[start : start + len(_ZEROS)]
        cipher.update_into(memoryview(_ZEROS)[: len(piece)], piece)
