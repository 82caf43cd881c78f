"""Healing: what is lost in one place and still there in another is written anew.

Records whose block is damaged are taken from the index, an index that is damaged or differs from
the records, and blocks of a file from a good copy of that file. Nothing is guessed: a
file is taken for a good copy only if its SHA-256 is the one that the entry committed to.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.catalog.store import MEDIA
from vault.crypto.hashes import Sha256
from vault.errors import Damaged, NotFound, VaultError, mark
from vault.operations.batches import batch_blocks
from vault.storage.source import FileSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vault.catalog.rows import Entry, Media
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress

_PIECE = 1 << 20
"""Bytes read and hashed at once."""


@dataclass
class Healed:
    """What was written anew.

    Attributes:
        records: how many.
        index: whether it was made anew from the records.
        entries: whose file got back blocks that were lost.
        refused: copies that were of no use, and why.
    """

    records: int = 0
    index: bool = False
    entries: list[Entry] = field(default_factory=list)
    refused: list[tuple[str, VaultError]] = field(default_factory=list)


def heal(vault: OpenVault, copies: Iterable[str], progress: Progress) -> Healed:
    """Write anew what can be, and save; there is one commit at least, whatever there was to do.

    Args:
        vault: opened for writing.
        copies: files that may be what entries lost blocks of.
        progress: called with bytes of copies that were read.

    Raises:
        ContainerFull: no room.
        NotSaved: the disk failed.
    """
    healed = Healed()
    try:
        healed.records = vault.catalog.repair()
        if vault.catalog.unsaved_blocks():
            vault.commit()  # what is held against the index now stands in the volume
        healed.index = vault.catalog.needs_rebuilding()
        if healed.index:
            vault.catalog.rebuild()
        for path in copies:
            try:
                healed.entries += _heal_from(vault, path, progress)
            except Damaged:
                raise
            except VaultError as error:
                if vault.session.broken:
                    raise
                healed.refused.append((path, error))
        vault.commit()
    except VaultError:
        if not vault.session.broken:
            vault.forget_staged()
        raise
    return healed


def _heal_from(vault: OpenVault, path: str, progress: Progress) -> list[Entry]:
    """Give back to entries what they lost of this very file."""
    with closing(FileSource(path)) as source:
        digest = Sha256()
        buffer = memoryview(bytearray(_PIECE))
        done = 0
        while count := source.readinto(buffer):
            digest.update(buffer[:count])
            done += count
            progress(done, source.size)
        source.check_unchanged()
        wanted: dict[int, Media] = {}
        entries = vault.catalog.entries_with(digest.digest())
        for entry in entries:
            if entry.media and vault.catalog.lost_chunks(entry.media):
                wanted[entry.media.object_id] = entry.media
        if not entries:
            raise NotFound(mark("No entry has this file."))
        for media in wanted.values():
            source.rewind()
            _put_lost(vault, media, source)
        source.check_unchanged()
    return [entry for entry in entries if entry.media and entry.media.object_id in wanted]


def _put_lost(vault: OpenVault, media: Media, source: FileSource) -> None:
    """Stage the chunks of a file that cannot be read, from a copy of it."""
    payload = vault.volume.payload
    lost = set(vault.catalog.lost_chunks(media))
    batch = batch_blocks(vault.volume)
    buffer = memoryview(bytearray(payload))
    digest = Sha256()
    for number in range(-(-media.size // payload)):
        count = source.readinto(buffer)
        digest.update(buffer[:count])
        if number in lost:
            vault.volume.put(MEDIA, media.object_id, number, buffer[:count])
            if vault.volume.pending_blocks() >= batch:
                vault.session.commit()
    if digest.digest() != media.sha256:  # it changed since it was hashed
        for number in lost:
            vault.volume.drop(MEDIA, media.object_id, number)
        source.check_unchanged()
        raise NotFound(mark("No entry has this file."))
