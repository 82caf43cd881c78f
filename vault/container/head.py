"""The head: a salt and eight key slots, of which one to three are in use.

docs/format/container.md, "Head". slot = nonce 24 ‖ commitment 32 ‖ XChaCha20-Poly1305(184
bytes). Content: level 1, file length 8, volume keys K₀ … K_level of 32 bytes each, zeros.
Unused slots are random. The back head has a salt, slots and order of its own.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from vault.container.geometry import HEAD_SIZE, LEVELS, SALT_SIZE, SLOT_SIZE, SLOTS
from vault.crypto.aead import (
    TAG_SIZE,
    XNONCE_SIZE,
    AuthenticationFailed,
    xchacha_open,
    xchacha_seal,
)
from vault.crypto.hashes import equal
from vault.crypto.kdf import argon2id, hkdf_expand_sha512
from vault.crypto.labels import SLOT
from vault.errors import UnlockError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.crypto.entropy import Random
    from vault.crypto.kdf import Argon2Profile

KEY_SIZE = 32
_COMMITMENT_SIZE = 32
_CONTENT_SIZE = SLOT_SIZE - XNONCE_SIZE - _COMMITMENT_SIZE - TAG_SIZE
_FIXED = struct.Struct(">BQ")


class Unlocked(NamedTuple):
    """What a passphrase opens.

    Attributes:
        level: its volume, the most secret one it opens.
        length: bytes that the file had when it was made.
        keys: volume keys of levels 0 … level, 32 bytes each.
    """

    level: int
    length: int
    keys: tuple[bytes, ...]


def seal_head(
    passphrases: Sequence[bytes],
    keys: Sequence[bytes],
    length: int,
    *,
    kdf: Argon2Profile,
    random: Random,
) -> bytes:
    """Make a head of 2,080 bytes.

    Args:
        passphrases: normalised, one per level from 0 on.
        keys: volume keys, one per level.
        length: bytes of the file.
        kdf: cost of the derivation; one is made per passphrase.
        random: source of salt, nonces, slot order and unused slots.
    """
    salt = random(SALT_SIZE)
    slots = [random(SLOT_SIZE) for _ in range(SLOTS)]
    for level, index in enumerate(_pick_slots(len(passphrases), random)):
        kek = argon2id(passphrases[level], salt, kdf)
        content = _FIXED.pack(level, length) + b"".join(keys[: level + 1])
        slots[index] = _seal_slot(
            kek, index, salt, content.ljust(_CONTENT_SIZE, b"\0"), random(XNONCE_SIZE)
        )
        kek[:] = bytes(len(kek))
    return salt + b"".join(slots)


def open_head(head: bytes, passphrase: bytes, *, kdf: Argon2Profile) -> Unlocked:
    """Derive once, try every slot, and return what opened.

    Args:
        head: 2,080 bytes, or fewer when the file is shorter.
        passphrase: normalised.
        kdf: cost of the derivation.

    Raises:
        UnlockError: no slot opens, whatever the reason.
    """
    head = head.ljust(HEAD_SIZE, b"\0")
    salt = head[:SALT_SIZE]
    kek = argon2id(passphrase, salt, kdf)
    found: Unlocked | None = None
    for index in range(SLOTS):  # all of them, whichever opens: no early exit
        start = SALT_SIZE + index * SLOT_SIZE
        opened = _open_slot(kek, index, salt, head[start : start + SLOT_SIZE])
        found = found or opened
    kek[:] = bytes(len(kek))
    if found is None:
        raise UnlockError
    return found


def _pick_slots(count: int, random: Random) -> list[int]:
    """Choose `count` different slots, uniformly."""
    order = sorted(range(SLOTS), key=lambda _: random(16))
    return order[:count]


def _slot_keys(kek: bytearray, index: int, nonce: bytes) -> tuple[bytes, bytes]:
    """Return key and commitment of a slot."""
    both = hkdf_expand_sha512(kek, SLOT + bytes([index]) + nonce, KEY_SIZE + _COMMITMENT_SIZE)
    return both[:KEY_SIZE], both[KEY_SIZE:]


def _seal_slot(kek: bytearray, index: int, salt: bytes, content: bytes, nonce: bytes) -> bytes:
    key, commitment = _slot_keys(kek, index, nonce)
    return nonce + commitment + xchacha_seal(key, nonce, content, bytes([index]) + salt)


def _open_slot(kek: bytearray, index: int, salt: bytes, slot: bytes) -> Unlocked | None:
    """Open one slot, or return None.

    The commitment is compared before the AEAD: without it, one slot could be made to open
    under many keys, and guesses could be tested many at a time (partitioning oracles).
    """
    nonce = slot[:XNONCE_SIZE]
    key, commitment = _slot_keys(kek, index, nonce)
    if not equal(commitment, slot[XNONCE_SIZE : XNONCE_SIZE + _COMMITMENT_SIZE]):
        return None
    try:
        content = xchacha_open(
            key, nonce, slot[XNONCE_SIZE + _COMMITMENT_SIZE :], bytes([index]) + salt
        )
    except AuthenticationFailed:
        return None
    level, length = _FIXED.unpack_from(content)
    end = _FIXED.size + (level + 1) * KEY_SIZE
    if level >= LEVELS or any(content[end:]):
        return None
    starts = range(_FIXED.size, end, KEY_SIZE)
    return Unlocked(level, length, tuple(content[at : at + KEY_SIZE] for at in starts))
