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
from vault.container.root import Row, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vault.container.cell import Cell
    from vault.container.geometry import Geometry
    from vault.container.root import Root, RootHead
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

    @property
    def last(self) -> int:
        """Number of the last row of the newest commit: its root may be damaged."""
        return max(row.epoch for row in self.table)


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


class _Claim(NamedTuple):
    """A root, and what the rows say of it.

    Attributes:
        root: as it was read.
        singly: rows whose blocks have to say themselves what they are.
        rows: rows in which a root was read, but for those that a save that never finished may
            have written.
        contradicted: those of them that bear something else than the table says. None does,
            where nothing but commits and crashes made the file.
        put_back: whether one of these holds live blocks.
    """

    root: Root
    singly: set[int]
    rows: int
    contradicted: int
    put_back: bool

    @property
    def agreed(self) -> bool:
        """Whether half of the rows, or more, bear what the table says."""
        return 2 * self.contradicted <= self.rows

    def follows(self, head: RootHead) -> bool:
        """Whether the commit of another root was made before, in the same history of the file.

        Where that stood, the table has it, or what the ring brought since.
        """
        row = self.root.table[head.epoch % len(self.root.table)]
        return row.epoch > head.epoch or row.commit_id == head.commit_id


class _Fit(NamedTuple):
    """A root that fits, with its map."""

    claim: _Claim
    state: State


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
    findings.altered |= chosen.claim.put_back
    if not findings.altered:
        findings.lag = max(0, search.epoch - 1 - state.last)
    findings.lost = sum(row.count for row in state.table) - len(state.where)
    if findings.lost:
        _forget_lost(state)
    return state, findings


def begin_anew(reader: ShareReader) -> State:
    """Return the state of a volume that holds nothing, and knows what roots of it there are.

    Else those would speak against the new ones, as long as their rows are not written over.
    """
    state = State(-1, 0, 0, empty_table(reader.geometry))
    for index in range(reader.geometry.rows):
        for head in reader.root_heads(index, torn=False):
            state.table[index] = Row(head.epoch, head.commit_id)
    return state


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
        self._window = _rows_from(self._geometry, self.epoch, self._geometry.max_commit_rows)
        self._claims: dict[RootHead, _Claim | None] = {}
        self._to_open = _ROUNDS * self._geometry.rows * reader.share.blocks
        self._opened: dict[tuple[int, int, bytes], dict[int, bytes | None]] = {}

    def newest(self, findings: Findings) -> _Fit | None:
        """Choose the root: the newest behind the cell, unless the cell itself was set back."""
        behind = [head for head in self.known if head.epoch < self.epoch]
        chosen = self._first([head for head in behind if not self._contradicts_cell(head)])
        if behind:
            findings.altered |= chosen is None or not all(map(chosen.claim.follows, behind))
            counter = chosen.state.counter if chosen else -1
        else:  # the last root of all stood in a row that an unfinished save wrote over, in place
            counter = min(head.counter for head in self.known) - 1
        reach = self.epoch + self._geometry.max_commit_rows
        newer = [head for head in self.known if head.epoch >= self.epoch and head.counter > counter]
        set_back = any(head.epoch >= reach or head.counter > counter + 1 for head in newer)
        findings.altered |= set_back
        ahead = self._newest_ahead(newer, chosen) if set_back or not behind else None
        findings.unfinished = bool(newer) and not (set_back and ahead)
        return ahead or chosen

    def _contradicts_cell(self, head: RootHead) -> bool:
        """Whether a root stands where the cell's own should, and is not of its commit."""
        cell = self._cell
        return bool(cell and head.epoch == cell.epoch - 1 and head.commit_id != cell.commit_id)

    def _newest_ahead(self, newer: list[RootHead], behind: _Fit | None) -> _Fit | None:
        """Beyond a cell that was set back: the newest that half of the rows agree with.

        Where it is of another history than the newest behind the cell, more of them than with that.
        """
        known = behind.claim if behind else None
        claims = [claim for claim in map(self._claim, newer) if claim and claim.agreed]
        return self._first(
            [
                claim.root.head
                for claim in claims
                if known is None
                or claim.follows(known.root.head)
                or claim.contradicted < known.contradicted
            ]
        )

    def _first(self, heads: Sequence[RootHead]) -> _Fit | None:
        """Build the map of the newest root, or of one of another history that more rows bear out.

        Where it cannot be built, that of the next.
        """
        left = list(heads)
        for _ in range(_MAPS):
            best = None
            for head in left:
                if best and best.follows(head):
                    continue
                claim = self._claim(head)
                if claim and (best is None or claim.contradicted < best.contradicted):
                    best = claim
            if best is None:
                break
            state = self._build_map(best)
            if state:
                return _Fit(best, state)
            left.remove(best.root.head)
        return None

    def _claim(self, head: RootHead) -> _Claim | None:
        """Read a root whole, once, and compare its table with what the rows bear."""
        if head not in self._claims:
            root = self._reader.root(head.epoch % self._geometry.rows, head)
            self._claims[head] = self._compared(root) if root else None
        return self._claims[head]

    def _compared(self, root: Root) -> _Claim | None:
        """Compare; `None` if too much is live."""
        geometry = self._geometry
        if sum(row.count for row in root.table) > geometry.limit(self._reader.share.level):
            return None
        singly = _written_since(geometry, root.head.epoch, self.epoch)
        rows = contradicted = 0
        put_back = set()
        for index, (row, heads) in enumerate(zip(root.table, self._heads, strict=True)):
            other = any((one.epoch, one.commit_id) != (row.epoch, row.commit_id) for one in heads)
            if other and row.live:
                put_back.add(index)
            if heads and index not in self._window:
                rows += 1
                contradicted += other
        return _Claim(root, singly | put_back, rows, contradicted, not singly >= put_back)

    def _build_map(self, claim: _Claim) -> State | None:
        """Map every live block, first those that summaries name.

        Returns:
            `None` if two positions claim one name, a name is impossible, or too many blocks
            had to be opened to know.
        """
        head, table = claim.root.head, claim.root.table
        state = State(head.epoch, head.counter, head.commit, table)
        rest = []
        for index, row in enumerate(table):
            found = self._heads[index]
            if not row.live:
                continue
            if not found or index in claim.singly:
                rest.append((index, row))
            elif not _add_names(state, index, found[0].summary, row.live):
                return None
        for index, row in rest:
            sealers = [(row.epoch, row.commit_id)]
            # Only of the commit that came next, and never finished: others put the row there.
            newer = [found for found in self._heads[index] if found.counter == head.counter + 1]
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


def _unfinished(geometry: Geometry, cell: Cell | None) -> set[int]:
    """Rows that a commit which never finished may have written, in part; without a cell any."""
    if cell is None:
        return set(range(geometry.rows))
    return _rows_from(geometry, cell.epoch, geometry.max_commit_rows)


def _rows_from(geometry: Geometry, epoch: int, count: int) -> set[int]:
    """The rows that `count` epochs from one on stand in."""
    return {number % geometry.rows for number in range(epoch, epoch + count)}


def _written_since(geometry: Geometry, root_epoch: int, epoch: int) -> set[int]:
    """Rows that commits without this volume, or unfinished ones, may have overwritten."""
    first = min(root_epoch + 1, epoch)
    count = min(epoch + geometry.max_commit_rows - first, geometry.rows)
    return _rows_from(geometry, first, count)


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
