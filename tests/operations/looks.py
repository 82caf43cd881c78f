"""Everything that the commands can say of a vault, to be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.book import imports_of
from operations.desk import file_bytes
from vault.operations.log import log_state
from vault.operations.reading import show_entry

if TYPE_CHECKING:
    from vault.operations.opened import OpenVault

QUERIES = ("bridge", "seen", "کتاب", "nothing")


def answers(vault: OpenVault, *, files: bool = True) -> dict[str, object]:
    """What list, show, get, search, contact list, log and the sending of bundles rest on."""
    catalog = vault.catalog
    entries = catalog.newest()
    items = {}
    for entry in entries:
        mine = entry.origin == catalog.origin
        known = catalog.contact_of(entry.origin)
        items[entry.number] = str(entry.seq) if mine else f"{known.name}/{entry.seq}"
    return {
        "label": catalog.label,
        "log": log_state(vault),
        "entries": entries,
        "shown": [show_entry(vault, item) for item in items.values()],
        "files": [
            file_bytes(vault, items[entry.number]) for entry in entries if entry.media and files
        ],
        "found": [[entry.number for entry in catalog.search(query)] for query in QUERIES],
        "contacts": catalog.contacts(),
        "counters": [catalog.counter(one.contact_id, "bundle") for one in catalog.contacts()],
        "imports": imports_of(catalog),
        "proofs": [catalog.proof(entry.origin, entry.seq) for entry in entries],
        "checkpoints": [catalog.checkpoints(origin) for origin in catalog.logs()],
    }
