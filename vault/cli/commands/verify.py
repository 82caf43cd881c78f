"""`amanat verify FILE… --identity KEYFILE`: check bundles without a vault."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.reports import bundle_json, tell_bundle
from vault.errors import VaultError, VerificationFailed, mark

if TYPE_CHECKING:
    from vault.verify.bundle import BundleReport

SCHEMA = JsonSchema(
    "amanat/verify/v1", {"bundles": mark("per file: path and report, or path, error and code")}
)


def verify(
    context: typer.Context,
    paths: Annotated[list[str], typer.Argument(metavar="FILE…", help=_("Bundles."))],
    identity: Annotated[
        str, typer.Option("--identity", "-i", metavar="KEYFILE", help=_("Your key file."))
    ],
    signed_by: Annotated[
        str | None,
        typer.Option("--signed-by", metavar="CARD", help=_("The sender's card, compared.")),
    ] = None,
) -> None:
    """Check each bundle and say what holds."""
    from vault.operations.bundles import verify_file

    here = invocation_of(context)
    outcomes: list[tuple[str, BundleReport | VaultError]] = []
    for path in paths:
        try:
            with here.progress(_("Checking")) as progress:
                report = verify_file(
                    path, identity=identity, signed_by=signed_by, progress=progress
                )
            outcomes.append((path, report))
        except VaultError as error:
            if len(paths) == 1:
                raise
            outcomes.append((path, error))
    if here.output.wants_json:
        content: list[dict[str, object]] = []
        for path, outcome in outcomes:
            if isinstance(outcome, VaultError):
                content.append({"path": path, "error": str(outcome), "code": outcome.exit_code})
            else:
                content.append({"path": path, "report": bundle_json(outcome)})
        here.output.json(SCHEMA.name, {"bundles": content})
    else:
        for path, outcome in outcomes:
            if isinstance(outcome, VaultError):
                text = _(outcome.message).format(**outcome.values)
                here.output.warn(_("{path}: {why}"), path=path, why=text)
            else:
                tell_bundle(here, path, outcome)
    failed = [path for path, outcome in outcomes if isinstance(outcome, VaultError)]
    if failed:
        raise VerificationFailed(
            mark("{failed} of {all} do not hold."),
            report=outcomes,
            failed=len(failed),
            all=len(outcomes),
        )


COMMAND = Command(
    summary=mark("Check bundles with a key file; no vault needed."),
    function=verify,
    examples=(
        "amanat verify bundle.age --identity partner.key",
        "amanat verify bundle.age --identity partner.key --signed-by sender.card",
    ),
    details=mark(
        "With --signed-by it must have been signed by the keys of that card. Exit code 0 only "
        "if everything that was asked for holds."
    ),
    schema=SCHEMA,
)
