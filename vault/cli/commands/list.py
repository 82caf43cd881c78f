"""`amanat list`: the entries, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming
from vault.errors import mark

NEWEST = 50

SCHEMA = JsonSchema(
    "amanat/list/v1",
    {
        "label": mark("name of the volume"),
        "entries": mark(
            "item, log, confirmed, seq, added, kind, title, file_name, fields (how many are here), "
            "size, sha256, type of each"
        ),
        "all": mark("whether these are all entries"),
    },
)


def list_(
    context: typer.Context,
    everything: Annotated[
        bool, typer.Option("--all", help=_("All entries, not only the newest 50."))
    ] = False,
) -> None:
    """Print the entries of the volume, newest first."""
    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        entries = list(vault.catalog.newest(NEWEST + 1))
        complete = everything or len(entries) <= NEWEST
        if everything:
            while portion := vault.catalog.newest(before=entries[-1].number) if entries else ():
                entries += portion
        shown = entries if complete else entries[:NEWEST]
        naming = Naming(vault)
        if here.output.wants_json:
            content = [naming.content(entry) for entry in shown]
            here.output.json(
                SCHEMA.name, {"label": vault.label, "entries": content, "all": complete}
            )
            return
        headings = [_("Item"), _("Added"), _("Kind"), _("Size"), _("Title")]
        here.output.note(_("“{label}”"), label=vault.label)
        if not shown:
            here.output.note(_("Nothing is in it yet. To begin: add FILE, or note"))
            return
        here.output.table(headings, [naming.row(entry) for entry in shown])
        if not complete:
            here.output.note(
                _("These are the newest {number}; all of them: list --all"), number=NEWEST
            )


COMMAND = Command(
    summary=mark("List what is in it, newest first."),
    function=list_,
    examples=("amanat --vault FILE list", "amanat --vault FILE list --all --json"),
    schema=SCHEMA,
)
