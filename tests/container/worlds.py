"""Containers to test on, and what must be in them: a plain dictionary for each level."""

from __future__ import annotations

import random as pseudorandom
from typing import TYPE_CHECKING, NamedTuple

from seam.memory import MemoryDisk
from seam.small import SMALL_FORM, SMALL_LENGTH, seeded
from vault.container.block import MEDIA, PAGE, RECORD, BlockLost, parse_name
from vault.container.creation import create
from vault.container.session import open_container

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vault.container.form import Form
    from vault.container.session import Session
    from vault.container.volume import Volume
    from vault.storage.interface import Disk

PATH = "v"
PASSPHRASES = ("one", "two", "three")
NAMESPACES = (PAGE, MEDIA, RECORD)

Name = tuple[int, int, int]
Content = dict[Name, bytes]


class Reading(NamedTuple):
    """What an open volume gives: its readable blocks, and those that cannot be read."""

    content: Content
    lost: set[Name]


def read_rows(volume: Volume) -> Reading:
    """As `read_all`, in the order of the file and several blocks at a time: faster."""
    content: Content = {}
    lost: set[Name] = set()
    order = sorted((spot, name) for name, spot in volume.where.items())
    runs: list[list[tuple[int, bytes]]] = []
    for spot, name in order:
        if not runs or spot != runs[-1][-1][0] + 1:
            runs.append([])
        runs[-1].append((spot, name))
    for run in runs:
        opened = volume.open_spots(run[0][0], len(run))
        for (_, name), header in zip(run, opened, strict=True):
            if header is None or header.name != name:
                lost.add(parse_name(name))
            else:
                content[parse_name(name)] = bytes(volume.reader.content(header))
    return Reading(content, lost)


def read_all(volume: Volume) -> Reading:
    content: Content = {}
    lost: set[Name] = set()
    for packed in list(volume.where):
        name = parse_name(packed)
        try:
            content[name] = volume.get(*name)
        except BlockLost:
            lost.add(name)
    return Reading(content, lost)


def payloads(count: int, *, seed: int = 0, size: int = 700) -> Content:
    """`count` media blocks of one object."""
    rng = pseudorandom.Random(seed)
    return {(MEDIA, seed, number): rng.randbytes(size) for number in range(count)}


class World:
    """A container on a disk, and what was acknowledged to be in it.

    Attributes:
        disk: where it stands, under the name PATH.
        kept: per level, what the last commit acknowledged.
    """

    def __init__(
        self,
        volumes: int = 3,
        *,
        contents: Sequence[Content] | None = None,
        disk: Disk | None = None,
        seed: int = 1,
        length: int = SMALL_LENGTH,
        form: Form = SMALL_FORM,
    ) -> None:
        self.disk: Disk = MemoryDisk() if disk is None else disk
        self.form = form
        self.random = seeded(seed)
        self.rng = pseudorandom.Random(seed)
        self.kept: list[Content] = [dict(one) for one in contents or [{}] * volumes]
        self.staged: list[dict[Name, bytes | None]] = [{} for _ in self.kept]
        self.length = length
        self._create(PASSPHRASES[:volumes])

    def _create(self, passphrases: Sequence[str]) -> None:
        create(
            self.disk,
            PATH,
            self.length,
            passphrases,
            self.kept,
            form=self.form,
            random=self.random,
        )

    def open(
        self, level: int | None = None, *, writable: bool = True, allow_altered: bool = False
    ) -> Session:
        top = len(self.kept) - 1 if level is None else level
        return open_level(
            self.disk,
            top,
            form=self.form,
            random=self.random,
            writable=writable,
            allow_altered=allow_altered,
        )

    # Changes

    def put(self, session: Session, level: int, blocks: Mapping[Name, bytes]) -> None:
        for name, data in blocks.items():
            session.volumes[level].put(*name, data)
            self.staged[level][name] = data

    def drop(self, session: Session, level: int, names: Sequence[Name]) -> None:
        for name in names:
            session.volumes[level].drop(*name)
            self.staged[level][name] = None

    def stir(self, session: Session, *, most: int = 3, names: int = 40) -> None:
        """Stage up to `most` random changes on every open level."""
        for volume in session.volumes:
            for _ in range(self.rng.randint(0, min(most, volume.batch_limit()))):
                name = (self.rng.choice(NAMESPACES), 0, self.rng.randrange(names))
                if self.rng.random() < 0.7 and volume.room(media=True) > 0:
                    data = self.rng.randbytes(self.rng.randint(0, volume.payload))
                    self.put(session, volume.level, {name: data})
                else:
                    self.drop(session, volume.level, [name])

    def after(self) -> list[Content]:
        """What will be kept once the staged changes are committed."""
        result = []
        for kept, staged in zip(self.kept, self.staged, strict=True):
            merged = {**kept, **staged}
            result.append({name: data for name, data in merged.items() if data is not None})
        return result

    def commit(self, session: Session) -> None:
        session.commit()
        self.kept = self.after()
        self.forget()

    def forget(self) -> None:
        self.staged = [{} for _ in self.kept]

    def foreign_rows(self, rows: int, level: int = 0) -> None:
        """Write rows with a session that opens less: commits of one row each."""
        session = self.open(level)
        for _ in range(rows):
            session.commit()
        session.close()

    def reserve_above(self, level: int) -> int:
        """Rows that a session of this level may write without harm to those above."""
        session = self.open(writable=False)
        above = [session.status(one.level).reserve for one in session.volumes[level + 1 :]]
        session.close()
        return min(above, default=1000)

    # Checks

    def check(self, session: Session, levels: Sequence[int] | None = None) -> None:
        """Every acknowledged block of the open levels is there and readable, and no other."""
        for volume in session.volumes:
            if levels is None or volume.level in levels:
                assert read_all(volume) == (self.kept[volume.level], set()), volume.level


def open_level(
    disk: Disk,
    level: int,
    *,
    form: Form = SMALL_FORM,
    random=None,
    writable: bool = True,
    allow_altered: bool = False,
) -> Session:
    return open_container(
        disk,
        PATH,
        PASSPHRASES[level],
        writable=writable,
        form=form,
        random=random or seeded(7),
        allow_altered=allow_altered,
    )


def texts(session: Session) -> list[str]:
    """The notices of a session, in words."""
    return [notice.message.format(**notice.values) for notice in session.notices]


def told(session: Session, part: str) -> bool:
    """Whether some notice says `part`."""
    return any(part in text for text in texts(session))


def rows_of(raw: bytes, session: Session) -> Iterator[bytes]:
    """The rows of the file."""
    geometry = session.geometry
    for row in range(geometry.rows):
        start = geometry.row_offset(row)
        yield raw[start : start + geometry.pitch]
