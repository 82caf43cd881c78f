"""`amanat get ITEM`: take a file out again."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.vaults import working_vault, workplace_of
from vault.errors import UsageError, mark


def get(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help=_("NUMBER or CONTACT/NUMBER."))],
    target: Annotated[
        str,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where to; - is standard output.")),
    ] = "-",
) -> None:
    """Decrypt one file; a new file appears only when all of it was right."""
    from vault.operations.reading import copy_file, file_name_of
    from vault.storage.output import OutputFile

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault, here.progress(_("Reading")) as progress:
        if target == "-" and here.output.on_terminal:
            raise UsageError(
                mark("The contents of a file are not shown on a terminal."),
                hint=mark("Give a name for it: get {item} -o {name}"),
                item=item,
                name=file_name_of(vault, item),
            )
        if target == "-":
            copy_file(vault, item, here.output.raw, progress)
            return
        place = workplace_of(here)
        with OutputFile(place.disk, target, random=place.random) as file:
            copy_file(vault, item, file.write, progress)
    here.output.note(_("Written, not encrypted: {path}"), path=target)


COMMAND = Command(
    summary=mark("Take a file out again, byte for byte."),
    function=get,
    examples=("amanat --vault FILE get 7 -o photo.jpg", "amanat --vault FILE get 7 > photo.jpg"),
    details=mark("What is written to a disk stays there in traces, even when it is deleted."),
)
