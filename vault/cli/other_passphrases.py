"""The question for other passphrases, in the same words whatever the file holds.

It comes before `scrub`, `move`, `rescue`, and before any command that writes more than a quarter of
the reserve, unless the third passphrase is open. What is given is opened and protected until the
command ends; one that opens nothing is told as that, so that a slip costs nothing.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.prompts import TRIES
from vault.cli.vaults import tell_notices
from vault.errors import UnlockError, mark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.cli.invocation import Invocation
    from vault.operations.opened import OpenVault

ASKS_BEFORE_MUCH = mark(
    "Before it writes much, it asks for other passphrases whose volumes must survive. Enter, or an "
    "empty line in a passphrase file, means none; without an answer, as with --no-input and no "
    "such line, nothing is done. See: amanat guide passphrases"
)
"""The last paragraph of help of the commands that ask, where what they write is much."""

ASKS_ALWAYS = mark(
    "Unless the third passphrase is open, it asks for others whose volumes must survive. Enter, or "
    "an empty line in a passphrase file, means none; without an answer, as with --no-input and no "
    "such line, nothing is done. See: amanat guide passphrases"
)
"""The same of the commands that ask whatever they write."""

ASKS_THEN_NEW = mark(
    "Unless the third passphrase is open, it asks for others whose volumes must survive. Enter, or "
    "an empty line in a passphrase file, means none; without an answer, as with --no-input and no "
    "such line, nothing is done. See: amanat guide passphrases. So the lines of a passphrase file "
    "are, in this order: the passphrase; any others; an empty line, unless the third passphrase "
    "was among them; the new ones."
)
"""The same of those that then ask for new ones, which must not be taken for others."""

QUESTION = mark("Other passphrases whose volumes must survive? (Enter = none)")

PROTECTED = mark("Protected: volumes {numbers}. Anything else may be written over.")

GOING = mark("Volumes that go along: {numbers}. Anything else stays in the old file only.")


@contextmanager
def others_protected(
    here: Invocation,
    vault: OpenVault,
    rows: Callable[[], int] | None = None,
    *,
    told: str = PROTECTED,
) -> Iterator[None]:
    """Ask, and keep open what the answers open while this lasts.

    Args:
        here: the run.
        vault: open; the volume that is worked on stays the same.
        rows: counts those that the command will write; where they are at most a quarter of the
            reserve, nothing is asked. None: it has to be asked whatever the number.
        told: says of the open volumes what becomes of them, a msgid with `{numbers}`.

    Raises:
        UnlockError: one that was given opens nothing; nothing was written.
        UsageError: nobody to ask, or no line left.
    """
    from vault.operations.protection import all_open, further_volumes, is_long

    if all_open(vault) or (rows is not None and not is_long(vault, rows())):
        yield
        return
    known = len(vault.notices)
    with further_volumes(vault) as unlock:
        ask_for_others(here, unlock, lambda: all_open(vault))
        tell_notices(here, vault, known)
        here.output.note(_(told), numbers=open_numbers(vault))
        yield


def ask_for_others(
    here: Invocation, unlock: Callable[[str], None], nothing_more: Callable[[], bool]
) -> None:
    """Ask until nothing is entered, or until there is nothing more that could be opened.

    Only an empty answer means none: a script that forgot the question must destroy nothing. A slip
    at the terminal is asked about again, in all `TRIES` times; each answer is one derivation.

    Args:
        here: the run.
        unlock: opens what a passphrase opens; raises `UnlockError`.
        nothing_more: tells whether level 2 is open.

    Raises:
        UnlockError: one that was given opens nothing, and nobody is there to mend it.
        UsageError: nobody to ask, or no line left.
    """
    slips = 0
    while not nothing_more():
        passphrase = here.prompts.passphrase(_(QUESTION), optional=True)
        if not passphrase:
            return
        try:
            unlock(passphrase)
        except UnlockError:
            slips += 1
            if slips == TRIES or here.prompts.from_lines:
                raise _opens_nothing() from None
            here.output.warn(_("This passphrase opens nothing here. Type it again; Enter = none."))


def _opens_nothing() -> UnlockError:
    return UnlockError(
        mark("This further passphrase opens nothing here; nothing was written."),
        hint=mark("Type it again, or answer with Enter, in a file an empty line: it means none."),
    )


def open_numbers(vault: OpenVault) -> str:
    """Return the numbers of the open volumes, as people count them: "1, 2"."""
    return ", ".join(str(volume.level + 1) for volume in vault.session.volumes)
