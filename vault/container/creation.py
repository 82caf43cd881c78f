"""Making a container: one sequential pass, power-safe, the same for any number of volumes.

docs/format/container.md, "Creation". To a temporary name in the same folder, at full length,
never sparse; fsync; rename; fsync of the folder. A crash leaves either nothing under the
final name or a whole container.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from vault.container.block import block_name
from vault.container.cell import Cell, cell_key, seal_cell
from vault.container.commit import Ring, ShareFill, write_rows
from vault.container.geometry import LEVELS, MIB, NAME_SIZE
from vault.container.head import KEY_SIZE, seal_head
from vault.container.keys import VolumeKeys
from vault.container.layout import Layout, RowLayout
from vault.container.passphrase import normalise
from vault.container.plan import plan
from vault.container.recovery import SPOT_BITS, Findings, State
from vault.container.root import Row, empty_table
from vault.container.row_writer import RowWriter
from vault.container.share_io import ShareReader
from vault.container.volume import Volume
from vault.crypto.keystream import fill_keystream
from vault.errors import ContainerFull, UsageError, VaultError, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from vault.container.form import Form
    from vault.container.geometry import Geometry, Share
    from vault.crypto.entropy import Random
    from vault.storage.interface import Disk, File

_TAIL_PIECE = MIB


def create(
    disk: Disk,
    path: str,
    length: int,
    passphrases: Sequence[str],
    contents: Sequence[Mapping[tuple[int, int, int], bytes]],
    *,
    form: Form,
    random: Random,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
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
    secrets = [normalise(passphrase) for passphrase in passphrases]
    check_new(form, length, secrets)
    geometry = form.geometry(length)
    keys = [random(KEY_SIZE) for _ in secrets]
    # Before there is a file: the times of its making and writing would tell how many were derived.
    heads = [seal_head(secrets, keys, length, kdf=form.kdf, random=random) for _ in (0, 1)]
    temporary = f"{path}.{random(6).hex()}"
    try:
        file = disk.create(temporary)  # inside, for Ctrl-C may come when the file is just there
        try:
            _write_all(file, geometry, keys, heads, contents, random, progress)
            file.fsync()
        finally:
            file.close()
        disk.rename(temporary, path)
    except BaseException:
        with suppress(VaultError):  # the first failure is the one to tell
            disk.remove(temporary)
        raise
    disk.sync_folder(path)


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
    keys: Sequence[bytes],
    heads: Sequence[bytes],
    contents: Sequence[Mapping[tuple[int, int, int], bytes]],
    random: Random,
    progress: Callable[[int, int], None],
) -> None:
    """Write front, rows, tail and back, in the order of their offsets."""
    cell = Cell(0, geometry.rows, geometry.rows, random(16))
    ring = Ring(file, geometry, cell_key(keys[0]), random, RowWriter(geometry.pitch))
    shares = []
    for share, key, blocks in zip(geometry.shares, keys, contents, strict=False):
        shares.append(_initial_share(ring, share, key, blocks, cell))

    def edge(end: int) -> None:
        head = heads[end]
        unit = seal_cell(cell, ring.cell_key, end=end, slot=0, random=random)
        area = memoryview(bytearray(geometry.edge))
        fill_keystream(random(32), area)
        area[: len(head)] = head
        at = geometry.cell_offset(end, 0) - geometry.edge_offset(end)
        area[at : at + len(unit)] = unit
        file.pwrite(geometry.edge_offset(end), area)

    edge(0)
    steps = plan(geometry, epoch=0, commit=0, rows=geometry.rows).rows
    write_rows(ring, steps, shares, lambda rows: progress(rows * geometry.pitch, geometry.length))
    for offset in range(geometry.tail_offset, geometry.edge_offset(1), _TAIL_PIECE):
        piece = bytearray(min(_TAIL_PIECE, geometry.edge_offset(1) - offset))
        fill_keystream(random(32), piece)
        file.pwrite(offset, piece)
    edge(1)
    progress(geometry.length, geometry.length)


def _initial_share(
    ring: Ring,
    share: Share,
    key: bytes,
    blocks: Mapping[tuple[int, int, int], bytes],
    cell: Cell,
) -> ShareFill:
    """Lay a new volume's blocks into the last rows; its root goes into every row."""
    geometry = ring.geometry
    reader = ShareReader(ring.file, geometry, share, VolumeKeys(key))
    volume = Volume(reader, State(-1, 0, 0, empty_table(geometry)), Findings())
    volume.pending = {block_name(*name): bytes(data) for name, data in blocks.items()}
    if len(volume.pending) > geometry.limit(share.level):
        raise ContainerFull(mark("The contents do not fit into a vault of this size."))
    used = -(-len(volume.pending) // share.data)
    names = iter(volume.pending)
    layout = Layout()
    for row in range(geometry.rows):
        filled = RowLayout({}, {}, bytearray(NAME_SIZE * share.blocks))
        if row >= geometry.rows - used:
            for position, name in zip(
                range(share.root, share.root + share.data), names, strict=False
            ):
                filled.new[position] = name
                filled.names[position * NAME_SIZE : (position + 1) * NAME_SIZE] = name
                filled.live |= 1 << position
                layout.new[name] = row << SPOT_BITS | position
        layout.rows.append(filled)
        layout.table.append(Row(row, cell.commit_id, filled.live))
    return ShareFill(volume, layout, cell, ring.random)
