from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.media import protocol
from vault.media.collected import MAX_FIELDS, MAX_PARTS, MAX_VALUE
from vault.media.metadata import PROBLEMS, Finding
from vault.media.protocol import ProtocolError, encode_request, parse_answer, parse_request_head

GOOD = {
    "fields": {"Make": "Maker \x1b", "Title": "t"},
    "parts": [["preview", "ThumbnailImage", "12"]],
    "problem": "damaged",
    "type": "image/jpeg",
}


def answer(**changes):
    return json.dumps({**GOOD, **changes}).encode()


def test_answer_within_bounds_is_read():
    found = parse_answer(answer())
    assert found.media_type == "image/jpeg"
    assert found.fields == {"Make": "Maker \x1b", "Title": "t"}
    assert found.problem == PROBLEMS["damaged"]
    assert found.revealing == (
        Finding("device", "Make", "Maker \x1b"),
        Finding("text", "Title", "t"),
        Finding("preview", "ThumbnailImage", "12"),
    )


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b"1",
    b"{",
    b"\xff",
    answer() + b"x",
    answer()[:-1],
    b'{"fields":{},"fields":{},"parts":[],"problem":null,"type":"image/jpeg"}',
    b'{"fields":{"A":"1","A":"2"},"parts":[],"problem":null,"type":"image/jpeg"}',
    b'{"fields":{},"parts":[],"problem":null}',
    answer(extra=1),
    answer(type="image/jpeg\n"),
    answer(type="text/x-unheard-of"),
    answer(type=None),
    answer(type=["image/jpeg"]),
    answer(problem="anything"),
    answer(problem=False),
    answer(problem=[]),
    answer(fields=[]),
    answer(fields={"Make": 1}),
    answer(fields={"Make": None}),
    answer(fields={"Make": {"a": "b"}}),
    answer(fields={"Ma ke": "x"}),
    answer(fields={"Make\n": "x"}),
    answer(fields={"": "x"}),
    answer(fields={"A" * 65: "x"}),
    answer(fields={"Make": "x" * (MAX_VALUE + 1)}),
    answer(fields={"Make": "\ud800"}),
    answer(fields={f"A{i}": "x" for i in range(MAX_FIELDS + 1)}),
    answer(parts={}),
    answer(parts=["preview"]),
    answer(parts=[["preview", "A"]]),
    answer(parts=[["preview", "A", 1]]),
    answer(parts=[["preview", 1, "A"]]),
    answer(parts=[["unheard-of", "A", "B"]]),
    answer(parts=[[{}, "A", "B"]]),
    answer(parts=[["preview", "A", "B"]] * (MAX_PARTS + 1)),
    b'{"fields":{},"parts":[],"problem":NaN,"type":"image/jpeg"}',
    b'{"fields":{},"parts":[],"problem":' + b"9" * 100_000 + b',"type":"image/jpeg"}',
    b"[" * 100_000,
    b'{"a":' * 30_000,
    b'"' + b"\\" * 100_001,
    b" " * (protocol.MAX_ANSWER + 1),
]


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: repr(raw[:50]))
def test_hostile_answer_is_refused(raw):
    with pytest.raises(ProtocolError):
        parse_answer(raw)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_read(raw):
    try:
        parse_answer(raw)
    except ProtocolError:
        return
    pytest.fail("no two hundred bytes at random are an answer")


@given(st.data())
def test_any_change_is_refused_or_read(data):
    raw = bytearray(answer())
    raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = parse_answer(bytes(raw))
    except ProtocolError:
        return
    assert all(isinstance(text, str) for text in found.fields.values())


@pytest.mark.parametrize("kind", protocol.LIMITS)
def test_request_says_its_length(kind):
    raw = encode_request(kind, b"payload")
    assert parse_request_head(raw[:5]) == (kind, 7)
    assert raw[5:] == b"payload"


@pytest.mark.parametrize("kind", protocol.LIMITS)
def test_request_too_long_for_its_kind_is_refused(kind):
    size = protocol.LIMITS[kind] + 1
    with pytest.raises(ProtocolError):
        encode_request(kind, bytes(size))
    with pytest.raises(ProtocolError):
        parse_request_head(kind + size.to_bytes(4, "big"))


def test_unknown_request_is_refused():
    with pytest.raises(ProtocolError):
        parse_request_head(b"X\0\0\0\0")
