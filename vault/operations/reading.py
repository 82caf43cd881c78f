"""Looking into a vault: fields of an entry, and its file. Nothing here writes to the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.store import MEDIA
from vault.container.block import BlockLost
from vault.container.reading_ahead import ReadingAhead, object_runs
from vault.crypto.hashes import Sha256
from vault.errors import Damaged, NotFound, mark
from vault.ledger.entry import check_disclosures
from vault.ledger.leaf import leaf_hash, parse_leaf
from vault.media.media_type import extension_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.catalog.rows import Entry
    from vault.container.reading_ahead import Opened
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress
    from vault.storage.interface import Buffer


class ShownEntry(NamedTuple):
    """An entry with what is known of it.

    Attributes:
        entry: as a list shows it.
        leaf_hash: 32 bytes, recomputed from the leaf.
        values: field values by name, in the schema's order of names.
    """

    entry: Entry
    leaf_hash: bytes
    values: dict[str, bytes]


def show_entry(vault: OpenVault, item: str) -> ShownEntry:
    """Return an entry and all its fields, each checked against the leaf.

    Raises:
        NotFound: there is no such entry.
        LedgerError: a stored field is not what the entry was made with.
    """
    entry = vault.find(item)
    leaf = vault.catalog.leaf(entry.origin, entry.seq)
    raws = [field.raw for field in vault.catalog.fields(entry.origin, entry.seq)]
    opened = check_disclosures(parse_leaf(leaf), raws)
    return ShownEntry(entry, leaf_hash(leaf), {name: d.value for name, d in opened.items()})


def file_name_of(vault: OpenVault, item: str) -> str:
    """Return a file name that is safe anywhere: the entry's number and the usual extension."""
    entry = vault.find(item)
    extension = extension_for(entry.media.media_type) if entry.media else ""
    return f"{entry.seq}{extension}"


def copy_file(
    vault: OpenVault, item: str, deliver: Callable[[Buffer], None], progress: Progress
) -> None:
    """Deliver the bytes of an entry's file, in order; each piece is valid until `deliver` returns.

    Args:
        vault: open; nothing is staged.
        item: the entry, see `OpenVault.find`.
        deliver: takes the next bytes; called from another thread, one call after the other.
        progress: called with bytes delivered and bytes in all.

    Raises:
        NotFound: the entry has no file here.
        Damaged: a block cannot be read, or the bytes are not those that were brought in:
            what was delivered before must not be used.
    """
    media = vault.find(item).media
    if media is None:
        raise NotFound(mark("Entry {item} has no file here."), item=item)
    digest, payload, size = Sha256(), vault.volume.payload, media.size
    done = 0

    def take(opened: Opened) -> None:
        nonlocal done
        for number in opened.damaged:
            raise BlockLost(MEDIA, media.object_id, number)
        for part in opened.joined(payload):
            digest.update(part)
            deliver(part)
            done += len(part)

    runs = object_runs(vault.volume, MEDIA, media.object_id, -(-size // payload))
    ReadingAhead(vault.volume, runs, take).read(lambda read: progress(min(read, size), size))
    if done != size or digest.digest() != media.sha256:
        raise Damaged(
            mark("The file of entry {item} is not what was brought in."),
            hint=mark("Run: amanat check"),
            item=item,
        )
