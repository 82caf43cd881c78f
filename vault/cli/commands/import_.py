"""`amanat import FILE…`: take bundles into the vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _, counted
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.other_passphrases import ASKS_BEFORE_MUCH, others_protected
from vault.cli.reports import bundle_json, tell_bundle
from vault.cli.vaults import working_vault
from vault.errors import NotSaved, PartlyDone, VaultError, mark

if TYPE_CHECKING:
    from vault.operations.receive import Received

SCHEMA = JsonSchema(
    "amanat/import/v1",
    {
        "label": mark("name of the volume"),
        "bundles": mark("per file: path, report, new entries, missing numbers; or error"),
    },
)


def import_(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help=_("Bundles."))],
) -> None:
    """Check each bundle whole, then take it in."""
    from vault.operations.protection import rows_for_paths
    from vault.operations.receive import import_bundle

    here = invocation_of(context)
    outcomes: list[tuple[str, Received | VaultError]] = []
    with (
        working_vault(here, writable=True) as vault,
        others_protected(here, vault, lambda: rows_for_paths(vault, paths)),
    ):
        label = vault.label
        for path in paths:
            try:
                with here.progress(_("Checking")) as progress:
                    outcomes.append((path, import_bundle(vault, path, progress)))
            except VaultError as error:
                if len(paths) == 1:
                    raise
                if isinstance(error, NotSaved):
                    _tell(here, label, outcomes)  # those before it are safe, and are told
                    raise
                outcomes.append((path, error))
    _tell(here, label, outcomes)
    failed = [error for _path, error in outcomes if isinstance(error, VaultError)]
    if failed:
        raise PartlyDone(
            mark("{failed} of {all} bundles were not imported."),
            failed=len(failed),
            all=len(outcomes),
        )


def _tell(here: Invocation, label: str, outcomes: list[tuple[str, Received | VaultError]]) -> None:
    if here.output.wants_json:
        content = [_content(path, outcome) for path, outcome in outcomes]
        here.output.json(SCHEMA.name, {"label": label, "bundles": content})
        return
    for path, outcome in outcomes:
        if isinstance(outcome, VaultError):
            text = _(outcome.message).format(**outcome.values)
            here.output.warn(_("Not imported: {path}: {why}"), path=path, why=text)
            continue
        tell_bundle(here, path, outcome.report)
        text = counted(
            "{number} entry is new in “{label}”.",
            "{number} entries are new in “{label}”.",
            len(outcome.new),
        )
        here.output.note(text, number=len(outcome.new), label=label)
        if outcome.missing:
            numbers = ", ".join(map(str, outcome.missing))
            here.output.warn(_("Bundles that have not arrived: {numbers}"), numbers=numbers)


def _content(path: str, outcome: Received | VaultError) -> dict[str, object]:
    if isinstance(outcome, VaultError):
        return {"path": path, "error": str(outcome), "code": outcome.exit_code}
    return {
        "path": path,
        "report": bundle_json(outcome.report),
        "new": outcome.new,
        "missing": outcome.missing,
    }


COMMAND = Command(
    summary=mark("Take bundles into the vault, after checking all of each."),
    function=import_,
    examples=("amanat --vault FILE import bundle.age",),
    details=mark(
        "The sender must be among the contacts. A bundle that was altered, is incomplete, or is "
        "for somebody else is refused, and nothing of it is kept."
    ),
    asks=ASKS_BEFORE_MUCH,
    schema=SCHEMA,
)
