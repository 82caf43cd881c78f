from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import MalformedRecord
from vault.evidence.fields import LIMIT
from vault.evidence.metadata import encode_metadata, parse_metadata

NAMES = st.from_regex(r"[A-Za-z0-9-]{1,64}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8"))


def test_encoding_is_lines_in_the_order_of_their_names():
    expected = (
        b"amanat-metadata/v1\n"
        b"type image/jpeg\n"
        b"GPSLatitude 43.4674483333333\n"
        b"Make NIKON\n"
        b"Model \xd8\xa7 \\\\ \\u000a \\u001b \\u0085 \\u2028\n"
    )
    fields = {
        "Model": "\u0627 \\ \n \x1b \x85 \u2028",
        "Make": "NIKON",
        "GPSLatitude": "43.4674483333333",
    }
    assert expected == encode_metadata("image/jpeg", fields)
    assert ("image/jpeg", fields) == parse_metadata(expected)


@given(st.dictionaries(NAMES, TEXTS))
def test_what_is_encoded_comes_back(fields):
    assert ("text/plain", fields) == parse_metadata(encode_metadata("text/plain", fields))


@given(st.dictionaries(NAMES, TEXTS, max_size=3), st.data())
def test_another_encoding_of_the_same_is_refused(fields, data):
    raw = bytearray(encode_metadata("text/plain", fields))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    try:
        media_type, read = parse_metadata(bytes(raw))
    except MalformedRecord:
        return
    assert bytes(raw) == encode_metadata(media_type, read)


HEAD = b"amanat-metadata/v1\ntype text/plain\n"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"amanat-metadata/v1\n",
        b"amanat-metadata/v1\ntype text/plain",
        b"amanat-metadata/v2\ntype text/plain\n",
        b"amanat-metadata/v1\ntype Text/plain\n",
        b"amanat-metadata/v1\ntype text/plain; charset=x\n",
        b"amanat-metadata/v1\ntype text\n",
        b"amanat-metadata/v1\ntipe text/plain\n",
        b"\xef\xbb\xbf" + HEAD,
        HEAD.replace(b"\n", b"\r\n"),
        HEAD + b"\n",
        HEAD + b"A 1",
        HEAD + b"A\n",
        HEAD + b"B 1\nA 2\n",
        HEAD + b"A 1\nA 2\n",
        HEAD + b"A 1\nA 1\n",
        HEAD + b" 1\n",
        HEAD + b"A_B 1\n",
        HEAD + b"A \\\n",
        HEAD + b"A \\n\n",
        HEAD + b"A \\u0041\n",
        HEAD + b"A \\u000A\n",
        HEAD + b"A \\u00\n",
        HEAD + b"A \\ud800\n",
        HEAD + b"A \x1b\n",
        HEAD + b"A \xff\n",
        HEAD + b"A" * 65 + b" 1\n",
    ],
)
def test_strict_reader_refuses(raw):
    with pytest.raises(MalformedRecord):
        parse_metadata(raw)


@pytest.mark.parametrize(
    ("media_type", "fields"),
    [
        ("image", {}),
        ("", {}),
        ("image/jpeg\n", {}),
        ("image/jpeg", {"a b": "1"}),
        ("image/jpeg", {"": "1"}),
        ("image/jpeg", {"A": "\ud800"}),
        ("image/jpeg", {"A": "x" * LIMIT}),
    ],
)
def test_what_the_format_cannot_carry_is_refused(media_type, fields):
    with pytest.raises(MalformedRecord):
        encode_metadata(media_type, fields)


def test_larger_than_a_field_is_refused():
    with pytest.raises(MalformedRecord):
        parse_metadata(HEAD + b"A " + b"x" * LIMIT + b"\n")
