"""`amanat open FILE`: unlock once, then a prompt with all commands."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.prompt import Prompt
from vault.cli.vaults import require_no_prompt, working_vault
from vault.errors import mark


def open_(
    context: typer.Context,
    path: Annotated[
        str | None, typer.Argument(metavar="FILE", help=_("The vault; or name it by --vault."))
    ] = None,
    read_only: Annotated[
        bool, typer.Option("--read-only", help=_("Write nothing: for showing it to somebody."))
    ] = False,
) -> None:
    """Unlock, obey commands, and end in one save unless opened for reading only."""
    here = invocation_of(context)
    require_no_prompt(here)
    if path is not None:
        here.settings.vault = path
    with working_vault(here, writable=not read_only) as vault:
        Prompt(here, vault).run()
        if not read_only and not vault.session.burnt:
            vault.commit()
    here.output.note(_("Locked."))


COMMAND = Command(
    summary=mark("Unlock once, then type commands."),
    function=open_,
    examples=("amanat open my.vault", "amanat open my.vault --read-only"),
    details=mark(
        "What is typed there stands in no list of past commands, so names of people and files "
        "belong there. It always ends in one save, changed or not; with --read-only in none. "
        "After five minutes without a line it locks. A file as the first word does the same: "
        "amanat my.vault"
    ),
)
