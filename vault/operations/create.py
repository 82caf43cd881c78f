"""Making a vault: one file, one to three volumes, each with a label and a log of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.catalog import first_blocks
from vault.container.creation import check_length, check_new, create
from vault.container.passphrase import normalise
from vault.errors import UsageError, VaultError, mark
from vault.ledger.keys import LOG_SEED_SIZE, LogKeys
from vault.operations.names import can_be_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault.catalog.store import BlockId
    from vault.operations.workplace import Workplace

FAT_LIMIT = (4 << 30) - 1
"""Bytes of the largest file on FAT32, the file system of many sticks."""


class VolumeToMake(NamedTuple):
    """A volume to be made.

    Attributes:
        passphrase: that opens it and all less secret ones.
        label: its owner's name for it.
    """

    passphrase: str
    label: str


def create_vault(
    path: str,
    length: int,
    volumes: Sequence[VolumeToMake],
    *,
    place: Workplace,
    progress: Callable[[int, int], None],
) -> None:
    """Make a vault; when this returns, it is whole and durable under its name.

    Args:
        path: the new file; must not exist.
        length: bytes, a multiple of 1 MiB from 128 MiB to 64 GiB.
        volumes: one to three, the least secret first.
        place: disk, clock, randomness, form.
        progress: called with bytes written and bytes in all.

    Raises:
        UsageError: a bad size or label, an empty passphrase, or two that are the same.
        VaultError: the name is taken, or there is no room on the disk.
        NotSaved: the disk could not take it; nothing is left.
    """
    check_new(place.form, length, [normalise(volume.passphrase) for volume in volumes])
    for volume in volumes:
        check_label(volume.label)
    check_place(path, length, place)
    payload = place.form.geometry(length).payload
    contents = [first_content(volume.label, payload, place) for volume in volumes]
    try:
        create(
            place.disk,
            path,
            length,
            [volume.passphrase for volume in volumes],
            contents,
            form=place.form,
            random=place.random,
            progress=progress,
        )
    except VaultError as error:
        # Not the temporary name, which nobody knows.
        error.values = {**error.values, "path": path}
        raise


def first_content(label: str, payload: int, place: Workplace) -> dict[BlockId, bytes]:
    """Return the blocks that a new volume begins with: a log of its own, and no entries.

    Args:
        label: its owner's name for it.
        payload: bytes of a block.
        place: randomness.
    """
    seed = place.random(LOG_SEED_SIZE)
    origin = LogKeys.from_seed(seed).origin
    return first_blocks(payload, label=label, origin=origin, seed=seed, random=place.random)


def check_label(label: str) -> None:
    """Refuse a label that cannot be kept, or shown on one line."""
    if not can_be_name(label):
        raise UsageError(
            mark("“{label}” cannot be the name of a volume."),
            hint=mark("Choose a short name of letters, digits and spaces."),
            label=label,
        )


def check_place(path: str, length: int, place: Workplace) -> None:
    """Find out whether a vault can be made, before a passphrase is asked for.

    Args:
        path: the new file.
        length: bytes.
        place: disk and form.

    Raises:
        UsageError: a size that no vault has.
        VaultError: the name is taken, or there is no room on the disk.
    """
    check_length(place.form, length)
    if place.disk.exists(path):
        raise VaultError(
            mark("{path} exists already; nothing was changed."),
            hint=mark("Choose another name."),
            path=path,
        )
    free = place.disk.free_space(path)
    if free is not None and free < length:
        raise VaultError(
            mark("There is not enough room: {needed} MiB are needed, {free} MiB are free."),
            hint=mark("Choose a smaller size or another disk."),
            needed=length >> 20,
            free=free >> 20,
        )
