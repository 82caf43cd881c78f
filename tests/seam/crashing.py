"""A disk that keeps a log, from which every state a power cut may leave can be made.

The model, stricter than any file system in use:

- A write that was not followed by an fsync of its file may be on the disk, or not, or in part,
  and independently of all others: later ones without earlier ones, overlapping ones in any
  order. A part is cut at multiples of 64, 512 or 4096 bytes of the file; several runs of one
  write may be there and others not. What is missing shows the bytes from before, and zeros where
  the file was not that long; the length may be that of the longest write, kept or not.
- A name (created, renamed, removed) is durable after `sync_folder` of its folder; before, each
  change may be there or not. An fsync of the file does not make its name durable.
- While a call runs the cut may come anywhere in it: an fsync that did not return promises nothing.

    disk = CrashingDisk(before)          # a MemoryDisk, taken as durable; or nothing
    … work on disk; disk.mark("n")  after each acknowledgement …
    for state in crash_states(disk.log, random.Random(seed), 20_000):
        open state.disk; state.marks says what was acknowledged; repr(state) reproduces it

A state's disk is a MemoryDisk of its own: put it under a new CrashingDisk to cut the power in
the recovery as well.
"""

from __future__ import annotations

import os
import random as pseudorandom
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from seam.memory import Content, MemoryDisk, Node

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seam.memory import MemoryFile
    from vault.storage.interface import Buffer

TEARS = (64, 512, 4096)

NOTHING, EVERYTHING = 0, 1
"""Seeds of the two extremes; all others are random choices."""


class Write(NamedTuple):
    file: int
    offset: int
    data: bytes


class Sync(NamedTuple):
    file: int


class Named(NamedTuple):
    """A name was given to a file, or taken from it (`file` None)."""

    path: str
    file: int | None
    old: str | None = None  # the name that the file had before, given up in the same moment


class FolderSync(NamedTuple):
    folder: str


class Mark(NamedTuple):
    text: str


Event = Write | Sync | Named | FolderSync | Mark


@dataclass
class WriteLog:
    """What was durable at the start, and all that happened since, in order."""

    initial: MemoryDisk
    files: dict[str, int]  # path -> number, at the start
    events: list[Event] = field(default_factory=list)


class CrashingDisk:
    """Works in memory and logs. Args: `initial` is durable and is not changed."""

    def __init__(self, initial: MemoryDisk | None = None) -> None:
        durable = initial.fork() if initial else MemoryDisk()
        self.memory = durable.fork()
        self._numbers = {id(node): number for number, node in enumerate(self.memory.nodes.values())}
        self._nodes = list(self.memory.nodes.values())  # kept, or id() could name another
        self.log = WriteLog(durable, {path: self._number(path) for path in self.memory})

    def mark(self, text: str) -> None:
        """Note a moment, such as an acknowledgement; states after it carry the text."""
        self.log.events.append(Mark(text))

    def open(self, path: str, *, writable: bool = False) -> CrashingFile:
        return CrashingFile(self, self.memory.open(path, writable=writable))

    def create(self, path: str) -> CrashingFile:
        file = self.memory.create(path)
        self._numbers[id(file.node)] = len(self._nodes)
        self._nodes.append(file.node)
        self.log.events.append(Named(path, self._number(path)))
        return CrashingFile(self, file)

    def rename(self, old: str, new: str) -> None:
        self.memory.rename(old, new)
        self.log.events.append(Named(new, self._number(new), old))

    def remove(self, path: str) -> None:
        self.memory.remove(path)
        self.log.events.append(Named(path, None))

    def sync_folder(self, path: str) -> None:
        self.log.events.append(FolderSync(os.path.dirname(path)))

    def exists(self, path: str) -> bool:
        return self.memory.exists(path)

    def free_space(self, path: str) -> int | None:
        return self.memory.free_space(path)

    def number_of(self, node: Node) -> int:
        return self._numbers[id(node)]

    def _number(self, path: str) -> int:
        return self.number_of(self.memory.nodes[path])


class CrashingFile:
    def __init__(self, disk: CrashingDisk, inner: MemoryFile) -> None:
        self._disk = disk
        self._inner = inner
        self._number = disk.number_of(inner.node)

    def pread(self, offset: int, length: int) -> bytes:
        return self._inner.pread(offset, length)

    def pread_into(self, offset: int, buffer: bytearray | memoryview) -> int:
        return self._inner.pread_into(offset, buffer)

    def pwrite(self, offset: int, data: Buffer) -> None:
        self._inner.pwrite(offset, data)
        self._disk.log.events.append(Write(self._number, offset, bytes(data)))

    def fsync(self) -> None:
        self._inner.fsync()
        self._disk.log.events.append(Sync(self._number))

    def write_on(self) -> None:
        self._inner.write_on()

    def size(self) -> int:
        return self._inner.size()

    def lock(self, *, exclusive: bool) -> None:
        self._inner.lock(exclusive=exclusive)

    def close(self) -> None:
        self._inner.close()


@dataclass
class CrashState:
    """One state. `state_after(log, state.prefix, state.seed)` makes it again."""

    prefix: int  # events before the cut
    seed: int
    marks: tuple[str, ...]  # noted before the cut
    disk: MemoryDisk = field(repr=False)


class _Moment:
    """What is durable after a prefix of the log, and what is still on its way."""

    def __init__(self, log: WriteLog) -> None:
        self._log = log
        self.at = 0
        self.durable: dict[int, Content] = {
            number: log.initial.nodes[path].content for path, number in log.files.items()
        }
        self.pending: dict[int, list[Write]] = {}
        self.names = dict(log.files)
        self.pending_names: list[Named] = []
        self.marks: tuple[str, ...] = ()

    def advance(self, prefix: int) -> None:
        for event in self._log.events[self.at : prefix]:
            self._pass(event)
        self.at = max(self.at, prefix)

    def state(self, seed: int) -> CrashState:
        chance = _Chance(seed)
        files: dict[int, Node] = {}
        names = self._names_after(chance)
        # In order of number, not of name: a state depends on the seed and on nothing else.
        for number in sorted(set(names.values())):
            content = self.durable.get(number, Content()).fork()
            _apply_some(content, self.pending.get(number, []), chance)
            files[number] = Node(content)
        disk = MemoryDisk(free=self._log.initial.free)
        disk.nodes = {path: files[number] for path, number in names.items()}
        return CrashState(self.at, seed, self.marks, disk)

    def _pass(self, event: Event) -> None:
        if isinstance(event, Write):
            self.pending.setdefault(event.file, []).append(event)
        elif isinstance(event, Sync):
            content = self.durable.get(event.file, Content()).fork()
            for write in self.pending.pop(event.file, []):
                content.write(write.offset, write.data)
            content.flat()  # later copies share it
            self.durable[event.file] = content
        elif isinstance(event, Named):
            self.pending_names.append(event)
        elif isinstance(event, FolderSync):
            for named in self.pending_names:
                if os.path.dirname(named.path) == event.folder:
                    _rename(self.names, named)
            self.pending_names = [
                named for named in self.pending_names if os.path.dirname(named.path) != event.folder
            ]
        else:
            self.marks = (*self.marks, event.text)

    def _names_after(self, chance: _Chance) -> dict[str, int]:
        names = dict(self.names)
        for named in self.pending_names:
            if chance.keeps():
                _rename(names, named)
        return names


class _Chance:
    """The choices of one state.

    Args:
        seed: NOTHING, EVERYTHING, or any other number for random ones.
    """

    def __init__(self, seed: int) -> None:
        self.extreme = seed in (NOTHING, EVERYTHING)
        self.random = pseudorandom.Random(seed)
        self._kept = float(seed) if self.extreme else self.random.choice((0.1, 0.5, 0.9))

    def keeps(self) -> bool:
        return self.random.random() < self._kept

    def coin(self) -> bool:
        return self.random.getrandbits(1) == 1


def state_after(log: WriteLog, prefix: int, seed: int) -> CrashState:
    """Make one state: the cut comes after `prefix` events.

    Args:
        log: of a CrashingDisk.
        prefix: 0 … len(log.events).
        seed: chooses what of the unsynced is there.
    """
    moment = _Moment(log)
    moment.advance(prefix)
    return moment.state(seed)


def crash_states(log: WriteLog, random: pseudorandom.Random, count: int) -> Iterator[CrashState]:
    """Yield `count` states, spread evenly over all prefixes, in the order of the log.

    With at least two per prefix, both extremes of each are among them: nothing of the unsynced
    is there, and all of it.
    """
    moment = _Moment(log)
    prefixes = len(log.events) + 1
    for prefix in range(prefixes):
        moment.advance(prefix)
        share = count * (prefix + 1) // prefixes - count * prefix // prefixes
        for turn in range(share):
            extreme = turn in (NOTHING, EVERYTHING)
            yield moment.state(turn if extreme else random.randrange(2, 1 << 48))


def _rename(names: dict[str, int], named: Named) -> None:
    if named.file is None:
        names.pop(named.path, None)
        return
    if named.old is not None:
        names.pop(named.old, None)
    names[named.path] = named.file


def _apply_some(content: Content, writes: list[Write], chance: _Chance) -> None:
    """Apply some of the writes, whole or torn, in some order."""
    order = list(writes)
    if not chance.extreme and chance.coin():
        chance.random.shuffle(order)
    for write in order:
        if chance.keeps():
            content.write(write.offset, write.data)
        elif not chance.extreme and chance.coin():
            _apply_torn(content, write, chance.random)
    if writes and not chance.extreme and chance.coin():
        content.grow(max(write.offset + len(write.data) for write in writes))


def _apply_torn(content: Content, write: Write, random: pseudorandom.Random) -> None:
    """Apply one to three runs of the write, cut at multiples of a tear size in the file."""
    tear = random.choice(TEARS)
    first, last = write.offset // tear, (write.offset + len(write.data)) // tear
    cuts = sorted(random.randint(first, last + 1) * tear for _ in range(2 * random.randint(1, 3)))
    for low, high in zip(cuts[::2], cuts[1::2], strict=True):
        start = max(low - write.offset, 0)
        part = write.data[start : max(high - write.offset, 0)]
        if part:
            content.write(write.offset + start, part)
