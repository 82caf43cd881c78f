"""`amanat move NEWFILE`: a new file with everything in it; the old one stays."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.commands.init import advise_on_size, ask_how_many, ask_labels, ask_passphrases
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_THEN_NEW, GOING, others_protected
from vault.cli.prompts import Kind
from vault.cli.vaults import working_vault
from vault.cli.wording import read_size
from vault.container.geometry import LEVELS
from vault.errors import UsageError, mark

SCHEMA = JsonSchema(
    "amanat/move/v1",
    {
        "path": mark("the new file"),
        "size": mark("its bytes"),
        "passphrases": mark("how many"),
        "from": mark("per volume of the new file: number of the old volume in it, null if new"),
    },
)


def move(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="NEWFILE", help=_("The new file."))],
    size: Annotated[
        str | None,
        typer.Option("--size", metavar="SIZE", help=_("How large; as the old one if not said.")),
    ] = None,
    passphrases: Annotated[
        int | None,
        typer.Option(
            "--passphrases", metavar="N", min=1, max=LEVELS, help=_("How many: 1, 2 or 3.")
        ),
    ] = None,
    kind: Annotated[
        Kind,
        typer.Option(
            "--kind",
            help=_("Six random words, 24 random digits, or passphrases of your own."),
            case_sensitive=False,
        ),
    ] = Kind.WORDS,
    label: Annotated[
        list[str] | None,
        typer.Option(
            "--label", metavar="TEXT", help=_("Your name for each new, empty volume; asked else.")
        ),
    ] = None,
    leave: Annotated[
        list[int] | None,
        typer.Option(
            "--leave",
            metavar="N",
            min=1,
            max=LEVELS,
            help=_("Leave this volume (1, 2 or 3) behind, in the old file only."),
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help=_("Do not ask about what is left behind."))
    ] = False,
) -> None:
    """Ask for what was not given, make the new file, and say what stays where."""
    from vault.operations.create import VolumeToMake
    from vault.operations.move import Destination, check_move, move_vault

    here = invocation_of(context)
    with (
        working_vault(here, writable=False) as vault,
        others_protected(here, vault, told=GOING),
    ):
        levels = _going(here, len(vault.session.volumes), leave or [], given=yes)
        length = read_size(size) if size else vault.session.geometry.length
        there = Destination(path, length, levels)
        check_move(vault, there)
        advise_on_size(here, length)
        count = passphrases or ask_how_many(here)
        _tell_order(here, levels, count)
        labels = ask_labels(here, label or [], count, first=len(levels))
        names = [None] * len(levels) + labels
        volumes = [
            VolumeToMake(secret, name or "")
            for secret, name in zip(ask_passphrases(here, names, kind), names, strict=True)
        ]
        with here.progress(_("Writing")) as progress:
            move_vault(vault, there, volumes, progress=progress)
        old = vault.path
    if here.output.wants_json:
        numbers = [level + 1 for level in levels]
        origin = numbers + [None] * (count - len(levels))
        here.output.json(
            SCHEMA.name, {"path": path, "size": length, "passphrases": count, "from": origin}
        )
        return
    here.output.note(_("Made: {path}"), path=path)
    here.output.note(_("The old file stays as it was: {path}"), path=old)
    here.output.note(_("What no passphrase given here opens is in the old file only."))


def _going(here: Invocation, count: int, left: list[int], *, given: bool) -> list[int]:
    """Return the levels that go along: all that are open but those to be left, confirmed."""
    for number in left:
        if number > count:
            raise UsageError(mark("Volume {number} is not open."), number=number)
    for number in sorted({*left}):
        question = _("Volume {number} stays behind, in the old file only.").format(number=number)
        here.prompts.confirm(question, "leave", given=given)
    return [level for level in range(count) if level + 1 not in left]


def _tell_order(here: Invocation, levels: list[int], count: int) -> None:
    """Say which volume becomes which.

    Raises:
        UsageError: there are fewer than go along.
    """
    if count < len(levels):
        raise UsageError(
            mark("{count} volumes go along, and each needs a passphrase of its own."),
            hint=mark("To leave one behind, name it: --leave NUMBER"),
            count=len(levels),
        )
    for number in range(1, count + 1):
        if number <= len(levels):
            text = _("Volume {number} of the new file: what is volume {old} now.")
            here.output.note(text, number=number, old=levels[number - 1] + 1)
        else:
            here.output.note(_("Volume {number} of the new file: empty."), number=number)


COMMAND = Command(
    summary=mark("Make a new file with everything in it; the old file stays."),
    function=move,
    examples=(
        "amanat --vault FILE move new.vault",
        "amanat --vault FILE move new.vault --size 4GiB --passphrases 3",
    ),
    details=mark(
        "For other passphrases, another size, or another number of volumes. Everything that "
        "the passphrases open goes along, in the same order: files, notes, contacts, log and "
        "its keys. A further volume begins empty and is the most secret one. The old file is "
        "read, never written: keep it until you have opened the new one with each passphrase, "
        "and know that it still opens with the old ones. If a part of it cannot be read nothing "
        "is made; see rescue."
    ),
    asks=ASKS_THEN_NEW,
    schema=SCHEMA,
)
