"""Checking a whole volume: every block, every link of every log, every field, every file.

First every live block is read once, and the files are hashed on the way; then the logs are gone
through. Checking in depth also looks at what stands twice, and holds the index against the records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vault.catalog.store import PAGE, RECORD
from vault.contacts.card import parse_card
from vault.errors import (
    BadCheckpoint,
    BadProof,
    ChainBroken,
    Damaged,
    Inconsistent,
    VaultError,
    mark,
)
from vault.ledger.chain import check_link
from vault.ledger.checkpoint import Checkpoint, open_checkpoint
from vault.ledger.entry import FILE_FIELD, FileValue, check_disclosures, parse_file_value
from vault.ledger.leaf import genesis, leaf_hash, parse_leaf
from vault.ledger.merkle import Tree
from vault.ledger.proof import check_inclusion, parse_proof
from vault.verify.blocks import EMPTY_FILE, Blocks, read_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from vault.catalog.catalog import Catalog
    from vault.catalog.losses import Losses
    from vault.catalog.rows import Entry
    from vault.container.copies import Copies
    from vault.container.volume import Volume
    from vault.ledger.disclosure import Disclosure
    from vault.ledger.keys import LogPublicKeys

    Progress = Callable[[int, int | None], None]


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
        files: how many of theirs were read, hashed and are what their entries say.
        read: bytes of them.
        blocks: how many were read and opened, of everything.
        losses: blocks that are gone, by entry.
        problems: everything else that does not hold.
        rebuilt: whether the index is damaged: it is read from the records, or will be.
        copies: what stands twice, where it was looked at; damage of one copy costs nothing.
    """

    losses: Losses
    entries: int = 0
    files: int = 0
    read: int = 0
    blocks: int = 0
    problems: list[Problem] = field(default_factory=list)
    rebuilt: bool = False
    copies: Copies | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is lost and everything that was checked holds."""
        return self.losses.nothing and not self.problems


def check_volume(
    catalog: Catalog,
    volume: Volume,
    keys: LogPublicKeys,
    progress: Progress,
    reading: Progress,
    *,
    deep: bool = False,
) -> VaultReport:
    """Check everything that a volume holds.

    Args:
        catalog: of the volume.
        volume: its blocks; nothing is staged.
        keys: of the volume's own log.
        progress: called with entries checked and entries in all.
        reading: before that, called with bytes read and bytes in all.
        deep: also hold the index against the records.
    """
    return _Check(catalog, keys, progress, read_blocks(volume, reading)).run(deep=deep)


class _Check:
    def __init__(
        self, catalog: Catalog, keys: LogPublicKeys, progress: Progress, blocks: Blocks
    ) -> None:
        self._catalog = catalog
        self._keys = keys
        self._progress = progress
        self._blocks = blocks
        losses = catalog.losses(damaged=blocks.damaged)
        self._report = VaultReport(losses, blocks=blocks.read)
        self._lost_chunks = {(loss.origin, loss.seq) for loss in losses.entries if loss.chunks}

    def run(self, *, deep: bool) -> VaultReport:
        logs = self._catalog.logs()
        self._total = sum(self._catalog.next_seq(origin) for origin in logs)
        for origin in logs:
            if origin == self._keys.origin:
                self._check_own(origin)
            else:
                self._check_received(origin)
        records = self._check_records()
        if deep and not records:
            self._check_index()
        pages = any(namespace == PAGE for namespace, _, _ in self._blocks.damaged)
        self._report.rebuilt = self._catalog.rebuilt or pages
        return self._report

    def _check_records(self) -> int:
        """Tell of blocks of the record stream that cannot be read; returns how many."""
        count = sum(namespace == RECORD for namespace, _, _ in self._blocks.damaged)
        if count:
            text = mark("{count} blocks of the records are damaged; the index has what they hold.")
            if self._catalog.rebuilt:
                text = mark("{count} blocks of the records are damaged, and the index with them.")
            self._tell(self._keys.origin, None, Damaged(text, count=count))
        return count

    def _check_index(self) -> None:
        unlike = self._catalog.unlike_records()
        for origin, seq in unlike.entries:
            text = mark("The index does not say of entry {seq} what its records say.")
            self._tell(origin, seq, Damaged(text, seq=seq))
        if unlike.others:
            text = mark("The index differs from the records in {count} places.")
            self._tell(self._keys.origin, None, Damaged(text, count=unlike.others))

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
        self._check_file(entry, opened)

    def _check_file(self, entry: Entry, opened: Mapping[str, Disclosure]) -> None:
        kept = entry.media
        if kept is None:
            return
        if (entry.origin, entry.seq) in self._lost_chunks:
            raise Damaged(mark("The file of entry {seq} cannot be read whole."), seq=entry.seq)
        found = self._blocks.files.get(kept.object_id, EMPTY_FILE)
        said = FileValue(kept.sha256, kept.size, kept.media_type)
        if FILE_FIELD in opened:
            said = parse_file_value(opened[FILE_FIELD].value)
        if (said.sha256, said.size) != (found.sha256, found.size):
            raise Damaged(
                mark("The file of entry {seq} is not what its entry says."), seq=entry.seq
            )
        self._report.files += 1
        self._report.read += found.size
