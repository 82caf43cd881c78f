"""`amanat erase ITEM…`: take out what an entry says, and its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.output import filled
from vault.cli.progress import as_bytes, as_number
from vault.cli.scrub_offer import offer_scrub
from vault.cli.vaults import working_vault
from vault.cli.wording import Naming, entries_text
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.operations.erase import Erasure
    from vault.operations.opened import OpenVault

SCHEMA = JsonSchema(
    "amanat/erase/v1",
    {
        "label": mark("name of the volume"),
        "erased": mark(
            "per entry: item, log, seq, fields that go, bytes of the file or null, "
            "and the items that keep the same file"
        ),
        "done": mark("false with --dry-run: nothing was changed"),
    },
)


def erase(
    context: typer.Context,
    items: Annotated[
        list[str], typer.Argument(metavar="ITEM…", help=_("NUMBER or CONTACT/NUMBER."))
    ],
    fields: Annotated[
        str | None,
        typer.Option("--fields", metavar="NAMES", help=_("Only these fields, with commas.")),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_("Only show what would go."))] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask: the preview was seen."))
    ] = False,
) -> None:
    """Show what would go, have it confirmed, and erase it."""
    from vault.cli.commands.log import names_in
    from vault.operations.erase import erase as erase_planned
    from vault.operations.erase import plan_erase
    from vault.operations.protection import rows_for_erasing

    here = invocation_of(context)
    if here.output.wants_json and not (yes or dry_run):
        raise UsageError(
            mark("With --json nothing is shown before it is asked."),
            hint=mark("Look at it with --dry-run; then add --yes."),
        )
    with working_vault(here, writable=not dry_run) as vault:
        naming, label = Naming(vault), vault.label
        planned = plan_erase(vault, items, names_in(fields))
        if not here.output.wants_json:
            _preview(here, naming, label, planned)
        if dry_run:
            _tell_json(here, vault, naming, planned, done=False)
            return
        question = filled(
            _("Erase this of {entries} in “{label}”? It cannot be brought back."),
            {"entries": entries_text(len(planned)), "label": label},
        )
        here.prompts.confirm(question, _("erase"), given=yes)
        with (
            others_protected(here, vault, lambda: rows_for_erasing(vault, len(planned))),
            here.progress(_("Erasing"), as_number) as progress,
        ):
            report = erase_planned(vault, planned, progress)
        _tell_json(here, vault, naming, report.erased, done=True)
        if report.erased:
            here.output.note(
                _("Erased in “{label}”: {entries}."),
                label=label,
                entries=entries_text(len(report.erased)),
            )
            here.output.note(
                _("It stands in unused places of the file until these are written over.")
            )
            offer_scrub(here)
    if report.stopped is not None:
        raise report.stopped


def _preview(here: Invocation, naming: Naming, label: str, planned: Sequence[Erasure]) -> None:
    """Show what goes, what stays, and where it can still be."""
    output = here.output
    output.line(_("In “{label}”"), label=label)
    for one in planned:
        entry = one.entry
        item = naming.item(entry.origin, entry.seq)
        output.line(_("Entry {item}: {title}"), item=item, title=entry.title)
        output.detail(_("goes: {names}"), names=", ".join(one.fields) or _("nothing"))
        if one.size is not None:
            output.detail(_("goes: the file, {size}"), size=as_bytes(one.size))
        if one.shared:
            items = ", ".join(naming.item(other.origin, other.seq) for other in one.shared)
            output.detail(_("the same file stays for {items}"), items=items)
    output.warn(
        _("Of an entry stays its place in the log: number, time added, hashes that tell nothing.")
    )
    output.warn(
        _("Nothing is erased in copies of this file, in what was sent, and in flash memory.")
    )


def _tell_json(
    here: Invocation, vault: OpenVault, naming: Naming, planned: Sequence[Erasure], *, done: bool
) -> None:
    if not here.output.wants_json:
        return
    here.output.json(
        SCHEMA.name,
        {
            "label": vault.label,
            "erased": [
                {
                    "item": naming.item(one.entry.origin, one.entry.seq),
                    "log": one.entry.origin,
                    "seq": one.entry.seq,
                    "fields": one.fields,
                    "file": one.size,
                    "shared": [naming.item(other.origin, other.seq) for other in one.shared],
                }
                for one in planned
            ],
            "done": done,
        },
    )


COMMAND = Command(
    summary=mark("Erase what entries say, and their files."),
    function=erase,
    examples=(
        "amanat --vault FILE erase 7 --dry-run",
        "amanat --vault FILE erase 7 amina/3",
        "amanat --vault FILE erase 7 --fields source,source-contact",
    ),
    details=mark(
        "The place of an entry in the log stays, so that the log can still be checked: its number, "
        "when it was added, and hashes from which nothing can be read. Reports say of it: "
        "withheld or erased. Erasing works in a vault that is full, too. What was erased can be "
        "read with the passphrase until its place in the file is written over; earlier copies "
        "of the file, and what was sent, keep it."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
