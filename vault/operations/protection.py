"""Keeping what other passphrases open, while one of them is worked with.

A commit moves the blocks of the volumes that are open, and may write over any others. For one that
writes little the reserve makes up; before more than R/4 rows, and before what writes the whole
ring, the owner is asked for what else must survive. What is asked follows from the open volumes
and from constants, never from what there is.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from vault.catalog.store import PAGE, RECORD
from vault.container.geometry import LEVELS
from vault.errors import VaultError
from vault.operations.batches import batch_blocks
from vault.storage.source import Found, same_file, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from vault.operations.opened import OpenVault

_ASKED_FROM = 4
"""The question comes before a command that writes more than this part of the reserve R."""

_ENTRY_BYTES = 4096
"""Bytes that an entry takes in records and index besides its file, about."""

_COPIES = 3
"""How often the text of a note stands in a volume: record, index, words to search for."""

_CATALOG_BLOCKS = 34
"""Blocks of catalog and records that a commit writes anew, about."""

_READ_AHEAD = 16 << 20
"""Bytes of a stream that are looked at before it is taken, at most."""


def is_long(vault: OpenVault, rows: int) -> bool:
    """Tell whether a command that writes so many rows has to ask first: more than R/4."""
    return rows * _ASKED_FROM > vault.session.geometry.reserve


def rows_for_files(vault: OpenVault, sizes: Sequence[int]) -> int:
    """Return the rows that bringing in files of so many bytes takes, one at least.

    From the sizes and from constants of the format alone, so that it says nothing of what is
    there: blocks that have to be moved on the way are not counted, nor files that are there
    already left out.
    """
    payload = vault.volume.payload
    media = sum(-(-size // payload) for size in sizes)
    commits = max(1, -(-media // batch_blocks(vault.volume)))
    entries = -(-len(sizes) * _ENTRY_BYTES // payload)
    return -(-(media + entries + commits * _CATALOG_BLOCKS) // vault.volume.row_blocks)


def rows_for_paths(vault: OpenVault, paths: Iterable[str]) -> int:
    """Return the rows that bringing in what stands at these paths takes; see `rows_for_files`."""
    sizes: list[int] = []
    for path in paths:
        with suppress(VaultError):  # told when it is brought in
            found = [item for item in walk(path) if isinstance(item, Found)]
            sizes += [item.size for item in found if not same_file(item.path, vault.path)]
    return rows_for_files(vault, sizes)


def rows_for_note(vault: OpenVault, fields: Mapping[str, bytes]) -> int:
    """Return the rows that writing a note takes; see `rows_for_files`."""
    return rows_for_files(vault, [_COPIES * sum(map(len, fields.values()))])


def rows_for_erasing(vault: OpenVault, entries: int) -> int:
    """Return the rows that erasing so many entries takes; see `rows_for_files`."""
    return rows_for_files(vault, [0] * entries)


def rows_for_repair(vault: OpenVault, paths: Iterable[str]) -> int:
    """Return the rows that repairing takes: the index anew, the records, and copies of files.

    As for bringing in so much: index and records take about as many blocks as they have.
    """
    return _rows_of_catalog(vault) + rows_for_paths(vault, paths)


def rows_for_putting_right(vault: OpenVault, sizes: Sequence[int]) -> int:
    """Return the rows that moving entries up takes: their files, and the volume's catalog anew.

    Args:
        vault: works on the volume that they leave.
        sizes: bytes of the entries' files, 0 for one without.
    """
    return _rows_of_catalog(vault) + rows_for_files(vault, sizes)


def _rows_of_catalog(vault: OpenVault) -> int:
    blocks = len(vault.volume.numbers(PAGE, 0)) + len(vault.volume.numbers(RECORD, 0))
    return -(-blocks // vault.volume.row_blocks)


def rows_for_stream(vault: OpenVault, is_longer_than: Callable[[int], bool]) -> int:
    """Return the rows that a stream takes, all of them where its end is too far away to tell.

    Args:
        vault: that it is brought into.
        is_longer_than: reads ahead; whether there are more than so many bytes.
    """
    payload, reserve = vault.volume.payload, vault.session.geometry.reserve
    blocks = reserve // _ASKED_FROM * vault.volume.row_blocks
    blocks -= _CATALOG_BLOCKS - (-_ENTRY_BYTES // payload)
    limit = max(0, min(_READ_AHEAD, blocks * payload))
    return vault.session.geometry.rows if is_longer_than(limit) else rows_for_files(vault, [limit])


def all_open(vault: OpenVault) -> bool:
    """Tell whether level 2 is open: then there is nothing else that could be lost."""
    return len(vault.session.volumes) == LEVELS


@contextmanager
def further_volumes(vault: OpenVault) -> Iterator[Callable[[str], None]]:
    """Let further volumes be opened while this lasts; what is worked on stays the same.

    Yields:
        A function that opens what one more passphrase opens, by one derivation, whatever there
        is. A passphrase that opens no more than is open already changes nothing. It raises
        `UnlockError` where no slot opens.
    """
    own = vault.session.top.level

    def unlock(passphrase: str) -> None:
        vault.session.open_further(passphrase, form=vault.place.form)

    try:
        yield unlock
    finally:
        vault.session.close_above(own)
