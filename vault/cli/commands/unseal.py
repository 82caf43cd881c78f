"""`amanat unseal FILE --identity KEYFILE --extract DIR`: take a bundle apart, without a vault."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.reports import bundle_json, tell_bundle
from vault.cli.vaults import workplace_of
from vault.errors import mark

SCHEMA = JsonSchema(
    "amanat/unseal/v1",
    {
        "path": mark("the bundle"),
        "folder": mark("where it was written"),
        "report": mark("what holds"),
    },
)


def unseal(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="FILE", help=_("The bundle."))],
    identity: Annotated[
        str, typer.Option("--identity", "-i", metavar="KEYFILE", help=_("Your key file."))
    ],
    target: Annotated[
        str, typer.Option("--extract", metavar="DIR", help=_("Folder to write into."))
    ],
    signed_by: Annotated[
        str | None,
        typer.Option("--signed-by", metavar="CARD", help=_("The sender's card, compared.")),
    ] = None,
) -> None:
    """Check a bundle while it is written out; if anything does not hold, nothing stays."""
    from vault.operations.bundles import unseal_file

    here = invocation_of(context)
    with here.progress(_("Writing")) as progress:
        report = unseal_file(
            path,
            target,
            identity=identity,
            signed_by=signed_by,
            place=workplace_of(here),
            progress=progress,
        )
    if here.output.wants_json:
        content = {"path": path, "folder": target, "report": bundle_json(report)}
        here.output.json(SCHEMA.name, content)
        return
    tell_bundle(here, path, report)
    here.output.note(_("Written, not encrypted: {path}"), path=target)


COMMAND = Command(
    summary=mark("Check a bundle and write out what it holds; no vault needed."),
    function=unseal,
    examples=("amanat unseal bundle.age --identity partner.key --extract received",),
    details=mark(
        "exhibits/ holds the files under the numbers of their entries; entries/ what can be "
        "checked by hand. Nothing in the folder is overwritten."
    ),
    schema=SCHEMA,
)
