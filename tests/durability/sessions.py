"""Real sessions on a real file until the ground goes away, and what must be found afterwards.

What was begun and what was acknowledged is noted outside the file system that will be stopped.
"""

from __future__ import annotations

import os
import pickle
import random as pseudorandom
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from container.crashes import matching, matching_session
from container.worlds import PASSPHRASES, PATH, World, payloads
from seam.small import SHORT_LENGTH, SMALL_FORM, SMALL_LENGTH, seeded
from vault.container.creation import create
from vault.container.session import open_container
from vault.storage.output import OutputFile
from vault.storage.real import RealDisk

if TYPE_CHECKING:
    from container.worlds import Content
    from vault.container.session import Session

NEW_FILES = 4
"""Containers that are made in one life of the file system: what fits."""

NARROW = 8
"""Rows of reserve below which only sessions of all levels write: others must not lose anything."""

_TEMPORARY = re.compile(r"(\.[0-9a-f]{16}|(new\d+)\.[0-9a-f]{12})")


class Continued(World):
    """A container that is there already, opened with all levels."""

    def __init__(self, kept: list[Content], seed: int) -> None:
        self.disk = RealDisk()
        self.form = SMALL_FORM
        self.random = seeded(seed)
        self.rng = pseudorandom.Random(seed)
        self.kept = kept
        self.forget()


def begin(folder: Path, seed: int) -> list[Content]:
    """Make the container that all cycles go on with, and return what is in it."""
    os.chdir(folder)
    for name in {*os.listdir()} - {"lost+found"}:
        os.unlink(name)
    contents = [payloads(9, seed=level) for level in range(3)]
    return World(3, disk=RealDisk(), seed=seed, contents=contents, length=SMALL_LENGTH).kept


class Notes:
    """What was begun, and what was acknowledged when, in a file that survives."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)

    def begun(self, what: str, result: object) -> None:
        self._file.write(pickle.dumps((what, result, 0)))

    def acknowledged(self, what: str) -> None:
        self._file.write(pickle.dumps((what, None, time.monotonic_ns())))


class Life:
    """One process that works until its file system is gone."""

    def __init__(self, folder: Path, kept: list[Content], seed: int, notes: Path) -> None:
        os.chdir(folder)
        self.world = Continued(kept, seed)
        self.rng = self.world.rng
        self.notes = Notes(notes)
        self._made = 0

    def go_on(self) -> None:
        """Work for ever; some call will fail."""
        while True:
            deed = self.rng.choices([self.commits, self.creation, self.output], [8, 1, 1])[0]
            deed()

    def commits(self) -> None:
        """Save up to four times with one passphrase; sometimes rows are only written anew."""
        world = self.world
        level = self.rng.choice([2, 2, 2, 1, 0])
        if level < 2 and world.reserve_above(level) < NARROW:
            level = 2
        session = world.open(level)
        for _ in range(self.rng.randint(1, 4 if level == 2 else 2)):
            if self.rng.random() < 0.1:
                self.notes.begun(PATH, world.kept)
                session.renew(2)
            else:
                self.save(session)
            self.notes.acknowledged(PATH)
        session.close()

    def save(self, session: Session) -> None:
        self.world.stir(session, most=self.rng.choice([1, 3, 12]))
        self.notes.begun(PATH, self.world.after())
        self.world.commit(session)

    def creation(self) -> None:
        """Make a container under a new name."""
        if self._made >= NEW_FILES:
            return
        name = f"new{self._made}"
        self._made += 1
        contents = [payloads(5, seed=10 * self._made + level) for level in range(3)]
        self.notes.begun(name, contents)
        form, random = SMALL_FORM, self.world.random
        create(RealDisk(), name, SHORT_LENGTH, PASSPHRASES, contents, form=form, random=random)
        self.notes.acknowledged(name)

    def output(self) -> None:
        """Write a file that the user asked for."""
        name = f"out{self.rng.randrange(1 << 30)}"
        content = self.rng.randbytes(self.rng.randrange(20_000))
        self.notes.begun(name, content)
        with OutputFile(RealDisk(), name, random=self.world.random) as file:
            for start in range(0, len(content), 7000):
                file.write(content[start : start + 7000])
        self.notes.acknowledged(name)


class Found(NamedTuple):
    """What there was after the cut.

    Attributes:
        kept: what is in the container now.
        saved: saves that were acknowledged.
        within: whether the cut came in a save.
        newer: whether that save is there all the same.
        files: other files that were acknowledged.
        leftovers: temporary files that the cut left.
        late: what was acknowledged after the cut, which no crash would let happen.
    """

    kept: list[Content]
    saved: int
    within: bool
    newer: bool
    files: int
    leftovers: int
    late: int


class Expected:
    """What the notes say that there must be.

    A file system that was shut down goes on to answer, and xfs says of a folder then that it was
    synced: what is acknowledged after the cut counts as being made.

    Attributes:
        allowed: the last acknowledged contents of the container, and those being made.
        files: of other files, the content, and whether it was acknowledged.
        saved: saves that were acknowledged.
        late: acknowledged after the cut.
    """

    def __init__(self, kept: list[Content], notes: Path, cut: int) -> None:
        self.allowed = [kept]
        self.files: dict[str, tuple[object, bool]] = {}
        self.saved = self.late = 0
        for what, result, when in read_notes(notes):
            if not when:
                self._begun(what, result)
            elif when < cut:
                self._acknowledged(what)
            else:
                self.late += 1

    def _begun(self, what: str, result: object) -> None:
        if what == PATH:
            self.allowed.append(result)
        else:
            self.files[what] = (result, False)

    def _acknowledged(self, what: str) -> None:
        if what == PATH:
            self.allowed = self.allowed[-1:]
            self.saved += 1
        else:
            self.files[what] = (self.files[what][0], True)


def look(folder: Path, kept: list[Content], notes: Path, cut: int) -> Found:
    """Compare the file system after the cut with the notes; take all but the container away.

    Args:
        folder: the file system.
        kept: what was in the container when the process began.
        notes: of that process.
        cut: nanoseconds of the monotonic clock before the shutdown.

    Raises:
        AssertionError: something acknowledged is not there, or something is there in part.
    """
    os.chdir(folder)
    expected = Expected(kept, notes, cut)
    allowed, files = expected.allowed, expected.files
    found = matching(RealDisk(), allowed)
    for name, (content, done) in files.items():
        assert not done or os.path.exists(name), f"{name} was acknowledged and is gone"
        if os.path.exists(name):
            whole(name, content)
    leftovers = [name for name in os.listdir() if _TEMPORARY.fullmatch(name)]
    others = {*os.listdir()} - {PATH, "lost+found", *files, *leftovers}
    assert not others, f"files that nobody asked for: {others}"
    for name in [*leftovers, *filter(os.path.exists, files)]:
        os.unlink(name)
    RealDisk().sync_folder(PATH)  # or the next cut brings them back
    within = len(allowed) > 1
    return Found(
        kept=found,
        saved=expected.saved,
        within=within,
        newer=within and found != allowed[0],
        files=sum(done for _, done in files.values()),
        leftovers=len(leftovers),
        late=expected.late,
    )


def whole(name: str, content: object) -> None:
    """Check that a file holds what was written, be it a container."""
    if isinstance(content, bytes):
        assert content == Path(name).read_bytes(), f"{name} is not whole"
        return
    session = open_container(
        RealDisk(), name, PASSPHRASES[2], writable=False, form=SMALL_FORM, random=seeded(7)
    )
    matching_session(session, [content])
    session.close()


def read_notes(path: Path) -> list[tuple[str, object, int]]:
    """Return all notes, in order."""
    noted = []
    with path.open("rb") as file:
        while file.peek(1):
            noted.append(pickle.load(file))
    return noted
