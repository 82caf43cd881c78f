"""`amanat rescue NEWFILE`: what can be read of a damaged file, in a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.commands.init import ask_passphrases
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_THEN_NEW, GOING, ask_for_others
from vault.cli.output import filled
from vault.cli.progress import as_number
from vault.cli.prompts import Kind
from vault.cli.vaults import require_free, require_no_prompt, vault_path, workplace_of
from vault.cli.wording import entries_text, read_size
from vault.errors import PartlyDone, mark

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.operations.rescue import LostPart, RescuedVolume

SCHEMA = JsonSchema(
    "amanat/rescue/v1",
    {
        "path": mark("the new file"),
        "size": mark("its bytes"),
        "whole": mark("whether nothing is lost"),
        "volumes": mark(
            "per volume: number, label, entries, whole, end (entries may have followed), "
            "since (rows written later, without it or lost), anew (nothing was readable), "
            "nameless (its name and keys are lost), "
            "lost (per entry: item, title, leaf, fields, chunks)"
        ),
    },
)


def rescue(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="NEWFILE", help=_("The new file."))],
    from_end: Annotated[
        bool,
        typer.Option("--from-end", help=_("Open by what stands at the end of the file.")),
    ] = False,
    size: Annotated[
        str | None,
        typer.Option(
            "--size",
            metavar="SIZE",
            help=_("With --from-end: the size that the file had, if it has another now."),
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
) -> None:
    """Open as far as that goes, make the new file, and name what is lost."""
    from vault.operations.create import check_place
    from vault.operations.rescue import damaged_vault

    here = invocation_of(context)
    require_no_prompt(here)
    old, place = vault_path(here), workplace_of(here)
    length = read_size(size) if size else None
    require_free(place, old, writable=False)
    passphrase = here.prompts.passphrase(filled(_("Passphrase for {path}"), {"path": old}))
    with damaged_vault(old, passphrase, place=place, from_end=from_end, length=length) as vault:
        if not vault.all_open:
            ask_for_others(here, vault.open_further, lambda: vault.all_open)
            numbers = ", ".join(str(level + 1) for level in range(vault.levels))
            here.output.note(_(GOING), numbers=numbers)
        check_place(path, vault.length, place)
        here.output.note(_("The new file gets passphrases of its own, in the same order."))
        passphrases = ask_passphrases(here, [None] * vault.levels, kind)
        vault.check(path, passphrases)
        with here.progress(_("Reading"), as_number) as progress:
            vault.read(progress)
        with here.progress(_("Writing")) as progress:
            reports = vault.rescue(path, passphrases, progress)
        made = vault.length
    whole = all(report.whole for report in reports)
    if here.output.wants_json:
        volumes = [_content(report) for report in reports]
        content = {"path": path, "size": made, "whole": whole, "volumes": volumes}
        here.output.json(SCHEMA.name, content)
    else:
        _tell(here, path, old, reports)
    if not whole:
        raise PartlyDone(
            mark("Something could not be brought back; what is known of it is named above."),
            hint=mark("Keep the damaged file: it was not changed."),
        )


def _tell(here: Invocation, path: str, old: str, reports: Sequence[RescuedVolume]) -> None:
    output = here.output
    for report in reports:
        output.line(
            _("Volume {number}, “{label}”: {entries}."),
            number=report.level + 1,
            label=report.label,
            entries=entries_text(report.entries),
        )
        for part in report.lost:
            output.detail(
                _("Entry {item} “{title}”: lost: {what}"),
                item=part.item,
                title=part.title or "?",
                what=_what(part),
            )
        for text in _further(report):
            output.detail("{text}", text=text)
    output.note(_("Made: {path}"), path=path)
    output.note(_("The old file stays as it was: {path}"), path=old)
    output.note(_("What no passphrase given here opens is in the old file only."))


def _what(part: LostPart) -> str:
    if part.loss.leaf:
        return _("the entry itself")
    if part.loss.chunks:
        return _("{count} parts of its file").format(count=part.loss.chunks)
    return _("fields")


def _further(report: RescuedVolume) -> list[str]:
    """Return what is lost of a volume as a whole."""
    texts = []
    if report.anew:
        texts.append(_("Nothing of it can be read: it begins anew, empty."))
    elif report.nameless:
        texts.append(_("Its name and the keys of its log are lost; its entries bear another name."))
    if report.end and not report.anew:
        texts.append(_("Entries may have followed the last one known."))
    if report.since and not report.end:
        text = _("{rows} rows were written later: without this passphrase, or what came is lost.")
        texts.append(text.format(rows=report.since))
    return texts


def _content(report: RescuedVolume) -> dict[str, object]:
    return {
        "number": report.level + 1,
        "label": report.label,
        "entries": report.entries,
        "whole": report.whole,
        "end": report.end,
        "since": report.since,
        "anew": report.anew,
        "nameless": report.nameless,
        "lost": [
            {
                "item": part.item,
                "title": part.title,
                "leaf": part.loss.leaf,
                "fields": part.loss.fields,
                "chunks": part.loss.chunks,
            }
            for part in report.lost
        ],
    }


COMMAND = Command(
    summary=mark("Take what can be read of a damaged file into a new one."),
    function=rescue,
    examples=(
        "amanat --vault FILE rescue new.vault",
        "amanat --vault FILE rescue new.vault --from-end",
        "amanat --vault FILE rescue new.vault --from-end --size 1GiB",
    ),
    details=mark(
        "Reads every row, whatever is damaged, cut off or overwritten, and never writes to the "
        "damaged file. What stands at the beginning of a file and turns a passphrase into keys "
        "stands at its end a second time: --from-end. The new file is as large as the old one "
        "was, with new passphrases. What is lost is named by entry; exit code 3 if anything "
        "is. If the disk itself fails, copy the file to another one first."
    ),
    asks=ASKS_THEN_NEW,
    schema=SCHEMA,
)
