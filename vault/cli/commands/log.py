"""`amanat log`: the log as a whole, or a folder that proves one entry to a third party."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.vaults import working_vault
from vault.cli.wording import entries_text
from vault.errors import UsageError, mark

if TYPE_CHECKING:
    from vault.operations.log import LogState

SCHEMA = JsonSchema(
    "amanat/log/v1",
    {
        "label": mark("name of the volume"),
        "log": mark("origin: the log's name, which pins its keys"),
        "size": mark("entries"),
        "root": mark("root of the tree over all entries, in hexadecimal"),
        "signed": mark("sizes of the checkpoints that left"),
        "proof": mark("where the proof was written, and its fields; null without --proof"),
    },
)


def log(
    context: typer.Context,
    proof: Annotated[
        str | None, typer.Option("--proof", metavar="ITEM", help=_("Prove this entry."))
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="DIR", help=_("New folder for the proof.")),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option("--fields", metavar="NAMES", help=_("Only these fields, with commas.")),
    ] = None,
    withhold: Annotated[
        str | None,
        typer.Option("--withhold", metavar="NAMES", help=_("Not these fields, with commas.")),
    ] = None,
) -> None:
    """Print size and root of the log; with --proof, write what a third party needs."""
    from vault.operations.log import log_state, write_proof

    here = invocation_of(context)
    if (proof is None) != (target is None):
        raise UsageError(mark("--proof ITEM and -o DIR belong together."))
    with working_vault(here, writable=proof is not None) as vault:
        shown: list[str] | None = None
        if proof is not None and target is not None:
            shown = write_proof(
                vault, proof, target, withhold=names_in(withhold), only=names_in(fields)
            )
        _tell(here, vault.label, log_state(vault), target, shown)


def names_in(text: str | None) -> list[str]:
    """Return names that stand in one text with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()] if text else []


def _tell(
    here: Invocation, label: str, state: LogState, target: str | None, shown: list[str] | None
) -> None:
    output = here.output
    if output.wants_json:
        proof = None if shown is None else {"folder": target, "fields": shown}
        output.json(
            SCHEMA.name,
            {
                "label": label,
                "log": state.origin,
                "size": state.size,
                "root": state.root.hex(),
                "signed": list(state.signed),
                "proof": proof,
            },
        )
        return
    output.line(_("Log {origin}"), origin=state.origin)
    entries = entries_text(state.size)
    output.line(_("{entries}, root {root}"), entries=entries, root=state.root.hex())
    if shown is not None:
        output.note(
            _("Proof written to {path}, with: {fields}"), path=target, fields=", ".join(shown)
        )
        output.note(_("Anybody can check it, by docs/verify-by-hand.md:"))
        output.note("    sh verify-by-hand.sh {path} {origin}", path=target, origin=state.origin)


COMMAND = Command(
    summary=mark("Size and root of the log; prove one entry to a third party."),
    function=log,
    examples=("amanat --vault FILE log", "amanat --vault FILE log --proof 7 -o proof-7"),
    details=mark(
        "A proof shows that an entry stands unchanged at its place since the log was signed, "
        "and by which key: never that it is true, who made it, or when. Sensitive fields stay "
        "inside unless named."
    ),
    schema=SCHEMA,
)
