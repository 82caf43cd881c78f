"""What opening does for a passphrase: derivations, slots tried, and the time of the slots.

The time of the derivation is that of Argon2id and does not depend on the file. The loop over the
slots is timed with the derivation taken out.
"""

from __future__ import annotations

import gc
import random as pseudorandom
from contextlib import suppress
from time import perf_counter_ns
from typing import TYPE_CHECKING, NamedTuple

from deniability.odds import Odds, apart
from deniability.owner import seeded_text, wrapped
from seam.small import CHEAP_KDF, SMALL_LENGTH
from vault.container import head as head_module
from vault.container.geometry import HEAD_SIZE, SALT_SIZE, SLOTS
from vault.container.head import open_head, seal_head
from vault.crypto.kdf import argon2id
from vault.errors import UnlockError

if TYPE_CHECKING:
    from collections.abc import Callable

    from vault.crypto.entropy import Random

SECRETS = (b"one", b"two", b"three")
_TURNS = 5


class Work(NamedTuple):
    """What one attempt did."""

    derivations: int
    slots: tuple[int, ...]


def make_head(volumes: int, random: Random) -> bytes:
    """A head of a new file with so many volumes; of none: random bytes."""
    if volumes == 0:
        return random(HEAD_SIZE)
    keys = [random(32) for _ in range(volumes)]
    return seal_head(SECRETS[:volumes], keys, SMALL_LENGTH, kdf=CHEAP_KDF, random=random)


def attempt(head: bytes, secret: bytes) -> Work:
    """Try a passphrase, and count."""
    derivations, slots = 0, []

    def derive(original: Callable[..., bytearray], *words: object) -> bytearray:
        nonlocal derivations
        derivations += 1
        return original(*words)

    def open_slot(original: Callable[..., object], kek: object, index: int, *words: object):
        slots.append(index)
        return original(kek, index, *words)

    with (
        wrapped(head_module, "argon2id", derive),
        wrapped(head_module, "_open_slot", open_slot),
        suppress(UnlockError),
    ):
        open_head(head, secret, kdf=CHEAP_KDF)
    return Work(derivations, tuple(slots))


def other_work(trials: int, seed: str) -> int:
    """Attempts that did anything else than one derivation and every slot in order."""
    random, chance = seeded_text(seed), pseudorandom.Random(seed)
    usual = Work(1, tuple(range(SLOTS)))
    return sum(
        attempt(make_head(chance.randrange(4), random), chance.choice([*SECRETS, b"wrong"]))
        != usual
        for _ in range(trials)
    )


def slot_times(trials: int, seed: str) -> Odds:
    """Does the time of the slots tell a file with three volumes from one with one?

    Both are opened with the first passphrase. The time of a head is the least of a few turns,
    the two kinds by turns, so that what else the machine does meets both alike.
    """
    random, chance = seeded_text(seed), pseudorandom.Random(seed)
    heads = [[make_head(volumes, random) for _ in range(trials)] for volumes in (1, 3)]
    keks = {
        head: argon2id(SECRETS[0], head[:SALT_SIZE], CHEAP_KDF) for kind in heads for head in kind
    }
    times: list[list[float]] = [[], []]
    gc.disable()
    try:
        for pair in zip(*heads, strict=True):
            least = [float("inf")] * 2
            for _ in range(_TURNS):
                for kind in chance.sample((0, 1), 2):
                    least[kind] = min(least[kind], slot_time(pair[kind], keks[pair[kind]]))
            for kind in (0, 1):
                times[kind].append(least[kind])
    finally:
        gc.enable()
    return apart(*times)


def slot_time(head: bytes, kek: bytearray) -> int:
    """Nanoseconds that opening takes apart from the derivation."""
    with wrapped(head_module, "argon2id", lambda *_words: bytearray(kek)):
        start = perf_counter_ns()
        open_head(head, SECRETS[0], kdf=CHEAP_KDF)
        return perf_counter_ns() - start
