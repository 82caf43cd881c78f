"""`amanat show ITEM`: everything that is known of one entry."""

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
    "amanat/show/v1",
    {
        "label": mark("name of the volume"),
        "entry": mark(
            "item, log, confirmed, seq, added, kind, title, file_name, fields (how many are here), "
            "size, sha256, type"
        ),
        "leaf": mark("hash of its leaf in the log"),
        "fields": mark("value of each field, by name"),
    },
)


def show(
    context: typer.Context,
    item: Annotated[str, typer.Argument(metavar="ITEM", help=_("NUMBER or CONTACT/NUMBER."))],
) -> None:
    """Print the fields of one entry, each checked against the log."""
    from vault.operations.reading import show_entry

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        shown = show_entry(vault, item)
        values = {
            name: value.decode("utf-8", "backslashreplace") for name, value in shown.values.items()
        }
        content = Naming(vault).content(shown.entry)
        if here.output.wants_json:
            here.output.json(
                SCHEMA.name,
                {
                    "label": vault.label,
                    "entry": content,
                    "leaf": shown.leaf_hash.hex(),
                    "fields": values,
                },
            )
            return
        output = here.output
        output.line(_("Entry {item}, added {added}"), item=content["item"], added=shown.entry.added)
        if not content["confirmed"]:
            output.line(_("From a contact whose fingerprint was NOT CONFIRMED"))
        output.line(_("Leaf {leaf}"), leaf=shown.leaf_hash.hex())
        if not values:
            output.line(_("Nothing else is here: withheld or erased"))
        for name, value in values.items():
            lines = value.rstrip("\n").split("\n")
            output.line("{name}: {value}", name=name, value=lines[0])
            for line in lines[1:]:
                output.detail("{line}", line=line)


COMMAND = Command(
    summary=mark("Show everything that is known of one entry."),
    function=show,
    examples=("amanat --vault FILE show 7", "amanat --vault FILE show amina/3 --json"),
    schema=SCHEMA,
)
