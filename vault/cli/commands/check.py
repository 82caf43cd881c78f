"""`amanat check`: read and check everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.progress import as_number
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming, entries_text, files_text
from vault.errors import VerificationFailed, mark

if TYPE_CHECKING:
    from vault.operations.opened import OpenVault
    from vault.verify.vault import VaultReport

SCHEMA = JsonSchema(
    "amanat/check/v1",
    {
        "label": mark("name of the volume"),
        "sound": mark("whether nothing is lost and everything holds"),
        "entries": mark("how many were checked"),
        "files": mark("how many were read and hashed"),
        "bytes": mark("of those files"),
        "rebuilt": mark("whether the index was damaged and is read from the records"),
        "lost": mark("per entry: log, seq, leaf, fields, chunks lost"),
        "problems": mark("per problem: log, seq, text"),
    },
)


def check(context: typer.Context) -> None:
    """Check every entry, field and file of the volume."""
    from vault.operations.inspect import check_vault

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        with here.progress(_("Checking"), as_number) as progress:
            report = check_vault(vault, progress)
        _tell(here, vault, report)
    if not report.sound:
        raise VerificationFailed(
            mark("Something in this vault is lost or does not hold."),
            report=report,
            hint=mark("What is not named above can be read. Keep this file, and use copies."),
        )


def _tell(here: Invocation, vault: OpenVault, report: VaultReport) -> None:
    output, label = here.output, vault.label
    problems: list[dict[str, Any]] = [
        {"log": p.origin, "seq": p.seq, "text": _(p.error.message).format(**p.error.values)}
        for p in report.problems
    ]
    if output.wants_json:
        lost = [
            {
                "log": loss.origin,
                "seq": loss.seq,
                "leaf": loss.leaf,
                "fields": loss.fields,
                "chunks": loss.chunks,
            }
            for loss in report.losses.entries
        ]
        output.json(
            SCHEMA.name,
            {
                "label": label,
                "sound": report.sound,
                "entries": report.entries,
                "files": report.files,
                "bytes": report.read,
                "rebuilt": report.rebuilt,
                "lost": lost,
                "problems": problems,
            },
        )
        return
    naming = Naming(vault)
    for loss in report.losses.entries:
        what = _("the entry itself") if loss.leaf else _("fields") if loss.fields else _("its file")
        item = naming.item(loss.origin, loss.seq)
        output.line(_("Entry {item}: lost: {what}"), item=item, what=what)
    if report.losses.end:
        output.line(_("Entries may have followed the last one known."))
    for problem in problems:
        origin, seq, text = problem["log"], problem["seq"], problem["text"]
        if seq is None:
            output.line(_("Log {origin}: {text}"), origin=origin, text=text)
        else:
            output.line(_("Entry {item}: {text}"), item=naming.item(origin, seq), text=text)
    if report.rebuilt:
        output.note(_("The index was damaged; it is read from the records, and saved next time."))
    output.line(
        _("“{label}”: {entries} and {files} checked."),
        label=label,
        entries=entries_text(report.entries),
        files=files_text(report.files),
    )


COMMAND = Command(
    summary=mark("Read everything and check it: links, fields, hashes of files."),
    function=check,
    examples=("amanat --vault FILE check",),
    details=mark("Exit code 20 if anything is lost or does not hold."),
    schema=SCHEMA,
)
