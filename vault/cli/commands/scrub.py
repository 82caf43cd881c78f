"""`amanat scrub`: write over everything in the file that is not in use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_ALWAYS, open_numbers, others_protected
from vault.cli.output import filled
from vault.cli.progress import as_bytes
from vault.cli.vaults import working_vault
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from vault.operations.opened import OpenVault
    from vault.operations.scrub import ScrubReport

SCHEMA = JsonSchema(
    "amanat/scrub/v1",
    {
        "label": mark("name of the volume"),
        "volumes": mark("numbers of the volumes that were kept, from 1"),
        "rows": mark("rows written over and saved"),
        "of": mark("rows of the file"),
        "done": mark("whether all of them were; false after Ctrl-C"),
    },
)


def scrub(
    context: typer.Context,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask: what is given up is known."))
    ] = False,
) -> None:
    """Ask what must survive, have the rest confirmed, and write over it."""
    from vault.operations.scrub import scrub as scrub_vault

    here = invocation_of(context)
    if here.output.wants_json and not yes:
        raise UsageError(
            mark("With --json nothing is shown before it is asked."),
            hint=mark("Add --yes once you know what is given up."),
        )
    with working_vault(here, writable=True) as vault, others_protected(here, vault):
        here.prompts.confirm(_question(vault), _("scrub"), given=yes)
        with here.progress(_("Writing over")) as progress:
            report = scrub_vault(vault, progress)
        _tell(here, vault, report)
    if report.interrupted and not report.whole:
        raise KeyboardInterrupt


def _question(vault: OpenVault) -> str:
    """Return what is about to happen, with all that somebody must not overlook."""
    values = {
        "label": vault.label,
        "numbers": open_numbers(vault),
        "size": as_bytes(vault.session.geometry.length),
    }
    return "\n".join(
        filled(text, values)
        for text in (
            _("“{label}” is open. Everything in the file is written anew: {size}."),
            _("These volumes stay: {numbers}. Nothing else in the file does, whatever opens it."),
        )
    )


def _tell(here: Invocation, vault: OpenVault, report: ScrubReport) -> None:
    output = here.output
    if output.wants_json:
        output.json(
            SCHEMA.name,
            {
                "label": vault.label,
                "volumes": [volume.level + 1 for volume in vault.session.volumes],
                "rows": report.rows,
                "of": report.of,
                "done": report.whole,
            },
        )
        return
    if not report.whole:
        output.warn(
            _("Stopped after {rows} of {of} rows. What is in use is whole; scrub begins anew."),
            rows=report.rows,
            of=report.of,
        )
        return
    output.note(
        _("All {of} rows are written over. What was erased is gone from this file,"), of=report.of
    )
    output.note(_("but not from copies of it, and not for certain from an SSD or a stick."))


COMMAND = Command(
    summary=mark("Write over everything in the file that is not in use."),
    function=scrub,
    examples=("amanat --vault FILE scrub",),
    details=mark(
        "What was erased or replaced stays in unused places of the file until they are written "
        "over. This writes over all of them, in as much time as copying the file takes. Open the "
        "file with its last passphrase, or give the others when asked: what no passphrase given "
        "opens is lost. Copies made before are not reached, and the memory of an SSD or a stick "
        "may keep what it no longer shows. Ctrl-C stops after the last saved step; the next time "
        "it begins anew."
    ),
    asks=ASKS_ALWAYS,
    schema=SCHEMA,
)
