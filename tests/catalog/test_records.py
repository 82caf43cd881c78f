from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.catalog.records import (
    BLOCK_HEADER,
    ERASED,
    FRAGMENT_HEADER,
    Fragment,
    RecordBlock,
    parse_block,
)
from vault.errors import MalformedRecord


@st.composite
def blocks(draw):
    numbers = draw(st.lists(st.integers(1, 1 << 40), unique=True, max_size=5))
    fragments = []
    for number in numbers:
        index = draw(st.integers(0, 3))
        last = draw(st.booleans())
        least = 0 if last and index == 0 else 1
        body = draw(st.binary(min_size=least, max_size=40))
        kind = draw(st.integers(1, 255))
        fragments.append(Fragment(number, kind, index, last, body))
    following = max(numbers, default=0) + draw(st.integers(1, 1000))
    return RecordBlock(following, tuple(fragments))


@given(blocks())
def test_block_comes_back_as_it_was(block):
    assert parse_block(block.encode()) == block


@given(blocks())
def test_size_is_what_the_block_takes(block):
    assert len(block.encode()) == block.size


def test_sizes_of_headers_are_those_of_the_format():
    assert (BLOCK_HEADER.size, FRAGMENT_HEADER.size) == (9, 18)


@given(blocks(), st.data())
def test_cut_block_is_refused_or_ends_between_fragments(block, data):
    raw = block.encode()
    cut = raw[: data.draw(st.integers(0, len(raw) - 1))]
    try:
        parsed = parse_block(cut)
    except MalformedRecord:
        return
    assert parsed.fragments == block.fragments[: len(parsed.fragments)]


@given(st.binary(max_size=200))
def test_random_bytes_are_refused_with_our_error_only(raw):
    with contextlib.suppress(MalformedRecord):
        assert parse_block(raw).encode() == raw


@given(st.binary(max_size=60).map(b"\x01".__add__))
def test_bytes_behind_the_version_are_refused_with_our_error_only(raw):
    with contextlib.suppress(MalformedRecord):
        assert parse_block(raw).encode() == raw


WHOLE = Fragment(5, 3, 0, last=True, body=b"body")


def packed(*, version=1, following=9, number=5, kind=3, last=1, index=0, length=4, body=b"body"):
    header = FRAGMENT_HEADER.pack(number, kind, last, index, length)
    return BLOCK_HEADER.pack(version, following) + header + body


def test_the_block_that_the_refused_ones_differ_from_is_sound():
    assert RecordBlock(9, (WHOLE,)) == parse_block(packed())


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"version": 2},
        {"following": 0},
        {"following": 5},
        {"following": 1 << 63},
        {"number": 0},
        {"number": 9},
        {"last": 2},
        {"length": 5},
        {"length": 3},
        {"length": 0xFFFFFFFF},
        {"kind": ERASED},
        {"length": 0, "body": b"", "last": 0},
        {"length": 0, "body": b"", "index": 1},
    ],
    ids=str,
)
def test_bad_block_is_refused(change):
    with pytest.raises(MalformedRecord):
        parse_block(packed(**change))


def test_two_fragments_of_one_record_in_a_block_are_refused():
    with pytest.raises(MalformedRecord):
        parse_block(RecordBlock(9, (WHOLE, WHOLE)).encode())


def test_empty_block_is_a_block():
    assert RecordBlock(1) == parse_block(bytes.fromhex("010000000000000001"))
