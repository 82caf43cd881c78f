"""Merkle trees of RFC 6962, with the proofs and their verification of RFC 9162.

Sizes count leaves, indices count from 0, every hash has 32 bytes. Verification consumes the
whole proof and treats the size 0 before anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.crypto import labels
from vault.crypto.hashes import SHA256_SIZE, sha256
from vault.encoding.integers import MAX_I63
from vault.errors import BadProof, MalformedRecord, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

EMPTY_ROOT = sha256()
"""Root of the tree without leaves: the hash of nothing."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the hash of a leaf's bytes: SHA-256(0x00 ‖ leaf)."""
    return sha256(labels.MERKLE_LEAF, leaf)


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(labels.MERKLE_NODE, left, right)


class Tree:
    """A growing tree that answers for each of its earlier sizes too.

    It keeps the hash of every complete subtree, 64 bytes a leaf in all; appending hashes
    about one node, a root or proof at most log2(size)² / 2.

    Args:
        hashes: leaf hashes to begin with.
    """

    __slots__ = ("_levels",)

    def __init__(self, hashes: Iterable[bytes] = ()) -> None:
        # _levels[h] holds the hashes over leaves [i * 2**h, (i + 1) * 2**h), side by side.
        self._levels: list[bytearray] = [bytearray()]
        for hash_ in hashes:
            self.append(hash_)

    def __len__(self) -> int:
        return len(self._levels[0]) // SHA256_SIZE

    def append(self, hash_: bytes) -> None:
        """Add the hash of the next leaf.

        Raises:
            MalformedRecord: it does not have 32 bytes.
        """
        if len(hash_) != SHA256_SIZE:
            raise MalformedRecord(mark("A leaf hash of {length} bytes."), length=len(hash_))
        height = 0
        while True:
            level = self._levels[height]
            level += hash_
            if len(level) // SHA256_SIZE % 2:
                return
            hash_ = sha256(labels.MERKLE_NODE, memoryview(level)[-2 * SHA256_SIZE :])
            height += 1
            if height == len(self._levels):
                self._levels.append(bytearray())

    def root(self, size: int | None = None) -> bytes:
        """Return the root over the first `size` leaves (all of them by default).

        Raises:
            BadProof: the tree has fewer leaves.
        """
        size = self._check_size(size)
        return EMPTY_ROOT if size == 0 else self._subtree(0, size)

    def inclusion_proof(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that leaf `index` stands in the tree of `size` leaves.

        The hashes lead from the leaf's sibling up to the child of the root (RFC 9162, 2.1.3.1).

        Raises:
            BadProof: there is no such leaf or size.
        """
        size = self._check_size(size)
        if not 0 <= index < size:
            raise BadProof(mark("There is no entry {index} among {size}."), index=index, size=size)
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_proof(self, old_size: int, size: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the tree of `old_size` leaves is the beginning of this one.

        Empty where one of them is empty or both are the same (RFC 9162, 2.1.4.1).

        Raises:
            BadProof: the tree has fewer leaves, or `old_size` is above `size`.
        """
        size = self._check_size(size)
        if not 0 <= old_size <= size:
            raise _sizes_do_not_fit(old_size, size)
        if old_size in {0, size}:
            return ()
        path: list[bytes] = []
        start, end = 0, size
        while old_size < end:
            middle = start + _split(end - start)
            if old_size <= middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start = middle
        # The old tree itself is known to whoever verifies; a part of it is not.
        if start:
            path.append(self._subtree(start, end))
        return tuple(reversed(path))

    def _check_size(self, size: int | None) -> int:
        if size is None:
            return len(self)
        if not 0 <= size <= len(self):
            raise _sizes_do_not_fit(size, len(self))
        return size

    def _subtree(self, start: int, end: int) -> bytes:
        """Return the hash over leaves [start, end); start is a multiple of the width below."""
        pieces: list[bytes] = []
        while start < end:
            height = (end - start).bit_length() - 1
            at = (start >> height) * SHA256_SIZE
            pieces.append(bytes(self._levels[height][at : at + SHA256_SIZE]))
            start += 1 << height
        hash_ = pieces.pop()
        while pieces:
            hash_ = node_hash(pieces.pop(), hash_)
        return hash_


def tree_root(hashes: Iterable[bytes]) -> bytes:
    """Return the root over these leaf hashes."""
    return Tree(hashes).root()


def inclusion_proof(hashes: Iterable[bytes], index: int) -> tuple[bytes, ...]:
    """Return the proof for one leaf; for many proofs of one tree keep a `Tree`."""
    return Tree(hashes).inclusion_proof(index)


def consistency_proof(hashes: Iterable[bytes], old_size: int) -> tuple[bytes, ...]:
    """Return the proof from the first `old_size` leaves to all of them."""
    return Tree(hashes).consistency_proof(old_size)


def verify_inclusion(
    hash_: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that a leaf stands at `index` in the tree of `size` leaves with this root.

    The algorithm of RFC 9162, section 2.1.3.2.

    Args:
        hash_: the leaf's hash, computed from its bytes by the caller.
        index: from 0.
        size: number of leaves.
        proof: the sibling hashes, from the leaf upwards.
        root: 32 bytes, from a verified checkpoint.

    Raises:
        BadProof: it does not lead there, or is too long, too short, or malformed.
    """
    if not 0 <= index < size <= MAX_I63:
        raise BadProof(mark("There is no entry {index} among {size}."), index=index, size=size)
    _check_hashes((hash_, root, *proof))
    node, last = index, size - 1
    result = hash_
    for sibling in proof:
        if last == 0:
            raise _wrong_length()
        if node & 1 or node == last:
            result = node_hash(sibling, result)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise _wrong_length()
    if result != root:
        raise BadProof(mark("The proof does not lead to the root of the checkpoint."))


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is the beginning of the new one.

    The algorithm of RFC 9162, section 2.1.4.2, with size 0 and equal sizes before it.

    Args:
        old_size: number of leaves of the old tree.
        new_size: number of leaves of the new tree.
        old_root: 32 bytes, from what the verifier holds.
        new_root: 32 bytes, from a verified checkpoint.
        proof: the hashes; none where the sizes are equal or the old size is 0.

    Raises:
        BadProof: it does not show that, or is too long, too short, or malformed.
    """
    if not 0 <= old_size <= new_size <= MAX_I63:
        raise _sizes_do_not_fit(old_size, new_size)
    _check_hashes((old_root, new_root, *proof))
    for size, root in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise _other_history()
    if old_size in {0, new_size}:
        if proof:
            raise _wrong_length()
        if old_size == new_size and old_root != new_root:
            raise _other_history()
        return
    _fold_consistency(old_size, new_size, old_root, new_root, proof)


def _fold_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The case 0 < old_size < new_size."""
    path = list(proof)
    if old_size & (old_size - 1) == 0:
        # The old tree is one complete subtree: its root is where the path begins.
        path.insert(0, old_root)
    if not path:
        raise _wrong_length()
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for hash_ in path[1:]:
        if last == 0:
            raise _wrong_length()
        if node & 1 or node == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        node, last = node >> 1, last >> 1
    if last:
        raise _wrong_length()
    if (old, new) != (old_root, new_root):
        raise _other_history()


def _split(size: int) -> int:
    """Return the largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(hash_) != SHA256_SIZE for hash_ in hashes):
        raise BadProof(mark("A hash in the proof does not have 32 bytes."))


def _wrong_length() -> BadProof:
    return BadProof(mark("The proof has too many or too few hashes."))


def _sizes_do_not_fit(old_size: int, size: int) -> BadProof:
    return BadProof(
        mark("The sizes {old_size} and {size} do not fit together."), old_size=old_size, size=size
    )


def _other_history() -> BadProof:
    return BadProof(mark("The larger log is no continuation of the smaller one."))
