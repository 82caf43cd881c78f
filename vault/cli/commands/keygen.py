"""`amanat keygen -o FILE`: a key file for a partner without a vault."""

from __future__ import annotations

from typing import Annotated

import typer

from vault.cli.command import Command, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import invocation_of
from vault.cli.vaults import workplace_of
from vault.errors import mark

SCHEMA = JsonSchema(
    "amanat/keygen/v1",
    {
        "path": mark("the key file"),
        "recipient": mark("the public key, to be given to senders"),
        "fingerprint": mark("of the public key, to be compared"),
    },
)


def keygen(
    context: typer.Context,
    target: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help=_("The new key file."))
    ],
) -> None:
    """Make a key file and print the public key."""
    from vault.contacts.card import parse_card
    from vault.operations.contacts import write_new_identity

    here = invocation_of(context)
    identity = write_new_identity(target, workplace_of(here))
    fingerprint = parse_card(identity.recipient.encode("ascii")).fingerprint
    if here.output.wants_json:
        content = {"path": target, "recipient": identity.recipient, "fingerprint": fingerprint}
        here.output.json(SCHEMA.name, content)
        return
    here.output.text(identity.recipient)
    here.output.note(_("Fingerprint: {fingerprint}"), fingerprint=fingerprint)
    here.output.note(_("Whoever has {path} opens your bundles: it is not encrypted."), path=target)


COMMAND = Command(
    summary=mark("Make a key file for a partner who has no vault."),
    function=keygen,
    examples=("amanat keygen -o partner.key > partner.pub",),
    details=mark(
        "Send what is printed to the people who send to you; they add it with: contact add. "
        "The file is an identity of the age format and works with age 1.3 and newer."
    ),
    schema=SCHEMA,
)
