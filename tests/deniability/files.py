"""Twins and bytes: what must be equal, and random, without any statistics over pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from container.checks import check_content
from container.worlds import PATH
from deniability.designs import SHIPPED, CopiedHead, Design, ExtraFsync
from deniability.game import USUAL, play_many
from deniability.owner import Owner, Sizes
from deniability.scripts import draw
from seam.memory import MemoryDisk

if TYPE_CHECKING:
    from collections.abc import Iterable


def random_files(seed: str, numbers: Iterable[int], design: Design = SHIPPED) -> int:
    """Look at every byte of every copy, with one volume and with all; return how many files.

    New containers, after commits, and after the process was killed in one.

    Raises:
        AssertionError: a page, a place over all blocks, or a repetition is not random.
    """
    count = 0
    for number in numbers:
        script = draw(f"{seed}/{number}", 1, USUAL)
        for volumes in (1, 1 + script.above):
            life = Owner(script, volumes, f"{seed}/{number}/{volumes}", design).live(Sizes())
            for raw in life.copies:
                check_content(MemoryDisk({PATH: raw}))
                count += 1
    return count


def copied_head_is_seen(seed: str) -> bool:
    """Whether the look at the bytes finds a head that was copied."""
    try:
        random_files(seed, range(1), CopiedHead())
    except AssertionError:
        return True
    return False


def extra_fsync_is_seen(seed: str, pairs: int) -> bool:
    """Whether the operations of twins differ by one fsync, in every pair."""
    return play_many(1, seed, range(pairs), ExtraFsync()).other_ops == pairs
