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
    from collections.abc import Iterable, Iterator

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
        entries: whose file got back blocks that were lost or wrong.
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
        compared: dict[int, tuple[Media, set[int]]] = {}
        entries = vault.catalog.entries_with(digest.digest())
        if not entries:
            raise NotFound(mark("No entry has this file."))
        for entry in entries:
            media = entry.media
            if media and media.size == source.size and media.object_id not in compared:
                compared[media.object_id] = (media, _unlike(vault, media, source))
        for media, numbers in compared.values():
            if numbers:
                _put(vault, media, numbers, source)
        source.check_unchanged()
    healed = {object_id for object_id, (_, numbers) in compared.items() if numbers}
    return [entry for entry in entries if entry.media and entry.media.object_id in healed]


def _unlike(vault: OpenVault, media: Media, source: FileSource) -> set[int]:
    """Return the numbers of the chunks that cannot be read, or are not what a copy has there.

    Raises:
        NotFound, VaultError: the copy changed since it was hashed.
    """
    found: set[int] = set()
    for number, content in _chunks(vault, media, source):
        try:
            stored = vault.volume.get(MEDIA, media.object_id, number)
        except Damaged:
            found.add(number)
            continue
        if stored != content:
            found.add(number)
    return found


def _put(vault: OpenVault, media: Media, numbers: set[int], source: FileSource) -> None:
    """Stage these chunks of a file from a copy of it; of a copy that changes, none stays."""
    batch = batch_blocks(vault.volume)
    put: list[int] = []
    try:
        for number, content in _chunks(vault, media, source):
            if number in numbers:
                vault.volume.put(MEDIA, media.object_id, number, content)
                put.append(number)
                if vault.volume.pending_blocks() >= batch:
                    vault.session.commit()
    except BaseException:
        # What stood there before was lost or wrong: as lost it is noticed, and can be healed.
        for number in put:
            vault.volume.drop(MEDIA, media.object_id, number)
        raise


def _chunks(vault: OpenVault, media: Media, source: FileSource) -> Iterator[tuple[int, memoryview]]:
    """Read a copy from its beginning; after the last chunk, require that it is the file.

    Yields:
        Number and bytes of a chunk; the bytes are valid until the next one.
    """
    payload = vault.volume.payload
    buffer = memoryview(bytearray(payload))
    digest = Sha256()
    source.rewind()
    for number in range(-(-media.size // payload)):
        count = source.readinto(buffer)
        digest.update(buffer[:count])
        yield number, buffer[:count]
    if digest.digest() != media.sha256:  # it changed since it was hashed
        source.check_unchanged()
        raise NotFound(mark("No entry has this file."))
