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

LOG = "amanat.invalid/" + "0f" * 32
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60)
NUMBER = st.integers(0, (1 << 63) - 1)
ID = st.integers(0, (1 << 32) - 1)
DIGEST = st.binary(min_size=32, max_size=32)
RAW = st.binary(max_size=100)
MOMENT = st.integers(0, 253_402_300_799).map(
    lambda seconds: write_time(datetime.fromtimestamp(seconds, UTC)).decode()
)
ORIGIN = st.binary(min_size=32, max_size=32).map(lambda raw: "amanat.invalid/" + raw.hex())
CASES = {
    "settings": (st.builds(Settings, TEXT, ORIGIN, DIGEST), body_reader.read_settings),
    "leaf": (st.builds(KeptLeaf, MOMENT, RAW), body_reader.read_leaf),
    "extent": (
        st.builds(Extent, ORIGIN, NUMBER, NUMBER, NUMBER, DIGEST, TEXT),
        body_reader.read_extent,
    ),
    "contact": (
        st.builds(Contact, ID, TEXT, ORIGIN | st.just(""), RAW, TEXT, st.booleans(), MOMENT),
        body_reader.read_contact,
    ),
    "counter": (st.builds(Counter, ID, TEXT, NUMBER), body_reader.read_counter),
    "import": (
        st.builds(Import, DIGEST, ID, NUMBER, MOMENT, MOMENT, ORIGIN, NUMBER, DIGEST),
        body_reader.read_import,
    ),
    "checkpoint": (
        st.builds(KeptCheckpoint, ORIGIN, NUMBER, DIGEST, RAW),
        body_reader.read_checkpoint,
    ),
    "proof": (st.builds(KeptProof, ORIGIN, NUMBER, NUMBER, RAW), body_reader.read_proof),
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
        Settings("x" * 256, LOG, bytes(32)),
        Settings("x\0y", LOG, bytes(32)),
        Settings("\ud800", LOG, bytes(32)),
        Settings("x", LOG, bytes(31)),
        Settings("x", "example.org/log", bytes(32)),
        KeptProof("", 1, 1, b""),
        KeptLeaf("2026-03-04 05:06:07", b""),
        KeptLeaf("2026-03-04T05:06:07Zé", b""),
        Counter(1 << 32, "n", 0),
        Counter(0, "n", 1 << 63),
        Counter(0, "n", -1),
        Contact(
            1, "n", "", bytes(MAX_CARD + 1), "f", confirmed=False, added="2026-03-04T05:06:07Z"
        ),
        KeptCheckpoint(LOG, 1, bytes(33), b""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_no_reader_would_take_is_not_written(value):
    with pytest.raises(MalformedRecord):
        value.encode()


def test_a_seed_is_not_shown():
    assert "7777" not in repr(Settings("label", LOG, b"7" * 32))


@pytest.mark.parametrize(("size", "chunks"), [(0, 0), (1, 1), (1024, 1), (1025, 2), (2048, 2)])
def test_chunks_of_a_file(size, chunks):
    assert chunks == Extent(LOG, 0, 1, size, bytes(32), "t").chunks(1024)
