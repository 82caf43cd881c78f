"""`amanat burn`: make the file impossible to open, for good."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.output import filled
from vault.cli.vaults import asked_passphrase, working_vault, workplace_of
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.operations.burn import Burnable

SCHEMA = JsonSchema(
    "amanat/burn/v1",
    {"path": mark("the file"), "burnt": mark("true: no passphrase opens it any more")},
)


def burn(
    context: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask: it is known that nothing comes back."))
    ] = False,
) -> None:
    """Say what it does and what not, have it confirmed, and do it."""
    from vault.operations.burn import burn as burn_opened

    here = invocation_of(context)
    if here.output.wants_json and not yes:
        raise UsageError(
            mark("With --json nothing is shown before it is asked."),
            hint=mark("Add --yes once you know that nothing comes back."),
        )
    with _opened(here) as (opened, path):
        here.prompts.confirm(_question(path), _("burn"), given=yes)
        burn_opened(opened)
        if here.output.wants_json:
            here.output.json(SCHEMA.name, {"path": path, "burnt": True})
        else:
            here.output.note(_("Burnt: {path}. It is random bytes; delete it."), path=path)


@contextmanager
def _opened(here: Invocation) -> Iterator[tuple[Burnable, str]]:
    """Open the file that was named, without looking into it, or use the one that is open."""
    from vault.operations.burn import file_to_burn

    if here.open_vault is not None:
        with working_vault(here, writable=True) as vault:
            yield vault.session, vault.path
        return
    path, passphrase = asked_passphrase(here, writable=True)
    with file_to_burn(path, passphrase, workplace_of(here)) as opened:
        yield opened, path


def _question(path: str) -> str:
    """Return what is about to happen, and what it does not reach."""
    texts = (
        _("{path} will never open again, with any passphrase. Nothing can be undone."),
        _("Copies made before are not reached: they open with their passphrases."),
        _("An SSD or a stick may keep what it no longer shows."),
    )
    return "\n".join(filled(text, {"path": path}) for text in texts)


COMMAND = Command(
    summary=mark("Make the file impossible to open, for good."),
    function=burn,
    examples=("amanat --vault FILE burn", "amanat --vault FILE burn --yes --no-input"),
    details=mark(
        "Any of its passphrases serves; it shows that this is the right file. What turns "
        "passphrases into keys is overwritten with random bytes: that takes a moment, whatever "
        "the size. Copies of the file made before open as they did, so this is no answer to "
        "somebody who may have one. To have nothing left, delete the file as well, and every copy."
    ),
    schema=SCHEMA,
)
