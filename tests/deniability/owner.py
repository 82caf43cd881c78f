"""Living a script in a world with so many volumes, and what a searcher gets of it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from container.worlds import PASSPHRASES, PATH, open_level
from deniability.designs import Design, Moment
from seam.memory import MemoryDisk
from seam.recording import RecordingDisk
from seam.small import SMALL_FORM, SMALL_LENGTH, seeded
from vault.container import session as session_module
from vault.container.block import MEDIA
from vault.container.creation import create

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deniability.scripts import Changes, Commit, Script, Visit
    from seam.recording import Op
    from vault.container.session import Session
    from vault.container.volume import Volume
    from vault.storage.interface import Buffer, File


class Life(NamedTuple):
    """What came of a script.

    Attributes:
        copies: the whole file, at each moment it was copied.
        ops: what was done to files, in order, with offsets and lengths.
    """

    copies: list[bytes]
    ops: list[Op]


class Sizes:
    """How many rows each commit writes.

    In the world that has more, the program chooses, and is written down. In the other world,
    which is compared with it given number and size of the commits, the same sizes are imposed.

    Attributes:
        chosen: what the program answered, in order.
        alike: how many of the imposed sizes the program would have chosen by itself.
    """

    def __init__(self) -> None:
        self.chosen: list[int | None] = []
        self.alike = 0
        self._renewed: list[int] = []
        self._left: list[int | None] | None = None
        self._left_to_renew: list[int] = []

    def impose(self) -> None:
        """From now on answer what was chosen, from the first on."""
        self._left = list(self.chosen)
        self._left_to_renew = list(self._renewed)

    def choose(self, original: Callable[..., int | None], *words, **named) -> int | None:
        own = original(*words, **named)
        if self._left is None:
            self.chosen.append(own)
            return own
        rows = self._left.pop(0)
        self.alike += own == rows
        return rows

    def renew(self, session: Session) -> int:
        """Write some of the rows that come next anew; return how many."""
        if self._left is None:
            self._renewed.append(session.renew(session.geometry.rows))
            return self._renewed[-1]
        return session.renew(self._left_to_renew.pop(0))

    def used_up(self) -> bool:
        """Whether all imposed sizes were asked for: both worlds made the same commits."""
        return not self._left and not self._left_to_renew


@contextmanager
def wrapped(owner: object, name: str, wrapper: Callable[..., object]) -> Iterator[None]:
    """Call `wrapper(original, …)` for `owner.name`; it must exist, and must be called."""
    original = getattr(owner, name)
    calls = 0

    def call(*words, **named):
        nonlocal calls
        calls += 1
        return wrapper(original, *words, **named)

    setattr(owner, name, call)
    try:
        yield
    finally:
        setattr(owner, name, original)
    assert calls, f"{name} is not called any more"


class Killed(Exception):
    """The process is gone."""


class OwnersDisk:
    """A disk as one process sees it: as a design writes it, until the process is killed."""

    def __init__(self, inner: RecordingDisk, design: Design, volumes: int) -> None:
        self._inner, self._design, self._volumes = inner, design, volumes
        self.left: int | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def open(self, path: str, *, writable: bool = False) -> File:
        return self._file(self._inner.open(path, writable=writable))

    def create(self, path: str) -> File:
        return self._file(self._inner.create(path))

    def _file(self, file: File) -> File:
        return self._design.file(MortalFile(file, self), self._volumes)

    def live(self) -> bool:
        """Count one write or fsync; the last one happens in half. Raise once the process died."""
        if self.left is None:
            return True
        if self.left < 0:
            raise Killed
        self.left -= 1
        return self.left >= 0


class MortalFile:
    """A file of a process that may be killed, in the middle of a write too."""

    def __init__(self, inner: File, disk: OwnersDisk) -> None:
        self._inner, self._disk = inner, disk

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def pwrite(self, offset: int, data: Buffer) -> None:
        if self._disk.live():
            self._inner.pwrite(offset, data)
            return
        self._inner.pwrite(offset, memoryview(data)[: len(data) // 1024 * 512])
        raise Killed

    def fsync(self) -> None:
        if not self._disk.live():
            raise Killed
        self._inner.fsync()


class Owner:
    """One world: a container, and somebody who has the passphrases of all its volumes."""

    def __init__(self, script: Script, volumes: int, seed: str, design: Design) -> None:
        self._script, self._volumes, self._design = script, volumes, design
        self._moment = Moment(script.revealed, private=False)
        self._random = seeded_text(seed)
        self._memory = MemoryDisk()
        self._recording = RecordingDisk(self._memory)

    def live(self, sizes: Sizes) -> Life:
        """Do all that the script says, and give what the searcher copied."""
        self._create()
        copies = [self._memory.read(PATH)] if self._script.copied_new else []
        with (
            wrapped(session_module, "choose_rows", sizes.choose),
            wrapped(session_module, "write_commit", self._write_commit),
        ):
            for visit in self._script.visits:
                self._visit(visit, sizes)
                if visit.copied:
                    copies.append(self._memory.read(PATH))
        return Life(copies, self._recording.ops)

    def _create(self) -> None:
        create(
            self._disk(self._volumes),
            PATH,
            SMALL_LENGTH,
            PASSPHRASES[: self._volumes],
            self._script.contents[: self._volumes],
            form=SMALL_FORM,
            random=self._random,
        )

    def _disk(self, volumes: int) -> OwnersDisk:
        return OwnersDisk(self._recording, self._design, volumes)

    def _write_commit(self, original: Callable[..., object], *words, **named) -> object:
        return self._design.commit(original, self._moment, *words, **named)

    def _visit(self, visit: Visit, sizes: Sizes) -> None:
        level = self._volumes - 1 if visit.level is None else visit.level
        self._moment = self._moment._replace(private=visit.level is None)
        disk = self._disk(level + 1)
        # As with --continue, where so much was written without a volume that it begins anew.
        session = open_level(disk, level, random=self._random, allow_altered=True)
        assert not any(volume.findings.altered for volume in session.volumes)
        for number, commit in enumerate(visit.commits):
            self._stage(session, commit)
            if visit.killed is not None and number == len(visit.commits) - 1:
                disk.left = visit.killed
                with suppress(Killed):
                    session.commit()
            else:
                session.commit()
        renewed = 0
        while visit.scrubbed and renewed < session.geometry.rows:
            renewed += sizes.renew(session)
        session.close()

    def _stage(self, session: Session, commit: Commit) -> None:
        staged = [*commit.revealed, *commit.above]
        for volume, changes in zip(session.volumes, staged, strict=False):
            if volume.usable:
                stage(volume, changes)


def stage(volume: Volume, changes: Changes) -> None:
    """Put what there is room for, and drop."""
    for name, data in changes:
        if data is None:
            volume.drop(*name)
        elif volume.has(*name) or volume.room(media=name[0] == MEDIA) > 0:
            volume.put(*name, data)


def seeded_text(text: str) -> Callable[[int], bytes]:
    """A deterministic source of bytes for any text."""
    return seeded(int.from_bytes(text.encode(), "big"))
