"""Putting right what was brought in with the wrong passphrase.

Entries move to the most secret open volume, as new entries of its log. The log that they leave is
made anew without a gap: those after them get the numbers that come then, new salts, new leaves.
That is possible only as long as no signed state of that log left that would speak of them:
rewriting such a log would be what its signatures are there to show.

Order: files are copied into blocks that belong to nothing yet; one commit publishes the entries in
their new log and takes them out of the old one. Where files, records or indexes are too much for
one commit the new place comes first: cut off between, the entries stand in both, or below alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog import bodies
from vault.catalog.bodies import Extent, KeptLeaf
from vault.catalog.body_reader import read_extent, read_leaf
from vault.errors import Damaged, UsageError, VaultError, mark
from vault.evidence.kinds import check_entry
from vault.ledger.disclosure import parse_disclosure
from vault.ledger.entry import build_entry
from vault.ledger.leaf import genesis, leaf_hash, parse_leaf
from vault.operations.entries import append
from vault.operations.moving import commit_both, copied_file
from vault.operations.opened import OpenVault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vault.catalog.rows import Entry, Media
    from vault.operations.workplace import Progress


class Putting(NamedTuple):
    """What would move.

    Attributes:
        entries: ascending by number.
        level: of the volume that they move to.
        target: label of the volume that they move to.
        size: bytes of their files.
        later: how many entries behind them get other numbers.
    """

    entries: list[Entry]
    level: int
    target: str
    size: int
    later: int


def plan_put_right(vault: OpenVault, items: Sequence[str]) -> Putting:
    """Say what would move, and whether it can; writes nothing.

    Args:
        vault: open; works on a less secret volume than the most secret open one.
        items: own entries.

    Raises:
        UsageError: this volume is the most secret open one.
        NotFound: no such entry.
        VaultError: a signed state of the log left that holds one of them, or nothing of one
            is left.
        Damaged: the volume is not whole.
    """
    level = vault.session.top.level
    if vault.volume.level == level or not vault.session.top.usable:
        raise UsageError(
            mark("There is no more secret volume open than the one that is worked on."),
            hint=mark(
                "Open with the passphrase that it should be under; then, at the prompt, go where "
                "it is: level 0"
            ),
        )
    entries = sorted({vault.own(item) for item in items}, key=lambda entry: entry.seq)
    for entry in entries:
        if not entry.fields:
            raise VaultError(mark("Nothing is left of entry {seq}."), seq=entry.seq)
    catalog, origin = vault.catalog, vault.catalog.origin
    signed = max((kept.size for kept in catalog.checkpoints(origin)), default=0)
    if entries and signed > entries[0].seq:
        raise VaultError(
            mark("Entry {seq} cannot be taken out: a signed state of {size} entries left with it."),
            hint=mark("To take out what it says, and leave its number: erase {seq}"),
            seq=entries[0].seq,
            size=signed,
        )
    if not catalog.losses().nothing:
        raise Damaged(
            mark("Parts of this volume are lost; its log is not made anew."),
            hint=mark("Run: amanat check"),
        )
    target = OpenVault(vault.session, level, vault.place, vault.path)
    try:
        label = target.label
    finally:
        target.catalog.close()
    size = sum(entry.media.size for entry in entries if entry.media)
    later = catalog.next_seq(origin) - entries[0].seq - len(entries) if entries else 0
    return Putting(entries, level, label, size, later)


def put_right(vault: OpenVault, plan: Putting, progress: Progress) -> list[int]:
    """Move entries, and save.

    Args:
        vault: opened for writing.
        plan: as it was shown.
        progress: called with bytes of files copied, and bytes in all.

    Returns:
        Their numbers in the log of the volume where they are now.

    Raises:
        ContainerFull, NotSaved, Damaged: they are where they were; where one commit could not
            carry the index, they may stand in both.
    """
    target = OpenVault(
        vault.session,
        plan.level,
        vault.place,
        vault.path,
        allow_altered=vault.allow_altered,
    )
    try:
        target.reclaim()
        numbers = _append_all(vault, target, plan, progress)
        vault.catalog.rewrite(list(_without(vault, {entry.seq for entry in plan.entries})))
        commit_both(vault, target, lambda: _reclaim_files(vault, plan))
    except VaultError:
        if not vault.session.broken:
            vault.forget_staged()
        raise
    finally:
        target.catalog.close()
    return numbers


def _append_all(
    vault: OpenVault, target: OpenVault, plan: Putting, progress: Progress
) -> list[int]:
    """Copy the files, then stage the entries: what is published comes with the last commit."""
    media: list[Media | None] = []
    done = 0
    for entry in plan.entries:
        media.append(copied_file(vault, target, entry) if entry.media else None)
        done += entry.media.size if entry.media else 0
        progress(done, plan.size)
    numbers = []
    for entry, copy in zip(plan.entries, media, strict=True):
        stored = vault.catalog.fields(entry.origin, entry.seq)
        values = {kept.name: parse_disclosure(kept.raw).value for kept in stored}
        check_entry(values)
        numbers.append(append(target, values, copy))
    return numbers


def _reclaim_files(vault: OpenVault, plan: Putting) -> None:
    """Stage the dropping of the blocks that the files had; the log is without them already."""
    for object_id in {entry.media.object_id for entry in plan.entries if entry.media}:
        vault.catalog.reclaim(object_id)


def _without(vault: OpenVault, seqs: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield the records of the volume as if these entries had never been in it."""
    catalog, origin = vault.catalog, vault.catalog.origin
    first = min(seqs)
    prev = genesis(origin)
    following = 0
    for kind, body in catalog.records():
        seq = _own_seq(origin, kind, body)
        if seq is None or seq < first:
            yield kind, body
            if seq is not None and kind == bodies.LEAF:
                prev, following = leaf_hash(read_leaf(body).raw), seq + 1
            continue
        if seq in seqs or kind == bodies.DISCLOSURE:
            continue  # fields come anew, with their leaf
        if kind == bodies.MEDIA_EXTENT:
            extent = read_extent(body)
            number = seq - sum(gone < seq for gone in seqs)
            yield kind, Extent(origin, number, *_file_of(extent)).encode()
            continue
        stored = catalog.fields(origin, seq)
        values = {kept.name: parse_disclosure(kept.raw).value for kept in stored}
        entry = build_entry(origin, following, prev, values, vault.place.random)
        yield kind, KeptLeaf(read_leaf(body).added, entry.leaf).encode()
        yield from ((bodies.DISCLOSURE, raw) for raw in entry.disclosures)
        prev, following = leaf_hash(entry.leaf), following + 1


def _own_seq(origin: str, kind: int, body: bytes) -> int | None:
    """Return the number of the own entry that a record belongs to; `None` for any other."""
    if kind == bodies.LEAF:
        leaf = parse_leaf(read_leaf(body).raw)
        return leaf.seq if leaf.log == origin else None
    if kind == bodies.DISCLOSURE:
        field = parse_disclosure(body)
        return field.seq if field.log == origin else None
    if kind == bodies.MEDIA_EXTENT:
        extent = read_extent(body)
        return extent.seq if extent.origin == origin else None
    return None


def _file_of(extent: Extent) -> tuple[int, int, bytes, str]:
    return extent.object_id, extent.size, extent.sha256, extent.media_type
