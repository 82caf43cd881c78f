"""Twins, bytes, and who opens what."""

from __future__ import annotations

import pytest

from container import checks
from container.randomness import (
    DEGREES,
    PAGE_LIMIT,
    check_columns,
    check_file,
    check_no_repeats,
    check_pages,
    quantile,
)
from seam.small import CHEAP_KDF, seeded
from vault.container.cell import Cell, seal_cell
from vault.container.head import seal_head


def test_every_commit_does_what_the_plan_says_whatever_the_volumes():
    checks.check_operations()


def test_twins_do_the_same_and_level_0_sees_the_same():
    checks.check_twins()


def test_no_key_opens_anything_of_another_level():
    checks.check_levels_apart()


@pytest.mark.parametrize("volumes", [1, 2, 3])
def test_bytes_after_creation_200_commits_and_a_power_cut(volumes):
    checks.check_bytes(200, volumes)


def test_heads_have_no_fixed_byte():
    random = seeded(2)
    heads = [
        seal_head([b"one", b"two"], [bytes(32)] * 2, 1 << 30, kdf=CHEAP_KDF, random=random)
        for _ in range(1400)
    ]
    check_columns(heads, len(heads[0]))
    check_no_repeats(b"".join(heads))


def test_cells_have_no_fixed_byte():
    random = seeded(3)
    cells = [
        seal_cell(Cell(7, 71, 1, bytes(16)), bytes(32), end=0, slot=1, random=random)
        for _ in range(1400)
    ]
    check_columns([cell[:256] for cell in cells], 256)
    for start in range(256, 4096, 256):
        check_columns([cell[start : start + 256] for cell in cells], 256)


def test_the_limit_is_the_quantile_of_chi_square():
    """Against published tables: 3.841 at 5 % with 1, 124.342 at 5 % with 100, 135.807 at 1 %."""
    assert quantile(0.05, 1) == pytest.approx(3.841, abs=5e-4)
    assert quantile(0.05, 100) == pytest.approx(124.342, abs=5e-4)
    assert quantile(0.01, 100) == pytest.approx(135.807, abs=5e-4)
    assert quantile(1e-9, DEGREES) == PAGE_LIMIT == pytest.approx(414.545, abs=5e-4)


def plain(seed: int = 1) -> bytearray:
    return bytearray(seeded(seed)(64 * 4096))


def test_random_bytes_pass():
    check_file(bytes(plain()))


def test_a_zero_page_is_seen():
    raw = plain()
    raw[4096:8192] = bytes(4096)
    with pytest.raises(AssertionError):
        check_pages(bytes(raw))


def test_sixteen_bytes_at_two_places_are_seen():
    raw = plain()
    raw[40_000:40_016] = raw[80_004:80_020]
    with pytest.raises(AssertionError):
        check_no_repeats(bytes(raw))


def test_a_fixed_byte_in_one_unit_of_three_is_seen():
    raw = plain()
    units = [bytearray(raw[at : at + 16]) for at in range(0, 1400 * 16, 16)]
    for unit in units[::3]:
        unit[5] = 2
    with pytest.raises(AssertionError):
        check_columns([bytes(unit) for unit in units], 16)
