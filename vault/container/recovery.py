"""Finding a volume's newest state from the rows, trusting nothing that is not sealed.

docs/format/container.md, "Opening". Reading only: what is found here is stored by the next
commit. Who holds a lower passphrase may have written anything below; that is why each level
is judged by itself and by what its own key opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING

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
            (epoch, commit id, bitmap of those positions).
    """

    epoch: int
    counter: int
    commit: int
    table: list[Row]
    where: dict[bytes, int] = field(default_factory=dict)
    names: dict[int, bytes] = field(default_factory=dict)
    sealed_by: dict[int, tuple[int, bytes, int]] = field(default_factory=dict)


@dataclass
class Findings:
    """What opening noticed about a volume.

    Attributes:
        lag: rows written without this volume since its last commit.
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


def positions_of(live: int) -> Iterator[int]:
    """Yield the positions whose bit is set, ascending."""
    bits = bin(live)[:1:-1].encode()
    return compress(range(len(bits)), map((49).__eq__, bits))


def recover(reader: ShareReader, cell: Cell | None) -> tuple[State | None, Findings]:
    """Find the newest root that fits, and build the map from it.

    Args:
        reader: the level's share of the open file.
        cell: the newest cell; `None` if none can be read.

    Returns:
        The state, `None` if no root fits; and what was noticed.
    """
    geometry = reader.geometry
    heads = [reader.root_head(row) for row in range(geometry.rows)]
    known = [head for head in heads if head]
    findings = Findings(gone=not known)
    if not known:
        return None, findings
    epoch = cell.epoch if cell else max(head.epoch for head in known) + 1
    chosen = _newest(reader, heads, epoch, cell, findings)
    if chosen is None:
        findings.altered = True
        return None, findings
    root, state = chosen
    findings.lag = max(0, epoch - 1 - root.head.epoch)
    findings.lost = sum(row.count for row in root.table) - len(state.where)
    if findings.lost:
        _forget_lost(state)
    return state, findings


def _newest(
    reader: ShareReader,
    heads: list[RootHead | None],
    epoch: int,
    cell: Cell | None,
    findings: Findings,
) -> tuple[Root, State] | None:
    """Choose the root: the newest behind the cell, unless the cell itself was set back."""
    known = sorted((head for head in heads if head), key=lambda head: head.epoch, reverse=True)
    behind = [head for head in known if head.epoch < epoch]
    chosen = None
    for head in behind:
        if cell and head.epoch == epoch - 1 and head.commit_id != cell.commit_id:
            findings.altered = True
            continue
        chosen = _fitting(reader, heads, head, epoch)
        if chosen:
            break
        findings.altered = True
    if chosen or behind:
        counter = chosen[0].head.counter if chosen else -1
    else:  # the last root of all stood in a row that an unfinished save wrote over, in place
        counter = min(head.counter for head in known) - 1
    reach = epoch + reader.geometry.max_commit_rows
    newer = [head for head in known if head.epoch >= epoch and head.counter > counter]
    if any(head.epoch >= reach or head.counter > counter + 1 for head in newer):
        findings.altered = True
        for head in newer:
            ahead = _fitting(reader, heads, head, epoch)
            if ahead:
                return ahead
    findings.unfinished = bool(newer)
    return chosen or _salvaged(reader, heads, [*behind, *newer], epoch)


def _salvaged(
    reader: ShareReader,
    heads: list[RootHead | None],
    known: list[RootHead],
    epoch: int,
) -> tuple[Root, State] | None:
    """Where no root fits whole, take the newest with what its table still opens.

    One row put back from an older copy fits no root; it must not cost the other rows.
    """
    for head in known:
        chosen = _fitting(reader, heads, head, epoch, whole=False)
        if chosen:
            return chosen
    return None


def _fitting(
    reader: ShareReader,
    heads: list[RootHead | None],
    head: RootHead,
    epoch: int,
    *,
    whole: bool = True,
) -> tuple[Root, State] | None:
    """Load a root and its map if its live rows bear what its table says.

    Unless `whole`, rows that bear something else are judged block by block.
    """
    geometry = reader.geometry
    root = reader.root(head.epoch % geometry.rows)
    if root is None or root.head != head:
        return None
    since = _written_since(geometry, head.epoch, epoch)
    for index, row in enumerate(root.table):
        found = heads[index]
        if not row.live or not found or index in since:
            continue
        if (found.epoch, found.commit_id) != (row.epoch, row.commit_id):
            if whole:
                return None
            since.add(index)
    state = _build_map(reader, heads, root, since)
    return (root, state) if state else None


def _written_since(geometry: Geometry, root_epoch: int, epoch: int) -> set[int]:
    """Rows that commits without this volume, or unfinished ones, may have overwritten."""
    first = min(root_epoch + 1, epoch)
    count = min(epoch + geometry.max_commit_rows - first, geometry.rows)
    if root_epoch >= epoch:
        first = epoch
        count = geometry.max_commit_rows
    return {number % geometry.rows for number in range(first, first + count)}


def _build_map(
    reader: ShareReader, heads: list[RootHead | None], root: Root, since: set[int]
) -> State | None:
    """Map every live block; `None` if two positions claim one name or a name is impossible."""
    head = root.head
    state = State(head.epoch, head.counter, head.commit, root.table)
    expected = 0
    for index, row in enumerate(root.table):
        if not row.live:
            continue
        found = heads[index]
        if found and index not in since:
            names = found.summary
            live = row.live
        else:
            names, live = _names_from_blocks(reader, index, row, found, state)
        state.names[index] = names
        spots = [index << SPOT_BITS | position for position in positions_of(live)]
        keys = [names[at * NAME_SIZE : (at + 1) * NAME_SIZE] for at in positions_of(live)]
        if not CONTENT_NAMESPACES.issuperset(name[0] for name in keys):
            return None
        state.where.update(zip(keys, spots, strict=True))
        expected += len(spots)
    return state if len(state.where) == expected else None


def _names_from_blocks(
    reader: ShareReader, index: int, row: Row, found: RootHead | None, state: State
) -> tuple[bytes, int]:
    """Open the live blocks of a row one by one; their headers name them.

    Returns the names, laid out like a summary, and the positions that could be opened.

    For a row whose root is unreadable or newer than the table: what can be opened with the
    table's epoch and id is there; what an unfinished commit sealed anew in the same place is
    opened with that commit's.
    """
    names = bytearray(NAME_SIZE * reader.share.blocks)
    opened = resealed = 0
    sealers = [reader.keys.block(row.epoch, row.commit_id)]
    if found and found.counter > state.counter:  # else the row is from an older copy
        sealers.append(reader.keys.block(found.epoch, found.commit_id))
    for position in positions_of(row.live):
        for attempt, sealer in enumerate(sealers):
            header = reader.open(reader.read(index, position, 1), index, position, sealer)
            if header:
                names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = header.name
                opened |= 1 << position
                resealed |= attempt << position
                break
    if resealed and found:
        state.sealed_by[index] = (found.epoch, found.commit_id, resealed)
    return bytes(names), opened


def _forget_lost(state: State) -> None:
    """Keep only positions that the map knows: what is lost is no longer live."""
    found = [0] * len(state.table)
    for spot in state.where.values():
        found[spot >> SPOT_BITS] |= 1 << (spot & ((1 << SPOT_BITS) - 1))
    for row, live in zip(state.table, found, strict=True):
        row.live &= live
