"""Making a container: one sequential pass, power-safe, the same for any number of volumes.

docs/format/container.md, "Creation". To a temporary name in the same folder, at full length,
never sparse; fsync; rename; fsync of the folder. A crash leaves either nothing under the
final name or a whole container.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from vault.container.cell import Cell, cell_key, seal_cell
from vault.container.commit import Ring, write_rows
from vault.container.geometry import LEVELS, MIB
from vault.container.head import KEY_SIZE, seal_head
from vault.container.new_volume import InitialFill, NewVolume
from vault.container.passphrase import normalise
from vault.container.plan import plan
from vault.container.row_writer import RowWriter
from vault.crypto.keystream import fill_keystream
from vault.errors import Damaged, UsageError, VaultError, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vault.container.form import Form
    from vault.container.geometry import Geometry
    from vault.crypto.entropy import Random
    from vault.storage.interface import Disk, File

    Progress = Callable[[int, int], None]

_TAIL_PIECE = MIB


class Beginning(NamedTuple):
    """What a container begins with.

    Attributes:
        passphrases: one to three, level 0 first, all different once normalised.
        keys: the volume keys, one for each.
        volumes: given the new file, returns a volume for each.
        whole: end where a block cannot be read; else it is left out.
    """

    passphrases: Sequence[str]
    keys: Sequence[bytes]
    volumes: Callable[[File], Sequence[NewVolume]]
    whole: bool = True


def create(
    disk: Disk,
    path: str,
    length: int,
    passphrases: Sequence[str],
    contents: Sequence[Mapping[tuple[int, int, int], bytes]],
    *,
    form: Form,
    random: Random,
    progress: Progress = lambda _done, _total: None,
) -> None:
    """Make a container file.

    Args:
        disk: where.
        path: its name; must not exist.
        length: bytes: for format 1 a multiple of 1 MiB, 128 MiB to 64 GiB.
        passphrases: one to three, level 0 first, all different once normalised.
        contents: per passphrase, the blocks that its volume starts with.
        form: the format version.
        random: source of everything random in the file.
        progress: called with bytes written and bytes in all.

    Raises:
        UsageError: a bad length, number of passphrases, or two that are the same.
        ContainerFull: the contents do not fit.
        NotSaved: a write failed, and nothing stands under `path`; or the folder could not be
            synced: then the whole container stands there, and a power cut may take the name.
    """
    check_new(form, length, [normalise(passphrase) for passphrase in passphrases])
    geometry = form.geometry(length)
    keys = new_keys(len(passphrases), random)

    def volumes(file: File) -> list[NewVolume]:
        made = []
        for level, (key, blocks) in enumerate(zip(keys, contents, strict=True)):
            volume = NewVolume(file, geometry, level, key)
            volume.start_with(blocks)
            made.append(volume)
        return made

    beginning = Beginning(passphrases, keys, volumes)
    make(disk, path, geometry, beginning, form=form, random=random, progress=progress)


def new_keys(count: int, random: Random) -> list[bytes]:
    """Draw volume keys of 32 bytes, for the levels 0 to `count` − 1."""
    return [random(KEY_SIZE) for _ in range(count)]


def make(
    disk: Disk,
    path: str,
    geometry: Geometry,
    beginning: Beginning,
    *,
    form: Form,
    random: Random,
    progress: Progress,
) -> list[list[bytes]]:
    """Write a container file; what its volumes begin with may be read on the way.

    Args:
        disk: where.
        path: its name; must not exist.
        geometry: its layout, of a length that was checked.
        beginning: what it begins with; passphrases that were checked.
        form: the format version.
        random: source of everything random in the file.
        progress: called with bytes written and bytes in all.

    Returns:
        Per level, the names of blocks that were left out: they count as live, and are damaged.

    Raises:
        ContainerFull: the contents do not fit.
        Damaged: a block cannot be read, and may not be left out.
        NotSaved: as in `create`.
    """
    secrets = [normalise(passphrase) for passphrase in beginning.passphrases]
    # Before there is a file: the times of its making and writing would tell how many were derived.
    heads = [
        seal_head(secrets, beginning.keys, geometry.length, kdf=form.kdf, random=random)
        for _ in (0, 1)
    ]
    temporary = f"{path}.{random(6).hex()}"
    try:
        file = disk.create(temporary)  # inside, for Ctrl-C may come when the file is just there
        try:
            lost = _write_all(file, geometry, beginning, heads, random, progress)
            file.fsync()
        finally:
            file.close()
        disk.rename(temporary, path)
    except BaseException:
        with suppress(VaultError):  # the first failure is the one to tell
            disk.remove(temporary)
        raise
    disk.sync_folder(path)
    return lost


def check_new(form: Form, length: int, secrets: Sequence[bytes]) -> None:
    """Refuse a length or a set of passphrases that no container may have."""
    check_length(form, length)
    if not 1 <= len(secrets) <= LEVELS:
        raise UsageError(mark("A vault has one, two or three passphrases."))
    if len(set(secrets)) != len(secrets):
        raise UsageError(
            mark("Each passphrase must be different from the others."),
            hint=mark("Nothing was made. Start again."),
        )


def check_length(form: Form, length: int) -> None:
    """Refuse a length that no container may have."""
    if not form.is_valid_length(length):
        raise UsageError(
            mark("A vault cannot have this size: {length} bytes."),
            hint=mark("Choose a whole number of MiB from 128MiB to 64GiB, for example 1GiB."),
            length=length,
        )


def _write_all(
    file: File,
    geometry: Geometry,
    beginning: Beginning,
    heads: Sequence[bytes],
    random: Random,
    progress: Progress,
) -> list[list[bytes]]:
    """Write front, rows, tail and back, in the order of their offsets."""
    cell = Cell(0, geometry.rows, geometry.rows, random(16))
    ring = Ring(file, geometry, cell_key(beginning.keys[0]), random, RowWriter(geometry.pitch))
    shares = [InitialFill(volume, cell, random) for volume in beginning.volumes(file)]

    def edge(end: int) -> None:
        head = heads[end]
        unit = seal_cell(cell, ring.cell_key, end=end, slot=0, random=random)
        area = memoryview(bytearray(geometry.edge))
        fill_keystream(random(32), area)
        area[: len(head)] = head
        at = geometry.cell_offset(end, 0) - geometry.edge_offset(end)
        area[at : at + len(unit)] = unit
        file.pwrite(geometry.edge_offset(end), area)

    def row_built(rows: int) -> None:
        if beginning.whole and any(share.lost for share in shares):
            raise Damaged(
                mark("A part of this vault cannot be read any more; nothing was made."),
                hint=mark("To take all that can be read: amanat --vault FILE rescue NEWFILE"),
            )
        progress(rows * geometry.pitch, geometry.length)

    edge(0)
    steps = plan(geometry, epoch=0, commit=0, rows=geometry.rows).rows
    write_rows(ring, steps, shares, row_built)
    for offset in range(geometry.tail_offset, geometry.edge_offset(1), _TAIL_PIECE):
        piece = bytearray(min(_TAIL_PIECE, geometry.edge_offset(1) - offset))
        fill_keystream(random(32), piece)
        file.pwrite(offset, piece)
    edge(1)
    progress(geometry.length, geometry.length)
    return [share.lost for share in shares]
