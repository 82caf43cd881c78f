"""What is known of a volume: where its blocks are, and what opening noticed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import compress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.container.root import Row

SPOT_BITS = 16
"""A spot packs row and position: row << 16 | position."""


@dataclass
class State:
    """A volume's map, as recovered or as last committed.

    Attributes:
        epoch: number of the last row of the newest commit, or −1 where there is none.
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
        unfinished: rows of a commit that never finished lie ahead.
        altered: what lies in the file cannot come from commits and crashes alone.
        lost: live blocks that cannot be read any more.
        gone: no root is left; the volume was wholly overwritten.
    """

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
