from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.container import geometry
from vault.container.geometry import GIB, MIB, geometry_v1, is_valid_length, root_size

lengths = st.integers(128, 64 * 1024).map(lambda mebibytes: mebibytes * MIB)

# length, rows, pitch, reserve, blocks of the three shares, payloads of one root, data slots
FIGURES = [
    (128 * MIB, 64, 31 * 65_536, 8, (30, 46, 47), (1, 1, 1), (28, 44, 45)),
    (512 * MIB, 255, 32 * 65_536, 31, (31, 47, 49), (1, 1, 1), (29, 45, 47)),
    (GIB, 256, 63 * 65_536, 32, (62, 94, 95), (1, 1, 1), (60, 92, 93)),
    (8 * GIB, 256, 511 * 65_536, 32, (509, 763, 764), (2, 3, 3), (505, 757, 758)),
    (64 * GIB, 2048, 511 * 65_536, 256, (509, 763, 764), (12, 16, 16), (485, 731, 732)),
]


@pytest.mark.parametrize("figures", FIGURES, ids=lambda figures: f"{figures[0] // MIB}MiB")
def test_figures_of_common_lengths(figures):
    length, rows, pitch, reserve, blocks, root, data = figures
    made = geometry_v1(length)
    assert (rows, pitch, reserve) == (made.rows, made.pitch, made.reserve)
    assert blocks == tuple(share.blocks for share in made.shares)
    assert root == tuple(share.root for share in made.shares)
    assert data == tuple(share.data for share in made.shares)


def test_sealed_block_has_16444_bytes():
    assert geometry_v1(GIB).sealed == 16_444


def test_a_root_has_64_and_17_per_block_and_24_with_its_bitmap_per_row():
    assert root_size(62, 256) == 64 + 17 * 62 + 256 * (24 + 8)


def test_capacity_is_all_rows_but_the_reserve():
    assert geometry_v1(GIB).capacity(0) == (256 - 32) * 60


@given(lengths)
def test_shares_are_a_quarter_three_eighths_and_the_rest(length):
    made = geometry_v1(length)
    in_row = made.pitch // made.sealed
    expected = (in_row // 4, 3 * in_row // 8, in_row - in_row // 4 - 3 * in_row // 8)
    assert expected == tuple(share.blocks for share in made.shares)
    firsts = (0, expected[0], expected[0] + expected[1])
    assert firsts == tuple(share.first for share in made.shares)


@given(lengths)
def test_every_share_has_two_roots_that_hold_it_and_the_rest_is_data(length):
    made = geometry_v1(length)
    for share in made.shares:
        assert share.root * made.payload >= root_size(share.blocks, made.rows)
        assert (share.root - 1) * made.payload < root_size(share.blocks, made.rows)
        assert share.data == share.blocks - 2 * share.root
        assert share.data >= 28


@given(lengths)
def test_areas_follow_each_other_and_end_with_the_file(length):
    made = geometry_v1(length)
    assert made.row_offset(0) == MIB
    assert made.pitch % 65_536 == 0
    assert made.row_offset(made.rows) == made.tail_offset <= made.edge_offset(1)
    assert made.edge_offset(1) == length - MIB
    assert MIB + 256 * 1024 == made.cell_offset(0, 0) + MIB
    assert made.cell_offset(0, 1) == 512 * 1024
    assert made.cell_offset(1, 0) == length - MIB + 256 * 1024
    assert made.cell_offset(1, 1) == length - MIB + 512 * 1024


@given(lengths)
def test_rows_have_between_2_and_32_mebibytes(length):
    made = geometry_v1(length)
    assert 2 * MIB - 65_536 <= made.pitch <= 32 * MIB
    assert 64 <= made.rows <= 2048
    assert made.reserve == made.rows // 8
    assert made.max_commit_rows == made.reserve // 2


@pytest.mark.parametrize(
    ("length", "valid"),
    [
        (128 * MIB, True),
        (64 * GIB, True),
        (129 * MIB, True),
        (128 * MIB - 1, False),
        (128 * MIB + 1, False),
        (127 * MIB, False),
        (64 * GIB + MIB, False),
        (0, False),
        (-MIB, False),
    ],
)
def test_valid_lengths_are_whole_mebibytes_from_128_mib_to_64_gib(length, valid):
    assert valid == is_valid_length(length)


def test_sizes_of_the_head_and_of_a_cell():
    assert geometry.HEAD_SIZE == 32 + 8 * 256
    assert geometry.CELL_UNIT == 4096
    assert (geometry.LEVELS, geometry.VERSION) == (3, 1)


@pytest.mark.parametrize("length", [128 * MIB, GIB])
def test_everything_but_files_may_take_seven_eighths(length):
    geometry = geometry_v1(length)
    for level in range(3):
        assert geometry.capacity(level) * 7 // 8 == geometry.limit(level)
        assert geometry.limit(level) < geometry.capacity(level)
