"""The question for other passphrases, in the same words whatever the file holds.

It comes before `scrub`, `move`, `rescue`, and before any command that writes more than a quarter of
the reserve, unless the third passphrase is open. What is given is opened and protected until the
command ends; one that opens nothing ends the command, so that a slip costs nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.vaults import tell_notices
from vault.errors import mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.cli.invocation import Invocation
    from vault.operations.opened import OpenVault

QUESTION = mark("Other passphrases whose volumes must survive? (Enter = none)")


@contextmanager
def others_protected(
    here: Invocation, vault: OpenVault, rows: Callable[[], int] | None = None
) -> Iterator[None]:
    """Ask, and keep open what the answers open while this lasts.

    Args:
        here: the run.
        vault: open; the volume that is worked on stays the same.
        rows: counts those that the command will write; where they are at most a quarter of the
            reserve, nothing is asked. None: it has to be asked whatever the number.

    Raises:
        UnlockError: one that was given opens nothing; nothing was written.
        UsageError: nobody to ask, or no line left, without --no-input.
    """
    from vault.operations.protection import all_open, further_volumes, is_long

    if all_open(vault) or (rows is not None and not is_long(vault, rows())):
        yield
        return
    told = len(vault.notices)
    with further_volumes(vault) as unlock:
        ask_for_others(here, unlock, lambda: all_open(vault))
        tell_notices(here, vault, told)
        here.output.note(_("Protected: volumes {numbers}."), numbers=open_numbers(vault))
        yield


def ask_for_others(
    here: Invocation, unlock: Callable[[str], None], nothing_more: Callable[[], bool]
) -> None:
    """Ask until nothing is entered, or until there is nothing more that could be opened.

    With --no-input the lines of a descriptor or file are taken until they end; then, and where
    there is neither, the answer is none.

    Args:
        here: the run.
        unlock: opens what a passphrase opens; raises `UnlockError`.
        nothing_more: tells whether level 2 is open.
    """
    while not nothing_more():
        passphrase = here.prompts.passphrase(_(QUESTION), optional=True)
        if not passphrase:
            return
        unlock(passphrase)


def open_numbers(vault: OpenVault) -> str:
    """Return the numbers of the open volumes, as people count them: "1, 2"."""
    return ", ".join(str(volume.level + 1) for volume in vault.session.volumes)
