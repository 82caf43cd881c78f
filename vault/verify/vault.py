"""Checking a whole volume: every link of every log, every field, every byte of every file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.catalog.records import parse_block
from vault.catalog.store import MEDIA, PAGE, RECORD
from vault.contacts.card import parse_card
from vault.crypto.hashes import Sha256
from vault.errors import (
    BadCheckpoint,
    BadProof,
    ChainBroken,
    Damaged,
    Inconsistent,
    MalformedRecord,
    VaultError,
    mark,
)
from vault.ledger.chain import check_link
from vault.ledger.checkpoint import Checkpoint, open_checkpoint
from vault.ledger.entry import FILE_FIELD, FileValue, check_disclosures, parse_file_value
from vault.ledger.leaf import genesis, leaf_hash, parse_leaf
from vault.ledger.merkle import Tree
from vault.ledger.proof import check_inclusion, parse_proof

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vault.catalog.catalog import Catalog
    from vault.catalog.losses import Losses
    from vault.catalog.rows import Entry
    from vault.catalog.store import BlockStore
    from vault.ledger.keys import LogPublicKeys


@dataclass(frozen=True)
class Problem:
    """Something that does not hold.

    Attributes:
        origin: the log.
        seq: the entry; `None` for the log as a whole.
        error: what is wrong.
    """

    origin: str
    seq: int | None
    error: VaultError


@dataclass
class VaultReport:
    """What a check of a volume found.

    Attributes:
        entries: how many were checked.
        files: how many were read and hashed.
        read: bytes of them.
        losses: blocks that are gone, by entry.
        problems: everything else that does not hold.
        rebuilt: whether the index is damaged: it is read from the records, or will be.
    """

    losses: Losses
    entries: int = 0
    files: int = 0
    read: int = 0
    problems: list[Problem] = field(default_factory=list)
    rebuilt: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing is lost and everything that was checked holds."""
        return self.losses.nothing and not self.problems


def check_volume(
    catalog: Catalog,
    store: BlockStore,
    keys: LogPublicKeys,
    progress: Callable[[int, int | None], None],
) -> VaultReport:
    """Check everything that a volume holds.

    Args:
        catalog: of the volume.
        store: the volume's blocks.
        keys: of the volume's own log.
        progress: called with entries checked and entries in all.
    """
    return _Check(catalog, store, keys, progress).run()


class _Check:
    def __init__(
        self,
        catalog: Catalog,
        store: BlockStore,
        keys: LogPublicKeys,
        progress: Callable[[int, int | None], None],
    ) -> None:
        self._catalog = catalog
        self._store = store
        self._keys = keys
        self._progress = progress
        self._report = VaultReport(catalog.losses())

    def run(self) -> VaultReport:
        logs = self._catalog.logs()
        self._total = sum(self._catalog.next_seq(origin) for origin in logs)
        for origin in logs:
            if origin == self._keys.origin:
                self._check_own(origin)
            else:
                self._check_received(origin)
        self._check_blocks()
        return self._report

    def _check_blocks(self) -> None:
        """Read what the questions so far did not: every block of the records and the index."""
        damaged = [number for number in self._store.numbers(RECORD, 0) if not self._opens(number)]
        if damaged:
            error = Damaged(
                mark("{count} blocks of the records are damaged; the index has what they hold."),
                count=len(damaged),
            )
            self._tell(self._keys.origin, None, error)
        pages = self._store.numbers(PAGE, 0)
        damaged_page = any(not self._is_readable(PAGE, number) for number in pages)
        self._report.rebuilt = self._catalog.rebuilt or damaged_page

    def _opens(self, number: int) -> bool:
        try:
            parse_block(self._store.get(RECORD, 0, number))
        except (Damaged, MalformedRecord):
            return False
        return True

    def _is_readable(self, namespace: int, number: int) -> bool:
        try:
            self._store.get(namespace, 0, number)
        except Damaged:
            return False
        return True

    def _tell(self, origin: str, seq: int | None, error: VaultError) -> None:
        self._report.problems.append(Problem(origin, seq, error))

    def _entries(self, origin: str) -> Iterator[Entry]:
        first = 0
        while portion := self._catalog.entries_of(origin, first):
            yield from portion
            first = portion[-1].seq + 1

    def _check_own(self, origin: str) -> None:
        """Every leaf follows the one before it, and the log is what its checkpoints say."""
        prev, expected = genesis(origin), 0
        for entry in self._entries(origin):
            try:
                raw = self._catalog.leaf(origin, entry.seq)
                if entry.seq != expected:  # a lost leaf is named by the losses
                    prev = parse_leaf(raw).prev
                check_link(origin, entry.seq, prev, raw)
                self._check_content(entry, raw)
                prev = leaf_hash(raw)
            except VaultError as error:
                self._tell(origin, entry.seq, error)
                prev = entry.leaf_hash
            expected = entry.seq + 1
        self._check_heads(origin)

    def _check_heads(self, origin: str) -> None:
        """Each checkpoint that left is a state that this log went through."""
        tree: Tree | None = None
        for kept in self._catalog.checkpoints(origin):
            try:
                head = open_checkpoint(kept.raw, origin, self._keys.checkpoint)
                tree = tree or Tree(self._catalog.leaf_hashes(origin))
                if tree.root(head.size) != head.root:
                    raise BadProof(
                        mark("The log is not the one of which {size} entries were signed."),
                        size=head.size,
                    )
            except VaultError as error:
                self._tell(origin, None, error)

    def _check_received(self, origin: str) -> None:
        """Each received entry stands in its log, as its signed checkpoint and proof say."""
        heads = self._signed_heads(origin)
        before: tuple[int, bytes] | None = None
        for entry in self._entries(origin):
            try:
                raw = self._catalog.leaf(origin, entry.seq)
                proof = self._catalog.proof(origin, entry.seq)
                head = heads.get(proof.size) if proof else None
                if proof is None or head is None:
                    raise BadProof(mark("Entry {seq} came without a proof."), seq=entry.seq)
                leaf = check_inclusion(head, raw, parse_proof(proof.raw))
                if before and before[0] == entry.seq - 1 and before[1] != leaf.prev:
                    raise ChainBroken(
                        mark("Entry {seq} does not follow the entry before it."), seq=entry.seq
                    )
                before = (entry.seq, leaf_hash(raw))
                self._check_content(entry, raw)
            except VaultError as error:
                self._tell(origin, entry.seq, error)

    def _signed_heads(self, origin: str) -> dict[int, Checkpoint]:
        """Return the checkpoints of a contact's log, by size, whose signatures hold."""
        heads: dict[int, Checkpoint] = {}
        contact = self._catalog.contact_of(origin)
        card = parse_card(contact.card) if contact else None
        for kept in self._catalog.checkpoints(origin):
            try:
                if card is None or card.keys is None:
                    raise BadCheckpoint(
                        mark("The card of the log {origin} is gone."), origin=origin
                    )
                head = open_checkpoint(kept.raw, origin, card.keys.checkpoint)
                if heads.setdefault(head.size, head) != head:
                    raise Inconsistent(
                        mark("Two different logs of {size} entries were signed."), size=head.size
                    )
            except VaultError as error:
                self._tell(origin, None, error)
        return heads

    def _check_content(self, entry: Entry, raw: bytes) -> None:
        """The fields are those of the leaf, the file's bytes are those of the field `file`."""
        fields = [kept.raw for kept in self._catalog.fields(entry.origin, entry.seq)]
        opened = check_disclosures(parse_leaf(raw), fields)
        self._report.entries += 1
        self._progress(self._report.entries, self._total)
        if entry.media is None:
            return
        digest, size = Sha256(), 0
        chunks = -(-entry.media.size // self._store.payload)
        for chunk in self._store.read_run(MEDIA, entry.media.object_id, 0, chunks):
            digest.update(chunk)
            size += len(chunk)
        self._report.files += 1
        self._report.read += size
        kept = entry.media
        said = FileValue(kept.sha256, kept.size, kept.media_type)
        if FILE_FIELD in opened:
            said = parse_file_value(opened[FILE_FIELD].value)
        if (said.sha256, said.size) != (digest.digest(), size):
            raise Damaged(
                mark("The file of entry {seq} is not what its entry says."), seq=entry.seq
            )
