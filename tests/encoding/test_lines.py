from __future__ import annotations

import pytest

from vault.encoding.lines import LineReader
from vault.errors import MalformedRecord


def test_lines_are_read_in_order():
    reader = LineReader(b"head/v1\nkey value of it\n\nanything\x00\xff")
    reader.expect(b"head/v1")
    assert reader.value(b"key") == b"value of it"
    assert reader.line() == b""
    assert not reader.at_end
    assert reader.rest() == b"anything\x00\xff"
    assert reader.at_end
    reader.end()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no end",
        b"a\r\n",
        b"a\x00\n",
        b"a\tb\n",
        b"a\x7f\n",
        b"\xef\xbb\xbfa\n",
        "é\n".encode(),
    ],
)
def test_line_with_a_foreign_byte_is_refused(raw):
    with pytest.raises(MalformedRecord):
        LineReader(raw).line()


def test_utf8_is_read_where_it_is_asked_for():
    assert LineReader("é — سلام\n".encode(), utf8=True).line() == "é — سلام".encode()


@pytest.mark.parametrize(
    "raw", [b"\xff\n", b"\xc0\x80\n", b"a\r\n", b"\xc2\x85\n", b"a\x1b\n", b"\x7f\n", b"a\x00\n"]
)
def test_utf8_line_with_a_foreign_byte_is_refused(raw):
    with pytest.raises(MalformedRecord):
        LineReader(raw, utf8=True).line()


@pytest.mark.parametrize("raw", [b"key\n", b"key \n", b"keys v\n", b" key v\n", b"Key v\n"])
def test_missing_key_or_value_is_refused(raw):
    with pytest.raises(MalformedRecord):
        LineReader(raw).value(b"key")


@pytest.mark.parametrize("raw", [b"head/v2\n", b"head/v1 \n", b" head/v1\n", b"head/v1"])
def test_another_first_line_is_refused(raw):
    with pytest.raises(MalformedRecord):
        LineReader(raw).expect(b"head/v1")


def test_trailing_bytes_are_refused():
    reader = LineReader(b"a\n\n")
    reader.line()
    with pytest.raises(MalformedRecord):
        reader.end()
