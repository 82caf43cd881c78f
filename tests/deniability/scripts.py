"""What an owner does with a container, drawn from a seed.

A script is what may be seen (sessions, commits, which of them change a revealed level, when the
searcher copies the file) and, apart from it, what is done above in the world that has more.
"""

from __future__ import annotations

import random as pseudorandom
from typing import TYPE_CHECKING, NamedTuple

from container.worlds import payloads
from seam.small import SMALL_LENGTH, SMALL_PAYLOAD, small_geometry
from vault.container.block import MEDIA, PAGE, RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from container.worlds import Content, Name

GEOMETRY = small_geometry(SMALL_LENGTH)

Changes = list[tuple["Name", bytes | None]]
"""Blocks to put, or to drop where there is no content."""


class Habit(NamedTuple):
    """How somebody works; chances are those of each session or commit.

    Attributes:
        sessions: least and most sessions.
        private: a session is given the last passphrase; else a revealed one.
        idle: a commit with a revealed passphrase changes nothing.
        feed: a commit with the last passphrase changes a revealed level, too.
        large: a change of a revealed level adds as much as one commit carries, or half of it.
        large_above: the same of changes above.
        neglect: before a session, up to 40 commits are made with the first passphrase alone.
        killed: the process is killed in the last commit of a session.
        scrub: a session with the last passphrase ends in one turn of the ring.
        beside: a save above of several rows goes with one below that fills as many.
        full: the most that volumes above hold at the beginning, of what they can.
    """

    sessions: tuple[int, int] = (3, 6)
    private: float = 0.5
    idle: float = 0.3
    feed: float = 0.4
    large: float = 0.15
    large_above: float = 0.25
    neglect: float = 0.02
    killed: float = 0.1
    scrub: float = 0.04
    beside: bool = False
    full: float = 0.4


class Commit(NamedTuple):
    """Changes by level: of those revealed, and of those above."""

    revealed: Sequence[Changes]
    above: Sequence[Changes]


class Visit(NamedTuple):
    """One session.

    Attributes:
        level: whose passphrase is typed; `None`: the last one there is.
        commits: what is saved.
        killed: writes and fsyncs of the last commit after which the process is gone.
        scrubbed: whether all rows are written anew after that.
        copied: whether the searcher copies the file afterwards.
    """

    level: int | None
    commits: Sequence[Commit]
    killed: int | None = None
    scrubbed: bool = False
    copied: bool = False


class Script(NamedTuple):
    """A life of a container.

    Attributes:
        revealed: levels whose passphrases the searcher gets.
        above: levels above them, in the world that has more.
        contents: what is there from the beginning, level by level.
        visits: the sessions.
        copied_new: whether the searcher copies the file before the first session, too.
    """

    revealed: int
    above: int
    contents: Sequence[Content]
    visits: Sequence[Visit]
    copied_new: bool


def draw(seed: str, revealed: int, habit: Habit) -> Script:
    """Draw a script; what happens above has a source of its own."""
    seen, unseen = pseudorandom.Random(f"{seed}/seen"), pseudorandom.Random(f"{seed}/unseen")
    above = unseen.randint(1, 3 - revealed)
    contents = [payloads(seen.randrange(60), seed=level) for level in range(revealed)]
    for level in range(revealed, revealed + above):
        most = int(GEOMETRY.capacity(level) * habit.full)
        contents.append(payloads(unseen.randrange(most // 4, most), seed=level))
    count = seen.randint(*habit.sessions)
    copied_new = seen.random() < 0.5
    copied = {count - 1, *seen.sample(range(count), seen.randint(0, 2))}
    if not copied_new:
        copied.add(0)
    visits = []
    for number in range(count):
        if seen.random() < habit.neglect:
            visits.append(neglect(seen, revealed))
        private = seen.random() < habit.private
        level = None if private else seen.choice([revealed - 1, seen.randrange(revealed)])
        open_levels = revealed if level is None else level + 1
        commits = [
            draw_commit(seen, unseen, habit, open_levels, above if private else 0)
            for _ in range(seen.randint(1, 2))
        ]
        killed = seen.randrange(7) if seen.random() < habit.killed else None
        scrubbed = private and killed is None and seen.random() < habit.scrub
        visits.append(Visit(level, commits, killed, scrubbed, number in copied))
    return Script(revealed, above, contents, visits, copied_new)


def draw_commit(
    seen: pseudorandom.Random, unseen: pseudorandom.Random, habit: Habit, levels: int, above: int
) -> Commit:
    """One commit of a session, in which `above` levels above those revealed are open, too."""
    revealed = seen_changes(seen, habit, levels, private=above > 0)
    unrevealed = unseen_changes(unseen, habit, levels, above)
    if habit.beside:
        rows = [
            -(-len(one) // GEOMETRY.shares[level].data)
            for level, one in enumerate(unrevealed, levels)
        ]
        if max(rows, default=0) > 1:
            top = levels - 1
            revealed[top] = new_files(unseen, max(rows) * GEOMETRY.shares[top].data)
    return Commit(revealed, unrevealed)


def neglect(rng: pseudorandom.Random, revealed: int) -> Visit:
    """Many commits with a revealed passphrase alone, of one block each."""
    level = rng.randrange(revealed)
    commits = [
        Commit([*([[]] * level), [((PAGE, 0, number % 9), b"%d" % number)]], [])
        for number in range(rng.randint(10, 40))
    ]
    return Visit(level, commits)


def seen_changes(
    rng: pseudorandom.Random, habit: Habit, levels: int, *, private: bool
) -> list[Changes]:
    """Changes of revealed levels in one commit; none of an idle-looking one."""
    idle = rng.random() >= habit.feed if private else rng.random() < habit.idle
    if idle:
        return [[] for _ in range(levels)]
    return [changes(rng, level, habit.large) for level in range(levels)]


def unseen_changes(
    rng: pseudorandom.Random, habit: Habit, revealed: int, above: int
) -> list[Changes]:
    """Changes above in one commit: mostly some, sometimes none."""
    if above and rng.random() < 0.1:
        return []
    return [changes(rng, revealed + one, habit.large_above) for one in range(above)]


def changes(rng: pseudorandom.Random, level: int, large: float) -> Changes:
    """What one commit changes on one level: pages and records, files, or their erasure."""
    chance = rng.random()
    if chance < large:
        limit = GEOMETRY.max_commit_rows * GEOMETRY.shares[level].data
        return new_files(rng, rng.randint(limit // 2, limit))
    if chance < large + 0.15:
        return [((MEDIA, level, rng.randrange(60)), None) for _ in range(rng.randint(1, 20))]
    names = {
        (rng.choice([PAGE, PAGE, RECORD]), 0, rng.randrange(9)) for _ in range(rng.randint(1, 4))
    }
    return [(name, rng.randbytes(rng.randint(0, SMALL_PAYLOAD))) for name in sorted(names)]


def new_files(rng: pseudorandom.Random, count: int) -> Changes:
    """So many blocks that were not there before."""
    number = rng.randrange(1 << 30)
    return [((MEDIA, number, index), rng.randbytes(300)) for index in range(count)]
