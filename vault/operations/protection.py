"""Keeping what other passphrases open, while one of them is worked with.

A commit moves the blocks of the volumes that are open, and may write over any others. For one that
writes little the reserve makes up; before more than R/4 rows, and before what writes the whole
ring, the owner is asked for what else must survive. What is asked follows from the open volumes
and from constants, never from what there is.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault.container.geometry import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.operations.opened import OpenVault

_ASKED_FROM = 4
"""The question comes before a command that writes more than this part of the reserve R."""


def is_long(vault: OpenVault, rows: int) -> bool:
    """Tell whether a command that writes so many rows has to ask first: more than R/4."""
    return rows * _ASKED_FROM > vault.session.geometry.reserve


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
