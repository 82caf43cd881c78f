"""What came from a contact before, and whether what comes now can follow it.

All of it is judged before anything of a bundle is stored: a bundle from a stranger, or one that
contradicts what its sender signed before, costs nothing but the reading. What cannot be seen
here: that an older state of the sender's vault was put back before anything of it came twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.errors import ContactError, Inconsistent, NotFound, Replayed, mark
from vault.ledger.entry import check_disclosures
from vault.ledger.leaf import leaf_hash, parse_leaf

if TYPE_CHECKING:
    from vault.catalog.bodies import Contact
    from vault.catalog.catalog import Catalog
    from vault.sync.manifest import Manifest
    from vault.verify.bundle import ReceivedEntry

_ASK = mark("Ask her, by voice. Keep both bundles.")


def check_sender(catalog: Catalog, manifest: Manifest, digest: bytes, fingerprint: str) -> Contact:
    """Find who signed a bundle, and refuse it where it does not follow what came before.

    Args:
        catalog: of the receiving volume.
        manifest: its signatures were verified with the keys of its log.
        digest: SHA-256 of the manifest with its signatures, 32 bytes.
        fingerprint: of the card in the bundle, for whoever does not know its owner.

    Returns:
        The contact whose log it is.

    Raises:
        ContactError: the sender is not among the contacts.
        Replayed: the very bundle was imported before.
        Inconsistent: the sender's log cannot have gone this way.
    """
    contact = catalog.contact_of(manifest.log)
    if contact is None:
        raise ContactError(
            mark("The sender of this bundle is not among your contacts: {fingerprint}"),
            hint=mark("Get her card another way, compare it, then: amanat contact add NAME CARD"),
            fingerprint=fingerprint,
        )
    if catalog.imported(digest):
        raise Replayed(mark("This bundle was imported before; nothing was changed."))
    if catalog.import_numbered(contact.contact_id, manifest.seq):
        raise Inconsistent(
            mark(
                "“{name}” made two different bundles with the number {seq}: an older copy of her "
                "vault was put back. Nothing was imported."
            ),
            hint=_ASK,
            name=contact.name,
            seq=manifest.seq,
        )
    _check_heads(catalog, manifest, contact)
    return contact


def _check_heads(catalog: Catalog, manifest: Manifest, contact: Contact) -> None:
    """A log only grows: sizes and roots must fit to the bundles before and after this one."""
    head, base = manifest.head, manifest.base
    for state in (head, base):
        for kept in catalog.checkpoints_of_size(manifest.log, state.size):
            if kept.root != state.root:
                raise Inconsistent(
                    mark(
                        "“{name}” signed two different logs of {size} entries: an older copy of "
                        "her vault was put back, or its history was rewritten. Nothing was "
                        "imported."
                    ),
                    hint=_ASK,
                    name=contact.name,
                    size=state.size,
                )
    if base.size and not catalog.checkpoints_of_size(manifest.log, base.size):
        raise Inconsistent(
            mark("This bundle builds on {size} entries of “{name}” that never arrived."),
            hint=mark("Import the bundles before it first, or ask her for all of them."),
            name=contact.name,
            size=base.size,
        )
    before, after = catalog.imports_around(contact.contact_id, manifest.seq)
    if (before and before.head_size > head.size) or (after and after.head_size < head.size):
        raise Inconsistent(
            mark(
                "The log of “{name}” has {size} entries in bundle {seq}, which does not fit to "
                "the bundles that came before: an older copy of her vault was put back. Nothing "
                "was imported."
            ),
            hint=_ASK,
            name=contact.name,
            size=head.size,
            seq=manifest.seq,
        )


def check_known(catalog: Catalog, contact: Contact, entry: ReceivedEntry) -> None:
    """Refuse an entry that contradicts what came from the same log before.

    Raises:
        Inconsistent: another entry of this number is here, one of its neighbours here does not
            follow it, or one field has two values.
        MalformedRecord: two fields share a salt.
    """
    parsed = parse_leaf(entry.leaf)
    known = _leaf(catalog, contact.origin, entry.seq)
    before = _leaf(catalog, contact.origin, entry.seq - 1)
    after = _leaf(catalog, contact.origin, entry.seq + 1)
    if (
        (known and known != entry.leaf)
        or (before and leaf_hash(before) != parsed.prev)
        or (after and parse_leaf(after).prev != leaf_hash(entry.leaf))
    ):
        raise Inconsistent(
            mark(
                "Entry {seq} of “{name}” does not follow what she signed before: an older copy "
                "of her vault was put back, or its history was rewritten. Nothing was imported."
            ),
            hint=_ASK,
            name=contact.name,
            seq=entry.seq,
        )
    kept = [field.raw for field in catalog.fields(contact.origin, entry.seq)]
    check_disclosures(parsed, dict.fromkeys((*kept, *entry.fields.values())))


def _leaf(catalog: Catalog, origin: str, seq: int) -> bytes | None:
    try:
        return catalog.leaf(origin, seq)
    except NotFound:
        return None
