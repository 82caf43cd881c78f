"""Going from one open volume to another, while the file stays open."""

from __future__ import annotations

from vault.errors import Damaged, UsageError, mark
from vault.operations.opened import OpenVault


def at_level(vault: OpenVault, level: int) -> OpenVault:
    """Return the same open file, worked on at another level; nothing is staged before or after.

    The catalog of that volume is opened anew: what other commands did there meanwhile is seen.

    Args:
        vault: open; it stays open, with a catalog of its own.
        level: 0, 1 or 2.

    Raises:
        UsageError: the passphrase does not open it.
        Damaged: nothing of it can be read.
    """
    if level > vault.session.top.level:
        raise UsageError(mark("This passphrase does not open volume {level}."), level=level + 1)
    if not vault.session.volumes[level].usable:
        raise Damaged(mark("Nothing of volume {level} can be read."), level=level + 1)
    return OpenVault(
        vault.session, level, vault.place, vault.path, allow_altered=vault.allow_altered
    )
