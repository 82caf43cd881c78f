"""`amanat status`: how much is in it, how much still fits."""

from __future__ import annotations

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.progress import as_bytes
from vault.cli.vaults import working_vault
from vault.errors import mark

SCHEMA = JsonSchema(
    "amanat/status/v1",
    {
        "label": mark("name of the volume"),
        "size": mark("bytes of the file"),
        "entries": mark("of the own log"),
        "contacts": mark("how many"),
        "used": mark("bytes of content"),
        "room_files": mark("bytes that still fit for files"),
        "room_other": mark("bytes that still fit for everything else"),
        "commits": mark("saves so far"),
        "rows": mark("rows of the ring"),
        "reserve": mark("rows that may be written without this passphrase, without loss"),
        "refill": mark("rows that, written with it, bring the reserve to its best"),
        "lag": mark("rows written without this passphrase since its last save"),
        "saves": mark(
            "per open volume: volume, seen (saves the file shows), unchanged (how many of them)"
        ),
    },
)


def status(context: typer.Context) -> None:
    """Print what can be said of the volume."""
    from vault.operations.inspect import vault_status

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        found = vault_status(vault)
    box = found.container
    if here.output.wants_json:
        here.output.json(
            SCHEMA.name,
            {
                "label": found.label,
                "size": box.length,
                "entries": found.entries,
                "contacts": found.contacts,
                "used": box.used,
                "room_files": box.media_room,
                "room_other": box.other_room,
                "commits": box.commits,
                "rows": box.rows,
                "reserve": box.reserve,
                "refill": box.refill,
                "lag": box.lag,
                "saves": [
                    {"volume": one.level + 1, "seen": one.seen, "unchanged": one.unchanged}
                    for one in found.saves
                ],
            },
        )
        return
    here.output.table(
        [_("What"), _("How much")],
        [
            (_("Volume"), found.label),
            (_("Entries"), found.entries),
            (_("Contacts"), found.contacts),
            (_("In use"), as_bytes(box.used)),
            (_("Room for files"), as_bytes(box.media_room)),
            (_("Room for everything else"), as_bytes(box.other_room)),
            (_("Saves so far"), box.commits),
            (_("Rows written without this passphrase"), box.lag),
            (
                _("More such rows without loss"),
                _("{reserve} of {rows}").format(reserve=box.reserve, rows=box.rows),
            ),
            (_("Rows to write with it until that is at its best"), box.refill),
            *(
                (
                    _("Saves that changed nothing in volume {number}").format(number=one.level + 1),
                    _("{unchanged} of {seen}").format(unchanged=one.unchanged, seen=one.seen),
                )
                for one in found.saves
            ),
        ],
    )
    # Whoever reads the numbers reads with them what is usual about them.
    here.output.reading_matter(
        [
            _(
                "Saves that changed nothing are usual: the prompt saves when it is left, and of "
                "the several saves that a large file takes only the last one counts as a change."
            )
        ]
    )


COMMAND = Command(
    summary=mark("How much is in it, and how much still fits."),
    function=status,
    examples=("amanat --vault FILE status",),
    details=mark(
        "Each save without this passphrase writes one row or more. As long as there are no more "
        "such rows than is said there, nothing of this volume is lost; each save with it makes "
        "the number grow again. The last lines tell what anybody sees who has a copy of the file "
        "and the passphrase of that volume: how many saves the file still shows, and how many of "
        "them changed nothing in it. Opening the prompt and leaving it is such a save. A large "
        "file takes several saves; only the last of them counts as a change."
    ),
    schema=SCHEMA,
)
