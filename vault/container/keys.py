"""Keys of one volume: from its 32 random bytes to the keys of roots, cells and blocks."""

from __future__ import annotations

import struct

from vault.crypto.aead import BlockSealer
from vault.crypto.kdf import hkdf_sha512
from vault.crypto.labels import BLOCK, ROOT

_EPOCH = struct.Struct(">Q")
_CACHED = 4096


class VolumeKeys:
    """Derives and keeps the sealers of one volume.

    A block's key depends on the epoch of its row and on the commit's random id, so that
    blocks of two histories (a restored copy, an aborted commit) never fit each other, and
    random 96-bit nonces only ever meet within one row.
    """

    def __init__(self, volume_key: bytes) -> None:
        self._key = volume_key
        self._blocks: dict[tuple[int, bytes], BlockSealer] = {}
        self.root = BlockSealer(hkdf_sha512(volume_key, ROOT))

    def block(self, epoch: int, commit_id: bytes) -> BlockSealer:
        """Return the sealer of the blocks written at row number `epoch` by a commit."""
        sealer = self._blocks.get((epoch, commit_id))
        if sealer is None:
            if len(self._blocks) >= _CACHED:
                self._blocks.clear()
            key = hkdf_sha512(self._key, BLOCK + _EPOCH.pack(epoch) + commit_id)
            sealer = self._blocks[epoch, commit_id] = BlockSealer(key)
        return sealer
