"""`level [N]` at the prompt: which of the open volumes the commands work on."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.settings import LEVELS
from vault.errors import UsageError, mark


def level(
    context: typer.Context,
    number: Annotated[
        int | None,
        typer.Argument(
            metavar="[N]",
            help=_("0, 1 or 2; without it, the one that the prompt began with."),
        ),
    ] = None,
) -> None:
    """Work on another volume from here on; writes nothing."""
    here = invocation_of(context)
    if here.work_on is None:
        raise UsageError(
            mark("This works at the prompt only."), hint=mark("To come there: amanat open FILE")
        )
    if number is not None and number not in LEVELS:
        raise UsageError(
            mark("There are the levels 0, 1 and 2."),
            hint=mark("0 is what the first passphrase keeps, 1 the second, 2 the third."),
        )
    vault = here.work_on(number)
    here.output.note(_("What follows works on “{label}”."), label=vault.label)


COMMAND = Command(
    summary=mark("At the prompt: work on a less secret volume, and go back."),
    function=level,
    examples=("amanat --vault FILE level 0", "amanat --vault FILE level"),
    details=mark(
        "0 is what the first passphrase keeps, 1 the second, 2 the third. It holds until it is "
        "said again, and the prompt shows the label of the volume that is worked on. The option "
        "--level does the same for one command outside of the prompt; but a shell may keep a "
        "history of what is typed, and --level there tells that there was more to open."
    ),
)
