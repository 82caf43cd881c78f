"""Finding a volume's newest state from the rows, trusting nothing that is not sealed.

docs/format/container.md, "Opening". Reading only: what is found here is stored by the next
commit. Who holds a lower passphrase may have written anything below; that is why each level
is judged by itself and by what its own key opens, and why the work for it is bounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import CONTENT_NAMESPACES
from vault.container.geometry import NAME_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.container.cell import Cell
    from vault.container.geometry import Geometry
    from vault.container.root import Root, RootHead, Row
    from vault.container.share_io import ShareReader

SPOT_BITS = 16
"""A spot packs row and position: row << 16 | position."""

_MAPS = 8
"""Maps built in one search at most. An honest file needs one; a hostile one may offer hundreds."""

_ROUNDS = 2
"""A search opens at most so many times the blocks of the whole share, then it gives up."""


@dataclass
class State:
    """A volume's map, as recovered or as last committed.

    Attributes:
        epoch: row number of the newest root, or −1 where there is none.
        counter: commits that included this volume.
        commit: number of the newest of them.
        table: what is known of every row.
        where: spot of every live block by its name.
        names: per row, 17·n bytes of names (zeros where nothing is known to live).
        sealed_by: rows in which some blocks were sealed by an unfinished commit: row →
            position → epoch and commit id of that commit.
    """

    epoch: int
    counter: int
    commit: int
    table: list[Row]
    where: dict[bytes, int] = field(default_factory=dict)
    names: dict[int, bytes] = field(default_factory=dict)
    sealed_by: dict[int, dict[int, tuple[int, bytes]]] = field(default_factory=dict)


@dataclass
class Findings:
    """What opening noticed about a volume.

    Attributes:
        lag: rows written without this volume since its last commit; 0 where `altered`.
        unfinished: rows of a commit that never finished lie ahead.
        altered: what lies in the file cannot come from commits and crashes alone.
        lost: live blocks that cannot be read any more.
        gone: no root is left; the volume was wholly overwritten.
    """

    lag: int = 0
    unfinished: bool = False
    altered: bool = False
    lost: int = 0
    gone: bool = False

    @property
    def whole(self) -> bool:
        """Whether all is there that the last commit left."""
        return not (self.altered or self.gone or self.lost)


def positions_of(live: int) -> Iterator[int]:
    """Yield the positions whose bit is set, ascending."""
    bits = bin(live)[:1:-1].encode()
    return compress(range(len(bits)), map((49).__eq__, bits))


class _Fit(NamedTuple):
    """A root that fits, with its map.

    Attributes:
        state: the map.
        rows: rows of its table that hold live blocks and are not of its own commit.
        put_back: rows with live blocks that bear something else than the table says.
    """

    state: State
    rows: int
    put_back: int

    @property
    def agreed(self) -> bool:
        """Whether half of the rows, or more, bear what the table says."""
        return 2 * self.put_back <= self.rows

    def follows(self, other: _Fit) -> bool:
        """Whether the commit of another root was made before, in the same history of the file.

        Where that stood, the table has it, or what the ring brought since.
        """
        at = other.state.epoch % len(other.state.table)
        known, row = other.state.table[at], self.state.table[at]
        return row.epoch > known.epoch or row.commit_id == known.commit_id


def recover(reader: ShareReader, cell: Cell | None) -> tuple[State | None, Findings]:
    """Find the newest root that fits, and build the map from it.

    Args:
        reader: the level's share of the open file.
        cell: the newest cell; `None` if none can be read.

    Returns:
        The state, `None` if no root fits; and what was noticed.
    """
    search = _Search(reader, cell)
    findings = Findings(gone=not search.known)
    if not search.known:
        return None, findings
    chosen = search.newest(findings)
    if chosen is None:
        findings.altered = True
        return None, findings
    state = chosen.state
    findings.altered |= chosen.put_back > 0
    if not findings.altered:
        findings.lag = max(0, search.epoch - 1 - state.epoch)
    findings.lost = sum(row.count for row in state.table) - len(state.where)
    if findings.lost:
        _forget_lost(state)
    return state, findings


class _Search:
    """The roots of one level, and what they say of its rows.

    Each block is opened once for each id that it is tried under, and there is an end to it:
    who holds the level's key can make every row offer another root, each with another table.

    Attributes:
        epoch: rows written so far, by the cell.
        known: the heads found in all rows, newest first.
    """

    def __init__(self, reader: ShareReader, cell: Cell | None) -> None:
        self._reader = reader
        self._geometry = reader.geometry
        self._cell = cell
        torn = _unfinished(self._geometry, cell)
        self._heads = [
            reader.root_heads(row, torn=row in torn) for row in range(self._geometry.rows)
        ]
        self.known = sorted(
            (head for heads in self._heads for head in heads),
            key=lambda head: head.epoch,
            reverse=True,
        )
        newest = max((head.epoch for head in self.known), default=-1)
        self.epoch = cell.epoch if cell else newest + 1
        self._outdated: list[RootHead] = []
        self._maps = _MAPS
        self._to_open = _ROUNDS * self._geometry.rows * reader.share.blocks
        self._opened: dict[tuple[int, int, bytes], dict[int, bytes | None]] = {}

    def newest(self, findings: Findings) -> _Fit | None:
        """Choose the root: the newest behind the cell, unless the cell itself was set back."""
        behind = [head for head in self.known if head.epoch < self.epoch]
        chosen = None
        for head in behind:
            chosen = None if self._contradicts_cell(head) else self._fit(head)
            if chosen:
                break
            findings.altered = True
        if chosen or behind:
            counter = chosen.state.counter if chosen else -1
        else:  # the last root of all stood in a row that an unfinished save wrote over, in place
            counter = min(head.counter for head in self.known) - 1
        reach = self.epoch + self._geometry.max_commit_rows
        newer = [head for head in self.known if head.epoch >= self.epoch and head.counter > counter]
        set_back = any(head.epoch >= reach or head.counter > counter + 1 for head in newer)
        findings.altered |= set_back
        ahead = self._newest_ahead(newer, chosen) if set_back or not behind else None
        findings.unfinished = bool(newer) and not (set_back and ahead)
        return ahead or chosen or self._salvaged()

    def _contradicts_cell(self, head: RootHead) -> bool:
        """Whether a root stands where the cell's own should, and is not of its commit."""
        cell = self._cell
        return bool(cell and head.epoch == cell.epoch - 1 and head.commit_id != cell.commit_id)

    def _newest_ahead(self, newer: list[RootHead], behind: _Fit | None) -> _Fit | None:
        """Beyond a cell that was set back: the newest that half of the rows of others agree with.

        One of another history of the file would fit too, with nearly all that it knows lost; or,
        where the histories parted late, with what the newest behind the cell knows.
        """
        self._maps = _MAPS
        for head in newer:
            fit = self._fit(head)
            if fit and fit.agreed and not (behind and behind.agreed and not fit.follows(behind)):
                return fit
        return None

    def _salvaged(self) -> _Fit | None:
        """Where every root is older than some row, take the newest with what it still opens."""
        self._maps = _MAPS
        for head in list(self._outdated):
            fit = self._fit(head, outdated=True)
            if fit:
                return fit
        return None

    def _fit(self, head: RootHead, *, outdated: bool = False) -> _Fit | None:
        """Load a root and its map, if no row with live blocks is newer than the root knows.

        A row that bears something older was put back, or damaged: it is judged block by block,
        and costs no other row. So is a row that bears something from beyond the cell, and one
        that is newer, where the root may be `outdated`.
        """
        geometry, share = self._geometry, self._reader.share
        if not self._maps:
            return None
        root = self._reader.root(head.epoch % geometry.rows, head)
        if root is None or sum(row.count for row in root.table) > geometry.limit(share.level):
            return None
        singly = _written_since(geometry, head.epoch, self.epoch)
        rows = put_back = 0
        for index, row in enumerate(root.table):
            rows += row.live > 0 and row.commit_id != head.commit_id
            if not row.live or index in singly:
                continue
            others = [found for found in self._heads[index] if not _is_of(found, row)]
            if any(row.epoch < found.epoch < self.epoch for found in others) and not outdated:
                self._outdated.append(head)
                return None
            if others:
                singly.add(index)
                put_back += 1
        self._maps -= 1
        state = self._build_map(root, singly)
        return _Fit(state, rows, put_back) if state else None

    def _build_map(self, root: Root, singly: set[int]) -> State | None:
        """Map every live block, first those that summaries name.

        Returns:
            `None` if two positions claim one name, a name is impossible, or too many blocks
            had to be opened to know.
        """
        head = root.head
        state = State(head.epoch, head.counter, head.commit, root.table)
        rest = []
        for index, row in enumerate(root.table):
            found = self._heads[index]
            if not row.live:
                continue
            if not found or index in singly:
                rest.append((index, row))
            elif not _add_names(state, index, found[0].summary, row.live):
                return None
        for index, row in rest:
            sealers = [(row.epoch, row.commit_id)]
            # Else the row is from an older copy.
            newer = [found for found in self._heads[index] if found.counter > head.counter]
            sealers += [(found.epoch, found.commit_id) for found in newer]
            if self._to_open < row.count * len(sealers):
                return None
            names, live = self._names_from_blocks(index, row, sealers, state)
            if not _add_names(state, index, names, live):
                return None
        return state

    def _names_from_blocks(
        self, index: int, row: Row, sealers: list[tuple[int, bytes]], state: State
    ) -> tuple[bytes, int]:
        """Open the live blocks of a row one by one; their headers name them.

        For a row whose root is unreadable or newer than the table: what can be opened with the
        table's epoch and id is there; what an unfinished commit sealed anew in the same place is
        opened with that commit's.

        Returns:
            The names, laid out like a summary, and the positions that could be opened.
        """
        names = bytearray(NAME_SIZE * self._reader.share.blocks)
        opened = 0
        for position in positions_of(row.live):
            for sealer in sealers:
                name = self._name_at(index, position, sealer)
                if name is None or (sealer != sealers[0] and name in state.where):
                    continue
                names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = name
                opened |= 1 << position
                if sealer != sealers[0]:
                    state.sealed_by.setdefault(index, {})[position] = sealer
                break
        return bytes(names), opened

    def _name_at(self, row: int, position: int, sealer: tuple[int, bytes]) -> bytes | None:
        """Return the name in a block's header; `None` if it does not open under that id."""
        reader = self._reader
        known = self._opened.setdefault((row, *sealer), {})
        if position not in known:
            self._to_open -= 1
            sealed = reader.read(row, position, 1)
            header = reader.open(sealed, row, position, reader.keys.block(*sealer))
            known[position] = header.name if header else None
        return known[position]


def _is_of(head: RootHead, row: Row) -> bool:
    """Whether a root is the one that the table says the row bears."""
    return (head.epoch, head.commit_id) == (row.epoch, row.commit_id)


def _unfinished(geometry: Geometry, cell: Cell | None) -> set[int]:
    """Rows that a commit which never finished may have written, in part; without a cell any."""
    if cell is None:
        return set(range(geometry.rows))
    rows = range(cell.epoch, cell.epoch + geometry.max_commit_rows)
    return {number % geometry.rows for number in rows}


def _written_since(geometry: Geometry, root_epoch: int, epoch: int) -> set[int]:
    """Rows that commits without this volume, or unfinished ones, may have overwritten."""
    first = min(root_epoch + 1, epoch)
    count = min(epoch + geometry.max_commit_rows - first, geometry.rows)
    if root_epoch >= epoch:
        first = epoch
        count = geometry.max_commit_rows
    return {number % geometry.rows for number in range(first, first + count)}


def _add_names(state: State, index: int, names: bytes, live: int) -> bool:
    """Put a row's live blocks into the map, unless one of them is there or cannot be."""
    state.names[index] = names
    keys = [names[at * NAME_SIZE : (at + 1) * NAME_SIZE] for at in positions_of(live)]
    if not CONTENT_NAMESPACES.issuperset(name[0] for name in keys):
        return False
    expected = len(state.where) + len(keys)
    spots = (index << SPOT_BITS | position for position in positions_of(live))
    state.where.update(zip(keys, spots, strict=True))
    return len(state.where) == expected


def _forget_lost(state: State) -> None:
    """Keep only positions that the map knows: what is lost is no longer live."""
    found = [0] * len(state.table)
    for spot in state.where.values():
        found[spot >> SPOT_BITS] |= 1 << (spot & ((1 << SPOT_BITS) - 1))
    for row, live in zip(state.table, found, strict=True):
        row.live &= live
