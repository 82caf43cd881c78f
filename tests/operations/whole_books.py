"""What must be in a vault: for each volume a plain dictionary, and what a deed changes in it.

Nothing here asks the program: numbers, fields and times follow from what was done.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from operations.desk import START
from vault import __version__
from vault.crypto.hashes import sha256
from vault.evidence.fields import WITHHELD
from vault.ledger.entry import file_value
from vault.media.media_type import HEAD, sniff

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

NOW = START.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
"""The clock of these lives stands still, so that every field can be foretold."""

SHOWN_CHARACTERS = 200


@dataclass(frozen=True)
class Item:
    """An entry.

    Attributes:
        values: by name of the field; none of what was erased.
        content: of its file; `None` without one.
    """

    values: Mapping[str, bytes]
    content: bytes | None = None

    @property
    def title(self) -> str:
        """As a list shows it."""
        for name in ("title", "description", "file-name"):
            if lines := self.values.get(name, b"").decode().strip().splitlines():
                return lines[0].strip()[:SHOWN_CHARACTERS]
        return ""

    @property
    def waits(self) -> bool:
        """Whether it is in stock."""
        return self.values.get("kind") == b"stock"

    @property
    def can_go(self) -> bool:
        """Whether what an entry of its kind needs is still there, so that another can be made."""
        needed = "title" if self.values.get("kind") == b"note" else "file"
        return "kind" in self.values and needed in self.values

    def without(self, names: Collection[str]) -> Item:
        """What is left after erasing fields; all of them, and the file, if none is named."""
        chosen = names or {*self.values}
        left = {name: value for name, value in self.values.items() if name not in chosen}
        return Item(left, None if not names or "file" in names else self.content)

    def sent(self) -> Item:
        """What a bundle brings of it."""
        left = {name: value for name, value in self.values.items() if name not in WITHHELD}
        return Item(left, self.content)


class Bundle(NamedTuple):
    """A bundle that somebody else sealed.

    Attributes:
        path: of the file.
        items: by number in the sender's log.
    """

    path: str
    items: Mapping[int, Item]


@dataclass
class Book:
    """What a volume must hold, and nothing else.

    Attributes:
        label: its owner's name for it.
        seat: which of the scene's volumes it is, for whom bundles were sealed; −1: none.
        own: entries of its own log, in order.
        received: entries of the sender's, by number.
        leaves: hashes of the first leaves of the own log; those that follow are not known yet.
        signed: entries in the largest state that left.
        imported: numbers of the bundles that were taken in.
        words: every word that ever stood in it.
        loose: something was interrupted: blocks of files without an entry may be there, or an
            index that does not answer and is made anew from the records.
    """

    label: str
    seat: int = -1
    own: list[Item] = field(default_factory=list)
    received: dict[int, Item] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    signed: int = 0
    imported: set[int] = field(default_factory=set)
    words: set[bytes] = field(default_factory=set)
    loose: bool = False

    def fork(self) -> Book:
        """A copy to go on with; items are never changed."""
        return copy.copy(self).replaced(
            own=[*self.own],
            received={**self.received},
            leaves=[*self.leaves],
            imported={*self.imported},
            words={*self.words},
        )

    def replaced(self, **parts: object) -> Book:
        for name, part in parts.items():
            setattr(self, name, part)
        return self

    @property
    def items(self) -> list[Item]:
        return [*self.own, *self.received.values()]

    def gone(self) -> set[bytes]:
        """Words of which nothing may be left."""
        present = {word for item in self.items for word in words_of(item)}
        return self.words - present

    # Changes

    def append(self, item: Item) -> None:
        self.own.append(item)
        self.words |= {*words_of(item)}

    def add(self, content: bytes, fields: Mapping[str, bytes], name: str, kind: str) -> None:
        """Bring a file in, unless an own entry has the same bytes."""
        self.loose = False
        if not any(item.content == content for item in self.own):
            self.append(file_item(content, fields, name, kind))

    def erase(self, place: int, names: Collection[str]) -> None:
        """Erase of the entry at this place among all."""
        self.loose = False
        if place < len(self.own):
            self.own[place] = self.own[place].without(names)
        else:
            seq = [*self.received][place - len(self.own)]
            self.received[seq] = self.received[seq].without(names)

    def receive(self, number: int, bundle: Bundle) -> None:
        """Take a bundle in: what was erased comes back with it."""
        self.loose = False
        self.imported.add(number)
        for seq, item in bundle.items.items():
            known = self.received.get(seq, Item({}))
            content = item.content if known.content is None else known.content
            self.received[seq] = Item({**known.values, **item.values}, content)
            self.words |= {*words_of(item)}

    def take_out(self, seqs: Collection[int]) -> list[Item]:
        """Take entries out of the log, which closes behind them."""
        taken = [self.own[seq] for seq in sorted(seqs)]
        self.own = [item for seq, item in enumerate(self.own) if seq not in seqs]
        self.leaves = self.leaves[: min(seqs)]
        return taken

    def move_down(self, seq: int, below: Book) -> None:
        """Move a file from stock to a less secret volume, where it is added now."""
        item = self.own[seq]
        below.loose = False
        below.append(Item({**item.values, **collected(), "kind": b"exhibit"}, item.content))
        self.own[seq] = Item({})


def collected() -> dict[str, bytes]:
    return {
        "collected-at": NOW,
        "clock-source": b"computer",
        "tool": f"amanat {__version__}".encode(),
    }


def note_item(fields: Mapping[str, bytes]) -> Item:
    return Item({"kind": b"note", **collected(), **fields})


def file_item(content: bytes, fields: Mapping[str, bytes], name: str, kind: str) -> Item:
    described = file_value(sha256(content), len(content), sniff(content[:HEAD]))
    found = {"kind": kind.encode(), "file": described, "file-name": name.encode()}
    return Item({**found, **collected(), **fields}, content)


def words_of(item: Item) -> Iterator[bytes]:
    """Yield the words by which a field or a file is known: each stands in no other."""
    for name in ("title", "description"):
        yield from item.values.get(name, b"").split()[:1]
    if item.content:
        yield item.content.split(b" ", 1)[0]
