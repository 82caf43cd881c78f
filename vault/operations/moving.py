"""Moving entries from one open volume to another: copying files, and one commit for both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.catalog.rows import Media
from vault.catalog.store import MEDIA
from vault.crypto.hashes import Sha256
from vault.errors import Damaged, mark
from vault.operations.batches import batch_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.catalog.rows import Entry
    from vault.operations.opened import OpenVault


def copied_file(vault: OpenVault, target: OpenVault, entry: Entry) -> Media | None:
    """Put a file's blocks into the other volume, unpublished.

    Args:
        vault: where the entry is.
        target: another volume of the same open container.
        entry: with or without a file.

    Raises:
        Damaged: a block is lost, or the file is not what its entry says.
        ContainerFull: no room.
    """
    media = entry.media
    if media is None:
        return None
    volume, batch = target.volume, batch_blocks(target.volume)
    object_id = target.catalog.new_media_object()
    digest, size = Sha256(), 0
    chunks = -(-media.size // volume.payload)
    read = vault.volume.read_run(MEDIA, media.object_id, 0, chunks)
    for number, chunk in enumerate(read):
        digest.update(chunk)
        size += len(chunk)
        volume.put(MEDIA, object_id, number, chunk)
        if volume.pending_blocks() >= batch:
            vault.session.commit()
    if (digest.digest(), size) != (media.sha256, media.size):
        raise Damaged(mark("The file of entry {seq} is not what its entry says."), seq=entry.seq)
    return Media(object_id, media.size, media.sha256, media.media_type)


def commit_both(vault: OpenVault, target: OpenVault, leave: Callable[[], object]) -> None:
    """Save entries where they move to, and that they left the volume where they were.

    One commit does both if it can carry what moves. Otherwise there are commits before it that
    carry files, or an index: so nothing may leave before all else is in the last of them.

    Args:
        vault: where the entries are; nothing is staged in it.
        target: where they move to.
        leave: stages that they, and the blocks of their files, go.
    """
    while not target.catalog.flush():
        vault.session.commit()
    leave()
    while not vault.catalog.flush():
        vault.session.commit()
    vault.session.commit()
