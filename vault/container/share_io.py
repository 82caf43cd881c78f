"""Reading one level's share of the rows: sealed bytes in, opened blocks out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.container.block import HEADER, ROOT, Header, block_aad, parse_header
from vault.container.geometry import HEADER_SIZE, NONCE_SIZE
from vault.container.root import Root, head_size, parse_head, parse_table
from vault.crypto.aead import AuthenticationFailed, BlockSealer
from vault.errors import Damaged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.container.geometry import Geometry, Share
    from vault.container.keys import VolumeKeys
    from vault.container.root import RootHead
    from vault.crypto.entropy import Random
    from vault.storage.interface import File

RUN = 64
"""Blocks read from the file at once: one megabyte of the real format."""


class ShareReader:
    """Opens blocks and roots of one level.

    The plaintext of the last opened block stands in `plain` (header 32 ‖ payload) until the
    next one is opened: one buffer serves all.
    """

    def __init__(self, file: File, geometry: Geometry, share: Share, keys: VolumeKeys) -> None:
        self.file = file
        self.geometry = geometry
        self.share = share
        self.keys = keys
        self.plain = memoryview(bytearray(HEADER_SIZE + geometry.payload))
        self._sealed = memoryview(bytearray(RUN * geometry.sealed))
        self._head_parts = -(-head_size(share) // geometry.payload)
        self.refused = 0  # blocks that the system would not read, counted since the file was opened

    def offset(self, row: int, position: int) -> int:
        """Offset in the file of a block of this share."""
        block = self.share.first + position
        return self.geometry.row_offset(row) + block * self.geometry.sealed

    def read(self, row: int, position: int, count: int) -> memoryview:
        """Read `count` ≤ 64 sealed blocks that lie side by side; zeros beyond the file's end.

        They stand in one buffer, until the next call.
        """
        self.read_into(row, position, count, self._sealed)
        return self._sealed[: count * self.geometry.sealed]

    def read_into(self, row: int, position: int, count: int, out: memoryview) -> None:
        """Read `count` sealed blocks that lie side by side into `out`; see `read`."""
        wanted = out[: count * self.geometry.sealed]
        try:
            got = self.file.pread_into(self.offset(row, position), wanted)
        except Damaged:
            self._read_singly(row, position, count, wanted)
            return
        if got < len(wanted):
            wanted[got:] = bytes(len(wanted) - got)

    def _read_singly(self, row: int, position: int, count: int, out: memoryview) -> None:
        """Read block by block where the disk refuses a run: one bad sector costs its block."""
        size = self.geometry.sealed
        for index in range(count):
            place = out[index * size : (index + 1) * size]
            try:
                got = self.file.pread_into(self.offset(row, position + index), place)
            except Damaged:
                got = 0
                self.refused += 1
            place[got:] = bytes(size - got)

    def open(
        self, sealed: memoryview, row: int, position: int, sealer: BlockSealer
    ) -> Header | None:
        """Open one sealed block into `plain`; `None` if it does not open or breaks a rule."""
        aad = block_aad(self.share.level, row, position)
        try:
            sealer.open_into(sealed[:NONCE_SIZE], sealed[NONCE_SIZE:], aad, self.plain)
        except AuthenticationFailed:
            return None
        return parse_header(self.plain, self.geometry.payload)

    def open_run(
        self, row: int, position: int, count: int, sealer: BlockSealer
    ) -> Iterator[Header | None]:
        """Open `count` blocks that lie side by side, one after the other, each into `plain`."""
        size = self.geometry.sealed
        for start in range(0, count, RUN):
            part = min(RUN, count - start)
            sealed = self.read(row, position + start, part)
            if part > 1:  # others may be read before all of these are taken
                sealed = memoryview(bytes(sealed))
            for index in range(part):
                yield self.open(
                    sealed[index * size : (index + 1) * size],
                    row,
                    position + start + index,
                    sealer,
                )

    def content(self, header: Header) -> memoryview:
        """The payload in use of the block just opened; valid until the next one."""
        return self.plain[HEADER_SIZE : HEADER_SIZE + header.length]

    def root_heads(self, row: int, *, torn: bool) -> list[RootHead]:
        """Read the part of a row's root that concerns the row; the first copy serves if it opens.

        Args:
            row: index of the row.
            torn: whether the row may have been cut off while it was written over: then the two
                copies may be of two roots, and both are returned.
        """
        heads: list[RootHead] = []
        for start in self._root_starts(row):
            head = parse_head(self._root_bytes(row, self._head_parts, *start), self.share)
            if head and head.epoch % self.geometry.rows == row and head not in heads:
                heads.append(head)
            if heads and not torn:
                break
        return heads

    def root(self, row: int, head: RootHead | None = None) -> Root | None:
        """Read a row's whole root, each part from whichever copy is readable.

        Args:
            row: index of the row.
            head: the root's own head, where the copies are of two roots; else the first of them
                that is whole.
        """
        for start in self._root_starts(row):
            data = self._root_bytes(row, self.share.root, *start)
            found = parse_head(data, self.share)
            if not found or found.epoch % self.geometry.rows != row or head not in {None, found}:
                continue
            table = parse_table(data, self.geometry, self.share)
            if table:
                return Root(found, table)
        return None

    def seal_root(
        self, buffer: memoryview, root: bytes, row: int, head: RootHead, random: Random
    ) -> None:
        """Seal a root into a row being built: at the first positions, and again at the last.

        Args:
            buffer: the whole row.
            root: encoded root, at most H/2 payloads long.
            row: index of the row.
            head: the root's own head, for epoch and commit id.
            random: source of nonces.
        """
        share, payload, size = self.share, self.geometry.payload, self.geometry.sealed
        mark = int.from_bytes(head.commit_id[:8], "big")
        for part in range(share.root):
            content = root[part * payload : (part + 1) * payload]
            self.plain[HEADER_SIZE : HEADER_SIZE + payload] = content.ljust(payload, b"\0")
            write_header(self.plain, Header(head.epoch, ROOT, len(content), mark, part))
            for position in (part, share.blocks - share.root + part):
                start = (share.first + position) * size
                aad = block_aad(share.level, row, position)
                seal_block(
                    buffer[start : start + size],
                    self.plain,
                    random(NONCE_SIZE),
                    aad,
                    self.keys.root,
                )

    def _root_starts(self, row: int) -> Iterator[tuple[Header, bytes]]:
        """Yield part 0 of each copy: the epoch and object in its header tell roots apart."""
        for position in (0, self.share.blocks - self.share.root):
            header = self._root_part(row, position, 0)
            if header:
                yield header, bytes(self.content(header))

    def _root_bytes(self, row: int, parts: int, start: Header, content: bytes) -> bytes:
        """Join the first `parts` parts of the root that begins with `content`; empty if one lacks.

        Each is taken from whichever copy is readable; parts of two roots are never mixed.
        """
        found = [content]
        for part in range(1, parts):
            for position in (part, self.share.blocks - self.share.root + part):
                header = self._root_part(row, position, part)
                if header and (header.epoch, header.object_id) == (start.epoch, start.object_id):
                    found.append(bytes(self.content(header)))
                    break
            else:
                return b""
        return b"".join(found)

    def _root_part(self, row: int, position: int, part: int) -> Header | None:
        """Open part `part` of a root at a position."""
        header = self.open(self.read(row, position, 1), row, position, self.keys.root)
        return header if header and (header.namespace, header.number) == (ROOT, part) else None


def seal_block(
    out: memoryview, plain: memoryview, nonce: bytes, aad: bytes, sealer: BlockSealer
) -> None:
    """Seal header and payload into `out`, a block's place in the row being built."""
    out[:NONCE_SIZE] = nonce
    sealer.seal_into(nonce, plain, aad, out[NONCE_SIZE:])


def write_header(plain: memoryview, header: Header) -> None:
    """Put a header in front of the payload in `plain`."""
    HEADER.pack_into(plain, 0, *header)
