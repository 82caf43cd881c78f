"""`amanat stock`: files that wait to be moved to a less secret volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, CommandGroup, JsonSchema
from vault.cli.i18n import _, counted
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.progress import as_bytes
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming, read_fields
from vault.errors import PartlyDone, mark

if TYPE_CHECKING:
    from vault.operations.add import AddReport
    from vault.operations.opened import OpenVault

ADD_SCHEMA = JsonSchema(
    "amanat/stock-add/v1",
    {
        "label": mark("name of the volume"),
        "added": mark("per file: path, item, new"),
        "refused": mark("per file not taken in: path, and why"),
    },
)
LIST_SCHEMA = JsonSchema(
    "amanat/stock-list/v1",
    {
        "label": mark("name of the volume"),
        "waiting": mark("per file, the oldest first: item, title, size, added"),
    },
)
MOVE_SCHEMA = JsonSchema(
    "amanat/stock-move/v1",
    {
        "label": mark("name of the volume that it leaves"),
        "item": mark("its number there"),
        "to": mark("name of the volume that it moved to"),
        "now": mark("its number there"),
        "left": mark("how many still wait"),
    },
)


def add(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help=_("Files and folders."))],
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help=_("A field: title, place, …")),
    ] = None,
) -> None:
    """Bring files in, to wait."""
    from vault.media.reader import MetadataReader
    from vault.operations.protection import rows_for_paths
    from vault.operations.stock import add_stock

    here = invocation_of(context)
    fields = read_fields(field or [])
    with (
        working_vault(here, writable=True) as vault,
        others_protected(here, vault, lambda: rows_for_paths(vault, paths)),
        MetadataReader() as reader,
        here.progress(_("Adding")) as progress,
    ):
        report = add_stock(vault, paths, fields, reader=reader, progress=progress)
        _tell_added(here, vault, report)
    if report.stopped is not None:
        raise report.stopped
    if report.refused:
        raise PartlyDone(
            mark("{refused} of {all} were not taken in."),
            refused=len(report.refused),
            all=len(report.refused) + len(report.added),
        )


def _tell_added(here: Invocation, vault: OpenVault, report: AddReport) -> None:
    output = here.output
    if output.wants_json:
        output.json(
            ADD_SCHEMA.name,
            {
                "label": vault.label,
                "added": [
                    {"path": one.path, "item": str(one.seq), "new": one.new} for one in report.added
                ],
                "refused": [{"path": path, "why": str(error)} for path, error in report.refused],
            },
        )
        return
    for one in report.added:
        if one.new:
            output.line("{item}\t{path}", item=one.seq, path=one.path)
        else:
            output.note(_("{path} is there already, as entry {item}."), path=one.path, item=one.seq)
    for path, error in report.refused:
        text = _(error.message).format(**error.values)
        output.warn(_("Not taken in: {path}: {why}"), path=path, why=text)
    new = sum(one.new for one in report.added)
    text = counted(
        "{number} file waits in “{label}”.", "{number} files more wait in “{label}”.", new
    )
    output.note(text, number=new, label=vault.label)


def list_(context: typer.Context) -> None:
    """Show what waits."""
    from vault.operations.stock import waiting

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        naming = Naming(vault)
        entries = waiting(vault)
        if here.output.wants_json:
            content = [naming.content(entry) for entry in entries]
            keys = ("item", "title", "size", "added")
            here.output.json(
                LIST_SCHEMA.name,
                {
                    "label": vault.label,
                    "waiting": [{key: one[key] for key in keys} for one in content],
                },
            )
            return
        if not entries:
            here.output.note(_("Nothing waits in stock."))
            return
        here.output.table(
            [_("Item"), _("Added"), _("Size"), _("Title")],
            [
                [
                    str(entry.seq),
                    entry.added,
                    as_bytes(entry.media.size) if entry.media else "",
                    entry.title,
                ]
                for entry in entries
            ],
        )


def move(
    context: typer.Context,
    item: Annotated[
        str | None, typer.Argument(metavar="[ITEM]", help=_("Which; without it the oldest."))
    ] = None,
    to: Annotated[
        int, typer.Option("--to", metavar="N", help=_("Level that it moves to: 0 or 1."))
    ] = 0,
) -> None:
    """Move one file down, and save both volumes."""
    from vault.operations.protection import rows_for_files
    from vault.operations.stock import move_down, waiting

    here = invocation_of(context)
    with working_vault(here, writable=True) as vault:
        in_stock = waiting(vault)
        if in_stock:
            here.output.note(
                _("With the file goes what is kept of it: its name, and what it says of itself.")
            )
        largest = max((one.media.size for one in in_stock if one.media), default=0)
        with others_protected(here, vault, lambda: rows_for_files(vault, [largest])):
            entry, number, label = move_down(vault, item, to)
        left = len(waiting(vault))
        if here.output.wants_json:
            here.output.json(
                MOVE_SCHEMA.name,
                {
                    "label": vault.label,
                    "item": str(entry.seq),
                    "to": label,
                    "now": str(number),
                    "left": left,
                },
            )
            return
        here.output.note(
            _("Entry {item} of “{label}” is entry {number} of “{target}” now; {left} still wait."),
            item=entry.seq,
            label=vault.label,
            number=number,
            target=label,
            left=left,
        )


COMMAND = CommandGroup(
    summary=mark("Files that wait to be moved to a less secret volume."),
    commands={
        "add": Command(
            summary=mark("Bring files in that wait."),
            function=add,
            examples=("amanat --vault FILE stock add picnic.jpg",),
            details=mark(
                "Of a save with this passphrase whoever has a less secret one can see that it "
                "changed nothing there. A file moved down now and then is a reason for saves. "
                "Choose files that may be seen. They are not sealed into bundles unless named."
            ),
            asks=ASKS_BEFORE_MUCH,
            schema=ADD_SCHEMA,
        ),
        "list": Command(
            summary=mark("Show what waits."),
            function=list_,
            examples=("amanat --vault FILE stock list",),
            schema=LIST_SCHEMA,
        ),
        "move": Command(
            summary=mark("Move one file down."),
            function=move,
            examples=(
                "amanat --vault FILE stock move",
                "amanat --vault FILE stock move 7 --to 1",
            ),
            details=mark(
                "There it is a file that was added now, with all the fields that it has here: "
                "file-name and media-metadata too, so look with show first. Of its entry here "
                "only the place in the log stays, as after erasing."
            ),
            asks=ASKS_BEFORE_MUCH,
            schema=MOVE_SCHEMA,
        ),
    },
    examples=("amanat --vault FILE stock add picnic.jpg", "amanat --vault FILE stock move"),
)
