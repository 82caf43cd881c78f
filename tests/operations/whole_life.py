"""A vault that deeds are done to, and that is compared with plain dictionaries after each.

Each deed may meet a fate: the power is cut at any of its writes, a write or fsync fails, memory
runs out. What is found afterwards must be the state before or after it, all volumes together, and
nothing else; the dictionaries take over which.
"""

from __future__ import annotations

import errno
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from hypothesis.stateful import RuleBasedStateMachine

from operations.desk import PASSPHRASES
from operations.whole_scene import LENGTHS, looked, match, new_books, scene_of, still_desk
from seam.crashing import CrashingDisk, Write, state_after
from seam.faulty import FaultyDisk
from vault.errors import ContainerFull, VaultError
from vault.operations.levels import at_level
from vault.operations.protection import further_volumes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from operations.whole_books import Book
    from seam.memory import MemoryDisk
    from vault.operations.opened import OpenVault

    Books = list[Book]
    Change = Callable[[Books], object]
    Deed = Callable[[OpenVault], object]

TALLY: Counter[str] = Counter()
"""How often each rule was carried out in this process, and what became of it."""

TIGHT = 64 * 1024
"""Bytes of room below which a volume may call itself full."""

UNLIMITED = 1 << 30


class Fate(NamedTuple):
    """What a deed meets.

    Attributes:
        kind: "fine"; "cut": the power goes; "fail": a call to the disk fails; "memory": instead
            of that call there is no memory.
        at: which write: 0 is the first, 255 behind the last; for a failure its number.
        seed: what of the unsynced is there.
    """

    kind: str
    at: int
    seed: int


FINE = Fate("fine", 0, 0)


class Attempt(NamedTuple):
    """What became of a deed.

    Attributes:
        error: that ended it.
        failed: whether a call to the disk was made to fail.
        begun: how many events the log of the disk had before.
    """

    error: BaseException | None
    failed: bool
    begun: int


class Life(RuleBasedStateMachine):
    """One vault, from file to file; what is done to it stands in `whole_lives`."""

    def __init__(self) -> None:
        super().__init__()
        self.vault: OpenVault | None = None
        self.stack = ExitStack()
        self.lost = True  # until something is there, and again when it is not as it must be
        self.idle = False
        self.written = self.files = self.deeds = 0

    def prepare(self, volumes: int) -> None:
        TALLY["(lives)"] += 1
        self.scene = scene_of(volumes)
        self.desk = still_desk(self.scene.folder, seed=volumes)
        self.disk: MemoryDisk = self.scene.disk.fork()
        self.path, self.length = "v", LENGTHS[0]
        self.books = new_books(volumes)
        self.settle([self.books])
        self.open(volumes - 1)

    def teardown(self) -> None:
        try:
            if not self.lost:
                self.settle([self.books], deep=True)
        finally:
            self.close()

    # Opening

    @property
    def level(self) -> int:
        return self.vault.volume.level

    @property
    def book(self) -> Book:
        return self.books[self.level]

    @property
    def above(self) -> str:
        """The passphrase that opens everything."""
        return PASSPHRASES[len(self.books) - 1]

    def open(self, top: int, level: int | None = None) -> None:
        self.crash = CrashingDisk(self.disk)
        self.faulty = FaultyDisk(self.crash)
        opened = self.desk.open(self.path, PASSPHRASES[top], level=level, disk=self.faulty)
        self.first = self.vault = self.stack.enter_context(opened)

    def close(self) -> None:
        if self.vault is not None:
            if self.vault is not self.first:
                self.vault.catalog.close()
            self.stack.close()
            self.vault = None
            self.disk = self.crash.memory

    def go_to(self, level: int) -> None:
        """As the prompt does."""
        before, back = self.vault, level == self.first.volume.level
        self.vault = self.first if back else at_level(self.first, level)
        if before is not self.first:
            before.catalog.close()
            if back:
                self.first.forget_staged()

    # What a deed meets, and what is found afterwards

    def settle(self, states: Sequence[Books], *, deep: bool = False) -> None:
        """Find in which of the states the vault is, and go on with that one."""
        self.desk.disk = (self.disk if self.vault is None else self.crash.memory).fork()
        self.lost = True
        self.books = match(looked(self.desk, self.path, len(self.books), deep=deep), states)
        self.lost = False

    def room_for_others(self) -> int:
        """Rows that this session may write without harm to what it did not open."""
        above = range(len(self.vault.session.volumes), len(self.books))
        if not above:
            return UNLIMITED
        self.desk.disk = self.crash.memory.fork()
        with self.desk.open(self.path, self.above, writable=False) as everything:
            return min(everything.session.status(level).reserve for level in above)

    def attempt(self, deed: Deed, fate: Fate) -> Attempt:
        """Do it; note what ended it, and whether a call was made to fail."""
        error, self.faulty.failed = None, []
        begun = len(self.crash.log.events)
        if fate.kind in {"fail", "memory"}:
            self.faulty._error = MemoryError() if fate.kind == "memory" else errno.EIO
            self.faulty._fail_at = self.faulty.calls + fate.at % 16
        try:
            deed(self.vault)
        except (VaultError, MemoryError) as caught:
            error = caught
        self.faulty._fail_at = None
        return Attempt(error, bool(self.faulty.failed), begun)

    def act(
        self,
        name: str,
        deed: Deed,
        *changes: Change,
        fate: Fate = FINE,
        refused: type[VaultError] | None = None,
        protect: bool = False,
        may_be_full: bool = False,
    ) -> bool:
        """Do something, under a fate, and compare.

        Args:
            name: for the tally.
            deed: what the program does.
            changes: what it does to the books, step by step: it may be cut off between.
            fate: what it meets.
            refused: the error with which it has to be refused.
            protect: keep what other passphrases open; done in any case where the deed would write
                more rows than their reserve.
            may_be_full: it may find no room although there is some.

        Returns:
            Whether it came to its end.
        """
        states = [self.books]
        for change in changes:
            after = [book.fork() for book in states[-1]]
            change(after)
            states.append(after)
        done = self.attempt_beside(deed, fate, protect=protect)
        TALLY[name] += 1
        self.deeds, self.idle = self.deeds + 1, False
        if done.failed:
            assert done.error is not None, "a failure was not told"
            self.end(states, fate.kind)
            return False
        if done.error is not None:
            full = isinstance(done.error, ContainerFull) and (may_be_full or self.is_tight())
            if not full and not (refused and isinstance(done.error, refused)):
                raise done.error
            TALLY["full" if full else "refused"] += 1
            self.settle(loosened(states) if full else [self.books])
            return False
        assert refused is None, f"{name} was not refused"
        events = self.crash.log.events
        assert not isinstance(events[-1], Write), "acknowledged before it was durable"
        if fate.kind == "cut":
            prefix = done.begun + (len(events) - done.begun) * fate.at // 255
            cut = state_after(self.crash.log, prefix, fate.seed).disk
            self.end(states[-1:] if prefix == len(events) else states, "cut", cut)
            return False
        self.settle(states[-1:])
        return True

    def attempt_beside(self, deed: Deed, fate: Fate, *, protect: bool) -> Attempt:
        """Do it so that what this session did not open survives: in its reserve, or protected."""

        def protected(vault: OpenVault) -> None:
            with further_volumes(vault) as unlock:
                unlock(self.above)
                deed(vault)

        allowed = self.room_for_others()
        if allowed == 0 or protect:
            return self.attempt(protected, fate)
        top, level, before = self.vault.session.top.level, self.level, self.crash.memory.fork()
        epoch = self.vault.session.status(0).epoch
        done = self.attempt(deed, fate)
        if self.vault.session.status(0).epoch - epoch <= allowed:
            return done
        TALLY["(done again, with what is above)"] += 1
        self.close()
        self.disk = before
        self.open(top, level)
        return self.attempt(protected, fate)

    def end(self, states: list[Books], why: str, disk: MemoryDisk | None = None) -> None:
        """The session is over; go on from what it left on the disk, or from this one."""
        session = self.vault.session.top.level, self.level
        self.close()
        self.disk = disk or self.disk
        old = [(book.own, book.received) for book in self.books]
        self.settle(states if len(states) == 1 else loosened(states))
        same = old == [(book.own, book.received) for book in self.books]
        TALLY[f"({why}: {'as before' if same else 'gone on'})"] += 1
        self.open(*session)

    def is_tight(self) -> bool:
        session = self.vault.session
        rooms = [session.status(volume.level).media_room for volume in session.volumes]
        return min(rooms) < TIGHT

    def word(self, kind: str) -> bytes:
        """A word that stands nowhere else."""
        self.written += 1
        return b"%b%05dz" % (kind.encode(), self.written)


def loosened(states: Sequence[Books]) -> list[Books]:
    """The same, where blocks may be left that belong to nothing yet."""
    return [[book.fork().replaced(loose=True) for book in books] for books in states]
