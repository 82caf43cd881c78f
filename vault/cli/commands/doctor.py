"""`amanat doctor`: what this machine itself keeps of one's work. Reads only."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.output import filled
from vault.cli.traces import anywhere
from vault.cli.traces.machine import STATE_WORDS, Finding, Machine, State, this_machine
from vault.errors import mark

if TYPE_CHECKING:
    from vault.cli.output import Output

SCHEMA = JsonSchema(
    "amanat/doctor/v1",
    {
        "system": mark("linux, windows, macos, or the name of another system"),
        "findings": mark(
            "a list; each has `area` (a name that does not change), `state` (keeps, clear or"
            " unknown), `text` and `advice`"
        ),
    },
)

_KNOWN = ("linux", "windows", "macos")


def examine(machine: Machine, vault: Path | None) -> list[Finding]:
    """Return all findings for a machine: what keeps something first.

    Args:
        machine: where to look.
        vault: the file that `--vault` names, if any.
    """
    found = list(anywhere.findings(machine, vault))
    if machine.system in _KNOWN:
        found += import_module(f"vault.cli.traces.{machine.system}").findings(machine)
    else:
        found.append(
            Finding(
                "system",
                State.UNKNOWN,
                mark("What {system} keeps is not known to this program."),
                values={"system": machine.system},
            )
        )
    order = list(State)
    return sorted(found, key=lambda finding: order.index(finding.state))


def doctor(context: typer.Context) -> None:
    """Print what this machine keeps."""
    here = invocation_of(context)
    vault = here.settings.vault or (here.open_vault.path if here.open_vault else None)
    machine = this_machine(here.surroundings.environ)
    report(machine, examine(machine, Path(vault) if vault else None), here.output)


def report(machine: Machine, findings: Iterable[Finding], output: Output) -> None:
    """Print findings, as JSON or for people."""
    if output.wants_json:
        listed = [
            {
                "area": finding.area,
                "state": finding.state.value,
                "text": filled(finding.text, finding.values),
                "advice": filled(finding.advice, finding.values),
            }
            for finding in findings
        ]
        output.json(SCHEMA.name, {"system": machine.system, "findings": listed})
        return
    for finding in findings:
        output.line(
            "{state}  {text}",
            state=_(STATE_WORDS[finding.state]).ljust(_STATE_WIDTH),
            text=filled(_(finding.text), finding.values),
        )
        if finding.advice and finding.state is not State.CLEAR:
            output.line(
                "{gap}  {text}",
                gap=" " * _STATE_WIDTH,
                text=filled(_(finding.advice), finding.values),
            )


_STATE_WIDTH = 7

COMMAND = Command(
    summary=mark("Tell what this machine itself keeps of your work."),
    function=doctor,
    examples=("amanat doctor", "amanat doctor --vault FILE", "amanat doctor --json"),
    details=mark(
        "It looks at settings, and at whether files exist; it opens none of yours and changes"
        " nothing. With --vault it also tells whether that file stands in a folder that is"
        " copied to a company's computers."
    ),
    schema=SCHEMA,
)
