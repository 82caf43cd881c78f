"""`amanat note`: write down an observation."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.vaults import working_vault
from vault.cli.wording import read_fields
from vault.errors import mark

SCHEMA = JsonSchema(
    "amanat/note/v1",
    {"label": mark("name of the volume"), "item": mark("number of the entry")},
)

_MOST = 1 << 20


def note(
    context: typer.Context,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help=_("Its title; asked else."))
    ] = None,
    place: Annotated[
        str | None, typer.Option("--place", metavar="TEXT", help=_("Where it happened."))
    ] = None,
    date: Annotated[
        str | None,
        typer.Option("--date", metavar="DATE", help=_("When: 2026, 2026-03 or 2026-03-04.")),
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="NAME=VALUE", help=_("Any other field.")),
    ] = None,
) -> None:
    """Ask for title and text, or read the text from standard input; save the note."""
    from vault.operations.entries import write_note

    here = invocation_of(context)
    named = {"place": place, "initial-date": date}
    pairs = [f"{name}={value}" for name, value in named.items() if value is not None]
    with working_vault(here, writable=True) as vault:
        heading = title if title is not None else here.prompts.line(_("Title"))
        pairs.append(f"title={heading}")
        text = _text(here)
        if text.strip():
            pairs.append(f"description={text}")
        seq = write_note(vault, read_fields([*pairs, *(field or [])]))
        if here.output.wants_json:
            here.output.json(SCHEMA.name, {"label": vault.label, "item": str(seq)})
        else:
            here.output.note(_("Note {item} saved in “{label}”."), item=seq, label=vault.label)


def _text(here: Invocation) -> str:
    """Take the text from standard input, or line by line until a single dot."""
    if here.surroundings.stdin is not None and not here.surroundings.stdin.isatty():
        return here.surroundings.binary_stdin().read(_MOST + 1).decode("utf-8", "surrogateescape")
    here.output.note(_("The text; a line with a single dot ends it."))
    lines: list[str] = []
    while (line := here.prompts.line(">")) != ".":
        lines.append(line)
    return "\n".join(lines)


COMMAND = Command(
    summary=mark("Write a note: an observation or a short account."),
    function=note,
    examples=(
        "amanat --vault FILE note",
        "amanat --vault FILE note --title 'What I saw' < text.txt",
    ),
    details=mark(
        "Title and text are asked for, so that they stand in no list of past commands. A "
        "person's account is better kept short: statements that differ later are used against "
        "witnesses."
    ),
    schema=SCHEMA,
)
