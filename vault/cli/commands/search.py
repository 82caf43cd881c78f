"""`amanat search WORDS…`: find entries by the words in their fields."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming
from vault.errors import mark

SCHEMA = JsonSchema(
    "amanat/search/v1",
    {
        "label": mark("name of the volume"),
        "entries": mark(
            "item, log, confirmed, seq, added, kind, title, file_name, size, sha256, type of each"
        ),
    },
)


def search(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="WORDS…", help=_("All of them must stand in an entry."))
    ],
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, max=10_000, help=_("How many at most."))
    ] = 50,
) -> None:
    """Print the entries in which all words stand, newest first."""
    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        entries = vault.catalog.search(" ".join(words), limit)
        naming = Naming(vault)
        if here.output.wants_json:
            content = [naming.content(entry) for entry in entries]
            here.output.json(SCHEMA.name, {"label": vault.label, "entries": content})
            return
        if not entries:
            here.output.note(_("Nothing found."))
            return
        headings = [_("Item"), _("Added"), _("Kind"), _("Size"), _("Title")]
        here.output.table(headings, [naming.row(entry) for entry in entries])


COMMAND = Command(
    summary=mark("Find entries by words in their fields."),
    function=search,
    examples=("amanat --vault FILE search herat school",),
    details=mark(
        "Upper and lower case, accents, Arabic and Persian letters and all three sets of "
        "digits count as the same; a word of three letters also finds longer ones."
    ),
    schema=SCHEMA,
)
