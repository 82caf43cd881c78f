"""Inclusion proofs as text: C2SP tlog-proof up to and with its empty line.

    c2sp.org/tlog-proof@v1
    index <decimal>
    <base64 of a sibling hash>      none to 63 lines, from the leaf upwards
    <empty line>

`cat proof checkpoint` is the whole file that the specification names. Its optional `extra`
line is not used: it is not authenticated.
"""

from __future__ import annotations

from dataclasses import dataclass

from vault.crypto.hashes import SHA256_SIZE
from vault.encoding.binary import read_base64, write_base64
from vault.encoding.integers import read_decimal, write_decimal
from vault.encoding.lines import LineReader
from vault.encoding.refusal import malformed
from vault.errors import BadProof, MalformedRecord, mark
from vault.ledger.leaf import Leaf, leaf_hash, parse_leaf
from vault.ledger.merkle import verify_inclusion
from vault.ledger.tree_head import Checkpoint

MAX_PROOF_LENGTH = 63
"""Hashes of the longest inclusion proof, in a tree of 2**63 - 1 leaves."""

_HEADER = b"c2sp.org/tlog-proof@v1"


@dataclass(frozen=True)
class InclusionProof:
    """Where a leaf stands, and the hashes that lead from it to the root.

    Attributes:
        index: number of the leaf, from 0.
        hashes: none to 63 times 32 bytes, from the leaf's sibling upwards.
    """

    index: int
    hashes: tuple[bytes, ...]

    def encode(self) -> bytes:
        """Return the text of the file `proof`.

        Raises:
            MalformedRecord: an index or hashes that the reader would refuse.
        """
        if len(self.hashes) > MAX_PROOF_LENGTH:
            raise _too_long()
        if any(len(hash_) != SHA256_SIZE for hash_ in self.hashes):
            raise malformed(mark("A hash in the proof does not have 32 bytes."))
        lines = [_HEADER, b"index " + write_decimal(self.index)]
        lines += [write_base64(hash_) for hash_ in self.hashes]
        return b"\n".join(lines) + b"\n\n"


def parse_proof(raw: bytes) -> InclusionProof:
    """Read a file `proof` in its only form.

    Raises:
        MalformedRecord: any other form.
    """
    reader = LineReader(raw)
    reader.expect(_HEADER)
    index = read_decimal(reader.value(b"index"))
    hashes: list[bytes] = []
    while line := reader.line():
        if len(hashes) == MAX_PROOF_LENGTH:
            raise _too_long()
        hashes.append(read_base64(line, SHA256_SIZE))
    reader.end()
    return InclusionProof(index, tuple(hashes))


def check_inclusion(checkpoint: Checkpoint, leaf: bytes, proof: InclusionProof) -> Leaf:
    """Check that a leaf stands where it and the proof say, in the log of this checkpoint.

    Args:
        checkpoint: its signatures were verified.
        leaf: the leaf's bytes.
        proof: the leaf's index, and the hashes that lead to the checkpoint's root.

    Returns:
        The leaf.

    Raises:
        MalformedRecord: not a leaf in its only form.
        BadProof: of another log, with another number than the proof, or not under this root.
    """
    parsed = parse_leaf(leaf)
    if parsed.log != checkpoint.origin:
        raise BadProof(mark("Entry {seq} belongs to another log."), seq=parsed.seq)
    if parsed.seq != proof.index:
        raise BadProof(
            mark("The proof is for entry {index}, and this is entry {seq}."),
            index=proof.index,
            seq=parsed.seq,
        )
    verify_inclusion(leaf_hash(leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return parsed


def _too_long() -> MalformedRecord:
    return malformed(mark("The proof has more than 63 hashes."))
