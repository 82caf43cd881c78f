"""Other people: contacts, counters, bundles taken in, checkpoints and proofs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vault.catalog import bodies
from vault.catalog.bodies import Contact, Counter, Import, KeptCheckpoint, KeptProof
from vault.catalog.body_reader import read_checkpoint, read_contact, read_import, read_proof
from vault.catalog.entries import Entries
from vault.catalog.folding import fold_text
from vault.catalog.rows import body_in, number_in
from vault.errors import ContactError, NotFound, mark

if TYPE_CHECKING:
    import apsw

    from vault.catalog.stream import Draft


_GIVEN = "contacts"
"""Name of the volume's own counter that holds the newest contact's number."""

MAX_ROWS = 10_000
"""Rows of one kind that are returned at once: contacts, imports."""


class Exchange(Entries):
    """What passed between this volume and other people."""

    # Contacts

    def contacts(self) -> tuple[Contact, ...]:
        """Return all contacts, ascending by name."""

        def question(db: apsw.Connection) -> list[Contact]:
            rows = db.execute(
                "SELECT r.body FROM contacts c JOIN records r ON r.number = c.record LIMIT ?",
                (MAX_ROWS,),
            )
            return [body_in(row[0], read_contact) for row in rows]

        return tuple(
            sorted(self._ask(question), key=lambda contact: (contact.name.casefold(), contact.name))
        )

    def contact(self, name: str) -> Contact:
        """Return a contact.

        Raises:
            NotFound: nobody is called so.
        """
        for contact in self.contacts():
            if contact.name == name:
                return contact
        raise NotFound(mark("There is no contact “{name}”."), name=name)

    def contact_of(self, origin: str) -> Contact | None:
        """Return the contact whose card names this log; `None` if nobody's does."""
        return next((found for found in self.contacts() if found.origin == origin), None)

    def add_contact(
        self, name: str, card: bytes, *, fingerprint: str, added: str, origin: str = ""
    ) -> Contact:
        """Keep somebody's card, not confirmed.

        Args:
            name: what the owner calls her; unique, spelling folded as for search.
            card: its very bytes.
            fingerprint: of the card, as it is compared.
            added: RFC 3339.
            origin: the log that the card names; empty for a bare recipient.

        Raises:
            ContactError: the name is taken, or the log belongs to another contact.
        """
        known = self.contacts()
        for other in known:
            if fold_text(other.name) == fold_text(name):
                raise ContactError(mark("There is a contact “{name}” already."), name=other.name)
            if origin and other.origin == origin:
                raise ContactError(mark("This card is the one of “{name}”."), name=other.name)
        # The counter stays when a contact is lost: no number is given twice.
        number = 1 + max((self.counter(0, _GIVEN), *(other.contact_id for other in known)))
        contact = Contact(number, name, origin, card, fingerprint, confirmed=False, added=added)
        self._append(
            [
                (bodies.CONTACT, contact.encode()),
                (bodies.COUNTER, Counter(0, _GIVEN, number).encode()),
            ]
        )
        return contact

    def confirm_contact(self, name: str) -> Contact:
        """Note that a contact's fingerprint was compared.

        Raises:
            NotFound: nobody is called so.
        """
        contact = replace(self.contact(name), confirmed=True)

        def work(db: apsw.Connection, draft: Draft) -> None:
            old = db.execute(
                "DELETE FROM contacts WHERE id = ? RETURNING record", (contact.contact_id,)
            )
            self._erase(db, draft, [number_in(row[0]) for row in old.fetchall()])
            self._write(db, draft, [(bodies.CONTACT, contact.encode())])

        self._change(work)
        return contact

    # Counters

    def counter(self, contact_id: int, name: str) -> int:
        """Return a counter; 0 if it was never set. Contact 0 is the volume itself."""

        def question(db: apsw.Connection) -> int:
            found = db.execute(
                "SELECT value FROM counters WHERE contact = ? AND name = ?", (contact_id, name)
            )
            return number_in(found.get or 0)

        return self._ask(question)

    def set_counter(self, contact_id: int, name: str, value: int) -> None:
        """Set a counter."""
        self._append([(bodies.COUNTER, Counter(contact_id, name, value).encode())])

    # Bundles taken in

    def add_import(self, imported: Import) -> bool:
        """Note a bundle; returns False if it was noted before."""
        if self.imported(imported.manifest) is not None:
            return False
        self._append([(bodies.IMPORT, imported.encode())])
        return True

    def imported(self, manifest: bytes) -> Import | None:
        """Return what is noted of the bundle with this SHA-256 of its manifest."""

        def question(db: apsw.Connection) -> Import | None:
            body = db.execute(
                "SELECT r.body FROM imports i JOIN records r ON r.number = i.record"
                " WHERE i.manifest = ?",
                (manifest,),
            ).get
            return None if body is None else body_in(body, read_import)

        return self._ask(question)

    def import_numbered(self, contact_id: int, seq: int) -> Import | None:
        """Return the bundle of a contact that bears this number; `None` if none came."""
        found = self._imports_of(contact_id, "AND i.seq = ? LIMIT 1", (seq,))
        return found[0] if found else None

    def imports_around(self, contact_id: int, seq: int) -> tuple[Import | None, Import | None]:
        """Return the bundles of a contact that come nearest before and after a number."""
        before = self._imports_of(contact_id, "AND i.seq < ? ORDER BY i.seq DESC LIMIT 1", (seq,))
        after = self._imports_of(contact_id, "AND i.seq > ? ORDER BY i.seq LIMIT 1", (seq,))
        return (before[0] if before else None, after[0] if after else None)

    def missing_imports(self, contact_id: int, before: int, limit: int) -> list[int]:
        """Return the numbers below `before` under which no bundle of a contact came.

        The largest `limit` of them, ascending: a sender can claim any number for hers.
        """
        missing: list[int] = []
        while before > 1 and len(missing) < limit:
            nearest, _ = self.imports_around(contact_id, before)
            least = nearest.seq if nearest else 0
            missing += range(before - 1, max(least, before - 1 - (limit - len(missing))), -1)
            before = least
        return missing[::-1]

    def _imports_of(self, contact_id: int, condition: str, values: tuple[int, ...]) -> list[Import]:
        """Return imports; `condition` is a text of this program, what varies is bound."""

        def question(db: apsw.Connection) -> list[Import]:
            found = "SELECT r.body FROM imports i JOIN records r ON r.number = i.record"
            rows = db.execute(found + " WHERE i.contact = ? " + condition, (contact_id, *values))
            return [body_in(row[0], read_import) for row in rows]

        return self._ask(question)

    # Checkpoints and proofs

    def add_checkpoint(self, checkpoint: KeptCheckpoint) -> bool:
        """Keep a signed checkpoint, own or received; returns False if it is here already."""
        if checkpoint in self.checkpoints(checkpoint.origin):
            return False
        self._append([(bodies.CHECKPOINT, checkpoint.encode())])
        return True

    def checkpoints(self, origin: str) -> tuple[KeptCheckpoint, ...]:
        """Return the checkpoints of a log that are kept, ascending by size."""

        def question(db: apsw.Connection) -> tuple[KeptCheckpoint, ...]:
            rows = db.execute(
                "SELECT r.body FROM checkpoints c JOIN records r ON r.number = c.record"
                " WHERE c.log = (SELECT id FROM logs WHERE origin = ?)"
                " ORDER BY c.size, c.record LIMIT ?",
                (origin, MAX_ROWS),
            )
            return tuple(body_in(row[0], read_checkpoint) for row in rows)

        return self._ask(question)

    def checkpoints_of_size(self, origin: str, size: int) -> tuple[KeptCheckpoint, ...]:
        """Return the checkpoints of a log of one size that are kept; honest logs have one."""

        def question(db: apsw.Connection) -> tuple[KeptCheckpoint, ...]:
            rows = db.execute(
                "SELECT r.body FROM checkpoints c JOIN records r ON r.number = c.record"
                " WHERE c.log = (SELECT id FROM logs WHERE origin = ?) AND c.size = ? LIMIT ?",
                (origin, size, MAX_ROWS),
            )
            return tuple(body_in(row[0], read_checkpoint) for row in rows)

        return self._ask(question)

    def proof(self, origin: str, seq: int) -> KeptProof | None:
        """Return the newest inclusion proof that came with a received entry."""

        def question(db: apsw.Connection) -> KeptProof | None:
            body = db.execute(
                "SELECT r.body FROM proofs p JOIN records r ON r.number = p.record"
                " WHERE p.log = (SELECT id FROM logs WHERE origin = ?) AND p.seq = ?",
                (origin, seq),
            ).get
            return None if body is None else body_in(body, read_proof)

        return self._ask(question)
