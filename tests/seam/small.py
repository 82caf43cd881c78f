"""A cheap form of the container for tests: few small rows, and a key derivation of no cost.

Only tests can inject it; an installed program has no way to.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from vault.container.form import Form
from vault.container.geometry import Geometry, build
from vault.crypto.kdf import Argon2Profile

if TYPE_CHECKING:
    from collections.abc import Callable

CHEAP_KDF = Argon2Profile(memory_kib=8, passes=1, lanes=1)
EDGE = 32 * 1024
SMALL_PAYLOAD = 1024
SMALL_ROWS = 64
SMALL_LENGTH = 2 * EDGE + SMALL_ROWS * 40 * 1024
FEW_ROWS = 32
SHORT_LENGTH = 2 * EDGE + FEW_ROWS * 40 * 1024
"""Bytes of the only container with 32 rows: half the reserve, and half the work to open it."""

CATALOG_LENGTH = 2 * EDGE + SMALL_ROWS * 512 * 1024


def small_geometry(length: int) -> Geometry:
    """64 rows of blocks with 1 KiB of content; the pitch follows from the length."""
    rows = FEW_ROWS if length == SHORT_LENGTH else SMALL_ROWS
    return build(
        length=length,
        payload=SMALL_PAYLOAD,
        rows=rows,
        pitch=(length - 2 * EDGE) // rows,
        edge=EDGE,
    )


SMALL_FORM = Form(CHEAP_KDF, small_geometry, lambda length: length % 1024 == 0)


def seeded(seed: int) -> Callable[[int], bytes]:
    """Return a deterministic source of bytes: SHAKE-256 of the seed and a counter."""
    count = 0

    def random(length: int) -> bytes:
        nonlocal count
        count += 1
        return hashlib.shake_256(b"%d/%d" % (seed, count)).digest(length)

    return random
