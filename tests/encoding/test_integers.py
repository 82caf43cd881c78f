from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.encoding.integers import (
    MAX_I63,
    MAX_U32,
    MAX_U64,
    read_decimal,
    u32,
    u64,
    write_decimal,
)
from vault.errors import MalformedRecord


@given(st.integers(0, MAX_U64))
def test_decimal_comes_back(value):
    assert value == read_decimal(write_decimal(value, MAX_U64), MAX_U64)


@given(st.binary(max_size=24))
def test_decimal_has_one_spelling(text):
    try:
        value = read_decimal(text)
    except MalformedRecord:
        return
    assert text == write_decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"00",
        b"01",
        b"+1",
        b"-0",
        b"-1",
        b" 1",
        b"1 ",
        b"1\n",
        b"1_0",
        b"1.0",
        b"1e3",
        b"0x1",
        b"\xd9\xa1",
        "١".encode(),
        b"1" * 21,
        b"9" * 1_000_000,
        b"nan",
    ],
)
def test_other_spellings_of_a_number_are_refused(text):
    with pytest.raises(MalformedRecord):
        read_decimal(text, MAX_U64)


def test_numbers_up_to_the_bound_and_no_further():
    assert read_decimal(b"9223372036854775807") == MAX_I63
    with pytest.raises(MalformedRecord):
        read_decimal(b"9223372036854775808")
    assert read_decimal(b"5", 5) == 5
    with pytest.raises(MalformedRecord):
        read_decimal(b"6", 5)
    with pytest.raises(MalformedRecord):
        read_decimal(b"18446744073709551616", MAX_U64)


def test_writing_out_of_range_is_refused():
    assert write_decimal(0) == b"0"
    assert write_decimal(7, 7) == b"7"
    for value in (-1, 8):
        with pytest.raises(MalformedRecord):
            write_decimal(value, 7)
    for write, limit in ((u32, MAX_U32), (u64, MAX_U64)):
        write(limit)
        for value in (-1, limit + 1):
            with pytest.raises(MalformedRecord):
                write(value)


def test_big_endian_is_most_significant_first():
    assert u32(0x01020304) == b"\x01\x02\x03\x04"
    assert u64(0x0102030405060708) == b"\x01\x02\x03\x04\x05\x06\x07\x08"
