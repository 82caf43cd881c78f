"""An open container: what a passphrase opens, and the commits made with it.

Reading never writes. All open levels are committed together. After a failed commit nothing
more is written by this session: the file is reopened from disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.burning import overwrite_entrances
from vault.container.cell import LIMIT, Cell, cell_key
from vault.container.commit import Ring, write_commit
from vault.container.copies import Copies, check_copies
from vault.container.geometry import COMMIT_ID_SIZE, HEAD_SIZE, Geometry
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.layout import choose_rows, clean_rows
from vault.container.notices import CELLS_LOST, Notice, lost_notice, noticed
from vault.container.passphrase import normalise
from vault.container.past import Saves, rows_to_refill, saves_in_file
from vault.container.recovery import begin_anew, recover
from vault.container.row_writer import RowWriter
from vault.container.share_io import ShareReader
from vault.container.standing import stand_ins, valid_cells
from vault.container.state import Findings, State
from vault.container.volume import Volume
from vault.errors import ContainerError, ContainerFull, Damaged, NotSaved, RolledBack, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.container.form import Form
    from vault.container.head import Unlocked
    from vault.crypto.entropy import Random
    from vault.storage.interface import Disk, File


class Status(NamedTuple):
    """What can be said of a level from its own keys and the constants of the format.

    Attributes:
        level: 0, 1 or 2.
        length: bytes of the file.
        rows: rows of the ring.
        commits: commits made so far.
        epoch: rows written so far.
        lag: rows written without this volume since its last commit.
        reserve: rows that others may write without loss, now.
        refill: rows that, written with this volume, bring the reserve to its best.
        used: bytes of content in use.
        media_room: bytes that still fit for files.
        other_room: bytes that still fit for everything else.
    """

    level: int
    length: int
    rows: int
    commits: int
    epoch: int
    lag: int
    reserve: int
    refill: int
    used: int
    media_room: int
    other_room: int


class Session:
    """The volumes that one passphrase opens, in one container.

    Attributes:
        volumes: level 0 first; the last is the most secret one open.
        notices: what opening and commits noticed.
        writable: whether commits are allowed.
        cells_lost: no cell is valid: nothing can be saved.
        broken: a save failed, or it is burnt; the file must be opened again.
        burning: heads and cells began to be overwritten.
        burnt: all of them were; nothing opens the file any more.
    """

    def __init__(
        self,
        ring: Ring,
        cell: Cell,
        volumes: list[Volume],
        *,
        writable: bool,
        cells_lost: bool,
        altered: bool,
        allow_altered: bool,
    ) -> None:
        self._ring = ring
        self._cell = cell
        self.cells_lost = cells_lost
        self._altered = altered
        self._allow_altered = allow_altered
        self.broken = False
        self.burning = False
        self.burnt = False
        self.volumes = volumes
        self.notices: list[Notice] = []
        self.writable = writable

    @property
    def top(self) -> Volume:
        """The most secret open volume."""
        return self.volumes[-1]

    @property
    def geometry(self) -> Geometry:
        """The container's layout."""
        return self._ring.geometry

    def open_further(self, passphrase: str, *, form: Form) -> None:
        """Open what another passphrase opens as well: commits then move its volumes, too.

        One derivation, whatever there is. What is open already stays as it is.

        Args:
            passphrase: as typed.
            form: the format version.

        Raises:
            UnlockError: no slot opens, whatever the reason.
        """
        file, geometry = self._ring.file, self.geometry
        unlocked = open_head(_read(file, 0, HEAD_SIZE), normalise(passphrase), kdf=form.kdf)
        readers = _readers(file, geometry, unlocked)
        cells = _counting(readers, None if self.cells_lost else self._cell)
        for level in range(len(self.volumes), len(readers)):
            self.volumes.append(Volume(readers[level], *recover(readers[level], cells[level])))
            self.notices += noticed(self.volumes[-1:], self._cell.epoch)

    def close_above(self, level: int) -> None:
        """Forget the volumes above a level; nothing may be staged in them."""
        del self.volumes[level + 1 :]

    def commit(self) -> None:
        """Make everything staged real, on all levels together; at least one row is written.

        Returns only after the last fsync. Where room is lacking, commits that only move
        blocks go before.

        Raises:
            NotSaved: a write or fsync failed: reopen the file; the state before stands.
            ContainerFull: what is staged does not fit.
            RolledBack: the file was altered and the session was not opened to go on.
            Damaged: no cell is valid.
        """
        self._check_writable()
        usable = [volume for volume in self.volumes if volume.usable]
        for volume in usable:
            if volume.pending_blocks() > volume.batch_limit():
                raise ContainerError(
                    mark("This is more than one step can save: {blocks} blocks of {limit}."),
                    blocks=volume.pending_blocks(),
                    limit=volume.batch_limit(),
                )
        written = 0
        while (rows := choose_rows(usable, self.geometry, self._cell.epoch, carry=True)) is None:
            rows = choose_rows(usable, self.geometry, self._cell.epoch, carry=False) or 1
            self._write(usable, rows, carry=False)
            written += rows
            if written > 2 * self.geometry.rows:
                raise ContainerFull(mark("This does not fit into the volume any more."))
        self._write(usable, rows, carry=True)

    def renew(self, most_rows: int) -> int:
        """Write the rows that come next with what is live in them and ahead; return how many.

        Nothing staged goes along. What stood in these rows and is not live is gone from the file.

        Args:
            most_rows: at most so many.

        Raises:
            NotSaved, RolledBack, Damaged: as for `commit`.
        """
        self._check_writable()
        usable = [volume for volume in self.volumes if volume.usable]
        clean = clean_rows(usable, self._cell.epoch)
        # Nothing is staged, so that more rows at once move no other blocks than one by one.
        rows = max(1, min(self.geometry.max_commit_rows, clean, most_rows))
        self._write(usable, rows, carry=False)
        return rows

    def burn(self) -> None:
        """Overwrite heads and cells: no passphrase opens this file any more. No commit follows.

        Raises:
            NotSaved: a write or fsync failed, and all others were tried; what stands in the file
                may still be opened.
            ContainerError: opened for reading only.
        """
        self._check_open_for_writing()
        self.broken = self.burning = True  # halfway or whole: no commit may come after
        overwrite_entrances(self._ring.file, self.geometry, self._ring.random)
        self.burnt = True

    def _check_writable(self) -> None:
        self._check_open_for_writing()
        self.require_cells()
        top = self.top.findings
        if (self._altered or top.altered or top.gone) and not self._allow_altered:
            raise RolledBack(
                mark("This file was altered, or an older state of it was put back."),
                hint=mark("Reading goes on. To write all the same, add --continue."),
            )

    def require_cells(self) -> None:
        """Refuse to save where no cell is valid.

        Levels may differ in which save was their last: rows written on from one of them would
        stand over what another has, or speak against it.

        Raises:
            Damaged: none is.
        """
        if self.cells_lost:
            raise Damaged(
                mark("All places that tell of the last save are damaged: nothing can be saved."),
                hint=mark(
                    "What it holds can be read: list, show, get, open --read-only. "
                    "To take it into a new vault, outside of the prompt: rescue NEWFILE"
                ),
            )

    def _check_open_for_writing(self) -> None:
        if self.broken:
            raise NotSaved(
                mark("An earlier save failed; the vault must be opened again."),
                hint=mark("Nothing after the last saved step was kept."),
            )
        if not self.writable:
            raise ContainerError(mark("The vault was opened for reading only."))

    def _write(self, usable: list[Volume], rows: int, *, carry: bool) -> None:
        if max(self._cell.epoch + rows, self._cell.commit + 1) >= LIMIT:
            # Only a forged cell comes here; its successor would not be read any more.
            raise RolledBack(
                mark("This file was altered: it counts more saves than can ever be made."),
                hint=mark("Reading goes on. Take what it holds into a new vault."),
            )
        if clean_rows(usable, self._cell.epoch) == 0:
            text = mark(
                "The reserve is used up: writing over rows in use, in place. "
                "A power cut now could damage what stands there."
            )
            if Notice(text, {}) not in self.notices:  # of many commits, once
                self.notices.append(Notice(text, {}))
        try:
            self._cell, lost = write_commit(self._ring, self._cell, usable, rows, carry=carry)
        except BaseException:
            self.broken = True
            raise
        for level, names in lost.items():
            if names:
                self.notices.append(lost_notice(level, len(names)))

    def rollback(self) -> None:
        """Forget what is staged on every level."""
        for volume in self.volumes:
            volume.forget_staged()

    def status(self, level: int) -> Status:
        """Return what can be said of one open level."""
        volume = self.volumes[level]
        return Status(
            level=level,
            length=self.geometry.length,
            rows=self.geometry.rows,
            commits=self._cell.commit,
            epoch=self._cell.epoch,
            lag=volume.lag(self._cell.epoch),
            reserve=volume.reserve(self._cell.epoch),
            refill=rows_to_refill(volume, self._cell.epoch),
            used=volume.used * volume.payload,
            media_room=max(0, volume.room(media=True)) * volume.payload,
            other_room=max(0, volume.room(media=False)) * volume.payload,
        )

    def saves_in_file(self, namespace: int, object_id: int, number: int) -> list[Saves]:
        """Tell of every open level how many saves the file shows, and how many changed a block."""
        return [
            saves_in_file(volume, self._cell.epoch, namespace, object_id, number)
            for volume in self.volumes
        ]

    def check_copies(self, level: int) -> Copies:
        """Look at both copies of all that stands twice: roots of an open level, and cells."""
        ring = self._ring
        return check_copies(self.volumes[level], ring.file, self._cell, ring.cell_key)

    def close(self) -> None:
        """Close the file; nothing staged is kept."""
        self._ring.file.close()


def open_container(
    disk: Disk,
    path: str,
    passphrase: str,
    *,
    writable: bool,
    form: Form,
    random: Random,
    allow_altered: bool = False,
) -> Session:
    """Open a container with one passphrase.

    Args:
        disk: where.
        path: the file.
        passphrase: as typed.
        writable: take the exclusive lock and allow commits; else the shared one.
        form: the format version.
        random: source of everything random in later commits.
        allow_altered: allow commits although the file was altered or set back.

    Raises:
        UnlockError: no slot opens, whatever the reason.
        InUse: another process holds the lock.
        NotSaved: `writable`, and the disk cannot make durable what stands in the file.
        Damaged: the passphrase is right but the file is longer or shorter than when made.
    """
    secret = normalise(passphrase)
    file = disk.open(path, writable=writable)
    try:
        file.lock(exclusive=writable)
        if writable:
            # A process that was killed may have left cells that only the cache holds: what is
            # read now must not be lost under the next commit. Always, whatever is in the file.
            file.fsync()
        unlocked = open_head(_read(file, 0, HEAD_SIZE), secret, kdf=form.kdf)
        size = file.size()
        if unlocked.length != size or not form.is_valid_length(size):
            raise Damaged(
                mark("This vault has {size} bytes but was made with {length}."),
                hint=mark("Bytes were cut off or added. To take what is left: rescue NEWFILE"),
                size=size,
                length=unlocked.length,
            )
        return _assemble(
            file,
            form.geometry(size),
            unlocked,
            writable=writable,
            random=random,
            allow_altered=allow_altered,
        )
    except BaseException:
        file.close()
        raise


def _assemble(
    file: File,
    geometry: Geometry,
    unlocked: Unlocked,
    *,
    writable: bool,
    random: Random,
    allow_altered: bool,
) -> Session:
    """Read the cells, recover every level, and put the session together."""
    key = cell_key(unlocked.keys[0])
    ring = Ring(file, geometry, key, random, RowWriter(geometry.pitch))
    cell = newest_cell(file, geometry, key)
    readers = _readers(file, geometry, unlocked)
    cells = _counting(readers, cell)
    found: list[tuple[State | None, Findings]] = [*map(recover, readers, cells)]
    top = found[-1][1]
    altered = top.altered or top.gone
    if altered and allow_altered and found[-1][0] is None:
        found[-1] = (begin_anew(readers[-1]), top)
    volumes = [
        Volume(reader, state, findings)
        for reader, (state, findings) in zip(readers, found, strict=True)
    ]
    counting = cells[0] or Cell(0, geometry.rows, geometry.rows, bytes(COMMIT_ID_SIZE))
    session = Session(
        ring,
        counting,
        volumes,
        writable=writable,
        cells_lost=cell is None,
        altered=altered,
        allow_altered=allow_altered,
    )
    session.notices = [CELLS_LOST] * (cell is None) + noticed(volumes, counting.epoch)
    return session


def _readers(file: File, geometry: Geometry, unlocked: Unlocked) -> list[ShareReader]:
    return [
        ShareReader(file, geometry, share, VolumeKeys(volume_key))
        for share, volume_key in zip(geometry.shares, unlocked.keys, strict=False)
    ]


def _counting(readers: Sequence[ShareReader], cell: Cell | None) -> list[Cell | None]:
    """Return per level what says how far the file goes: the cell, or what stands in for it."""
    return stand_ins(readers) if cell is None else [cell] * len(readers)


def newest_cell(file: File, geometry: Geometry, key: bytes) -> Cell | None:
    """Read all four cells; the highest valid commit number wins."""
    return max(valid_cells(file, geometry, key), default=None)


def _read(file: File, offset: int, length: int) -> bytes:
    """Read a unit; what the disk refuses to give is as good as zeros, and fails its seal."""
    try:
        return file.pread(offset, length)
    except Damaged:
        return bytes(length)
