"""Where figures are taken: random files, passphrases, vaults, and the other programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
AMANAT = [sys.executable, "-P", "-c", "from vault.cli.app import main; main()"]
FILE_BYTES = 3_000_000

_T = TypeVar("_T")


class Workshop:
    """A folder with random files, passphrases and vaults."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passphrases = folder / "two"
        self.passphrases.write_text("first of bench\nsecond of bench\n")
        self.second = folder / "second"
        self.second.write_text("second of bench\n\n")  # and no other one to protect

    def files(self, name: str, count: int, size: int = FILE_BYTES) -> Path:
        """Return a folder of so many random files."""
        place = self.folder / name
        if not place.exists():
            place.mkdir()
            for number in range(count):
                (place / f"{number:05}").write_bytes(os.urandom(size))
        return place

    def new_vault(self, size: str = "8GiB") -> Path:
        """Make a vault with two volumes; what is timed is opened with the second."""
        path = self.folder / "bench.vault"
        path.unlink(missing_ok=True)
        words = ["init", str(path), "--size", size, "--passphrases", "2", "-q"]
        run([*AMANAT, *words, "--passphrase-file", str(self.passphrases)])
        settle()
        return path

    def amanat(self, vault: Path, *words: str) -> list[str]:
        """Return the command line of a command on the second volume."""
        return [*AMANAT, "--vault", str(vault), "--passphrase-file", str(self.second), "-q", *words]

    def fill(self, vault: Path, part: float) -> None:
        """Put one file into a vault, so that `part` of the room for files is in use."""
        if part:
            words = [*self.amanat(vault, "status"), "--json"]
            found = subprocess.run(words, check=True, capture_output=True, text=True)
            room = json.loads(found.stdout)["room_files"]
            large = self.folder / "filling"
            with large.open("wb") as file:
                for _ in range(int(room * part) >> 20):
                    file.write(os.urandom(1 << 20))
            run(self.amanat(vault, "add", str(large)))
            large.unlink()
            small = self.files("one file", 1)  # the first one after so much finds more to move
            run(self.amanat(vault, "add", str(small)))

    @staticmethod
    def present(programs: dict[str, _T]) -> dict[str, _T]:
        """Return those of which the program is installed."""
        return {name: one for name, one in programs.items() if shutil.which(name.split()[0])}

    def absent(self, programs: dict[str, _T]) -> list[str]:
        """Return a line for each of which the program is not installed."""
        missing = sorted(set(programs) - set(self.present(programs)))
        return [f"Not installed, left out: {name}." for name in missing]


def age_recipient(shop: Workshop) -> tuple[str, Path]:
    """Return a recipient of age and the file with its key."""
    key = shop.folder / "age.key"
    if not key.exists():
        run(["age-keygen", "-o", str(key)])
    return next(word for word in key.read_text().split() if word.startswith("age1")), key


def settle() -> None:
    """Let the system write what it still holds back, so that nobody pays for somebody else."""
    os.sync()
    time.sleep(1)


def settled(measure: Callable[[], float]) -> float:
    """Measure on a system that has come to rest."""
    settle()
    return measure()


def run(words: list[str], environ: dict[str, str] | None = None) -> float:
    """Run a program; return the seconds it took."""
    started = time.perf_counter()
    found = subprocess.run(
        words, check=False, capture_output=True, env={**os.environ, **(environ or {})}
    )
    seconds = time.perf_counter() - started
    if found.returncode:
        raise SystemExit(found.stderr.decode("utf-8", "replace"))
    return seconds


def as_installed(place: Path) -> None:
    """Let what is measured find the program with its byte code, as an installed one does."""
    shutil.copytree(ROOT / "vault", place / "vault", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(place)], check=True)
    os.environ["PYTHONPATH"] = str(place)
