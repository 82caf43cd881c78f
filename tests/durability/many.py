"""Eight processes at once on one container: nothing is lost, and who must wait is told so."""

from __future__ import annotations

import json
import pickle
import random as pseudorandom
import tempfile
import time
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING

from durability.image import roomy_folder
from durability.processes import end_of, start
from durability.result import Result
from operations.desk import Desk
from person.console import amanat
from seam.small import EDGE, SMALL_FORM, SMALL_ROWS
from vault.storage.real import RealDisk

if TYPE_CHECKING:
    from person.console import Ran

PROCESSES = 8

_IN_USE = 11
_ROW_FOR = 256 * 1024
"""Bytes of a row for each hundred commands: room for all that they write."""


class Worker:
    """One process: it gives its commands one after the other, each until it is not in the way.

    Args:
        number: of the process.
        seed: of all of them.
        folder: with the container `vault`.
    """

    def __init__(self, number: int, seed: int, folder: Path) -> None:
        self.number = number
        self.rng = pseudorandom.Random(f"many/{seed}/{number}")
        self.folder = folder
        self.saved: list[str] = []
        self.refused = 0

    def work(self, commands: int) -> None:
        with chdir(self.folder):
            for count in range(commands):
                title = f"{self.number}-{count}"
                deed = self.rng.choices([self.note, self.add, self.list], [6, 1, 3])[0]
                deed(title)
        report = (self.saved, self.refused)
        (self.folder / f"report{self.number}").write_bytes(pickle.dumps(report))

    def note(self, title: str) -> None:
        self.until_done("note", "--title", title, typed=b"Text.")
        self.saved.append(title)

    def add(self, title: str) -> None:
        Path(title).write_bytes(self.rng.randbytes(3000))
        self.until_done("add", title, "--title", title)
        self.saved.append(title)

    def list(self, _title: str) -> None:
        """All that this process was told to be saved is there, whatever the others do."""
        ran = self.until_done("list", "--json", "--all")
        titles = {entry["title"] for entry in json.loads(ran.out)["entries"]}
        assert {*self.saved} <= titles, f"not listed: { ({*self.saved} - titles) }"

    def until_done(self, *words: str, **options: object) -> Ran:
        opened = ("--vault", "vault", "--passphrase-file", "two", "-q", "--no-input")
        while True:
            ran = amanat(*opened, *words, make_form=lambda: SMALL_FORM, **options)
            if ran.code == 0:
                return ran
            assert ran.code == _IN_USE, (ran.code, ran.err)
            assert "in use by another process" in ran.err, ran.err
            self.refused += 1
            time.sleep(self.rng.uniform(0.001, 0.03))


def at_once(commands: int, seed: int) -> Result:
    """Let eight processes give so many commands each, and look for what each was told is saved."""
    result = Result(f"{PROCESSES} processes at once on one container")
    row = _ROW_FOR * -(-PROCESSES * commands // 100)
    with tempfile.TemporaryDirectory(prefix="amanat-many-", dir=roomy_folder()) as name:
        folder = Path(name)
        desk = Desk(folder, disk=RealDisk(), seed=seed, length=2 * EDGE + SMALL_ROWS * row)
        path = desk.make(str(folder / "vault"), 2)
        (folder / "two").write_text("two\n", "utf-8")
        told = [folder / f"told{number}" for number in range(PROCESSES)]
        workers = [Worker(number, seed, folder) for number in range(PROCESSES)]
        children = [
            start(lambda worker=worker: worker.work(commands), where)
            for worker, where in zip(workers, told, strict=True)
        ]
        for child, where in zip(children, told, strict=True):
            if end_of(child):
                result.faults.append(f"{result.what}, seed {seed}: {where.read_text()}")
        if result.faults:
            return result
        saved: list[str] = []
        for number in range(PROCESSES):
            mine, refused = pickle.loads((folder / f"report{number}").read_bytes())
            saved += mine
            result.count("times told that it is in use", refused)
        result.tried = PROCESSES * commands
        result.count("entries saved", len(saved))
        with desk.open(path, "two", writable=False) as vault:
            found = [entry.title for entry in vault.catalog.newest()]
        if sorted(found) != sorted(saved) or not desk.check(path, "two").sound:
            lost = {*saved} ^ {*found}
            result.faults.append(f"{result.what}, seed {seed}: not as acknowledged: {lost}")
    return result
