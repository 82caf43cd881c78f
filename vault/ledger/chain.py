"""The chain: each leaf names the hash of the one before it."""

from __future__ import annotations

from vault.errors import ChainBroken, mark
from vault.ledger.leaf import Leaf, parse_leaf


def check_link(origin: str, seq: int, prev: bytes, raw: bytes) -> Leaf:
    """Check that a leaf is entry `seq` of this log and follows the leaf with the hash `prev`.

    Args:
        origin: the log it must belong to.
        seq: the number it must have.
        prev: 32 bytes, the hash of leaf `seq` - 1; `genesis(origin)` for entry 0.
        raw: the leaf's bytes.

    Returns:
        The leaf.

    Raises:
        MalformedRecord: not a leaf in its only form.
        ChainBroken: of another log, with another number, or after another leaf.
    """
    leaf = parse_leaf(raw)
    if leaf.log != origin:
        raise ChainBroken(mark("Entry {seq} belongs to another log."), seq=seq)
    if leaf.seq != seq:
        raise ChainBroken(
            mark("Where entry {seq} belongs stands entry {found}."), seq=seq, found=leaf.seq
        )
    if leaf.prev != prev:
        raise ChainBroken(mark("Entry {seq} does not follow the entry before it."), seq=seq)
    return leaf
