"""Randomness of the operating system, and the type under which it is passed around."""

from __future__ import annotations

import os
from collections.abc import Callable

Random = Callable[[int], bytes]
"""`random(n)` returns n unpredictable bytes; tests pass a deterministic one."""


def random_bytes(length: int) -> bytes:
    """Return `length` bytes from the operating system's generator (getrandom, BCryptGenRandom)."""
    return os.urandom(length)
