"""`amanat put-right ITEM…`: move what was brought in with the wrong passphrase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.output import filled
from vault.cli.progress import as_bytes
from vault.cli.scrub_offer import offer_scrub
from vault.cli.vaults import working_vault
from vault.cli.wording import entries_text
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from vault.operations.opened import OpenVault
    from vault.operations.put_right import Putting

SCHEMA = JsonSchema(
    "amanat/put-right/v1",
    {
        "label": mark("name of the volume that they leave"),
        "to": mark("name of the volume that they move to"),
        "moved": mark("per entry: item before, item now; now is null with --dry-run"),
        "later": mark("how many entries behind them got another number"),
        "done": mark("false with --dry-run: nothing was changed"),
    },
)


def put_right(
    context: typer.Context,
    items: Annotated[list[str], typer.Argument(metavar="ITEM…", help=_("Numbers of own entries."))],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Only show what would move."))
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask: the preview was seen."))
    ] = False,
) -> None:
    """Show what would move, have it confirmed, and move it."""
    from vault.operations.protection import rows_for_putting_right
    from vault.operations.put_right import plan_put_right
    from vault.operations.put_right import put_right as put_planned

    here = invocation_of(context)
    if here.output.wants_json and not (yes or dry_run):
        raise UsageError(
            mark("With --json nothing is shown before it is asked."),
            hint=mark("Look at it with --dry-run; then add --yes."),
        )
    with working_vault(here, writable=not dry_run) as vault:
        label, plan = vault.label, plan_put_right(vault, items)
        if not here.output.wants_json:
            _preview(here, label, plan)
        if dry_run:
            _tell_json(here, vault, plan, [])
            return
        sizes = [entry.media.size if entry.media else 0 for entry in plan.entries]
        with others_protected(here, vault, lambda: rows_for_putting_right(vault, sizes)):
            question = filled(
                _("From “{label}” to “{target}”: {entries}."),
                {
                    "label": label,
                    "target": plan.target,
                    "entries": entries_text(len(plan.entries)),
                },
            )
            here.prompts.confirm(question, _("move"), given=yes)
            with here.progress(_("Moving")) as progress:
                numbers = put_planned(vault, plan, progress)
        _tell_json(here, vault, plan, numbers)
        if not here.output.wants_json:
            for entry, number in zip(plan.entries, numbers, strict=True):
                here.output.line(
                    _("Entry {item} of “{label}” is entry {number} of “{target}” now"),
                    item=entry.seq,
                    label=label,
                    number=number,
                    target=plan.target,
                )
        here.output.note(
            _("Moved from “{label}” to “{target}”: {entries}."),
            label=label,
            target=plan.target,
            entries=entries_text(len(numbers)),
        )
        here.output.note(_("Unused places of the file still hold it as it was."))
        offer_scrub(here)


def _preview(here: Invocation, label: str, plan: Putting) -> None:
    """Show what moves, what is renumbered, and where it still is."""
    output = here.output
    output.line(_("From “{label}” to “{target}”"), label=label, target=plan.target)
    for entry in plan.entries:
        output.line(_("Entry {item}: {title}"), item=entry.seq, title=entry.title)
        if entry.media:
            output.detail(_("its file, {size}"), size=as_bytes(entry.media.size))
    if plan.later:
        output.line(
            _("In “{label}” {entries} behind get other numbers."),
            label=label,
            entries=entries_text(plan.later),
        )
    output.warn(_("Copies of the file made before hold it in “{label}” all the same."), label=label)


def _tell_json(here: Invocation, vault: OpenVault, plan: Putting, numbers: list[int]) -> None:
    if not here.output.wants_json:
        return
    now: list[int | None] = [*numbers] or [None] * len(plan.entries)
    here.output.json(
        SCHEMA.name,
        {
            "label": vault.label,
            "to": plan.target,
            "moved": [
                {"before": str(entry.seq), "now": None if number is None else str(number)}
                for entry, number in zip(plan.entries, now, strict=True)
            ],
            "later": plan.later,
            "done": bool(numbers),
        },
    )


COMMAND = Command(
    summary=mark("Move entries that were brought in with the wrong passphrase."),
    function=put_right,
    examples=(
        "amanat --vault FILE put-right 7 --dry-run",
        "amanat --vault FILE put-right 7 8",
    ),
    details=mark(
        "Open with the passphrase that they should be under, and at the prompt go to the volume "
        "that they are in, with: level 0. They become new entries of the other one, with all "
        "their fields. The log that they leave is "
        "made anew without a gap: the entries behind them get other numbers. It is refused where "
        "a bundle or a proof left that speaks of them: it would contradict the new log. Copies of "
        "the file made before still hold them where they were, and so does the file itself until "
        "its unused places are written over. That the log was made anew can be seen in its index."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
