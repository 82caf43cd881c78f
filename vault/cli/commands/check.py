"""`amanat check`: read and check everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.progress import as_number
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming, entries_text, files_text
from vault.errors import PartlyDone, UsageError, VerificationFailed, mark

if TYPE_CHECKING:
    from vault.operations.healing import Healed
    from vault.operations.opened import OpenVault
    from vault.verify.vault import VaultReport

SCHEMA = JsonSchema(
    "amanat/check/v1",
    {
        "label": mark("name of the volume"),
        "sound": mark("whether nothing is known to be lost and everything holds"),
        "entries": mark("how many were checked"),
        "files": mark("how many were read, hashed and are what their entries say"),
        "bytes": mark("of those files"),
        "blocks": mark("how many were read, of files, records and index"),
        "rebuilt": mark("whether the index was damaged and is read from the records"),
        "lost": mark("per entry: log, seq, leaf, fields, chunks lost"),
        "problems": mark("per problem: log, seq, text"),
        "copies": mark("with --deep: roots and cells that are damaged, rows looked at; else null"),
        "repaired": mark(
            "with --repair: records, index, items written anew, copies refused; else null"
        ),
    },
)


def check(
    context: typer.Context,
    deep: Annotated[
        bool, typer.Option("--deep", help=_("Also all that stands twice, and index by records."))
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help=_("Write anew what is still there in another place."))
    ] = False,
    copies: Annotated[
        list[str] | None,
        typer.Option("--from", metavar="FILE", help=_("With --repair: a good copy of a file.")),
    ] = None,
) -> None:
    """Check every entry, field and file of the volume; repair it where that was asked for."""
    from vault.operations.healing import heal
    from vault.operations.inspect import check_vault
    from vault.operations.protection import rows_for_repair

    here = invocation_of(context)
    if copies and not repair:
        raise UsageError(mark("--from goes with --repair."))
    with working_vault(here, writable=repair) as vault:
        healed = None
        if repair:
            with (
                others_protected(here, vault, lambda: rows_for_repair(vault, copies or ())),
                here.progress(_("Repairing")) as progress,
            ):
                healed = heal(vault, copies or (), progress)
        with (
            here.progress(_("Reading")) as reading,
            here.progress(_("Checking"), as_number) as progress,
        ):
            report = check_vault(vault, progress, reading, deep=deep)
        if here.output.wants_json:
            here.output.json(SCHEMA.name, _content(vault, report, healed))
        else:
            _tell_healed(here, vault, healed)
            _tell(here, vault, report, repaired=repair)
    if not report.sound:
        raise VerificationFailed(
            mark("Something in this vault is lost or does not hold."),
            report=report,
            hint=mark("What is not named above can be read. Keep this file, and use copies."),
        )
    if healed and healed.refused:
        raise PartlyDone(
            mark("{refused} of {all} copies were of no use."),
            refused=len(healed.refused),
            all=len(copies or ()),
        )


def _content(vault: OpenVault, report: VaultReport, healed: Healed | None) -> dict[str, object]:
    naming = Naming(vault)
    return {
        "label": vault.label,
        "sound": report.sound,
        "entries": report.entries,
        "files": report.files,
        "bytes": report.read,
        "blocks": report.blocks,
        "rebuilt": report.rebuilt,
        "lost": [
            {
                "log": loss.origin,
                "seq": loss.seq,
                "leaf": loss.leaf,
                "fields": loss.fields,
                "chunks": loss.chunks,
            }
            for loss in report.losses.entries
        ],
        "problems": _problems(report),
        "copies": report.copies and report.copies._asdict(),
        "repaired": healed
        and {
            "records": healed.records,
            "index": healed.index,
            "items": [naming.item(entry.origin, entry.seq) for entry in healed.entries],
            "refused": [{"path": path, "why": str(error)} for path, error in healed.refused],
        },
    }


def _problems(report: VaultReport) -> list[dict[str, Any]]:
    return [
        {"log": p.origin, "seq": p.seq, "text": _(p.error.message).format(**p.error.values)}
        for p in report.problems
    ]


def _tell_healed(here: Invocation, vault: OpenVault, healed: Healed | None) -> None:
    if healed is None:
        return
    output, naming = here.output, Naming(vault)
    for entry in healed.entries:
        item = naming.item(entry.origin, entry.seq)
        output.line(_("Entry {item}: its file is whole again"), item=item)
    for path, error in healed.refused:
        text = _(error.message).format(**error.values)
        output.warn(_("Not taken: {path}: {why}"), path=path, why=text)
    if healed.records:
        output.line(_("Records written anew from the index: {count}"), count=healed.records)
    if healed.index:
        output.line(_("The index was made anew from the records"))


def _tell(here: Invocation, vault: OpenVault, report: VaultReport, *, repaired: bool) -> None:
    output, naming = here.output, Naming(vault)
    for loss in report.losses.entries:
        what = _("the entry itself") if loss.leaf else _("fields") if loss.fields else _("its file")
        item = naming.item(loss.origin, loss.seq)
        output.line(_("Entry {item}: lost: {what}"), item=item, what=what)
    if report.losses.end:
        output.line(_("Entries may have followed the last one known."))
    for problem in _problems(report):
        origin, seq, text = problem["log"], problem["seq"], problem["text"]
        if seq is None:
            output.line(_("Log {origin}: {text}"), origin=origin, text=text)
        else:
            output.line(_("Entry {item}: {text}"), item=naming.item(origin, seq), text=text)
    if report.rebuilt and vault.session.cells_lost:
        output.note(_("The index was damaged; it is read from the records."))
    elif report.rebuilt:
        output.note(_("The index was damaged; it is read from the records, and saved next time."))
    if report.copies and not report.copies.whole:
        text = _("Of what stands twice {count} copies are damaged; nothing is lost by it.")
        if vault.session.cells_lost:
            text = _(
                "Of what stands twice {count} copies are damaged, among them all places that tell "
                "of the last save."
            )
        output.warn(text, count=report.copies.roots + report.copies.cells)
        output.warn(_("Disks that lose something lose more: copy the file to another one."))
    if not repaired and not report.sound and not vault.session.cells_lost:
        output.note(_("To write anew what is still there in another place: check --repair"))
        output.note(_("With a good copy of a file: check --repair --from FILE"))
    output.line(
        _("“{label}”: {entries} and {files} checked."),
        label=vault.label,
        entries=entries_text(report.entries),
        files=files_text(report.files),
    )


COMMAND = Command(
    summary=mark("Read everything and check it: links, fields, hashes of files."),
    function=check,
    examples=(
        "amanat --vault FILE check",
        "amanat --vault FILE check --deep",
        "amanat --vault FILE check --repair --from photo.jpg",
    ),
    details=mark(
        "Every block of the volume is read. With --deep also both copies of what stands twice, "
        "and the index is held against the records. Exit code 20 if anything is lost or does not "
        "hold. Nothing is written, except with --repair: that takes records from the index, the "
        "index from the records, what a file lost from a good copy of it, and ends in one save, "
        "changed or not. What others sent is repaired by importing it from a second bundle."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
