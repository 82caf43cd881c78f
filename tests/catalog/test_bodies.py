from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.catalog import body_reader
from vault.catalog.bodies import (
    MAX_CARD,
    Contact,
    Counter,
    Extent,
    Import,
    KeptCheckpoint,
    KeptLeaf,
    KeptProof,
    Settings,
)
from vault.encoding.times import write_time
from vault.errors import MalformedRecord

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60)
NUMBER = st.integers(0, (1 << 63) - 1)
ID = st.integers(0, (1 << 32) - 1)
DIGEST = st.binary(min_size=32, max_size=32)
RAW = st.binary(max_size=100)
MOMENT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)).map(
    lambda moment: write_time(moment.replace(tzinfo=UTC)).decode()
)
CASES = {
    "settings": (st.builds(Settings, TEXT, TEXT, DIGEST), body_reader.read_settings),
    "leaf": (st.builds(KeptLeaf, MOMENT, RAW), body_reader.read_leaf),
    "extent": (
        st.builds(Extent, TEXT, NUMBER, NUMBER, NUMBER, DIGEST, TEXT),
        body_reader.read_extent,
    ),
    "contact": (
        st.builds(Contact, ID, TEXT, TEXT, RAW, TEXT, st.booleans(), MOMENT),
        body_reader.read_contact,
    ),
    "counter": (st.builds(Counter, ID, TEXT, NUMBER), body_reader.read_counter),
    "import": (
        st.builds(Import, DIGEST, ID, NUMBER, MOMENT, MOMENT, TEXT, NUMBER, DIGEST),
        body_reader.read_import,
    ),
    "checkpoint": (
        st.builds(KeptCheckpoint, TEXT, NUMBER, DIGEST, RAW),
        body_reader.read_checkpoint,
    ),
    "proof": (st.builds(KeptProof, TEXT, NUMBER, NUMBER, RAW), body_reader.read_proof),
}


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
def test_body_comes_back_as_it_was(name, data):
    values, read = CASES[name]
    value = data.draw(values)
    assert read(value.encode()) == value


@pytest.mark.parametrize("name", CASES)
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_one_value_or_refused(name, raw):
    try:
        value = CASES[name][1](raw)
    except MalformedRecord:
        return
    assert raw == value.encode()


@pytest.mark.parametrize("name", ["settings", "extent", "counter", "import"])
@given(data=st.data())
def test_a_byte_too_many_is_refused(name, data):
    values, read = CASES[name]
    with pytest.raises(MalformedRecord):
        read(data.draw(values).encode() + b"\0")


@pytest.mark.parametrize("name", ["settings", "extent", "counter", "import"])
@given(data=st.data())
def test_a_byte_too_few_is_refused(name, data):
    values, read = CASES[name]
    with pytest.raises(MalformedRecord):
        read(data.draw(values).encode()[:-1])


@pytest.mark.parametrize(
    "value",
    [
        Settings("x" * 256, "o", bytes(32)),
        Settings("x\0y", "o", bytes(32)),
        Settings("\ud800", "o", bytes(32)),
        Settings("x", "o", bytes(31)),
        KeptLeaf("2026-03-04 05:06:07", b""),
        KeptLeaf("2026-03-04T05:06:07Zé", b""),
        Counter(1 << 32, "n", 0),
        Counter(0, "n", 1 << 63),
        Counter(0, "n", -1),
        Contact(1, "n", "", bytes(MAX_CARD + 1), "f", confirmed=False, added="2026-03-04T05:06:07Z"),
        KeptCheckpoint("o", 1, bytes(33), b""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_reader_would_take_is_not_written(value):
    with pytest.raises(MalformedRecord):
        value.encode()


def test_a_seed_is_not_shown():
    assert "7777" not in repr(Settings("label", "origin", b"7" * 32))


@pytest.mark.parametrize(("size", "chunks"), [(0, 0), (1, 1), (1024, 1), (1025, 2), (2048, 2)])
def test_chunks_of_a_file(size, chunks):
    assert chunks == Extent("o", 0, 1, size, bytes(32), "t").chunks(1024)
