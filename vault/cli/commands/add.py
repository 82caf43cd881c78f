"""`amanat add PATH…`: bring files in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _, counted
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.vaults import working_vault
from vault.cli.wording import read_fields
from vault.errors import PartlyDone, UsageError, mark

if TYPE_CHECKING:
    from vault.operations.add import AddReport
    from vault.operations.opened import OpenVault
    from vault.storage.source import ReadAhead

SCHEMA = JsonSchema(
    "amanat/add/v1",
    {
        "label": mark("name of the volume"),
        "added": mark("per file: path, item, size, sha256, type, new, problem with metadata"),
        "refused": mark("per file not taken in: path, and why"),
    },
)


def add(
    context: typer.Context,
    paths: Annotated[
        list[str], typer.Argument(metavar="PATH…", help=_("Files and folders; - reads input."))
    ],
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help=_("A title for the entry."))
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", metavar="TEXT", help=_("Where it happened."))
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help=_("When: 2026, 2026-03 or 2026-03-04.")),
    ] = None,
    description: Annotated[
        str | None, typer.Option("--description", metavar="TEXT", help=_("What it shows."))
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help=_("Any other field.")),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help=_("Add files that are there already once more."))
    ] = False,
    read_back: Annotated[
        bool, typer.Option("--read-back", help=_("Decrypt and compare before it counts."))
    ] = False,
) -> None:
    """Add what was named, tell what became of it, and what is still where."""
    from vault.media.reader import MetadataReader
    from vault.operations.add import add_paths, add_stream
    from vault.storage.source import ReadAhead, StreamSource

    here = invocation_of(context)
    named = {"title": title, "place": place, "initial-date": date, "description": description}
    pairs = [f"{name}={value}" for name, value in named.items() if value is not None]
    fields = read_fields([*pairs, *(field or [])])
    if "-" in paths and len(paths) > 1:
        raise UsageError(mark("Standard input is added alone, not together with files."))
    if "-" in paths and here.open_vault is not None:
        raise UsageError(mark("At the prompt there is no standard input to add."))
    stream = ReadAhead(here.surroundings.binary_stdin()) if paths == ["-"] else None
    with (
        working_vault(here, writable=True) as vault,
        others_protected(here, vault, lambda: _rows(vault, paths, stream)),
        MetadataReader() as reader,
        here.progress(_("Adding")) as progress,
    ):
        if stream is not None:
            report = add_stream(
                vault,
                StreamSource(stream),
                fields,
                reader=reader,
                progress=progress,
                again=again,
                read_back=read_back,
            )
        else:
            report = add_paths(
                vault,
                paths,
                fields,
                reader=reader,
                progress=progress,
                again=again,
                read_back=read_back,
            )
        _tell(here, vault, report, from_files=paths != ["-"])
    if report.stopped is not None:
        raise report.stopped
    if report.refused:
        raise PartlyDone(
            mark("{refused} of {all} were not taken in."),
            refused=len(report.refused),
            all=len(report.refused) + len(report.added),
        )


def _rows(vault: OpenVault, paths: list[str], stream: ReadAhead | None) -> int:
    """Count the rows that it takes; those of a stream as far as is known at its beginning."""
    from vault.operations.protection import rows_for_paths, rows_for_stream

    if stream is None:
        return rows_for_paths(vault, paths)
    return rows_for_stream(vault, stream.is_longer_than)


def _tell(here: Invocation, vault: OpenVault, report: AddReport, *, from_files: bool) -> None:
    output = here.output
    if output.wants_json:
        output.json(SCHEMA.name, _content(vault, report))
        return
    for item in report.added:
        output.line("{item}\t{path}", item=item.seq, path=item.path)
        if not item.new:
            output.note(
                _("{path} is there already, as entry {item}."), path=item.path, item=item.seq
            )
        if item.problem:
            output.note("{path}: {problem}", path=item.path, problem=_(item.problem))
    for path, error in report.refused:
        text = _(error.message).format(**error.values)
        output.warn(_("Not taken in: {path}: {why}"), path=path, why=text)
    new = sum(item.new for item in report.added)
    text = counted(
        "{number} entry added to “{label}”.", "{number} entries added to “{label}”.", new
    )
    output.note(text, number=new, label=vault.label)
    if from_files and report.added:
        text = counted(
            "The original is still where it was.",
            "The {number} originals are still where they were.",
            len(report.added),
        )
        output.note(text, number=len(report.added))


def _content(vault: OpenVault, report: AddReport) -> dict[str, object]:
    return {
        "label": vault.label,
        "added": [
            {
                "path": item.path,
                "item": str(item.seq),
                "size": item.size,
                "sha256": item.sha256.hex(),
                "type": item.media_type,
                "new": item.new,
                "problem": item.problem,
            }
            for item in report.added
        ],
        "refused": [{"path": path, "why": str(error)} for path, error in report.refused],
    }


COMMAND = Command(
    summary=mark("Bring files and folders in."),
    function=add,
    examples=(
        "amanat --vault FILE add photo.jpg",
        "amanat --vault FILE add folder --place Herat --date 2026-03",
        "some-program | amanat --vault FILE add -",
    ),
    details=mark(
        "Files are hashed and encrypted in one pass; the originals are not touched. A file that "
        "changes while it is read is refused. A file that is there already is named and not "
        "added again."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
