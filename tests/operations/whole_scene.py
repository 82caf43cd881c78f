"""Vaults to begin whole lives with, files and bundles to bring in, and what a vault shows."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from operations.desk import LABELS, PASSPHRASES, START, Desk, file_bytes, no_progress
from operations.whole_books import Book, Bundle, Item, file_item, note_item
from seam.small import EDGE, SMALL_ROWS
from vault.catalog.store import MEDIA
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.levels import at_level
from vault.operations.log import log_state
from vault.operations.reading import show_entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seam.memory import MemoryDisk
    from vault.operations.opened import OpenVault
    from vault.sync.age_identity import AgeIdentity

LENGTHS = tuple(2 * EDGE + SMALL_ROWS * pitch * 1024 for pitch in (64, 48, 128))
"""Bytes of the containers: rows with 11 to 17 blocks of 1 KiB, the first; 7 to 12; 24 to 39."""

SIZES = (300, 0, 1024, 5000, 22_000)
CONTENTS = tuple(
    (b"file%05dz " % number + bytes(range(256)) * 90)[:size]
    for number, size in enumerate(size for size in SIZES for _ in range(2))
)
"""Of files to be brought in; some are in the bundles, too."""

BUNDLES = 3


class Scene(NamedTuple):
    """What many lives begin with.

    Attributes:
        folder: files to be brought in, and bundles.
        disk: with a vault `v`.
        bundles: per volume of `v`, those that were sealed for it.
        partner: opens what is sealed for the sender of those bundles.
    """

    folder: Path
    disk: MemoryDisk
    bundles: list[list[Bundle]]
    partner: AgeIdentity


@cache
def _folder() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="amanat-lives-")


def forget_scenes() -> None:
    """Remove their files; a process that others started does not do so at its end."""
    scene_of.cache_clear()
    _folder().cleanup()
    _folder.cache_clear()


@cache
def scene_of(volumes: int) -> Scene:
    """A vault of so many volumes, each of which knows a sender, and her bundles for them."""
    folder = Path(_folder().name) / str(volumes)
    desk = still_desk(folder, seed=volumes)
    desk.length = LENGTHS[0]
    desk.make("v", volumes)
    desk.make("s", 1)
    card = desk.card("s")
    for number, content in enumerate(CONTENTS):
        desk.file(str(number), content)
    for level in range(volumes):
        desk.introduce("s", f"seat{level}", desk.card("v", PASSPHRASES[level]))
        desk.introduce("v", "sender", card, PASSPHRASES[level])
    items: list[Item] = []
    bundles: list[list[Bundle]] = [[] for _ in range(volumes)]
    for turn in range(BUNDLES):
        with desk.open("s") as vault:
            for fields, content in of_sender(turn):
                if content is None:
                    write_note(vault, fields)
                    items.append(note_item(fields))
                else:
                    name = str(CONTENTS.index(content))
                    desk.add(vault, str(folder / name), fields=fields)
                    items.append(file_item(content, fields, name, "exhibit"))
            for level in range(volumes):
                path = desk.seal(vault, f"seat{level}", f"bundle{level}{turn}")
                sent = {seq: item.sent() for seq, item in enumerate(items)}
                bundles[level].append(Bundle(path, sent))
            partner = vault.identity
    del desk.disk.nodes["s"]
    return Scene(folder, desk.disk, bundles, partner)


def still_desk(folder: Path, *, disk: MemoryDisk | None = None, seed: int) -> Desk:
    """A desk whose clock stands still."""
    desk = Desk(folder, disk=disk, seed=seed)
    desk.clock = lambda: START
    return desk


def of_sender(turn: int) -> Iterator[tuple[dict[str, bytes], bytes | None]]:
    """Yield fields and file of what the sender has in one more bundle than before."""
    text = b"heard%05dz " % turn * 9
    yield {"title": b"sent%05dz" % turn, "source": b"Maryam", "description": text}, None
    yield {"title": b"seen%05dz" % turn, "device": b"Telephone"}, CONTENTS[2 + 3 * turn]


def new_books(volumes: int) -> list[Book]:
    return [Book(LABELS[level], level) for level in range(volumes)]


# What is there


@dataclass
class Seen:
    """What a volume shows; each as `Book` names it."""

    label: str
    own: list[Item]
    received: dict[int, Item]
    leaves: list[bytes]
    signed: int
    imported: set[int]
    loose: bool

    def differs(self, book: Book) -> str:
        """Tell in what it is not as the book says; nothing if it is."""
        for name in ("label", "own", "received", "signed", "imported"):
            if getattr(self, name) != getattr(book, name):
                return f"{name}: {_short(getattr(self, name))}, not {_short(getattr(book, name))}"
        if self.leaves[: len(book.leaves)] != book.leaves or len(self.leaves) != len(self.own):
            return "the log is not the one from before, continued"
        if self.loose and not book.loose:
            return "blocks of a file that no entry has, or an index that is not whole"
        return ""


def _short(value: object) -> str:
    """Items by title, fields and length of the file."""
    if isinstance(value, Item):
        content = "" if value.content is None else f" {len(value.content)}"
        return f"<{value.title[:12]}|{' '.join(value.values)}{content}>"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_short(one)}' for key, one in value.items())}}}"
    return repr(value)


def looked(desk: Desk, path: str, volumes: int, *, deep: bool = False) -> list[Seen]:
    """Open everything for reading, check it, and return what each volume shows."""
    with desk.open(path, PASSPHRASES[volumes - 1], writable=False) as top:
        assert volumes == len(top.session.volumes)
        found = []
        for level in range(volumes):
            vault = at_level(top, level)
            found.append(seen(vault, deep=deep))
            vault.catalog.close()
        for volume in top.session.volumes:
            assert volume.findings.whole, f"level {volume.level}: {volume.findings}"
        return found


def seen(vault: OpenVault, *, deep: bool = False) -> Seen:
    """All of a volume, which must be sound."""
    level = vault.volume.level
    report = check_vault(vault, no_progress, deep=deep)
    assert report.sound, f"level {level}: {report.losses} {[p.error for p in report.problems]}"
    catalog = vault.catalog
    own: list[Item] = []
    received: dict[int, Item] = {}
    for entry in reversed(catalog.newest()):
        mine = entry.origin == catalog.origin
        name = str(entry.seq) if mine else f"sender/{entry.seq}"
        content = file_bytes(vault, name) if entry.media else None
        item = Item(show_entry(vault, name).values, content)
        assert (item.title, len(item.values)) == (entry.title, entry.fields)
        if mine:
            own.append(item)
            assert entry.seq == len(own) - 1, f"level {level}: no entry {len(own) - 1}"
        else:
            received[entry.seq] = item
        if item.title:
            assert entry in catalog.search(item.title.split()[0], 100), f"{item.title} not found"
    published = {entry.media.object_id for entry in catalog.newest() if entry.media}
    state = log_state(vault)
    return Seen(
        label=catalog.label,
        own=own,
        received=dict(sorted(received.items())),
        leaves=list(catalog.leaf_hashes(catalog.origin)),
        signed=max(state.signed, default=0),
        imported={number for number in range(BUNDLES) if was_imported(vault, number)},
        loose=report.rebuilt or not {*vault.volume.objects(MEDIA)} <= published,
    )


def was_imported(vault: OpenVault, number: int) -> bool:
    """Whether it is noted that this bundle of the sender's was taken in."""
    return any(
        vault.catalog.import_numbered(contact.contact_id, number + 1)
        for contact in vault.catalog.contacts()
    )


def words_left(vault: OpenVault, words: set[bytes]) -> set[bytes]:
    """Which of the words stand in some block that the volume's key opens, in use or not."""
    reader, left = vault.volume.reader, set()
    share = reader.share
    for row, known in enumerate(vault.volume.state.table):
        sealer = reader.keys.block(known.epoch, known.commit_id)
        for position in range(share.root, share.root + share.data):
            if reader.open(reader.read(row, position, 1), row, position, sealer):
                plain = bytes(reader.plain)
                left |= {word for word in words if word in plain}
    return left


def findable(vault: OpenVault, words: set[bytes]) -> set[bytes]:
    """Which of the words a search finds."""
    return {word for word in words if vault.catalog.search(word.decode(), 100)}


def match(found: Sequence[Seen], states: Sequence[Sequence[Book]]) -> list[Book]:
    """Return the state that all volumes are in, together.

    Raises:
        AssertionError: they are in none of them.
    """
    told = []
    for books in states:
        differences = [one.differs(book) for one, book in zip(found, books, strict=True)]
        if not any(differences):
            return [
                book.fork().replaced(leaves=one.leaves)
                for one, book in zip(found, books, strict=True)
            ]
        told.append("; ".join(f"{n}: {text}" for n, text in enumerate(differences) if text))
    raise AssertionError("neither old nor new: " + " | or ".join(told))
