"""Reading a damaged container: every block that still opens, whatever else is gone.

docs/format/container.md, "Rescue". Reading only, from the front head or the back one. What the
ordinary opening finds is the start; then every row is read, and what is newer than the newest
readable root, or has none, is found by the headers of its blocks. What a level gives follows from
its own key and from less secret levels, never from what lies above it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import CONTENT_NAMESPACES
from vault.container.cell import Cell, cell_key, open_cell
from vault.container.geometry import CELL_UNIT, COMMIT_ID_SIZE, HEAD_SIZE
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.passphrase import normalise
from vault.container.probing import require_disk
from vault.container.recovery import SPOT_BITS, Findings, State, recover
from vault.container.root import empty_table
from vault.container.share_io import RUN, ShareReader
from vault.container.volume import Volume
from vault.errors import Damaged, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault.container.block import Header
    from vault.container.form import Form
    from vault.container.geometry import Geometry
    from vault.container.head import Unlocked
    from vault.container.root import Root, RootHead
    from vault.storage.interface import Disk, File

    Sealer = tuple[int, bytes]
    """Epoch of a row, id of the commit that wrote it: from these follows the key of its blocks."""

_POSITION = (1 << SPOT_BITS) - 1

_TABLES = 2
"""Whole roots whose tables are read per level, the newest: others know nothing more."""

_SEALERS = 4
"""Ids that a row's blocks are tried under at most. An honest file offers two or three."""


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
        cells = _cells(file, geometry, cell_key(self._keys[0]))
        cell = _newest(cells)
        sure = cell is not None
        written = max((one.epoch for one in cells), default=0)
        sealers = _Sealers(geometry, cells)
        levels = []
        for share, key in zip(geometry.shares, self._keys, strict=False):
            reader = ShareReader(file, geometry, share, VolumeKeys(key))
            heads = sealers.learn(reader)
            unfinished: set[bytes] = set()
            if not sure and heads:
                cell, unfinished = _standing(reader, heads, cells, cell)
            state, findings = recover(reader, cell)
            level = _Level(reader, state, findings, sealers.before(cell))
            level.compare(max(written, cell.epoch if cell else 0), sealers.rooted)
            if not sure:
                level.suspect(heads, unfinished, sealers.rooted)
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
        head = _read(file, at, HEAD_SIZE)
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


def _read(file: File, offset: int, length: int) -> bytes:
    """Read what is there; what the disk refuses to give is as good as missing."""
    try:
        return file.pread(offset, length)
    except Damaged:
        return b""


def _cells(file: File, geometry: Geometry, key: bytes) -> list[Cell]:
    """Return the valid ones of the four cells."""
    found = []
    for end in (0, 1):
        for slot in (0, 1):
            unit = _read(file, geometry.cell_offset(end, slot), CELL_UNIT)
            cell = open_cell(unit, key, end=end, slot=slot)
            if cell:
                found.append(cell)
    return found


def _newest(cells: Sequence[Cell]) -> Cell | None:
    """Return the cell that counts; None where one of the two slots cannot be read.

    It may have held the newest. Then the newest root decides: rows are durable before a cell is
    written, so that what a lost cell told of is there.
    """
    if {cell.commit % 2 for cell in cells} != {0, 1}:
        return None
    return max(cells, key=lambda cell: cell.commit)


def _standing(
    reader: ShareReader, heads: Sequence[RootHead], cells: Sequence[Cell], below: Cell | None
) -> tuple[Cell | None, set[bytes]]:
    """Say which save counts for a level where a slot has no valid cell: the newest that finished.

    Args:
        reader: of the level.
        heads: all roots of the level.
        cells: the valid ones.
        below: what counts for the level below it; None for the lowest that has a root.

    Returns:
        What counts as if it were the cell, None where nothing does; and ids of saves of which rows
        are there, and which never finished.
    """
    rows = reader.geometry.rows
    found = newest = max(cells, key=lambda cell: cell.commit, default=None)
    unfinished: set[bytes] = set()
    for head in sorted(heads, key=lambda one: one.epoch, reverse=True):
        told = newest is not None and head.commit <= newest.commit  # by the cell, or refuted
        if told or head.commit_id in unfinished:
            continue
        root = reader.root(head.epoch % rows, head)
        if root and _never_finished(heads, root, rows):
            unfinished.add(head.commit_id)
        elif root and (below is None or head.epoch < below.epoch):
            found = Cell(head.commit, head.epoch + 1, 1, head.commit_id)
            break
    if below is None:
        return found, unfinished
    last = below.epoch - 1
    torn = below not in cells and any(
        head.epoch % rows == last % rows and head.epoch < last for head in heads
    )
    return found if torn or below.commit_id in unfinished else below, unfinished


def _never_finished(heads: Sequence[RootHead], root: Root, rows: int) -> bool:
    """Tell whether a row of a save bears an older root, or one of the save that came instead.

    No damage brings an older one back, and before all rows are durable no cell is written. Slot 1
    of a new file was never written, and reads as if it were damaged: this tells the two apart.
    """
    own = root.head.commit_id
    due = {row.epoch % rows: row.epoch for row in root.table if row.commit_id == own}
    return any(
        head.epoch < due[head.epoch % rows]
        or (head.epoch == due[head.epoch % rows] and head.commit_id != own)
        for head in heads
        if head.epoch % rows in due
    )


class _Sealers:
    """Per row of the ring, under which epochs and ids it may have been written.

    Attributes:
        rooted: epochs of the rows in which a root was read, of the levels looked at so far.
    """

    def __init__(self, geometry: Geometry, cells: Sequence[Cell]) -> None:
        self._geometry = geometry
        self._known: list[set[Sealer]] = [set() for _ in range(geometry.rows)]
        self.rooted: set[int] = set()
        for cell in cells:
            first = cell.epoch - min(cell.rows, geometry.rows)
            for epoch in range(first, cell.epoch):
                self._add(epoch, cell.commit_id)

    def _add(self, epoch: int, commit_id: bytes) -> None:
        self._known[epoch % self._geometry.rows].add((epoch, commit_id))

    def learn(self, reader: ShareReader) -> list[RootHead]:
        """Take in what the roots of a level say: each of its own row, the newest of all rows.

        Returns:
            All of them.
        """
        rows = range(self._geometry.rows)
        heads = [head for row in rows for head in reader.root_heads(row, torn=True)]
        for head in heads:
            self._add(head.epoch, head.commit_id)
            self.rooted.add(head.epoch)
        tables: set[bytes] = set()
        for head in sorted(heads, key=lambda one: one.epoch, reverse=True):
            if len(tables) == _TABLES:
                break
            if head.commit_id in tables:
                continue
            root = reader.root(head.epoch % self._geometry.rows, head)
            if root:
                tables.add(head.commit_id)
                for row in root.table:
                    if row.commit_id != bytes(COMMIT_ID_SIZE):
                        self._add(row.epoch, row.commit_id)
        return heads

    def before(self, cell: Cell | None) -> list[list[Sealer]]:
        """Return per row what is known so far, newest first; not what never finished."""
        return [
            sorted((one for one in known if cell is None or one[0] < cell.epoch), reverse=True)[
                :_SEALERS
            ]
            for known in self._known
        ]


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

    def suspect(self, heads: Sequence[RootHead], unfinished: set[bytes], rooted: set[int]) -> None:
        """Where a cell may be lost: see whether a save followed that does not count.

        Args:
            heads: roots of this level.
            unfinished: ids of saves that never finished.
            rooted: rows with a root of this level or a lower one.
        """
        if self._rootless:
            return
        rows = self._reader.geometry.rows
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
