"""Vaults of a cheap form, and what people do with them: tests of whole use cases."""

from __future__ import annotations

import os
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from seam.memory import MemoryDisk
from seam.small import EDGE, SMALL_FORM, SMALL_ROWS, seeded
from vault.media.media_type import HEAD, sniff
from vault.media.metadata import Metadata
from vault.operations.add import add_paths
from vault.operations.contacts import add_contact, confirm_contact, own_card
from vault.operations.create import VolumeToMake, create_vault
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.opened import OpenVault, opened_vault
from vault.operations.reading import copy_file
from vault.operations.receive import Received, import_bundle
from vault.operations.seal import plan_seal, prepare_bundle
from vault.operations.workplace import Workplace
from vault.storage.output import OutputFile

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path

    from vault.container.form import Form
    from vault.operations.add import AddReport
    from vault.operations.seal import SealPlan
    from vault.storage.interface import Disk
    from vault.verify.vault import VaultReport

PASSPHRASES = ("one", "two", "three")
LABELS = ("bag", "truth", "deepest")

MEDIUM_LENGTH = 2 * EDGE + SMALL_ROWS * 128 * 1024
"""Bytes of a container of 64 rows with 24, 39 and 39 blocks of 1 KiB for content: 8 MiB."""

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 20

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def no_progress(_done: int, _total: int | None) -> None:
    """Tell nobody."""


class PlainReader:
    """Finds types and no metadata, without another process; notes what it was asked for."""

    def __init__(self) -> None:
        self.read_paths: list[str] = []

    def read(self, path: str) -> Metadata:
        self.read_paths.append(path)
        with open(path, "rb") as file:
            return Metadata(sniff(file.read(HEAD)))

    def read_all(self, paths: list[str]) -> Generator[Metadata]:
        for path in paths:
            yield self.read(path)

    def read_bytes(self, content: bytes) -> Metadata:
        return Metadata(sniff(content[:HEAD]))


class Ticking:
    """A clock that goes on by a second each time somebody looks."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def file_bytes(vault: OpenVault, item: str) -> bytes:
    """All bytes of an entry's file."""
    found = bytearray()
    copy_file(vault, item, found.extend, no_progress)
    return bytes(found)


class Desk:
    """Vaults on one disk, and a real folder for everything that is no vault.

    Args:
        folder: for sources, cards, bundles.
        disk: where the vaults stand.
        length: bytes of each.
        form: the format of containers.
        seed: of all randomness but that inside the libraries.
    """

    def __init__(
        self,
        folder: Path,
        *,
        disk: Disk | None = None,
        length: int = MEDIUM_LENGTH,
        form: Form = SMALL_FORM,
        seed: int = 1,
    ) -> None:
        self.folder = folder
        self.disk: Disk = MemoryDisk() if disk is None else disk
        self.length = length
        self.form = form
        self.random = seeded(seed)
        self.clock = Ticking()
        self.reader = PlainReader()

    def place(self, disk: Disk | None = None) -> Workplace:
        return Workplace(disk or self.disk, self.clock, self.random, self.form)

    def make(self, path: str, volumes: int = 1, *, disk: Disk | None = None) -> str:
        create_vault(
            path,
            self.length,
            [VolumeToMake(PASSPHRASES[n], LABELS[n]) for n in range(volumes)],
            place=self.place(disk),
            progress=no_progress,
        )
        return path

    @contextmanager
    def open(
        self,
        path: str,
        passphrase: str = "one",
        *,
        writable: bool = True,
        level: int | None = None,
        disk: Disk | None = None,
        allow_altered: bool = False,
    ) -> Iterator[OpenVault]:
        with opened_vault(
            path,
            passphrase,
            place=self.place(disk),
            writable=writable,
            level=level,
            allow_altered=allow_altered,
        ) as vault:
            yield vault

    # Files outside

    def file(self, name: str, content: bytes) -> str:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return str(path)

    def add(self, vault: OpenVault, *paths: str, fields=None, **options) -> AddReport:
        return add_paths(
            vault, paths, fields or {}, reader=self.reader, progress=no_progress, **options
        )

    def content(self, vault: OpenVault, item: str) -> bytes:
        return file_bytes(vault, item)

    def check(self, path: str, passphrase: str = "one", *, disk: Disk | None = None) -> VaultReport:
        with self.open(path, passphrase, writable=False, disk=disk) as vault:
            return check_vault(vault, no_progress)

    # Other people

    def card(self, path: str, passphrase: str = "one") -> str:
        with self.open(path, passphrase, writable=False) as vault:
            return self.file(f"{path}.{passphrase}.card", own_card(vault)[0])

    def introduce(self, path: str, name: str, card: str, passphrase: str = "one") -> None:
        """Keep a card in a vault, compared."""
        with self.open(path, passphrase) as vault:
            add_contact(vault, name, card)
            confirm_contact(vault, name)

    def plan(self, vault: OpenVault, name: str, items: Sequence[str] = (), **options) -> SealPlan:
        return plan_seal(vault, items, name, reader=self.reader, progress=no_progress, **options)

    def seal(
        self, vault: OpenVault, name: str, target: str, items: Sequence[str] = (), **options
    ) -> str:
        """Seal into a real file in the folder; returns its path."""
        bundle = prepare_bundle(vault, self.plan(vault, name, items, **options))
        return self.file(target, b"".join(map(bytes, bundle.stream())))

    def seal_to_disk(self, vault: OpenVault, name: str, target: str) -> None:
        """Seal as the program does, through the seam."""
        bundle = prepare_bundle(vault, self.plan(vault, name))
        with OutputFile(vault.place.disk, target, random=self.random) as file:
            for piece in bundle.stream():
                file.write(piece)

    def receive(self, vault: OpenVault, path: str) -> Received:
        return import_bundle(vault, path, no_progress)


def imports(vault: OpenVault) -> list[object]:
    """What is noted of the first bundles that each contact sent."""
    noted = [
        vault.catalog.import_numbered(contact.contact_id, number)
        for contact in vault.catalog.contacts()
        for number in range(1, 9)
    ]
    return [one for one in noted if one]


def listed(vault: OpenVault) -> list[tuple[int, str]]:
    """Number and title of the own entries."""
    return [(entry.seq, entry.title) for entry in vault.catalog.entries_of(vault.catalog.origin)]


def commits_of(desk: Desk, vault: OpenVault) -> list[MemoryDisk]:
    """A list that gets a copy of the disk after each commit from now on."""
    states: list[MemoryDisk] = []
    commit = vault.session.commit

    def noting() -> None:
        commit()
        states.append(desk.disk.fork())

    vault.session.commit = noting
    return states


def items_with(desk: Desk, level: int, content: bytes) -> list[int]:
    """Numbers of the own entries of `v` whose file can be read and is this."""
    with desk.open("v", "two", level=level, writable=False) as vault:
        entries = [e for e in vault.catalog.entries_of(vault.catalog.origin) if e.media]
        return [e.seq for e in entries if content == desk.content(vault, str(e.seq))]


def folder_state(folder: Path, *, whole: int | None = None) -> dict[str, bytes]:
    """Every file below a folder with its bytes; folders end in a slash.

    Of files larger than `whole` it is inode, size and the time of the last write instead.
    """
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = os.fspath(path.relative_to(folder))
        if path.is_dir() and not path.is_symlink():
            found[name + "/"] = b""
        elif whole is not None and path.is_file() and path.stat().st_size > whole:
            seen = path.stat()
            found[name] = repr((seen.st_ino, seen.st_size, seen.st_mtime_ns)).encode()
        else:
            found[name] = path.read_bytes() if path.is_file() else b"?"
    return found


def noted(desk: Desk, *titles: str) -> None:
    """Write notes into the vault `v`."""
    with desk.open("v") as vault:
        for title in titles:
            write_note(vault, {"title": title.encode(), "source": b"Maryam"})
