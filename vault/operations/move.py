"""Moving a vault into a new file: other passphrases, another size, another number of volumes.

The old file is read and never written; it stays where it is. The new one is written in one pass,
with keys of its own, and appears whole or not at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.container.creation import Beginning, check_new, make, new_keys
from vault.container.geometry import MIB
from vault.container.new_volume import NewVolume
from vault.container.passphrase import normalise
from vault.errors import ContainerFull, Damaged, UsageError, VaultError, mark
from vault.operations.create import check_label, check_place, first_content

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vault.operations.create import VolumeToMake
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Workplace
    from vault.storage.interface import File

_SIZES = [128 * MIB << power for power in range(10)]


class Destination(NamedTuple):
    """What is to be made.

    Attributes:
        path: the new file; must not exist.
        length: bytes, a multiple of 1 MiB from 128 MiB to 64 GiB.
        levels: the open levels that go along, ascending: the first becomes level 0, and so on.
    """

    path: str
    length: int
    levels: Sequence[int]


def check_move(vault: OpenVault, there: Destination) -> None:
    """Find out whether it can be made, before a passphrase is asked for; nothing is written.

    Raises:
        UsageError: a size that no vault has, or nothing to take along.
        ContainerFull: a volume does not fit.
        Damaged: a volume was altered or misses blocks, nothing of it can be read, or no cell is
            left, so that nobody knows whether this is the newest state.
        VaultError: the name is taken, or there is no room on the disk.
    """
    if not there.levels:
        raise UsageError(mark("Nothing would go along."))
    vault.session.require_cells()
    check_place(there.path, there.length, vault.place)
    for level in there.levels:
        if not vault.session.volumes[level].usable:
            raise Damaged(
                mark("Nothing of volume {level} can be read."),
                hint=mark("To go on without it: --leave {level}"),
                level=level + 1,
            )
        if not vault.session.volumes[level].findings.whole:
            # What opening found lost is in the map no more: what is made would not show it.
            raise Damaged(
                mark("Volume {level} is not whole; nothing was made."),
                hint=mark(
                    "To take what can be read, and have the rest named: amanat rescue. "
                    "To go on without it: --leave {level}"
                ),
                level=level + 1,
            )
    blocks = [len(vault.session.volumes[level].where) for level in there.levels]
    if not _fits(blocks, there.length, vault.place):
        enough = [size for size in _SIZES if _fits(blocks, size, vault.place)]
        raise ContainerFull(
            mark("What goes along does not fit into a vault of this size."),
            hint=mark("This is enough: --size {size}MiB") if enough else "",
            size=enough[0] // MIB if enough else 0,
        )


def _fits(blocks: Sequence[int], length: int, place: Workplace) -> bool:
    """Tell whether so many blocks per level fit; a length that no vault has holds nothing."""
    if not place.form.is_valid_length(length):
        return False
    geometry = place.form.geometry(length)
    return all(count <= geometry.limit(level) for level, count in enumerate(blocks))


def move_vault(
    vault: OpenVault,
    there: Destination,
    volumes: Sequence[VolumeToMake],
    *,
    progress: Callable[[int, int], None],
) -> None:
    """Make the new file; when this returns, it is whole and durable under its name.

    Args:
        vault: open; what is staged in it does not go along.
        there: what is to be made.
        volumes: one to three, with the passphrases they get; the first take what goes along and
            keep their labels, those after them begin empty.
        progress: called with bytes written and bytes in all.

    Raises:
        UsageError: as `check_move`; or fewer volumes than go along, an empty passphrase, two that
            are the same, a label that is none.
        ContainerFull: a volume does not fit.
        Damaged: something cannot be read; nothing is left.
        NotSaved: the disk could not take it; nothing is left.
    """
    check_move(vault, there)
    place = vault.place
    check_new(place.form, there.length, [normalise(volume.passphrase) for volume in volumes])
    if len(volumes) < len(there.levels):
        raise UsageError(mark("Each volume that goes along needs a passphrase of its own."))
    for volume in volumes[len(there.levels) :]:
        check_label(volume.label)
    geometry = place.form.geometry(there.length)
    keys = new_keys(len(volumes), place.random)

    def filled(file: File) -> list[NewVolume]:
        made = []
        for level, (key, asked) in enumerate(zip(keys, volumes, strict=True)):
            if level < len(there.levels):
                old = vault.session.volumes[there.levels[level]]
                made.append(NewVolume(file, geometry, level, key, old))
            else:
                made.append(NewVolume(file, geometry, level, key))
                made[-1].start_with(first_content(asked.label, geometry.payload, place))
        return made

    beginning = Beginning([volume.passphrase for volume in volumes], keys, filled)
    make_named(there.path, there.length, beginning, place, progress)


def make_named(
    path: str,
    length: int,
    beginning: Beginning,
    place: Workplace,
    progress: Callable[[int, int], None],
) -> list[list[bytes]]:
    """Make a container; an error names the file that was asked for, not the temporary one."""
    try:
        return make(
            place.disk,
            path,
            place.form.geometry(length),
            beginning,
            form=place.form,
            random=place.random,
            progress=progress,
        )
    except VaultError as error:
        error.values = {**error.values, "path": path}
        raise
