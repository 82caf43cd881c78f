"""STREAM: the payload of an age v1 file, sealed in chunks of 64 KiB.

Chunk i is ChaCha20-Poly1305 under the payload key with the nonce i (11 bytes, big-endian)
followed by one byte: 1 in the last chunk, 0 before it (C2SP age.md, "Payload"; Hoang, Reyhanitabar,
Rogaway, Vizár 2015). Order, number and end of the chunks are therefore authentic, and whatever
a reader hands out was authentic before it was handed out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.crypto.aead import TAG_SIZE, AuthenticationFailed, BlockSealer
from vault.errors import MalformedBundle, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vault.crypto.types import Buffer
    from vault.sync.intake import Intake

CHUNK_SIZE = 64 * 1024
SEALED_CHUNK_SIZE = CHUNK_SIZE + TAG_SIZE

_BATCH_SIZE = 16 * SEALED_CHUNK_SIZE  # what is read or handed on at once: about 1 MiB
_COUNTER_SIZE = 11
_NOTHING = b""


def sealed_size(plaintext_size: int) -> int:
    """Return the length of a payload, without its nonce, for so many bytes of plaintext."""
    chunks = max(1, -(-plaintext_size // CHUNK_SIZE))
    return plaintext_size + chunks * TAG_SIZE


def plaintext_size(sealed_size: int) -> int | None:
    """Return how many bytes a payload of this length holds; None where none has this length."""
    full, rest = divmod(sealed_size, SEALED_CHUNK_SIZE)
    if rest > TAG_SIZE or (full, rest) == (0, TAG_SIZE):
        return full * CHUNK_SIZE + rest - TAG_SIZE
    return full * CHUNK_SIZE if full and not rest else None


def seal_stream(key: bytes, pieces: Iterable[Buffer]) -> Iterator[memoryview]:
    """Seal pieces of any size as one payload.

    Args:
        key: the 32-byte payload key, used for nothing else.
        pieces: the plaintext.

    Yields:
        Views of one reused buffer, at most about 1 MiB each, valid until the next is asked for.
    """
    batch = _SealedBatch(key)
    waiting = memoryview(bytearray(CHUNK_SIZE))
    held = 0
    for piece in pieces:
        data = memoryview(piece)
        while data:
            if held == CHUNK_SIZE:
                # More follows: what waits is not the last chunk.
                if (full := batch.add(waiting, last=False)) is not None:
                    yield full
                held = 0
            if not held and len(data) > CHUNK_SIZE:
                # Sealed where it lies; only what might be the last chunk is copied.
                if (full := batch.add(data[:CHUNK_SIZE], last=False)) is not None:
                    yield full
                data = data[CHUNK_SIZE:]
                continue
            taken = min(CHUNK_SIZE - held, len(data))
            waiting[held : held + taken] = data[:taken]
            held += taken
            data = data[taken:]
    if (full := batch.add(waiting[:held], last=True)) is not None:
        yield full
    if rest := batch.rest():
        yield rest


def open_stream(key: bytes, intake: Intake) -> Iterator[memoryview]:
    """Open a payload up to the end of the intake.

    Args:
        key: the 32-byte payload key.
        intake: at the first byte after the payload's nonce.

    Yields:
        Views of one reused buffer, at most 64 KiB each, authentic, valid until the next is
        asked for. A sealed chunk is read ahead, so that the last one is known by its place.

    Raises:
        MalformedBundle: a chunk was altered, moved, doubled, left out or added, or an empty
            chunk ends a payload that is not empty.
    """
    sealer = BlockSealer(key)
    plain = memoryview(bytearray(CHUNK_SIZE))
    number = 0
    block = intake.block(_BATCH_SIZE)
    while block:
        # A short block ends the bytes; after a whole one only the next block tells.
        following = intake.block(_BATCH_SIZE) if len(block) == _BATCH_SIZE else _NOTHING
        view = memoryview(block)
        for start in range(0, len(view), SEALED_CHUNK_SIZE):
            chunk = view[start : start + SEALED_CHUNK_SIZE]
            last = not following and start + len(chunk) == len(view)
            size = len(chunk) - TAG_SIZE
            if size < 0 or (size == 0 and number):
                raise _altered()
            try:
                sealer.open_into(_nonce(number, last=last), chunk, _NOTHING, plain[:size])
            except AuthenticationFailed:
                raise _altered() from None
            yield plain[:size]
            number += 1
        block = following
    if not number:
        raise _altered()


class _SealedBatch:
    """Sealed chunks side by side in one buffer, handed on when it is full."""

    def __init__(self, key: bytes) -> None:
        self._sealer = BlockSealer(key)
        self._out = memoryview(bytearray(_BATCH_SIZE))
        self._used = 0
        self._number = 0

    def add(self, plaintext: memoryview, *, last: bool) -> memoryview | None:
        """Seal one chunk; returns the buffer if that filled it."""
        start, end = self._used, self._used + len(plaintext) + TAG_SIZE
        self._sealer.seal_into(
            _nonce(self._number, last=last), plaintext, _NOTHING, self._out[start:end]
        )
        self._number += 1
        self._used = end
        if end < _BATCH_SIZE:
            return None
        self._used = 0
        return self._out

    def rest(self) -> memoryview:
        """Return what has not been handed on."""
        return self._out[: self._used]


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNTER_SIZE, "big") + (b"\x01" if last else b"\x00")


def _altered() -> MalformedBundle:
    return MalformedBundle(mark("This bundle was altered or is incomplete."))
