"""Readers of bundles: verify, unseal, import; what each must leave as it was."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from catalog.book import imports_of
from operations.desk import START, Desk, folder_state, no_progress
from seam.memory import MemoryDisk
from vault.errors import VaultError
from vault.operations.bundles import unseal_file, verify_file
from vault.operations.contacts import add_contact, confirm_contact
from vault.operations.opened import OpenVault
from vault.sync.age_identity import write_identity_file
from verify.forge import Sender

if TYPE_CHECKING:
    from pathlib import Path

    from vault.verify.bundle import BundleReport


@dataclass
class Readers:
    """A partner with a key file, and one with a vault whose key it is."""

    desk: Desk
    folder: Path
    blank: MemoryDisk

    def verify(self, bundle: bytes, card: bytes | None = None) -> BundleReport:
        signed_by = None if card is None else self.desk.file("card", card)
        return verify_file(
            self.desk.file("bundle", bundle),
            identity=str(self.folder / "key"),
            signed_by=signed_by,
            progress=no_progress,
        )

    def unseal(self, bundle: bytes, card: bytes | None = None, target: str = "out") -> BundleReport:
        signed_by = None if card is None else self.desk.file("card", card)
        return unseal_file(
            self.desk.file("bundle", bundle),
            str(self.folder / target),
            identity=str(self.folder / "key"),
            signed_by=signed_by,
            place=self.desk.place(),
            progress=no_progress,
        )

    def receive(self, bundle: bytes):
        with self.desk.open("p") as vault:
            return self.desk.receive(vault, self.desk.file("bundle", bundle))

    def refusals(self, bundle: bytes) -> list[VaultError]:
        """What each reader says; every one must refuse, and leave nothing behind."""
        self.desk.disk = self.blank.fork()
        before = self.seen()
        found = []
        for read in (self.verify, self.unseal, self.receive):
            with pytest.raises(VaultError) as told:
                read(bundle)
            found.append(told.value)
        assert not (self.folder / "out").exists()
        assert {"bundle", "key"} >= set(folder_state(self.folder)) - {"card", "more"}
        assert before == self.seen()
        self.reclaimed()
        return found

    def seen(self) -> object:
        with self.desk.open("p", writable=False) as vault:
            catalog = vault.catalog
            return (
                catalog.newest(),
                imports_of(catalog),
                catalog.contacts(),
                catalog.logs(),
                [catalog.checkpoints(origin) for origin in catalog.logs()],
            )

    def reclaimed(self) -> None:
        """What the refused import wrote is given back by the next command."""
        with self.desk.open("p", writable=False) as vault:
            left_over = vault.catalog.unpublished_media()
        if left_over:
            with self.desk.open("p") as vault:
                self.desk.add(vault, self.desk.file("more", b"more"))
                assert () == vault.catalog.unpublished_media()


@pytest.fixture(scope="module")
def sender():
    return Sender()


@pytest.fixture(scope="module")
def blank(sender, tmp_path_factory):
    """Return a disk with a vault `p` that opens what is for the recipient, and knows the sender."""
    folder = tmp_path_factory.mktemp("blank")
    desk = Desk(folder, seed=700)
    desk.make("p")
    with patched(sender), desk.open("p") as vault:
        add_contact(vault, "sender", desk.file("card", sender.card()))
        confirm_contact(vault, "sender")
    return desk.disk


class patched:  # noqa: N801  used as a context manager
    """Vaults open with the recipient's key instead of their own."""

    def __init__(self, sender: Sender) -> None:
        self._patch = pytest.MonkeyPatch()
        self._identity = sender.recipient

    def __enter__(self) -> None:
        self._patch.setattr(OpenVault, "identity", self._identity)

    def __exit__(self, *_: object) -> None:
        self._patch.undo()


@pytest.fixture
def readers(sender, blank, tmp_path):
    desk = Desk(tmp_path, disk=blank.fork(), seed=701)
    (tmp_path / "key").write_bytes(write_identity_file(sender.recipient, START))
    with patched(sender), suppress(StopIteration):
        yield Readers(desk, tmp_path, blank)
