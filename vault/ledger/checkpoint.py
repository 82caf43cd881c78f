"""Checkpoints (C2SP tlog-checkpoint): a log's size and root, signed by both checkpoint keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.errors import BadCheckpoint, MalformedRecord, mark
from vault.ledger.keys import LogKeys
from vault.ledger.note import open_note, sign_note
from vault.ledger.tree_head import Checkpoint, parse_checkpoint_text
from vault.ledger.vkey import VerifierKey

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Checkpoint", "open_checkpoint", "parse_checkpoint_text", "sign_checkpoint"]


def sign_checkpoint(checkpoint: Checkpoint, keys: LogKeys) -> bytes:
    """Sign a checkpoint with the log's Ed25519 and ML-DSA-44 checkpoint keys.

    Only what leaves the vault is signed, and only after the commit that holds the entries was
    acknowledged: else every restored copy would look like fraud.

    Raises:
        BadCheckpoint: the checkpoint names another log than the keys make.
        MalformedRecord: its size or root is none.
    """
    if checkpoint.origin != keys.origin:
        raise BadCheckpoint(
            mark("This checkpoint is for the log {origin}, and the keys are those of another."),
            origin=checkpoint.origin,
        )
    return sign_note(checkpoint.text(), keys.checkpoint_signers)


def open_checkpoint(raw: bytes, origin: str, verifiers: Sequence[VerifierKey]) -> Checkpoint:
    """Verify a checkpoint.

    Args:
        raw: the signed note.
        origin: the log it must be from, known from outside.
        verifiers: the log's checkpoint keys; each of them must have signed.

    Raises:
        BadCheckpoint: malformed, of another log, or a signature is missing or wrong.
    """
    try:
        checkpoint = parse_checkpoint_text(open_note(raw, verifiers))
    except MalformedRecord as error:
        raise BadCheckpoint(error.message, hint=error.hint, **error.values) from None
    if checkpoint.origin != origin:
        raise BadCheckpoint(
            mark("This checkpoint is of the log {found}, not of {origin}."),
            found=checkpoint.origin,
            origin=origin,
        )
    return checkpoint
