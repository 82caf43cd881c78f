"""Every command that writes, and what may be found when it did not come to its end.

A further command is a further line of `DEEDS`.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from durability.image import roomy_folder
from surroundings.scene import SIZE, Scene, build
from vault.errors import UnlockError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from operations.desk import Desk
    from person.console import Ran
    from vault.operations.opened import OpenVault

Items = dict[tuple[bool, int], tuple[str, bytes | None]]
"""Of a volume, by (own, number): title and content."""

View = dict[tuple[str, str], Items | None]
"""What a folder's vaults show, by (file, passphrase); None of what no longer opens."""

EVERY = slice(None)
"""All calls of a command, not only some."""

_TEMPORARY = re.compile(r"(.*/)?(\.[0-9a-f]{16}(/.*)?|new\.[0-9a-f]{12})")


@dataclass(frozen=True)
class Deed:
    """A command of the program, on a copy of the scene.

    Attributes:
        words: the command.
        secrets: lines of its passphrase file.
        vault: the file it works on, or "" if it needs none.
        opens: passphrases that open the file `new` it makes.
        proof: words that have to do their work once `out` is there.
        burns: the file that it makes impossible to open.
        again: exit codes of the same command, given again after it did not come to its end.
    """

    words: tuple[str, ...]
    secrets: tuple[str, ...] = ("two", "")
    vault: str = "vault"
    opens: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()
    burns: str = ""
    again: frozenset[int] = frozenset({0})

    def line(self) -> list[str]:
        """All words, with those that every command takes."""
        opened = ["--vault", self.vault] if self.vault else []
        return [*opened, "--passphrase-file", "secrets", "--no-input", "-q", *self.words]


NEW = ("uno", "due")

DEEDS = {
    "init": Deed(("init", "new", "--size", SIZE, "--passphrases", "2"), NEW, "", opens=NEW),
    "add": Deed(("add", "source", "sources")),
    "note": Deed(("note", "--title", "a later note")),
    "erase": Deed(("erase", "0", "1", "--yes")),
    "scrub": Deed(("scrub", "--yes")),
    "import": Deed(("import", "bundle"), ("one", ""), "partner", again=frozenset({0, 20})),
    "put-right": Deed(("put-right", "0", "--level", "0", "--yes"), again=frozenset({0, 10})),
    "contact": Deed(("contact", "add", "another", "other_card"), again=frozenset({0, 1})),
    "seal": Deed(
        ("seal", "--to", "bare", "-o", "out", "--yes"), proof=("verify", "out", "--identity", "key")
    ),
    "proof": Deed(("log", "--proof", "0", "-o", "out")),
    "get": Deed(("get", "0", "-o", "out")),
    "move": Deed(("move", "new", "--passphrases", "2"), ("two", "", *NEW), opens=NEW),
    "rescue": Deed(("rescue", "new"), ("two", "", *NEW), opens=NEW),
    "burn": Deed(("burn", "--yes"), burns="vault", again=frozenset({0, 12})),
    "keygen": Deed(("keygen", "-o", "out"), vault=""),
    "unseal": Deed(("unseal", "bare", "--identity", "key", "--extract", "out"), vault=""),
}


@contextmanager
def made_scene(place: Path | None = None) -> Iterator[Scene]:
    """A folder with vaults whose every volume holds something, to be copied; in `place`."""
    within = place or roomy_folder()
    with tempfile.TemporaryDirectory(prefix="amanat-deeds-", dir=within) as name:
        folder = Path(name) / "made"
        folder.mkdir()
        scene = build(folder)
        (scene.folder / "sources").mkdir()
        for number in range(4):
            (scene.folder / "sources" / f"{number}").write_bytes(bytes([number]) * 30_000)
        (scene.folder / "below").write_text("below", "utf-8")
        added = scene.on_vault("add", scene.at("below"), passphrase="one")
        assert added.code == 0, added.err
        yield scene


@contextmanager
def copied(scene: Scene, deed: Deed) -> Iterator[Scene]:
    """A copy of the scene for one try, with the deed's passphrases; removed afterwards."""
    folder = scene.folder.parent / "copy"
    shutil.copytree(scene.folder, folder)
    try:
        (folder / "secrets").write_text("".join(f"{line}\n" for line in deed.secrets), "utf-8")
        yield Scene(folder)
    finally:
        shutil.rmtree(folder)


def run(scene: Scene, deed: Deed, **options: object) -> Ran:
    """Run the deed in this process; nobody is at a terminal."""
    with chdir(scene.folder):
        return scene.run(*deed.line(), typed=b"Text.", **options)


# What is there


def shown(desk: Desk, vault: OpenVault) -> Items:
    """Every entry of an open volume, with the whole content of its file."""
    items: Items = {}
    for entry in vault.catalog.newest():
        mine = entry.origin == vault.catalog.origin
        known = None if mine else vault.catalog.contact_of(entry.origin)
        name = str(entry.seq) if known is None else f"{known.name}/{entry.seq}"
        items[mine, entry.seq] = (entry.title, desk.content(vault, name) if entry.media else None)
    return items


def opened(scene: Scene, name: str, passphrase: str) -> Items:
    """Open a vault, check all of it, and return what it shows."""
    desk, path = scene.desk(), scene.at(name)
    with desk.open(path, passphrase, writable=False) as vault:
        items = shown(desk, vault)
    assert desk.check(path, passphrase).sound, f"{name} is not sound"
    return items


def view(scene: Scene, burnt: str = "") -> View:
    """What every passphrase of the two vaults shows; one of them may no longer open."""
    found: View = {}
    for name, passphrase in (("vault", "one"), ("vault", "two"), ("partner", "one")):
        try:
            found[name, passphrase] = opened(scene, name, passphrase)
        except UnlockError:
            assert name == burnt, f"{name} does not open with {passphrase!r}"
            found[name, passphrase] = None
    return found


class Known:
    """What the folder is like before and after the deed, when nothing goes wrong."""

    def __init__(self, scene: Scene, deed: Deed) -> None:
        self.deed = deed
        with copied(scene, deed) as copy:
            self.before = view(copy)
            self.names = {*copy.state()}
            ran = run(copy, deed)
            assert ran.code == 0, ran.err
            self.after = view(copy, deed.burns)
            self.made = {name: size_of(copy, name) for name in {*copy.state()} - self.names}
            self.new = {secret: opened(copy, "new", secret) for secret in deed.opens}

    def check(self, copy: Scene, *, done: bool, killed: bool) -> None:
        """Compare a folder with both.

        Args:
            copy: where the deed was tried.
            done: whether it said that it was.
            killed: whether a temporary file may be left.

        Raises:
            AssertionError: it is neither, or something is half done.
        """
        found = view(copy, self.deed.burns)
        lost = titles(self.before) & titles(self.after) - titles(found)
        assert not lost or None in found.values(), f"in no volume any more: {lost}"
        for pair, items in found.items():
            between(self.before[pair], items, self.after[pair])
            assert not done or items == self.after[pair], f"{pair}: not all that was acknowledged"
        names = {*copy.state()}
        missing = self.names - names
        assert not missing, f"gone: {missing}"
        others = names - self.names - {*self.made}
        unknown = [name for name in others if not (killed and _TEMPORARY.fullmatch(name))]
        assert not unknown, f"left over: {unknown}"
        for name, size in self.made.items():
            assert name in names or not done, f"{name} was acknowledged and is not there"
            assert name not in names or size == size_of(copy, name), f"{name} is not whole"
        if "new" in names:
            for secret, items in self.new.items():
                assert items == opened(copy, "new", secret), "the new vault shows something else"
        if "out" in names and self.deed.proof:
            ran = run(copy, Deed(self.deed.proof, vault=""))
            assert ran.code == 0, f"out does not serve: {ran.err}"

    def check_sound(self, copy: Scene) -> None:
        """After the same command was given again: it may have done its work twice."""
        for pair, items in view(copy, self.deed.burns).items():
            for key, item in (self.after[pair] or {}).items():
                assert item == (items or {}).get(key), f"{pair}, {key} is not as it is to be made"
        for secret, items in self.new.items():
            assert items == opened(copy, "new", secret)


def size_of(scene: Scene, name: str) -> int:
    """Bytes of a file; 0 of a folder."""
    return 0 if name.endswith("/") else os.path.getsize(scene.at(name))


def titles(found: View) -> set[str]:
    """Titles of all entries, whatever the volume."""
    return {title for items in found.values() if items for title, _ in items.values()}


def between(before: Items | None, found: Items | None, after: Items | None) -> None:
    """Each entry is as before or as after, and the changes that were made are the first ones."""
    if None in (before, found, after):
        assert found in (before, after), "a burnt vault opens otherwise, or another does not"
        return
    assert {*found} <= {*before, *after}, "an entry that nobody made"
    changes = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
    made = [key for key in changes if found.get(key) == after.get(key)]
    assert made == changes[: len(made)], f"changed out of order: {made} of {changes}"
    for key in {*before, *after} - {*made}:
        assert found.get(key) == before.get(key), f"entry {key} is neither old nor new"
