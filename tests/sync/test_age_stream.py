from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.errors import MalformedBundle
from vault.sync.age_stream import (
    CHUNK_SIZE,
    SEALED_CHUNK_SIZE,
    open_stream,
    plaintext_size,
    seal_stream,
    sealed_size,
)
from vault.sync.intake import Intake

KEY = bytes(range(32))
EDGES = [0, 1, CHUNK_SIZE - 1, CHUNK_SIZE, CHUNK_SIZE + 1, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE + 5]
BATCH = 16 * CHUNK_SIZE


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def seal(*pieces: bytes) -> bytes:
    return b"".join(bytes(piece) for piece in seal_stream(KEY, pieces))


def opened(sealed: bytes) -> bytes:
    intake = Intake(io.BytesIO(sealed).read)
    return b"".join(bytes(piece) for piece in open_stream(KEY, intake))


def chunks_of(sealed: bytes) -> list[bytes]:
    return [sealed[at : at + SEALED_CHUNK_SIZE] for at in range(0, len(sealed), SEALED_CHUNK_SIZE)]


@pytest.mark.parametrize("size", [*EDGES, BATCH - 1, BATCH, BATCH + 1, 2 * BATCH, 2 * BATCH + 1])
def test_sealed_is_opened_and_as_long_as_reckoned(size):
    sealed = seal(pattern(size))
    assert sealed_size(size) == len(sealed)
    assert pattern(size) == opened(sealed)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3 * CHUNK_SIZE), max_size=6))
def test_the_pieces_in_which_plaintext_comes_do_not_matter(sizes):
    data = pattern(sum(sizes))
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    assert seal(data) == seal(*pieces)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2 * BATCH), st.integers(1, BATCH))
def test_the_pieces_in_which_ciphertext_comes_do_not_matter(size, step):
    source = io.BytesIO(seal(pattern(size)))
    intake = Intake(lambda wanted: source.read(min(wanted, step)))
    assert pattern(size) == b"".join(bytes(piece) for piece in open_stream(KEY, intake))


@given(st.integers(0, 2**40))
def test_lengths_of_plaintext_and_payload_belong_together(size):
    assert size == plaintext_size(sealed_size(size))


def test_lengths_that_no_payload_has_are_known():
    possible = {sealed_size(size) for size in range(3 * CHUNK_SIZE)}
    for length in range(sealed_size(3 * CHUNK_SIZE - 1) + 1):
        assert (length in possible) == (plaintext_size(length) is not None)


@pytest.mark.parametrize("size", [1, CHUNK_SIZE, CHUNK_SIZE + 1, 3 * CHUNK_SIZE, BATCH + 5])
def test_truncation_at_and_around_every_chunk_edge_is_refused(size):
    sealed = seal(pattern(size))
    edges = {*range(0, len(sealed), SEALED_CHUNK_SIZE), len(sealed)}
    for edge in edges:
        for length in range(max(0, edge - 17), min(edge + 18, len(sealed))):
            with pytest.raises(MalformedBundle):
                opened(sealed[:length])


@pytest.mark.parametrize("size", EDGES)
def test_appended_bytes_are_refused(size):
    sealed = seal(pattern(size))
    for more in (b"\0", bytes(16), bytes(17), bytes(SEALED_CHUNK_SIZE), sealed):
        with pytest.raises(MalformedBundle):
            opened(sealed + more)


@pytest.mark.parametrize("chunks", [2, 3, 18])
def test_chunks_swapped_doubled_or_left_out_are_refused(chunks):
    whole = chunks_of(seal(pattern(chunks * CHUNK_SIZE)))
    for first in range(chunks):
        doubled = [*whole[: first + 1], *whole[first:]]
        left_out = [*whole[:first], *whole[first + 1 :]]
        swaps = []
        for second in range(first + 1, chunks):
            swapped = list(whole)
            swapped[first], swapped[second] = whole[second], whole[first]
            swaps.append(swapped)
        for altered in (doubled, left_out, *swaps):
            with pytest.raises(MalformedBundle):
                opened(b"".join(altered))


def test_chunk_of_another_stream_is_refused():
    ours = chunks_of(seal(pattern(2 * CHUNK_SIZE)))
    theirs = b"".join(map(bytes, seal_stream(bytes(32), [pattern(2 * CHUNK_SIZE)])))
    with pytest.raises(MalformedBundle):
        opened(ours[0] + chunks_of(theirs)[1])


def test_nothing_unauthentic_is_handed_out():
    sealed = bytearray(seal(pattern(3 * CHUNK_SIZE)))
    sealed[SEALED_CHUNK_SIZE + 5] ^= 1
    stream = open_stream(KEY, Intake(io.BytesIO(sealed).read))
    assert pattern(CHUNK_SIZE) == bytes(next(stream))
    with pytest.raises(MalformedBundle):
        next(stream)


def test_empty_chunk_after_a_full_one_is_refused():
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    aead = ChaCha20Poly1305(KEY)
    first = aead.encrypt(bytes(12), pattern(CHUNK_SIZE), None)
    empty = aead.encrypt(bytes(10) + b"\x01\x01", b"", None)
    with pytest.raises(MalformedBundle):
        opened(first + empty)


def test_stream_is_sealed_and_opened_within_a_few_mebibytes():
    import tracemalloc

    piece = bytes(1 << 20)
    tracemalloc.start()
    size = sum(len(out) for out in seal_stream(KEY, (piece for _ in range(64))))
    assert sealed_size(64 << 20) == size
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()
