"""Reading a damaged container: every block that still opens, whatever else is gone.

docs/format/container.md, "Rescue". Reading only, from the front head or the back one. What the
ordinary opening finds is the start; then every row is read, and what is newer than the newest
readable root, or has none, is found by the headers of its blocks. What a level gives follows from
its own key and from less secret levels, never from what lies above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import CONTENT_NAMESPACES
from vault.container.cell import cell_key
from vault.container.geometry import HEAD_SIZE
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.passphrase import normalise
from vault.container.probing import require_disk
from vault.container.recovery import recover
from vault.container.root import empty_table
from vault.container.share_io import RUN, ShareReader
from vault.container.standing import Sealers, read_unit, standing_cell, sure_cell, valid_cells
from vault.container.state import SPOT_BITS, Findings, State
from vault.container.volume import Volume
from vault.errors import Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault.container.block import Header
    from vault.container.form import Form
    from vault.container.head import Unlocked
    from vault.container.root import RootHead
    from vault.container.standing import Sealer
    from vault.storage.interface import Disk, File

_POSITION = (1 << SPOT_BITS) - 1


class Salvaged(NamedTuple):
    """What is left of a level.

    Attributes:
        volume: every block in its map was opened; `usable` is false where there is none.
        lost: live blocks that are gone, as far as a readable root counted them.
        by_headers: some blocks were found by their headers alone: pages of several states may
            stand beside each other, and what was forgotten may have come back.
        since: rows written after the newest state that a root tells of. They were written
            without this level, or it is damaged in them: both look the same.
        behind: some of them have no root of a lower level either: they are damaged, and what
            came then is found by headers, if at all.
    """

    volume: Volume
    lost: int
    by_headers: bool
    since: int
    behind: bool


class DamagedContainer:
    """An open container of which anything may be missing; nothing is written to it.

    Attributes:
        geometry: its layout when it was whole.
    """

    def __init__(self, file: File, form: Form, head: bytes, unlocked: Unlocked) -> None:
        self._file = file
        self._form = form
        self._head = head
        self._keys = unlocked.keys
        self.geometry = form.geometry(unlocked.length)

    @property
    def levels(self) -> int:
        """How many volumes are open."""
        return len(self._keys)

    def open_further(self, passphrase: str) -> None:
        """Open what another passphrase opens as well.

        Raises:
            UnlockError: no slot opens, whatever the reason.
        """
        unlocked = open_head(self._head, normalise(passphrase), kdf=self._form.kdf)
        if len(unlocked.keys) > len(self._keys):
            self._keys = unlocked.keys

    def volumes(self, progress: Callable[[int, int], None]) -> list[Salvaged]:
        """Read every row, and return what is left of each open level.

        Args:
            progress: called with rows read and rows in all.

        Raises:
            NotSaved: the disk fails.
        """
        file, geometry = self._file, self.geometry
        cells = valid_cells(file, geometry, cell_key(self._keys[0]))
        cell = sure_cell(cells)
        sure = cell is not None
        written = max((one.epoch for one in cells), default=0)
        sealers = Sealers(geometry, cells)
        levels = []
        unfinished: set[bytes] = set()
        for share, key in zip(geometry.shares, self._keys, strict=False):
            reader = ShareReader(file, geometry, share, VolumeKeys(key))
            heads = sealers.learn(reader)
            if not sure and heads:
                cell, never = standing_cell(reader, heads, cells, cell)
                unfinished |= never
            state, findings = recover(reader, cell)
            level = _Level(reader, state, findings, sealers.before(cell))
            level.compare(max(written, cell.epoch if cell else 0), sealers.rooted)
            if not sure:
                first = cell.epoch - cell.rows if cell and cell not in cells else None
                level.suspect(heads, unfinished, sealers.rooted, first)
            levels.append(level)
        for row in range(geometry.rows):
            for level in levels:
                level.scan(row)
            progress(row + 1, geometry.rows)
        self.require_disk()
        return [level.salvaged() for level in levels]

    def require_disk(self) -> None:
        """Tell a disk that fails from a file that is damaged; raises `NotSaved`."""
        require_disk(self._file, self.geometry)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_damaged(
    disk: Disk,
    path: str,
    passphrase: str,
    *,
    form: Form,
    from_end: bool,
    length: int | None = None,
) -> DamagedContainer:
    """Open a container for reading, however much of it is damaged or missing.

    Args:
        disk: where.
        path: the file.
        passphrase: as typed.
        form: the format version.
        from_end: open by the back head, which has a salt and slots of its own.
        length: bytes that the file had when it was made, where it has another length now: they
            tell where the back head stands. The slot that opens tells the length itself.

    Raises:
        UnlockError: no slot opens, whatever the reason.
        InUse: another process writes it.
        Damaged: the slot tells a length that no container has.
    """
    secret = normalise(passphrase)
    file = disk.open(path)
    try:
        file.lock(exclusive=False)
        size = file.size() if length is None else length
        at = max(0, size - form.geometry(size).edge) if from_end else 0
        head = read_unit(file, at, HEAD_SIZE)
        unlocked = open_head(head, secret, kdf=form.kdf)
        if not form.is_valid_length(unlocked.length):
            raise Damaged(
                mark("This vault tells a size that no vault has: {length} bytes."),
                length=unlocked.length,
            )
        return DamagedContainer(file, form, head, unlocked)
    except BaseException:
        file.close()
        raise


class _Level:
    """One level, as the rows are read."""

    def __init__(
        self,
        reader: ShareReader,
        state: State | None,
        findings: Findings,
        sealers: list[list[Sealer]],
    ) -> None:
        self._reader = reader
        self._since = self._written = 0
        self._behind = state is None
        self._findings = findings
        self._rootless = state is None
        self._state = state or State(-1, 0, 0, empty_table(reader.geometry))
        self._sealers = sealers
        self._read = [0] * reader.geometry.rows
        self._newer: dict[bytes, tuple[int, int, bytes]] = {}

    def compare(self, written: int, rooted: set[int]) -> None:
        """See what was written after the root that counts.

        Args:
            written: rows written so far, at least.
            rooted: rows with a root of this level or a lower one.
        """
        if self._rootless:
            return
        rows, following = self._reader.geometry.rows, self._state.epoch + 1
        since = range(max(following, written - rows), written)
        self._since = len(since)
        self._behind = not rooted.issuperset(since)
        self._written = written

    def suspect(
        self,
        heads: Sequence[RootHead],
        unfinished: set[bytes],
        rooted: set[int],
        first: int | None,
    ) -> None:
        """Where a cell may be lost: see whether a save followed that does not count.

        Args:
            heads: roots of this level.
            unfinished: ids of saves that never finished.
            rooted: rows with a root of this level or a lower one.
            first: epoch of the first row of the save that counts, where its roots stand in for
                the cell.
        """
        if self._rootless:
            return
        rows = self._reader.geometry.rows
        # If the save never finished, another one came instead, and began with this row.
        self._behind |= first is not None and first not in rooted
        # Every row has some root, and a save begins with the next: where that has none, it may
        # have been of one.
        self._behind |= all((epoch - self._written) % rows for epoch in rooted)
        for head in heads:
            if head.commit > self._state.commit and head.commit_id not in unfinished:
                torn = any(
                    epoch % rows == head.epoch % rows for epoch in rooted if epoch < head.epoch
                )
                self._behind |= not torn

    def scan(self, row: int) -> None:
        """Open every block of a row that counts."""
        live = self._state.table[row].live
        newer = [one for one in self._sealers[row] if one[0] > self._state.epoch]
        if not live and not newer:
            return
        share = self._reader.share
        end = share.root + share.data
        for first in range(share.root, end, RUN):
            count = min(RUN, end - first)
            sealed = self._reader.read(row, first, count)
            for index in range(count):
                size = self._reader.geometry.sealed
                block = sealed[index * size : (index + 1) * size]
                self._look(row, first + index, block, newer)

    def _look(self, row: int, position: int, sealed: memoryview, newer: list[Sealer]) -> None:
        known = self._state.table[row]
        if known.live >> position & 1:
            torn = self._state.sealed_by.get(row, {}).get(position)
            header = self._open(row, position, sealed, torn or (known.epoch, known.commit_id))
            if header and self._state.where.get(header.name) == row << SPOT_BITS | position:
                self._read[row] |= 1 << position
                return
        for sealer in newer:
            header = self._open(row, position, sealed, sealer)
            if header and header.namespace in CONTENT_NAMESPACES:
                if self._newer.get(header.name, (-1,))[0] < sealer[0]:
                    self._newer[header.name] = (sealer[0], row << SPOT_BITS | position, sealer[1])
                return

    def _open(self, row: int, position: int, sealed: memoryview, sealer: Sealer) -> Header | None:
        return self._reader.open(sealed, row, position, self._reader.keys.block(*sealer))

    def salvaged(self) -> Salvaged:
        """Return the level with a map of what was opened, and nothing else."""
        state = self._state
        gone = [
            name
            for name, spot in state.where.items()
            if not self._read[spot >> SPOT_BITS] >> (spot & _POSITION) & 1
        ]
        for name in gone:
            del state.where[name]
        for name, (epoch, spot, commit_id) in self._newer.items():
            state.where[name] = spot
            state.sealed_by.setdefault(spot >> SPOT_BITS, {})[spot & _POSITION] = (epoch, commit_id)
        lost = self._findings.lost + sum(name not in self._newer for name in gone)
        nothing = self._rootless and not state.where
        volume = Volume(self._reader, None if nothing else state, self._findings)
        by_headers = self._rootless or bool(self._newer)
        return Salvaged(volume, lost, by_headers, self._since, self._behind)
