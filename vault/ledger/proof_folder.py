"""The files that a third party needs to check one entry by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.ledger.checkpoint import open_checkpoint
from vault.ledger.entry import check_disclosures
from vault.ledger.proof import InclusionProof, check_inclusion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.ledger.keys import LogPublicKeys


def proof_files(
    keys: LogPublicKeys,
    leaf: bytes,
    proof: InclusionProof,
    checkpoint: bytes,
    disclosures: Sequence[bytes],
) -> dict[str, bytes]:
    """List the files of such a folder by their relative names, after checking all of it.

    Args:
        keys: the log's public keys.
        leaf: the entry's leaf.
        proof: from the leaf to the root of the checkpoint.
        checkpoint: the signed checkpoint.
        disclosures: what is to be shown; may be empty.

    Returns:
        `leaf`, `proof`, `checkpoint`, `log.vkey` (the Ed25519 checkpoint key), `log.keys` (all
        four keys, for the origin) and `fields/<name>` for each disclosure.

    Raises:
        LedgerError: the parts do not prove each other; nothing of the kind may leave.
    """
    head = open_checkpoint(checkpoint, keys.origin, keys.checkpoint)
    shown = check_disclosures(check_inclusion(head, leaf, proof), disclosures)
    files = {
        "leaf": leaf,
        "proof": proof.encode(),
        "checkpoint": checkpoint,
        "log.vkey": keys.checkpoint[0].encode().encode("ascii") + b"\n",
        "log.keys": keys.encode(),
    }
    files |= {f"fields/{name}": raw for name, raw in zip(shown, disclosures, strict=True)}
    return files
