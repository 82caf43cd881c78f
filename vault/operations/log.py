"""The log as a whole, and a folder by which a third party can check one entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.bodies import KeptCheckpoint
from vault.evidence.fields import WITHHELD, field_named
from vault.ledger.checkpoint import Checkpoint, sign_checkpoint
from vault.ledger.disclosure import parse_disclosure
from vault.ledger.merkle import inclusion_proof, tree_root
from vault.ledger.proof import InclusionProof
from vault.ledger.proof_folder import proof_files
from vault.storage.extract import ExtractFolder

if TYPE_CHECKING:
    from collections.abc import Collection

    from vault.operations.opened import OpenVault


class LogState(NamedTuple):
    """What can be said of the own log.

    Attributes:
        origin: its name.
        size: entries.
        root: 32 bytes, of the tree over all leaves.
        head: 32 bytes, the hash of the last leaf; of the genesis for an empty log.
        signed: sizes of the checkpoints that left the vault, ascending.
    """

    origin: str
    size: int
    root: bytes
    head: bytes | None
    signed: tuple[int, ...]


def log_state(vault: OpenVault) -> LogState:
    """Return size and root of the own log; every leaf hash is folded in."""
    catalog = vault.catalog
    origin = catalog.origin
    return LogState(
        origin,
        catalog.next_seq(origin),
        tree_root(catalog.leaf_hashes(origin)),
        catalog.last_leaf_hash(origin),
        tuple(kept.size for kept in catalog.checkpoints(origin)),
    )


def stage_checkpoint(vault: OpenVault) -> KeptCheckpoint:
    """Sign the log as it stands, and stage the signed checkpoint to be kept.

    Only entries that a commit has acknowledged may be in it: signing more would make every
    restored copy look like fraud. One size is signed once; its note is used again.
    """
    catalog = vault.catalog
    state = log_state(vault)
    for kept in catalog.checkpoints(state.origin):
        if (kept.size, kept.root) == (state.size, state.root):
            return kept
    checkpoint = Checkpoint(state.origin, state.size, state.root)
    raw = sign_checkpoint(checkpoint, vault.keys)
    kept = KeptCheckpoint(state.origin, state.size, state.root, raw)
    catalog.add_checkpoint(kept)
    return kept


def default_fields(
    names: Collection[str], withhold: Collection[str], only: Collection[str]
) -> list[str]:
    """Choose which fields leave: the named ones, or all but the sensitive; never those withheld.

    Args:
        names: what the entry has.
        withhold: kept inside in any case.
        only: if not empty, nothing else leaves, sensitive or not.

    Raises:
        UsageError: a name that no field has: a slip there would send what was to stay.
    """
    for name in (*withhold, *only):
        if name not in names:
            field_named(name)
    chosen = [name for name in names if (name in only if only else name not in WITHHELD)]
    return sorted(name for name in chosen if name not in withhold)


def write_proof(
    vault: OpenVault,
    item: str,
    target: str,
    *,
    withhold: Collection[str] = (),
    only: Collection[str] = (),
) -> list[str]:
    """Write the files by which anybody can check one entry with standard tools.

    A checkpoint leaves, so it is signed, kept and committed before anything is written.

    Args:
        vault: opened for writing.
        item: an own entry.
        target: folder; made if it does not exist; nothing in it is overwritten.
        withhold: fields that stay inside.
        only: fields that leave, instead of the default ones.

    Returns:
        The names of the fields that were disclosed.

    Raises:
        NotFound: there is no such entry.
        UsageError: a name that no field has.
        NotSaved: the disk failed.
    """
    entry = vault.own(item)
    catalog, origin = vault.catalog, vault.catalog.origin
    stored = {field.name: field.raw for field in catalog.fields(origin, entry.seq)}
    chosen = default_fields(stored, withhold, only)
    kept = stage_checkpoint(vault)
    vault.commit()
    hashes = inclusion_proof(catalog.leaf_hashes(origin, kept.size), entry.seq)
    files = proof_files(
        vault.keys.public,
        catalog.leaf(origin, entry.seq),
        InclusionProof(entry.seq, hashes),
        kept.raw,
        [stored[name] for name in chosen],
    )
    with ExtractFolder(target, random=vault.place.random) as folder:
        for name, content in files.items():
            with folder.file(name) as file:
                file.write(content)
    return [parse_disclosure(stored[name]).name for name in chosen]
