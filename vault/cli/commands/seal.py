"""`amanat seal [ITEM…] --to NAME -o FILE`: a bundle that one contact can open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.output import filled
from vault.cli.progress import as_bytes, as_number
from vault.cli.safe import safe
from vault.cli.vaults import working_vault, workplace_of
from vault.errors import UsageError, VaultError, mark

if TYPE_CHECKING:
    from vault.operations.opened import OpenVault
    from vault.operations.seal import PlannedEntry, SealPlan

SCHEMA = JsonSchema(
    "amanat/seal/v1",
    {
        "to": mark("the contact"),
        "confirmed": mark("whether her fingerprint was compared"),
        "bundle": mark("number of the bundle for her"),
        "log": mark("origin of the log; links all bundles of it"),
        "size": mark("entries of the log"),
        "entries": mark("per entry: item, title, sent, withheld, gives_away, looked"),
        "path": mark("the bundle; null with --dry-run"),
        "bytes": mark("of the bundle; null with --dry-run"),
    },
)

_SHOWN = 5
_LONGEST_VALUE = 80


def seal(
    context: typer.Context,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help=_("The contact."))],
    items: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ITEM…]", help=_("Which; without any, all but erased ones.")),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help=_("The new bundle."))
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option("--fields", metavar="NAMES", help=_("Only these fields, with commas.")),
    ] = None,
    withhold: Annotated[
        str | None,
        typer.Option("--withhold", metavar="NAMES", help=_("Not these fields, with commas.")),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=_("Only show what would leave."))
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask: the preview was seen."))
    ] = False,
) -> None:
    """Show what would leave, have it confirmed, and write the bundle."""
    from vault.cli.commands.log import names_in
    from vault.media.reader import MetadataReader
    from vault.operations.seal import plan_seal

    here = invocation_of(context)
    if target is None and not dry_run:
        raise UsageError(mark("Where to? Give -o FILE, or --dry-run for the preview alone."))
    if here.output.wants_json and not (yes or dry_run):
        raise UsageError(
            mark("With --json nothing is shown before it is asked."),
            hint=mark("Look at it with --dry-run; then add --yes."),
        )
    if target is not None and not dry_run:
        _require_new(here, target)
    with working_vault(here, writable=not dry_run) as vault:
        with MetadataReader() as reader, here.progress(_("Looking"), as_number) as progress:
            plan = plan_seal(
                vault,
                items or [],
                to,
                reader=reader,
                progress=progress,
                withhold=names_in(withhold),
                only=names_in(fields),
            )
        if not here.output.wants_json:
            _preview(here, vault, plan)
        size = None
        if target is not None and not dry_run:
            here.prompts.confirm(_question(plan), _("seal"), given=yes)
            size = _write(here, vault, plan, target)
        if here.output.wants_json:
            here.output.json(SCHEMA.name, _content(vault, plan, target if size else None, size))
        elif size is not None:
            here.output.note(_("Written: {path}, {size}"), path=target, size=as_bytes(size))


def _question(plan: SealPlan) -> str:
    """Return what is about to happen, with all that somebody must not overlook."""
    from vault.cli.wording import entries_text

    contact = plan.contact
    values = {
        "entries": entries_text(len(plan.entries)),
        "name": contact.name,
        "fingerprint": contact.fingerprint,
    }
    if contact.confirmed:
        return filled(_("To {name}: {entries}."), values)
    return filled(_("To {name}, NOT CONFIRMED, {fingerprint}: {entries}."), values)


def _require_new(here: Invocation, target: str) -> None:
    """Find out before a number is given to the bundle whether its name is taken."""
    if workplace_of(here).disk.exists(target):
        raise VaultError(
            mark("{path} exists already; nothing was changed."),
            hint=mark("Choose another name."),
            path=target,
        )


def _write(here: Invocation, vault: OpenVault, plan: SealPlan, target: str) -> int:
    from vault.operations.seal import prepare_bundle
    from vault.storage.output import OutputFile

    place = workplace_of(here)
    numbered = False
    try:
        # The file first: where it cannot be made, no number is used up.
        with (
            OutputFile(place.disk, target, random=place.random) as file,
            here.progress(_("Sealing")) as progress,
        ):
            bundle = prepare_bundle(vault, plan)
            numbered = True
            done = 0
            for piece in bundle.stream():
                file.write(piece)
                done += len(piece)
                progress(done, bundle.size)
    except BaseException:
        if numbered:
            here.output.warn(
                _("Bundle number {seq} stays unused; tell the receiver."), seq=plan.seq
            )
        raise
    return bundle.size


def _preview(here: Invocation, vault: OpenVault, plan: SealPlan) -> None:
    """Show what leaves, what stays, and what the files themselves say."""
    from vault.cli.wording import Naming, entries_text

    output = here.output
    contact = plan.contact
    state = _("confirmed") if contact.confirmed else _("NOT CONFIRMED")
    output.line(
        _("From “{label}” to {name} ({state})"), label=vault.label, name=contact.name, state=state
    )
    naming = Naming(vault)
    for planned in plan.entries:
        entry = planned.entry
        output.line(
            _("Entry {item}: {title}"), item=naming.item(entry.origin, entry.seq), title=entry.title
        )
        output.detail(_("leaves: {names}"), names=", ".join(planned.sent) or _("nothing"))
        if planned.withheld:
            output.detail(_("stays: {names}"), names=", ".join(planned.withheld))
        for text in _given_away(planned):
            output.detail(_("the file itself says {text}"), text=text)
        if not planned.looked:
            output.detail(_("the file itself could not be looked into; it may say more"))
    if plan.left_out:
        output.line(
            _("Left out, unless named: {entries} of which nothing is left."),
            entries=entries_text(plan.left_out),
        )
    output.line(
        _("It also shows: log {origin}, {entries}, bundle {seq}. These link what you send."),
        origin=plan.origin,
        entries=entries_text(plan.size),
        seq=plan.seq,
    )
    if plan.gives_away:
        output.warn(
            _(
                "Files leave as they are, with all that they say of themselves, "
                "also where the field stays."
            )
        )
    output.warn(_("A bundle begins with the words age-encryption.org: what it is can be seen."))


def _given_away(planned: PlannedEntry) -> list[str]:
    """Return a line for every kind of thing that a file says, no kind left out."""
    from vault.media.metadata import GIVEN_AWAY

    lines = []
    for kind, meaning in GIVEN_AWAY.items():
        found = [one for one in planned.gives_away if one.kind == kind]
        if not found:
            continue
        texts = [f"{one.field} {safe(one.value, _LONGEST_VALUE)}" for one in found[:_SHOWN]]
        if len(found) > _SHOWN:
            texts.append(_("{more} more").format(more=len(found) - _SHOWN))
        lines.append(f"{_(meaning)}: {', '.join(texts)}")
    return lines


def _content(
    vault: OpenVault, plan: SealPlan, path: str | None, size: int | None
) -> dict[str, object]:
    from vault.cli.wording import Naming

    naming = Naming(vault)
    return {
        "to": plan.contact.name,
        "confirmed": plan.contact.confirmed,
        "bundle": plan.seq,
        "log": plan.origin,
        "size": plan.size,
        "entries": [
            {
                "item": naming.item(planned.entry.origin, planned.entry.seq),
                "title": planned.entry.title,
                "sent": planned.sent,
                "withheld": planned.withheld,
                "gives_away": [
                    {"kind": f.kind, "field": f.field, "value": f.value} for f in planned.gives_away
                ],
                "looked": planned.looked,
            }
            for planned in plan.entries
        ],
        "path": path,
        "bytes": size,
    }


COMMAND = Command(
    summary=mark("Seal entries into a bundle that one contact can open."),
    function=seal,
    examples=(
        "amanat --vault FILE seal 3 7 --to amina --dry-run",
        "amanat --vault FILE seal --to amina -o bundle.age",
        "amanat --vault FILE seal 3 --to amina --withhold place -o bundle.age",
    ),
    details=mark(
        "First it shows what leaves and what stays. Stays by default: who a person is, how to "
        "reach a source, device, exact location, file name. --fields names what leaves instead."
    ),
    schema=SCHEMA,
)
