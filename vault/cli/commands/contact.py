"""`amanat contact card|add|confirm|list`: keys of people, one's own included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vault.cli.command import Command, CommandGroup, JsonSchema
from vault.cli.i18n import _
from vault.cli.invocation import Invocation, invocation_of
from vault.cli.output import filled
from vault.cli.vaults import working_vault, workplace_of
from vault.errors import mark

if TYPE_CHECKING:
    from vault.catalog.bodies import Contact

CARD = JsonSchema(
    "amanat/contact-card/v1",
    {
        "log": mark("origin of the own log"),
        "fingerprint": mark("to be compared by voice or in person"),
        "card": mark("the card's text"),
        "path": mark("where the card was written; null if nowhere"),
    },
)
_ONE = {
    "name": mark("what you call her"),
    "fingerprint": mark("to be compared by voice or in person"),
    "confirmed": mark("whether it was compared"),
    "log": mark("origin of her log; empty for a partner without a vault"),
}
ADDED = JsonSchema("amanat/contact-add/v1", _ONE)
CONFIRMED = JsonSchema("amanat/contact-confirm/v1", _ONE)
MANY = JsonSchema(
    "amanat/contact-list/v1", {"contacts": mark("name, fingerprint, confirmed, log of each")}
)


def card(
    context: typer.Context,
    target: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help=_("Where to write the card.")),
    ] = None,
) -> None:
    """Write one's own card."""
    from vault.operations.contacts import own_card
    from vault.storage.output import OutputFile

    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        raw, read_back = own_card(vault)
    if target is not None:
        place = workplace_of(here)
        with OutputFile(place.disk, target, random=place.random) as file:
            file.write(raw)
    if here.output.wants_json:
        here.output.json(
            CARD.name,
            {
                "log": read_back.origin,
                "fingerprint": read_back.fingerprint,
                "card": raw.decode("utf-8"),
                "path": target,
            },
        )
        return
    if target is None:
        here.output.exact(raw)
    here.output.note(_("Fingerprint: {fingerprint}"), fingerprint=read_back.fingerprint)
    here.output.note(_("Read it to whoever gets the card, by voice or in person."))


def add(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("What you call her."))],
    path: Annotated[str, typer.Argument(metavar="CARD", help=_("The file with her card."))],
) -> None:
    """Keep somebody's card, not confirmed."""
    from vault.operations.contacts import add_contact

    here = invocation_of(context)
    with working_vault(here, writable=True) as vault:
        contact = add_contact(vault, name, path)
        _tell(
            here,
            ADDED,
            contact,
            filled(_("Added to “{label}”: {name}"), {"label": vault.label, "name": name}),
        )


def confirm(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help=_("Whose fingerprint was compared."))],
    yes: Annotated[
        bool, typer.Option("--yes", help=_("It was compared, by voice or in person."))
    ] = False,
) -> None:
    """Keep that a fingerprint was compared."""
    from vault.operations.contacts import confirm_contact

    here = invocation_of(context)
    with working_vault(here, writable=True) as vault:
        known = vault.catalog.contact(name)
        question = filled(
            _("Fingerprint of {name}: {fingerprint}\nDid she read you the same?"),
            {"name": known.name, "fingerprint": known.fingerprint},
        )
        here.prompts.confirm(question, _("yes"), given=yes)
        contact = confirm_contact(vault, name)
        _tell(here, CONFIRMED, contact, filled(_("Confirmed: {name}"), {"name": name}))


def list_(context: typer.Context) -> None:
    """Print all contacts."""
    here = invocation_of(context)
    with working_vault(here, writable=False) as vault:
        contacts = vault.catalog.contacts()
    if here.output.wants_json:
        here.output.json(MANY.name, {"contacts": [_content(contact) for contact in contacts]})
        return
    if not contacts:
        here.output.note(_("No contacts yet. To begin: contact add NAME CARD"))
        return
    rows = [
        [
            contact.name,
            _("confirmed") if contact.confirmed else _("not confirmed"),
            contact.fingerprint,
        ]
        for contact in contacts
    ]
    here.output.table([_("Name"), _("Compared"), _("Fingerprint")], rows)


def _content(contact: Contact) -> dict[str, object]:
    return {
        "name": contact.name,
        "fingerprint": contact.fingerprint,
        "confirmed": contact.confirmed,
        "log": contact.origin,
    }


def _tell(here: Invocation, schema: JsonSchema, contact: Contact, done: str) -> None:
    if here.output.wants_json:
        here.output.json(schema.name, _content(contact))
        return
    here.output.note("{done}", done=done)
    here.output.line(_("Fingerprint: {fingerprint}"), fingerprint=contact.fingerprint)
    if not contact.confirmed:
        here.output.note(_("Not confirmed: compare the fingerprint by voice or in person, then"))
        here.output.note("    contact confirm {name}", name=contact.name)


COMMAND = CommandGroup(
    summary=mark("People you send to and receive from."),
    commands={
        "card": Command(
            summary=mark("Write your own card: public keys, signed."),
            function=card,
            examples=("amanat --vault FILE contact card -o my.card",),
            details=mark(
                "The card names this volume's log. Whoever has cards of two volumes cannot tell "
                "from them that they belong together."
            ),
            schema=CARD,
        ),
        "add": Command(
            summary=mark("Keep somebody's card."),
            function=add,
            examples=("amanat --vault FILE contact add amina amina.card",),
            details=mark(
                "A card, or a partner's key that begins with age1pq. Until the fingerprint was "
                "compared, everything says: not confirmed."
            ),
            schema=ADDED,
        ),
        "confirm": Command(
            summary=mark("Keep that a fingerprint was compared."),
            function=confirm,
            examples=("amanat --vault FILE contact confirm amina",),
            schema=CONFIRMED,
        ),
        "list": Command(
            summary=mark("List your contacts."),
            function=list_,
            examples=("amanat --vault FILE contact list",),
            schema=MANY,
        ),
    },
    examples=("amanat --vault FILE contact list",),
)
