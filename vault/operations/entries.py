"""Writing a note: an observation or short account in the owner's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault import __version__
from vault.catalog.writing import NewEntry
from vault.evidence.kinds import check_entry
from vault.ledger.entry import build_entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vault.catalog.rows import Media
    from vault.operations.opened import OpenVault


def write_note(vault: OpenVault, fields: Mapping[str, bytes]) -> int:
    """Add a note and save it.

    Args:
        vault: opened for writing.
        fields: value by field name; `title` at least.

    Returns:
        The number of its entry.

    Raises:
        UsageError: a field that a note cannot have, a bad value, or no title.
        ContainerFull: no room.
        NotSaved: the disk failed; the note is not kept.
    """
    complete = {"kind": b"note", **collected(vault), **fields}
    check_entry(complete)
    seq = append(vault, complete, None)
    vault.commit()
    return seq


def collected(vault: OpenVault) -> dict[str, bytes]:
    """Return the fields that say when, by which clock and with what an entry was made."""
    return {
        "collected-at": vault.place.now().encode(),
        "clock-source": b"computer",
        "tool": f"amanat {__version__}".encode(),
    }


def append(vault: OpenVault, fields: Mapping[str, bytes], media: Media | None) -> int:
    """Stage the next entry of the own log; returns its number."""
    return append_all(vault, [(fields, media)])


def append_all(
    vault: OpenVault, contents: Iterable[tuple[Mapping[str, bytes], Media | None]]
) -> int:
    """Stage the next entries of the own log, all of them or none.

    Args:
        vault: opened for writing.
        contents: of each its fields, and its file.

    Returns:
        The number of the first.
    """
    catalog, random = vault.catalog, vault.place.random
    origin = catalog.origin
    first, prev = catalog.next_place(origin)
    entries = []
    for seq, (fields, media) in enumerate(contents, first):
        entry = build_entry(origin, seq, prev, fields, random)
        entries.append(NewEntry(entry.leaf, entry.disclosures, media))
        prev = entry.leaf_hash
    catalog.append_entries(entries, added=vault.place.now(), after_loss=vault.allow_altered)
    return first
