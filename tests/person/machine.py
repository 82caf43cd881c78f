"""A computer with the program on it: a folder, a disk that is recorded, a clock, seeded chance.

Vaults are small and their key derivation costs nothing. Whatever may differ between two runs of
the same commands is given by the test, so that twins can be compared byte by byte.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from person.console import amanat
from seam.recording import RecordingDisk
from seam.small import EDGE, SMALL_FORM, SMALL_ROWS, seeded
from vault.storage.real import RealDisk

SIZE = 2 * EDGE + SMALL_ROWS * 256 * 1024
"""Bytes of a vault: 16 MiB, 64 rows with room for a catalog."""

START = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Seen:
    """All that somebody can see of one run.

    Attributes:
        words: the command.
        code: of the exit.
        out, err, screen: what was printed, and where.
        ops: what was done to files through the storage seam.
        reads: what was read through it.
        files: name and size of every file in the folder afterwards; of what holds no
            randomness of the libraries, the hash as well.
    """

    words: tuple[str, ...]
    code: int
    out: str
    err: str
    screen: str
    ops: tuple
    reads: tuple
    files: tuple


class Machine:
    """Runs commands in its folder.

    Args:
        folder: empty.
        disk: what stands behind the recording; the real one by default.
        form: of vaults.
    """

    def __init__(self, folder, *, disk=None, form=SMALL_FORM):
        self.folder = folder
        self.disk = RecordingDisk(disk or RealDisk())
        self.form = form
        self.runs = 0

    def run(self, *words, secrets=(), typed=b"", **options):
        """Run a command; `secrets` are passphrases, given line by line through a descriptor."""
        self.runs += 1
        now = START + timedelta(minutes=self.runs)
        random = seeded(self.runs)
        given = {
            "make_disk": lambda: self.disk,
            "make_form": lambda: self.form,
            "make_random": lambda: random,
            "clock": lambda: now,
            "typed": typed,
            **options,
        }
        with self._descriptor(secrets) as option, contextlib.chdir(self.folder):
            return amanat(*option, *words, **given)

    def see(self, *words, **options):
        """Run a command and return all that can be seen of it."""
        self.disk.clear()
        ran = self.run(*words, **options)
        ops, reads = tuple(self.disk.ops), tuple(self.disk.reads)
        return Seen(words, ran.code, ran.out, ran.err, ran.screen, ops, reads, self._files())

    def make(self, name="my.vault", *secrets, labels=("first", "second", "third")):
        """Make a vault with these passphrases."""
        said = [word for label in labels[: len(secrets)] for word in ("--label", label)]
        count = ("--passphrases", str(len(secrets)))
        ran = self.run("init", name, "--size", str(SIZE), *count, *said, secrets=secrets)
        assert ran.code == 0, ran.err
        return name

    @contextlib.contextmanager
    def _descriptor(self, secrets):
        if not secrets:
            yield ()
            return
        reader, writer = os.pipe()
        os.write(writer, "".join(f"{secret}\n" for secret in secrets).encode())
        os.close(writer)
        try:
            yield ("--passphrase-fd", str(reader))
        finally:
            os.close(reader)

    def _files(self):
        found = []
        for path in sorted(self.folder.rglob("*")):
            name = str(path.relative_to(self.folder))
            if path.is_dir():
                found.append((name, -1, ""))
                continue
            mixed = path.suffix in {".vault", ".age", ".card"} or path.name == "checkpoint"
            digest = "" if mixed else hashlib.sha256(path.read_bytes()).hexdigest()
            found.append((name, path.stat().st_size, digest))
        return tuple(found)
