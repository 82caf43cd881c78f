from __future__ import annotations

import ast
import itertools
from inspect import getsource
from pathlib import Path

import pytest

from vault.crypto import labels

PLACES = {name: value for name, value in vars(labels).items() if name.isupper()}
ROOM = Path(labels.__file__).parents[1]

# Labels that are used with one and the same key, or begin one and the same kind of hash.
FAMILIES = {
    "volume key": ("BLOCK", "ROOT", "CELL"),
    "age": ("AGE_HEADER", "AGE_PAYLOAD"),
    "log seed": tuple(name for name in PLACES if name.startswith("SEED_")),
    "signed or hashed": ("LOG_ORIGIN", "GENESIS", "SUBTREE", "MLDSA44_NOTE"),
    "tree": ("MERKLE_LEAF", "MERKLE_NODE"),
}


def test_labels_are_bytes_and_no_two_are_the_same():
    assert all(isinstance(value, bytes) and value for value in PLACES.values())
    assert len(set(PLACES.values())) == len(PLACES)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_label_of_a_family_begins_another(family):
    for one, other in itertools.permutations(FAMILIES[family], 2):
        assert not PLACES[one].startswith(PLACES[other])


def test_the_containers_labels_are_those_of_the_format_page():
    assert (b"block", b"root", b"cell", b"slot") == (
        labels.BLOCK,
        labels.ROOT,
        labels.CELL,
        labels.SLOT,
    )


def test_labels_are_constants_and_nothing_else():
    tree = ast.parse(getsource(labels))
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.Assign}


@pytest.mark.parametrize("name", PLACES)
def test_every_label_is_used_somewhere(name):
    sources = [path for path in ROOM.rglob("*.py") if path.name != "labels.py"]
    assert any(name in path.read_text("utf-8") for path in sources)
