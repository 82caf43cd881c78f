"""Cells, blocks and roots: strict readers, one unit at a time."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seam.small import SMALL_LENGTH, seeded, small_geometry
from vault.container.block import (
    MEDIA,
    NO_NAME,
    PAGE,
    RECORD,
    BlockLost,
    Header,
    block_name,
    parse_header,
    parse_name,
)
from vault.container.cell import LIMIT, Cell, cell_key, open_cell, seal_cell
from vault.container.root import (
    Root,
    RootHead,
    Row,
    empty_table,
    encode_root,
    encode_table,
    head_size,
    parse_head,
    parse_table,
)

KEY = cell_key(bytes(32))
CELL = Cell(7, 71, 2, bytes(range(16)))
GEOMETRY = small_geometry(SMALL_LENGTH)
SHARE = GEOMETRY.shares[1]


def sealed(cell: Cell = CELL, *, end: int = 0, slot: int = 1) -> bytes:
    return seal_cell(cell, KEY, end=end, slot=slot, random=seeded(1))


def test_a_cell_opens_where_it_was_sealed_and_nowhere_else():
    unit = sealed()
    for end in (0, 1):
        for slot in (0, 1):
            expected = CELL if (end, slot) == (0, 1) else None
            assert expected == open_cell(unit, KEY, end=end, slot=slot)


def test_a_cell_fills_a_page_of_the_disk_and_opens_without_what_fills_it():
    unit = sealed()
    assert 4096 == len(unit)
    assert CELL == open_cell(unit[:80], KEY, end=0, slot=1)
    assert open_cell(unit[:79], KEY, end=0, slot=1) is None


def test_a_cell_does_not_open_under_another_volumes_key():
    assert open_cell(sealed(), cell_key(b"\1" * 32), end=0, slot=1) is None


def test_every_bit_of_a_sealed_cell_counts_and_none_behind_it():
    unit = sealed()
    for bit in range(8 * 80):
        changed = bytearray(unit)
        changed[bit // 8] ^= 1 << bit % 8
        assert open_cell(bytes(changed), KEY, end=0, slot=1) is None
    assert open_cell(unit[:80] + bytes(4016), KEY, end=0, slot=1) == CELL


@pytest.mark.parametrize("length", [0, 1, 23, 24, 40, 79])
def test_a_short_cell_is_none(length):
    assert open_cell(sealed()[:length], KEY, end=0, slot=1) is None


@pytest.mark.parametrize(
    "cell",
    [
        Cell(8, 71, 2, bytes(16)),
        Cell(LIMIT + 1, 71, 2, bytes(16)),
        Cell(7, LIMIT, 2, bytes(16)),
        Cell(7, 71, 72, bytes(16)),
        Cell(2**64 - 1, 2**64 - 1, 2**64 - 1, bytes(16)),
    ],
    ids=["parity", "commit-number", "epoch", "more-rows-than-epochs", "all-ones"],
)
def test_an_impossible_cell_is_none_though_its_seal_is_right(cell):
    assert open_cell(sealed(cell), KEY, end=0, slot=1) is None


def test_the_limit_is_two_to_the_63():
    assert LIMIT == 1 << 63
    last = Cell(LIMIT - 1, LIMIT - 1, 1, bytes(16))
    assert last == open_cell(sealed(last), KEY, end=0, slot=1)


names = st.tuples(st.integers(0, 255), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))


@given(names, names)
def test_names_sort_as_their_numbers(one, other):
    assert (one < other) == (block_name(*one) < block_name(*other))
    assert one == parse_name(block_name(*one))


def test_no_name_is_seventeen_zeros():
    assert bytes(17) == NO_NAME
    assert (PAGE, MEDIA, RECORD) == (1, 2, 3)


def plain(length: int, payload: bytes, *, zeros: bytes = bytes(3)) -> bytes:
    fixed = struct.pack(">QB", 5, MEDIA) + zeros + struct.pack(">IQQ", length, 6, 7)
    return fixed + payload.ljust(64, b"\0")


def test_a_header_is_read_as_written():
    assert Header(5, MEDIA, 3, 6, 7) == parse_header(plain(3, b"abc"), 64)
    assert Header(5, MEDIA, 64, 6, 7) == parse_header(plain(64, b"a" * 64), 64)


@pytest.mark.parametrize(
    "data",
    [
        plain(65, b""),
        plain(2**32 - 1, b""),
        plain(3, b"abcd"),
        plain(3, b"abcX"),
        plain(0, b"".ljust(63, b"\0") + b"\1"),
        plain(3, b"abc", zeros=b"\1\0\0"),
        plain(3, b"abc", zeros=b"\0\0\1"),
    ],
    ids=["long", "longest", "byte-behind", "letter-behind", "last-byte", "zero-1", "zero-3"],
)
def test_a_header_that_breaks_a_rule_is_none(data):
    assert parse_header(data, 64) is None


@pytest.mark.parametrize(
    ("namespace", "kind"), [(PAGE, "catalog"), (MEDIA, "file"), (RECORD, "record"), (9, "unknown")]
)
def test_a_lost_block_says_of_what_kind_it_is(namespace, kind):
    error = BlockLost(namespace, 1, 2)
    assert kind == error.values["kind"]
    assert "Run: amanat check" == error.hint


def test_a_lost_block_says_which():
    error = BlockLost(MEDIA, 6, 7)
    assert (MEDIA, 6, 7) == (error.namespace, error.object_id, error.number)
    assert "file 6, block 7" in str(error)


def encoded(**changes: int) -> bytes:
    head = RootHead(65, bytes(range(16)), 4, 3, bytes(17 * SHARE.blocks))._replace(**changes)
    return encode_root(head, SHARE.level, encode_table(empty_table(GEOMETRY), SHARE))


def test_a_root_is_read_as_written():
    table = empty_table(GEOMETRY)
    table[9] = Row(9 + GEOMETRY.rows, b"x" * 16, 1 << SHARE.root | 1 << SHARE.blocks - 3)
    head = RootHead(65, bytes(range(16)), 4, 3, bytes(range(17)) * SHARE.blocks)
    data = encode_root(head, SHARE.level, encode_table(table, SHARE))
    assert Root(head, table) == Root(parse_head(data, SHARE), parse_table(data, GEOMETRY, SHARE))
    assert table[9].count == 2
    assert len(data) == head_size(SHARE) + GEOMETRY.rows * (24 + 2)


@pytest.mark.parametrize(
    ("at", "byte"),
    [(0, 2), (0, 0), (1, 0), (1, 2), (2, 1), (7, 1), (48, 1), (63, 1)],
)
def test_a_fixed_part_that_breaks_a_rule_is_none(at, byte):
    data = bytearray(encoded())
    data[at] = byte
    assert parse_head(bytes(data), SHARE) is None


@pytest.mark.parametrize("field", ["epoch", "counter", "commit"])
def test_numbers_of_a_root_stay_below_the_limit(field):
    assert parse_head(encoded(**{field: LIMIT}), SHARE) is None
    assert parse_head(encoded(**{field: LIMIT - 1}), SHARE) is not None


def test_a_cut_root_is_none():
    data = encoded()
    assert parse_head(data[: head_size(SHARE) - 1], SHARE) is None
    assert parse_table(data[:-1], GEOMETRY, SHARE) is None
    assert parse_table(data + b"\1", GEOMETRY, SHARE) is None
    assert parse_table(data + bytes(9), GEOMETRY, SHARE) is not None


@pytest.mark.parametrize(
    "row",
    [
        Row(10, bytes(16)),
        Row(9 + (1 << 63), bytes(16)),
        Row(9, bytes(16), 1),
        Row(9, bytes(16), 1 << SHARE.root - 1),
        Row(9, bytes(16), 1 << SHARE.blocks - SHARE.root),
        Row(9, bytes(16), 1 << 15),
    ],
    ids=["row-number", "limit", "root-live", "root-end-live", "last-root-live", "beyond"],
)
def test_a_table_that_breaks_a_rule_is_none(row):
    table = empty_table(GEOMETRY)
    table[9] = row
    data = encoded()[: head_size(SHARE)] + encode_table(table, SHARE)
    assert parse_table(data, GEOMETRY, SHARE) is None
