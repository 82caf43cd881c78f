"""docs/format/container.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vault.container import block, cell, geometry, head, passphrase
from vault.container.geometry import MIB, geometry_v1
from vault.crypto import aead, labels
from vault.crypto.kdf import ARGON2_V1

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "format" / "container.md").read_text("utf-8")
ROWS = [
    [field.strip() for field in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|")
]
CONSTANTS = {
    row[0].strip("`"): int(row[1]) for row in ROWS if re.fullmatch(r"`[A-Z0-9_]+`", row[0])
}
FIGURES = [row for row in ROWS if row[0].endswith("MiB") and len(row) == 7]
CODE = {
    "ARGON2_MEMORY_KIB": ARGON2_V1.memory_kib,
    "ARGON2_PASSES": ARGON2_V1.passes,
    "ARGON2_LANES": ARGON2_V1.lanes,
    "XNONCE_SIZE": aead.XNONCE_SIZE,
    "KEY_SIZE": head.KEY_SIZE,
    "LIMIT": cell.LIMIT,
    "MAX_PASSPHRASE": passphrase.MAX_PASSPHRASE,
}


def numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_of_the_page_is_that_of_the_code(name):
    value = CODE[name] if name in CODE else getattr(geometry, name)
    assert CONSTANTS[name] == value


def test_the_page_has_all_constants_of_the_geometry():
    public = {
        name
        for name, value in vars(geometry).items()
        if isinstance(value, int) and name.isupper() and not name.startswith("_")
    }
    assert public - {"MIB", "GIB"} <= set(CONSTANTS)
    assert set(CODE) <= set(CONSTANTS)


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: row[0])
def test_a_row_of_figures_is_what_the_code_computes(row):
    made = geometry_v1(int(row[0].split()[0]) * MIB)
    assert [int(field) for field in row[1:4]] == [made.rows, made.pitch, made.reserve]
    expected = [numbers(field) for field in row[4:7]]
    shares = made.shares
    assert expected[0] == tuple(share.blocks for share in shares)
    assert expected[1] == tuple(share.root for share in shares)
    assert expected[2] == tuple(share.data for share in shares)


def test_there_are_five_rows_of_figures():
    assert len(FIGURES) == 5


def test_labels_and_namespaces_stand_on_the_page():
    for label in (labels.BLOCK, labels.ROOT, labels.CELL, labels.SLOT):
        assert f'"{label.decode()}"' in PAGE
    namespaces = {
        row[0]: int(row[1]) for row in ROWS if row[0] in {"root", "page", "media", "record"}
    }
    expected = {
        "root": block.ROOT,
        "page": block.PAGE,
        "media": block.MEDIA,
        "record": block.RECORD,
    }
    assert expected == namespaces


def test_dropped_characters_and_white_space_are_those_of_the_page():
    dropped = ranges(re.search(r"2\. Remove (.*?)\n3\.", PAGE, re.DOTALL).group(1))
    assert dropped == set(passphrase._INVISIBLE)
    spaces = ranges(re.search(r"White space: (.*?)\n7\.", PAGE, re.DOTALL).group(1))
    assert spaces == {point for point in range(0x110000) if chr(point).isspace()}


def ranges(text: str) -> set[int]:
    """Code points of a list such as "U+0009 to U+000D, U+0085"."""
    points: set[int] = set()
    for part in text.replace("\n", " ").strip(" .").split(","):
        found = [int(one, 16) for one in re.findall(r"U\+([0-9A-F]{4})", part)]
        points.update(range(found[0], found[-1] + 1))
    return points


def test_every_test_that_the_page_names_is_there():
    named = re.findall(r"`(tests/[a-z_/]+(?:\.py)?)/?`", PAGE)
    assert named
    for path in named:
        assert (ROOT / path).exists(), path
