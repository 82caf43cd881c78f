from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.encoding.binary import (
    read_base64,
    read_base64_unpadded,
    read_hex,
    write_base64,
    write_base64_unpadded,
    write_hex,
)
from vault.errors import MalformedRecord

ALPHABET = st.sampled_from(b"ABCDwxyz0189+/=\n -_").map(lambda byte: bytes([byte]))


@given(st.binary(max_size=80))
def test_bytes_come_back(data):
    assert data == read_hex(write_hex(data), len(data))
    assert data == read_base64(write_base64(data), len(data))
    assert data == read_base64_unpadded(write_base64_unpadded(data), len(data))


@given(st.lists(ALPHABET, max_size=12).map(b"".join))
def test_base64_has_one_spelling(text):
    try:
        data = read_base64(text)
    except MalformedRecord:
        pass
    else:
        assert text == write_base64(data)
    try:
        data = read_base64_unpadded(text)
    except MalformedRecord:
        pass
    else:
        assert text == write_base64_unpadded(data)


@pytest.mark.parametrize(
    "text", [b"", b"0", b"0A", b"0g", b" 0", b"0 ", b"000", b"0x", b"\xff\xff", b"0\n"]
)
def test_other_spellings_of_hexadecimal_are_refused(text):
    assert read_hex(b"0a", 1) == b"\x0a"
    with pytest.raises(MalformedRecord):
        read_hex(text, 1)


@pytest.mark.parametrize("length", [31, 33])
def test_hash_of_another_length_is_refused(length):
    with pytest.raises(MalformedRecord, match="32"):
        read_hex(write_hex(bytes(length)), 32)
    with pytest.raises(MalformedRecord, match="32"):
        read_base64(write_base64(bytes(length)), 32)


@pytest.mark.parametrize(
    "text",
    [
        b"QQ",
        b"QQ=",
        b"QQ===",
        b"QR==",
        b"QQ==\n",
        b" QQ==",
        b"Q Q==",
        b"Q-==",
        b"QQ==QQ==",
        b"\xff",
    ],
)
def test_other_spellings_of_base64_are_refused(text):
    assert read_base64(b"QQ==") == b"A"
    with pytest.raises(MalformedRecord):
        read_base64(text)


@pytest.mark.parametrize("text", [b"QQ==", b"QQ=", b"QR", b"Q", b"QUJD=", b"="])
def test_other_spellings_of_unpadded_base64_are_refused(text):
    assert read_base64_unpadded(b"QQ") == b"A"
    assert read_base64_unpadded(b"QUJD") == b"ABC"
    with pytest.raises(MalformedRecord):
        read_base64_unpadded(text)


def test_refusal_shows_a_short_excerpt_without_control_characters():
    with pytest.raises(MalformedRecord) as caught:
        read_base64(b"\xff" * 70)
    assert caught.value.values["found"] == "\\xff" * 60 + "..."
    assert "\\xff" in str(caught.value)
    with pytest.raises(MalformedRecord) as caught:
        read_base64(b"*" * 60)
    assert caught.value.values["found"] == "*" * 60
