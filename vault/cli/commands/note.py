"""`amanat note`: write down an observation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.vaults import working_vault
from vault.cli.wording import read_fields
from vault.errors import UsageError, mark

SCHEMA = JsonSchema(
    "amanat/note/v1",
    {"label": mark("name of the volume"), "item": mark("number of the entry")},
)

_MOST = 1 << 20
_END = "."


def note(
    context: typer.Context,
    heading: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TITLE…]", help=_("Its title; asked for where it is missing.")),
    ] = None,
    title: Annotated[
        str | None, typer.Option("--title", metavar="TEXT", help=_("The same, as an option."))
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
    from vault.operations.protection import rows_for_note

    here = invocation_of(context)
    if heading and title is not None:
        raise UsageError(mark("Give one title, in words or with --title."))
    named = {"place": place, "initial-date": date}
    pairs = [f"{name}={value}" for name, value in named.items() if value is not None]
    # In a script the text is taken whatever follows: it must not be obeyed as commands.
    lines = "\n".join(_until_end(here.script)) if here.script is not None else None
    with working_vault(here, writable=True) as vault:
        said = " ".join(heading or []) if title is None else title
        pairs.append(f"title={said or here.prompts.line(_('Title'))}")
        text = _text(here) if lines is None else lines
        if text.strip():
            pairs.append(f"description={text}")
        fields = read_fields([*pairs, *(field or [])])
        with others_protected(here, vault, lambda: rows_for_note(vault, fields)):
            seq = write_note(vault, fields)
        if here.output.wants_json:
            here.output.json(SCHEMA.name, {"label": vault.label, "item": str(seq)})
        else:
            here.output.note(_("Note {item} saved in “{label}”."), item=seq, label=vault.label)


def _until_end(lines: Iterator[str]) -> Iterator[str]:
    return iter(lambda: next(lines, _END), _END)


def _text(here: Invocation) -> str:
    """Take the text from standard input, or line by line until a single dot."""
    if (
        here.open_vault is None
        and here.surroundings.stdin is not None
        and not here.surroundings.stdin.isatty()
    ):
        return here.surroundings.binary_stdin().read(_MOST + 1).decode("utf-8", "surrogateescape")
    return here.prompts.text(_("The text; a line with a single dot ends it:"), _END)


COMMAND = Command(
    summary=mark("Write a note: an observation or a short account."),
    function=note,
    examples=(
        "amanat --vault FILE note",
        "amanat --vault FILE note What I saw at the gate",
        "amanat --vault FILE note --title 'What I saw' < text.txt",
    ),
    details=mark(
        "Title and text are asked for, so that they stand in no list of past commands. A "
        "person's account is better kept short: statements that differ later are used against "
        "those who made them."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
