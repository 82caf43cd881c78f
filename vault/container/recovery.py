"""Finding a volume's newest state from the rows, trusting nothing that is not sealed.

docs/format/container.md, "Opening". Reading only: what is found here is stored by the next
commit. Who holds a lower passphrase may have written anything below; that is why each level
is judged by itself and by what its own key opens, and why the work for it is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.block import CONTENT_NAMESPACES
from vault.container.cell import LIMIT
from vault.container.geometry import NAME_SIZE
from vault.container.root import Row, empty_table
from vault.container.state import SPOT_BITS, Findings, State, positions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.container.cell import Cell
    from vault.container.geometry import Geometry
    from vault.container.root import Root, RootHead
    from vault.container.share_io import ShareReader

_MAPS = 8
"""Maps built in one search at most. An honest file needs one; a hostile one may offer hundreds."""

_TABLES = 4
"""Roots read whole in one search at most, per row of the ring. An honest file needs a few."""

_ROUNDS = 2
"""A search opens at most so many times the blocks of the whole share, then it gives up."""


class _Claim(NamedTuple):
    """A root, and what the rows say of it.

    Attributes:
        root: as it was read.
        singly: rows whose blocks have to say themselves what they are.
        rows: rows in which a root was read.
        contradicted: those of them that bear something else than the table says, and no remains
            of a later save that never finished. None does, where nothing but commits and crashes
            made the file.
        put_back: whether one of these holds live blocks.
    """

    root: Root
    singly: set[int]
    rows: int
    contradicted: int
    put_back: bool

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
        return None, findings
    state = chosen.state
    findings.altered |= chosen.claim.put_back
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
        known: the heads found in all rows, newest first.
    """

    def __init__(self, reader: ShareReader, cell: Cell | None) -> None:
        self._reader = reader
        self._geometry = reader.geometry
        self._cell = cell
        torn = _unfinished(self._geometry, cell)
        found = [reader.root_heads(row, torn=row in torn) for row in range(self._geometry.rows)]
        self._seen = [head for heads in found for head in heads]
        self._heads = [self._whole(heads) for heads in found]
        self.known = sorted((head for heads in self._heads for head in heads), reverse=True)
        self._to_read = _TABLES * self._geometry.rows
        self._epoch = cell.epoch if cell else LIMIT  # nobody knows how many rows were written
        self._contradicted: dict[tuple[int, bytes], int | None] = {}
        self._to_open = _ROUNDS * self._geometry.rows * reader.share.blocks
        self._opened: dict[tuple[int, int, bytes], dict[int, bytes | None]] = {}

    def _whole(self, heads: list[RootHead]) -> list[RootHead]:
        """Of two roots in a torn row those that are whole, if one is."""
        if heads[1:]:
            row = heads[0].epoch % self._geometry.rows
            return [head for head in heads if self._reader.root(row, head)] or heads
        return heads

    def newest(self, findings: Findings) -> _Fit | None:
        """Choose the root: the newest behind the cell, unless the cell itself was set back."""
        behind = [head for head in self.known if head.epoch < self._epoch]
        if behind:
            chosen = self._first([head for head in behind if not self._contradicts_cell(head)])
            findings.altered = chosen is None or not all(map(chosen.claim.follows, behind))
            counter = chosen.state.counter if chosen else -1
            newer = [head for head in self.known[: -len(behind)] if head.counter > counter]
        else:  # the last root of all stood in a row that an unfinished save wrote over, in place
            newer = self.known
            whole = [head for head in newer if self._against(head) is not None]
            counter = min((head.counter for head in whole), default=LIMIT)
            # But not the first of all: before it there was nothing to write over.
            chosen = self._first([head for head in whole if head.counter == counter > 1])
        reach = self._epoch + self._geometry.max_commit_rows
        set_back = any(head.epoch >= reach or head.counter > counter + 1 for head in newer)
        findings.altered |= set_back
        ahead = self._newest_ahead(newer, chosen) if set_back else None
        findings.unfinished = bool(newer) and not ahead
        findings.gone = not (behind or set_back or chosen)
        return ahead or chosen

    def _contradicts_cell(self, head: RootHead) -> bool:
        """Whether a root stands where the cell's own should, and is not of its commit."""
        cell = self._cell
        return bool(cell and head.epoch == cell.epoch - 1 and head.commit_id != cell.commit_id)

    def _newest_ahead(self, newer: list[RootHead], chosen: _Fit | None) -> _Fit | None:
        """Beyond a cell that was set back: the newest that half of the rows agree with.

        Where it is of another history than what was chosen before, it has to outweigh that.
        """
        known = chosen.claim if chosen else None
        credible = []
        for head in newer:
            claim = self._claim(head)
            if not claim or claim.root.never_finished(self._seen):
                continue
            if 2 * claim.contradicted <= claim.rows:
                follows = known is None or claim.follows(known.root.head)
                if follows or self._outweighs(claim.contradicted, known):
                    credible.append(head)
        return self._first(credible)

    def _first(self, heads: Sequence[RootHead]) -> _Fit | None:
        """Build the map of the newest root, or of one of another history that outweighs it.

        Where it cannot be built, that of the next.
        """
        left = list(heads)
        for _ in range(_MAPS):
            best = None
            for head in left:
                if best is None or (
                    not best.follows(head) and self._outweighs(self._against(head), best)
                ):
                    best = self._claim(head)
            if best is None:
                return None
            state = self._build_map(best)
            if state:
                return _Fit(best, state)
            left.remove(best.root.head)
        return None

    def _outweighs(self, contradicted: int | None, other: _Claim | None) -> bool:
        """Whether fewer rows contradict a root; less than half, if the cell names the other."""
        if contradicted is None or other is None:
            return False
        named = self._cell and other.root.head.commit_id == self._cell.commit_id
        return (2 if named else 1) * contradicted < other.contradicted

    def _against(self, head: RootHead) -> int | None:
        """How many rows contradict a root; `None` for one that cannot be taken."""
        key = head.epoch, head.commit_id
        if key not in self._contradicted:
            claim = self._claim(head)
            self._contradicted[key] = claim.contradicted if claim else None
        return self._contradicted[key]

    def _claim(self, head: RootHead) -> _Claim | None:
        """Read a root whole, and compare its table with what the rows bear.

        It is not kept: somebody may have put a root with another table into every row.

        Returns:
            `None` if it cannot be read, or too much is live.
        """
        geometry = self._geometry
        root = self._root(head)
        limit = geometry.limit(self._reader.share.level)
        if root is None or sum(row.count for row in root.table) > limit:
            return None
        singly = _written_since(geometry, root.last, self._epoch)
        later, next_counter = self._later(root), root.head.counter + 1
        contradicted = 0
        put_back = set()
        for index, (row, heads) in enumerate(zip(root.table, self._heads, strict=True)):
            others = [one for one in heads if _sealer(one) != _sealer(row)]
            if others and row.live:
                put_back.add(index)
            left = all(
                one.epoch == later.get(index) and one.counter <= next_counter for one in others
            )
            contradicted += not left
        rows = sum(map(bool, self._heads))
        return _Claim(root, singly | put_back, rows, contradicted, bool(put_back - singly))

    def _root(self, head: RootHead) -> Root | None:
        """Read a root whole; `None` if that cannot be, or too many had to be read by now."""
        self._to_read -= 1
        return (
            self._reader.root(head.epoch % self._geometry.rows, head) if self._to_read > 0 else None
        )

    def _later(self, root: Root) -> dict[int, int]:
        """Rows that a commit after this one may have written without finishing → their epochs."""
        after, rows = root.last + 1, self._geometry.rows
        first = max(self._cell.epoch, after) if self._cell else after
        return {at % rows: at for at in range(first, first + self._geometry.max_commit_rows)}

    def _unfinished_in(self, index: int, root: Root) -> list[tuple[int, bytes]]:
        """Ids under which the commit after a root's, unfinished, wrote over a row in place."""
        epochs = self._later(root).get(index), root.head.epoch
        return [
            _sealer(head)
            for head in self._heads[index]
            if head.epoch in epochs and head.counter == root.head.counter + 1
            if (claim := self._claim(head))
            if claim.follows(root.head) or head.epoch == root.head.epoch
        ]

    def _build_map(self, claim: _Claim) -> State | None:
        """Map every live block, first those that summaries name.

        Returns:
            `None` if two positions claim one name, a name is impossible, or too many blocks
            had to be opened to know.
        """
        head, table = claim.root.head, claim.root.table
        state = State(claim.root.last, head.counter, head.commit, table)
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
            sealers = [_sealer(row), *self._unfinished_in(index, claim.root)]
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


def _sealer(of: Row | RootHead) -> tuple[int, bytes]:
    """Under what the blocks of a row are sealed, by its root or by a table."""
    return of.epoch, of.commit_id


def _unfinished(geometry: Geometry, cell: Cell | None) -> set[int]:
    """Rows that a commit which never finished may have written, in part; without a cell any."""
    if cell is None:
        return set(range(geometry.rows))
    rows = range(cell.epoch, cell.epoch + geometry.max_commit_rows)
    return {number % geometry.rows for number in rows}


def _written_since(geometry: Geometry, last: int, epoch: int) -> set[int]:
    """Rows that commits without this volume, or unfinished ones, may have overwritten."""
    first = min(last + 1, epoch)
    count = min(epoch + geometry.max_commit_rows - first, geometry.rows)
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
