"""How many rows a commit writes: held against sets of blocks, for rings of any content."""

from __future__ import annotations

from types import SimpleNamespace
from typing import NamedTuple

from hypothesis import example, given
from hypothesis import strategies as st

from vault.container.layout import choose_rows
from vault.container.state import SPOT_BITS

ROWS, RESERVE, MOST, DATA = 12, 3, 2, 3
GEOMETRY = SimpleNamespace(rows=ROWS, reserve=RESERVE, max_commit_rows=MOST)


class Held(NamedTuple):
    """What a volume has, and what is staged; blocks are numbers.

    Attributes:
        rows: per row of the ring the blocks that stand in it.
        put: blocks that are to be written.
        dropped: blocks that are to be forgotten.
    """

    rows: tuple[frozenset[int], ...]
    put: frozenset[int]
    dropped: frozenset[int]


class Double:
    """As much of a volume as is asked for."""

    def __init__(self, held):
        spots = [
            (block, row << SPOT_BITS | place)
            for row, blocks in enumerate(held.rows)
            for place, block in enumerate(sorted(blocks))
        ]
        self._rows = held.rows
        self.where = dict(spots)
        self.pending = dict.fromkeys(held.put)
        self.dropped = set(held.dropped)
        self.held = SimpleNamespace(
            table=[SimpleNamespace(count=len(blocks)) for blocks in held.rows]
        )
        self.reader = SimpleNamespace(share=SimpleNamespace(data=DATA))

    def free_rows(self, epoch):
        ahead = [self._rows[(epoch + number) % ROWS] for number in range(ROWS)]
        return next((number for number, blocks in enumerate(ahead) if blocks), ROWS)


def fits(held, epoch, rows, *, carry):
    """Whether new blocks, and those of the R rows behind the ones written, find room in these."""
    ahead = [held.rows[(epoch + number) % ROWS] for number in range(rows + RESERVE)]
    own = frozenset().union(*ahead[:rows])
    endangered = frozenset().union(*ahead[rows:])
    if carry:
        endangered = (endangered - held.put - held.dropped) | held.put
    return len(endangered) <= rows * DATA - len(own)


def expected(volumes, epoch, *, carry):
    clean = min(Double(held).free_rows(epoch) for held in volumes)
    most = min(MOST, clean)
    target = [held.rows[epoch % ROWS] & (held.put | held.dropped) for held in volumes]
    if carry and most == 0 and any(target):
        return None
    for rows in range(1, max(most, 1) + 1):
        if all(fits(held, epoch, rows, carry=carry) for held in volumes):
            return rows
    return None if carry else max(most, 1)


@st.composite
def held(draw):
    blocks = iter(range(1000))
    sizes = draw(st.lists(st.integers(0, DATA) | st.just(0), min_size=ROWS, max_size=ROWS))
    rows = tuple(frozenset(next(blocks) for _ in range(size)) for size in sizes)
    known = sorted(frozenset().union(*rows))
    old = draw(st.lists(st.sampled_from(known), max_size=4)) if known else []
    gone = draw(st.lists(st.sampled_from(known), max_size=3)) if known else []
    new = range(1000, 1000 + draw(st.integers(0, 5)))
    put = frozenset([*old, *new])
    return Held(rows, put, frozenset(gone) - put)


EMPTY = (frozenset(),) * ROWS


@given(st.lists(held(), min_size=1, max_size=3), st.integers(0, 40), st.booleans())
@example([Held((frozenset({1}), *EMPTY[1:]), frozenset({1}), frozenset())], 0, True)
@example([Held((frozenset({1}), *EMPTY[1:]), frozenset({9}), frozenset({1}))], 12, True)
@example([Held((frozenset({1}), *EMPTY[1:]), frozenset({9}), frozenset())], 0, True)
@example([Held((frozenset({1}), *EMPTY[1:]), frozenset({8, 9}), frozenset())], 0, True)
@example([Held(EMPTY, frozenset(range(DATA * MOST)), frozenset())], 5, True)
@example([Held(EMPTY, frozenset(range(DATA * MOST + 1)), frozenset())], 5, True)
@example([Held((frozenset(range(3)),) * ROWS, frozenset(), frozenset())], 5, False)
def test_the_fewest_rows_with_room_for_all_volumes_are_chosen(volumes, epoch, carry):
    doubles = [Double(one) for one in volumes]
    assert expected(volumes, epoch, carry=carry) == choose_rows(
        doubles, GEOMETRY, epoch, carry=carry
    )
