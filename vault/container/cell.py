"""Cells: the few bytes whose writing makes a commit happen.

docs/format/container.md, "Cells". unit of 4,096 bytes = nonce 24 ‖ XChaCha20-Poly1305(40
bytes) ‖ tag 16 ‖ random. Content: commit number 8, epoch 8, rows 8, commit id 16, big-endian.
Key: HKDF-SHA-512(K₀, "cell"). Associated data: format version, end, slot.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from vault.container.geometry import CELL_UNIT, VERSION
from vault.crypto.aead import (
    TAG_SIZE,
    XNONCE_SIZE,
    AuthenticationFailed,
    xchacha_open,
    xchacha_seal,
)
from vault.crypto.kdf import hkdf_sha512
from vault.crypto.labels import CELL

if TYPE_CHECKING:
    from vault.crypto.entropy import Random

_CONTENT = struct.Struct(">QQQ16s")
_SEALED = XNONCE_SIZE + _CONTENT.size + TAG_SIZE

LIMIT = 1 << 63
"""Epochs and commit numbers stay below this."""


class Cell(NamedTuple):
    """State of the ring, the same for all levels.

    Attributes:
        commit: number of commits made so far, n.
        epoch: rows written so far; the next row to be written bears this number.
        rows: rows of the last commit, k.
        commit_id: 16 random bytes of the last commit.
    """

    commit: int
    epoch: int
    rows: int
    commit_id: bytes


def cell_key(volume_key: bytes) -> bytes:
    """Derive the cells' key from K₀."""
    return hkdf_sha512(volume_key, CELL)


def seal_cell(cell: Cell, key: bytes, *, end: int, slot: int, random: Random) -> bytes:
    """Return the 4,096 bytes to write for a cell."""
    nonce = random(XNONCE_SIZE)
    sealed = nonce + xchacha_seal(key, nonce, _CONTENT.pack(*cell), bytes([VERSION, end, slot]))
    return sealed + random(CELL_UNIT - len(sealed))


def open_cell(unit: bytes, key: bytes, *, end: int, slot: int) -> Cell | None:
    """Return the cell, or `None` if it was torn, altered, never written, or is impossible."""
    if len(unit) < _SEALED:
        return None
    try:
        content = xchacha_open(
            key, unit[:XNONCE_SIZE], unit[XNONCE_SIZE:_SEALED], bytes([VERSION, end, slot])
        )
    except AuthenticationFailed:
        return None
    cell = Cell(*_CONTENT.unpack(content))
    if cell.commit % 2 != slot or max(cell.commit, cell.epoch) >= LIMIT or cell.rows > cell.epoch:
        return None
    return cell
