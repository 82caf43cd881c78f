"""`amanat init FILE`: make a vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.output import filled
from vault.cli.prompts import Kind
from vault.cli.vaults import require_no_prompt, workplace_of
from vault.cli.wording import read_size
from vault.errors import UsageError, mark

SCHEMA = JsonSchema(
    "amanat/init/v1",
    {"path": mark("the new file"), "size": mark("its bytes"), "passphrases": mark("how many")},
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADVISED = 512 << 20
_MOST = 3


def init(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="FILE", help=_("The new file."))],
    size: Annotated[
        str, typer.Option("--size", metavar="SIZE", help=_("How large; it never grows."))
    ] = "1GiB",
    passphrases: Annotated[
        int | None,
        typer.Option(
            "--passphrases", metavar="N", min=1, max=_MOST, help=_("How many: 1, 2 or 3.")
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
            "--label", metavar="TEXT", help=_("Your name for each volume, in order; asked else.")
        ),
    ] = None,
) -> None:
    """Ask for what was not given, and make the file."""
    from vault.operations.create import VolumeToMake, check_place, create_vault

    here = invocation_of(context)
    require_no_prompt(here)
    length = read_size(size)
    place = workplace_of(here)
    check_place(path, length, place)
    advise_on_size(here, length)
    count = passphrases or ask_how_many(here)
    labels = ask_labels(here, label or [], count)
    secrets = ask_passphrases(here, labels, kind)
    volumes = [VolumeToMake(*pair) for pair in zip(secrets, labels, strict=True)]
    with here.progress(_("Writing")) as progress:
        create_vault(path, length, volumes, place=place, progress=progress)
    if here.output.wants_json:
        here.output.json(SCHEMA.name, {"path": path, "size": length, "passphrases": count})
        return
    here.output.note(_("Made: {path}"), path=path)
    here.output.note(_("Next: amanat open {path}"), path=path)


def advise_on_size(here: Invocation, length: int) -> None:
    """Warn of a size that has a drawback."""
    from vault.operations.create import FAT_LIMIT

    if length < _ADVISED:
        here.output.warn(_("Below 512MiB a file is for trials: saving gets slow as it fills."))
    if length > FAT_LIMIT:
        here.output.warn(_("Sticks formatted with FAT cannot hold a file of 4GiB or more."))


def ask_how_many(here: Invocation) -> int:
    """Ask, with what there is to know before one answers."""
    here.output.note(
        _("Each passphrase opens a part of its own, and those before it. All numbers are usual.")
    )
    question = _("How many passphrases: 1, 2 or 3")
    return int(here.prompts.choice(question, ["1", "2", "3"]))


def ask_labels(here: Invocation, given: list[str], count: int, *, first: int = 0) -> list[str]:
    """Return a label for each volume from level `first` on; where nobody can be asked, its number.

    Args:
        here: the run.
        given: those that were said, in order.
        count: volumes in all.
        first: level of the first volume that needs one.
    """
    from vault.operations.create import check_label

    if len(given) > count - first:
        raise UsageError(mark("There are more labels than passphrases."))
    labels = list(given)
    while first + len(labels) < count:
        number = first + len(labels) + 1
        standing_in = _("volume {number}").format(number=number)
        if here.prompts.can_ask:
            question = _("Your name for what passphrase {number} opens").format(number=number)
            labels.append(here.prompts.line(question).strip() or standing_in)
        else:
            labels.append(standing_in)
    for chosen in labels:
        check_label(chosen)
    return labels


def ask_passphrases(here: Invocation, labels: Sequence[str | None], kind: Kind) -> list[str]:
    """Ask for a new passphrase for each volume; the question says its label, where there is one."""
    names = (_("First passphrase"), _("Second passphrase"), _("Third passphrase"))
    secrets = []
    for name, label in zip(names, labels, strict=False):
        question = name
        if label is not None:
            question = filled(_("{name}, for “{label}”"), {"name": name, "label": label})
        secrets.append(here.prompts.new_passphrase(question, kind))
    return secrets


COMMAND = Command(
    summary=mark("Make a vault: one file of random bytes, with 1, 2 or 3 passphrases."),
    function=init,
    examples=("amanat init my.vault", "amanat init stick.vault --size 2GiB"),
    details=mark(
        "Each passphrase opens its own volume and all before it. One, two or three are "
        "equally ordinary, and the file looks the same with each. Random passphrases are shown "
        "once and typed back."
    ),
    schema=SCHEMA,
)
