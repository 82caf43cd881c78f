"""The vault that a command works on: opened for it, or already open in the prompt."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.output import filled
from vault.errors import ContainerError, UsageError, mark
from vault.operations.opened import opened_vault
from vault.operations.workplace import Workplace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.cli.invocation import Invocation
    from vault.operations.opened import OpenVault


def workplace_of(here: Invocation) -> Workplace:
    """Return disk, clock, randomness and form for the use cases."""
    around = here.surroundings
    return Workplace(around.make_disk(), around.clock, around.make_random(), around.make_form())


def vault_path(here: Invocation) -> str:
    """Return the file that was named.

    Raises:
        UsageError: none was.
    """
    if here.settings.vault is None:
        raise UsageError(
            mark("Which file? Name it."),
            hint=mark("For example: amanat --vault FILE list"),
        )
    return here.settings.vault


@contextmanager
def working_vault(here: Invocation, *, writable: bool) -> Iterator[OpenVault]:
    """Open the vault that was named with a passphrase, or use the one that is open already.

    Args:
        here: the run.
        writable: whether the command writes.

    Raises:
        UsageError: no file was named, or nobody can be asked for the passphrase.
        ContainerError: the prompt was opened for reading only.
        VaultError: it does not open.
    """
    if here.open_vault is not None:
        if here.settings.vault is not None or here.settings.level is not None:
            raise UsageError(
                mark("The prompt works on what is open; --vault and --level are for outside."),
                hint=mark("For a less secret volume, type: level 0. To leave, type: exit"),
            )
        if writable and not here.open_vault.session.writable:
            raise ContainerError(mark("The vault was opened for reading only."))
        told = len(here.open_vault.notices)
        yield here.open_vault
        tell_notices(here, here.open_vault, told)
        return
    path, passphrase = asked_passphrase(here, writable=writable)
    with opened_vault(
        path,
        passphrase,
        place=workplace_of(here),
        writable=writable,
        level=here.settings.level,
        allow_altered=here.settings.allow_altered,
    ) as vault:
        tell_notices(here, vault, 0)
        _require_confirmed_beginning(here, vault)
        told = len(vault.notices)
        yield vault
        tell_notices(here, vault, told)


def _require_confirmed_beginning(here: Invocation, vault: OpenVault) -> None:
    """Have it confirmed that a volume that was wholly written over begins anew, and save that.

    Saved at once: what is only staged would be forgotten with the first command that fails.

    Raises:
        UsageError: nobody to ask.
        VaultError: it was not confirmed; nothing was written.
    """
    if not vault.volume.is_empty:
        return
    question = filled(
        _(
            "Volume {level} was written over. It begins anew, empty; an earlier copy of the file "
            "may still have what it held."
        ),
        {"level": vault.volume.level + 1},
    )
    here.prompts.confirm(question, _("begin"))
    vault.commit()


def asked_passphrase(here: Invocation, *, writable: bool) -> tuple[str, str]:
    """Return the file that was named, and the passphrase that was entered for it.

    Raises:
        UsageError: no file was named, or nobody can be asked.
        NotFound, InUse: found out before anything is typed.
    """
    path = vault_path(here)
    require_free(workplace_of(here), path, writable=writable)
    return path, here.prompts.passphrase(filled(_("Passphrase for {path}"), {"path": path}))


def require_free(place: Workplace, path: str, *, writable: bool) -> None:
    """Find out before a passphrase is typed whether the file is there and nobody else's."""
    file = place.disk.open(path, writable=writable)
    try:
        file.lock(exclusive=writable)
    finally:
        file.close()


def require_no_prompt(here: Invocation) -> None:
    """Refuse a command that works on no open vault, or opens one itself.

    Raises:
        UsageError: it was typed at the prompt.
    """
    if here.open_vault is not None:
        raise UsageError(
            mark("This works outside of the prompt only."), hint=mark("To leave it, type: exit")
        )


def tell_notices(here: Invocation, vault: OpenVault, first: int) -> None:
    """Tell what opening or saving noticed, from number `first` on; told once, it is forgotten."""
    told = vault.notices[first:]
    del vault.notices[first:]
    for notice in told:
        here.output.warn(_(notice.message), **notice.values)
