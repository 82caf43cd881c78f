"""Erasing: what an entry says, and its file, leave the volume; its place in the log stays.

What stays is the leaf: number, link to the entry before, and commitments, from which nothing can
be read once the salts are gone. So the log goes on to hold, and whoever was shown the entry before
can still be believed. The erased bytes stand in unused places of the container until those are
written over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from vault.errors import VaultError
from vault.evidence.fields import field_named
from vault.ledger.entry import FILE_FIELD

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from vault.catalog.rows import Entry
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress


class Erasure(NamedTuple):
    """What goes of one entry.

    Attributes:
        entry: as a list showed it before.
        fields: names of the fields that go; none if all of them had gone before.
        size: bytes of the file that go; `None` if no file goes.
        shared: entries that have the very same file and keep it: its bytes stay.
    """

    entry: Entry
    fields: list[str]
    size: int | None
    shared: list[Entry]


@dataclass
class EraseReport:
    """What became of everything that was named.

    Attributes:
        erased: what is gone, acknowledged by the disk.
        stopped: what ended the command early, Ctrl-C included; the rest is as it was.
    """

    erased: list[Erasure] = field(default_factory=list)
    stopped: VaultError | KeyboardInterrupt | None = None


def plan_erase(
    vault: OpenVault, items: Sequence[str], names: Collection[str] = ()
) -> list[Erasure]:
    """Say what would go; writes nothing.

    Args:
        vault: open.
        items: own entries, or received ones.
        names: only these fields; all of them, and the file, if empty.

    Raises:
        NotFound: no such entry.
        UsageError: a name that no field has.
    """
    entries = list({(e.origin, e.seq): e for e in map(vault.find, items)}.values())
    stored = [
        {kept.name for kept in vault.catalog.fields(entry.origin, entry.seq)} for entry in entries
    ]
    for name in names:
        if not any(name in known for known in stored):
            field_named(name)
    planned = []
    doomed = {(entry.origin, entry.seq) for entry in entries}
    for entry, known in zip(entries, stored, strict=True):
        chosen = sorted(name for name in known if name in names or not names)
        takes_file = entry.media is not None and (not names or FILE_FIELD in names)
        shared = _sharing(vault, entry, doomed) if takes_file else []
        size = entry.media.size if takes_file and entry.media and not shared else None
        planned.append(Erasure(entry, chosen, size, shared))
    return planned


def _sharing(vault: OpenVault, entry: Entry, doomed: Collection[tuple[str, int]]) -> list[Entry]:
    """Return the entries that have the same blocks as their file, and are not to be erased."""
    if entry.media is None:
        return []
    return [
        other
        for other in vault.catalog.entries_with(entry.media.sha256)
        if other.media
        and other.media.object_id == entry.media.object_id
        and (other.origin, other.seq) not in doomed
    ]


def erase(vault: OpenVault, planned: Sequence[Erasure], progress: Progress) -> EraseReport:
    """Erase what was planned, and save; there is one commit at least, whatever there was to do.

    Entries go whole: what one commit cannot carry comes with the next. Room is found in a volume
    that is full, too.

    Args:
        vault: opened for writing.
        planned: as it was shown.
        progress: called with entries erased and entries in all.
    """
    report = EraseReport()
    done = 0
    try:
        vault.reclaim()
        for number, one in enumerate(planned, 1):
            _erase_one(vault, one)
            if 2 * vault.catalog.unsaved_blocks() >= vault.volume.batch_limit():
                vault.commit()
                done = number
                progress(done, len(planned))
        vault.commit()
        done = len(planned)
    except (VaultError, KeyboardInterrupt) as error:
        if not vault.session.broken:
            vault.forget_staged()
        report.stopped = error
    report.erased = list(planned[:done])
    return report


def _erase_one(vault: OpenVault, one: Erasure) -> None:
    names = [*one.fields]
    if one.size is not None or one.shared:
        # The file goes also where its field never came, or had gone before.
        names.append(FILE_FIELD)
    vault.catalog.erase_fields(one.entry.origin, one.entry.seq, names)
