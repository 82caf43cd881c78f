"""A folder with two vaults and all that commands take, on the real disk, in the cheap form."""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from operations.desk import MEDIUM_LENGTH, Desk, folder_state
from person.console import amanat
from seam.small import SMALL_FORM
from vault.operations.bundles import read_identities
from vault.operations.contacts import write_new_identity
from vault.operations.entries import write_note
from vault.storage.real import RealDisk

if TYPE_CHECKING:
    from pathlib import Path

SIZE = f"{MEDIUM_LENGTH // 1024}KiB"
"""What `init --size` is given in the cheap form."""

CODES = {1, 2, 3, 10, 11, 12, 20, 130}
"""Every exit code of a command that did not do what it was asked for."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")


class Scene:
    """Names of files in a folder of a test's own.

    Attributes:
        vault: opens with "two" (and "one"); has two entries and the contact `partner`.
        partner: opens with "one"; has the contact `sender`.
        bundle: for `partner`, from `vault`.
        bare: for the key file, from `vault`.
        card: of `vault`.
        other_card: of nobody who is known to either.
        key: an identity file.
        source: a file to be added.
        passphrases: by passphrase, a file that holds it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in (
            "vault partner bundle bare card other_card key source one two".split()  # noqa: SIM905
        ):
            setattr(self, name, str(folder / name))

    def at(self, name: str) -> str:
        return str(self.folder / name)

    def run(self, *words: str, **options):
        """Run a command in this process; the form is cheap, nobody is at a terminal."""
        return amanat(*words, make_form=lambda: SMALL_FORM, **options)

    def on_vault(self, *words: str, passphrase: str = "two", **options):
        opened = ("--vault", self.vault, "--passphrase-file", self.at(passphrase))
        return self.run(*opened, "-q", *words, **options)

    def on_partner(self, *words: str, **options):
        opened = ("--vault", self.partner, "--passphrase-file", self.one)
        return self.run(*opened, "-q", *words, **options)

    def state(self) -> dict[str, bytes]:
        """Every file with its bytes; of a vault, what changes with each write."""
        return folder_state(self.folder, whole=1 << 20)

    def desk(self) -> Desk:
        return Desk(self.folder, disk=RealDisk(), seed=801)

    def is_whole(self, entries: int = 2) -> None:
        """The vault opens, holds what it held, and is sound."""
        desk = self.desk()
        with desk.open(self.vault, "two", writable=False) as vault:
            assert entries <= vault.catalog.next_seq(vault.catalog.origin)
            assert b"content of the file" == desk.content(vault, "0")
        assert desk.check(self.vault, "two").sound


def build(folder: Path) -> Scene:
    """Make everything once; tests work on copies."""
    scene = Scene(folder)
    desk = Desk(folder, disk=RealDisk(), seed=800)
    desk.make(scene.vault, 2)
    desk.make(scene.partner, 1)
    desk.make(scene.at("third"), 1)
    write_new_identity(scene.key, desk.place())
    recipient = read_identities(scene.key)[0].recipient
    bare = desk.file("bare.pub", recipient.encode())
    desk.introduce(scene.vault, "partner", desk.card(scene.partner), "two")
    desk.introduce(scene.vault, "bare", bare, "two")
    desk.introduce(scene.partner, "sender", desk.card(scene.vault, "two"))
    shutil.move(f"{scene.vault}.two.card", scene.card)
    shutil.move(desk.card(scene.at("third")), scene.other_card)
    desk.file("source", b"something new")
    with desk.open(scene.vault, "two") as vault:
        desk.add(vault, desk.file("content", b"content of the file"))
        write_note(vault, {"title": b"a note"})
        desk.seal(vault, "partner", "bundle")
        desk.seal(vault, "bare", "bare")
    for passphrase in ("one", "two"):
        # Asked for others whose volumes must survive, there are none.
        (folder / passphrase).write_text(passphrase + "\n\n", "utf-8")
    for name in ("third", "partner.one.card", "bare.pub", "content"):
        os.unlink(folder / name)
    return scene


ADVICE = (
    "Below 512MiB a file is for trials",
    "A bundle begins with the words",
    "Bundle number",
    "Stopped after",
    "Volume ",
)
"""Beginnings of what is told whether a command does its work or not."""


def told_of_errors(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.startswith(ADVICE)]


def refused(ran, *codes: int):
    """The command told in one line what happened, at most one what to do, and nothing else."""
    assert ran.code in (codes or CODES), (ran.code, ran.err)
    lines = told_of_errors(ran.err)
    assert 1 <= len(lines) <= 2, ran.err
    assert "Traceback" not in ran.err
    assert "went wrong inside" not in ran.err, ran.err
    assert _CONTROL.search(ran.err) is None, ran.err
    return ran


def no_temporary(state: dict[str, bytes]) -> None:
    """Temporary files begin with a dot, or are a name with twelve digits behind it."""
    for name in state:
        last = name.rstrip("/").rpartition("/")[2]
        assert not last.startswith("."), name
        assert re.search(r"\.[0-9a-f]{12}$", last) is None, name
