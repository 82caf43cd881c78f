"""The state of a vault: what is in it, what still fits, and whether all of it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vault.catalog.store import PAGE
from vault.verify.vault import VaultReport, check_volume

if TYPE_CHECKING:
    from vault.container.past import Saves
    from vault.container.session import Status
    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress


class VaultStatus(NamedTuple):
    """What `status` tells, from open levels and constants of the format only.

    Attributes:
        label: the owner's name for the volume.
        entries: of its own log.
        contacts: how many.
        container: sizes, reserve, lag.
        saves: per open volume, how many saves the file shows, and how many changed nothing in it.
    """

    label: str
    entries: int
    contacts: int
    container: Status
    saves: list[Saves]


def vault_status(vault: OpenVault) -> VaultStatus:
    """Return the state of the volume that is worked on."""
    catalog = vault.catalog
    return VaultStatus(
        catalog.label,
        catalog.next_seq(catalog.origin),
        len(catalog.contacts()),
        vault.session.status(vault.volume.level),
        # Whatever is changed in a volume changes the first page of its index.
        vault.session.saves_in_file(PAGE, 0, 0),
    )


def check_vault(
    vault: OpenVault, progress: Progress, reading: Progress | None = None, *, deep: bool = False
) -> VaultReport:
    """Check every entry, field and file of the volume; reads all of it, writes nothing.

    Args:
        vault: open.
        progress: called with entries checked and entries in all.
        reading: before that, called with bytes read and bytes in all.
        deep: also look at both copies of what stands twice, and hold the index against the records.
    """
    report = check_volume(
        vault.catalog,
        vault.volume,
        vault.keys.public,
        progress,
        reading or progress,
        deep=deep,
    )
    if deep:
        report.copies = vault.session.check_copies(vault.volume.level)
    return report
