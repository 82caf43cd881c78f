from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.contacts.fingerprint import fingerprint

VECTORS = Path(__file__).parent.parent / "vectors" / "contacts"
EXPECTED = json.loads((VECTORS / "fingerprints.json").read_text("ascii"))


@pytest.mark.parametrize("name", EXPECTED)
def test_fingerprint_is_that_of_the_vector(name):
    text = (VECTORS / name).read_bytes() if name.endswith(".txt") else name.encode()
    assert EXPECTED[name] == fingerprint(text)


def test_fingerprint_of_nothing_follows_from_the_known_digest():
    # e3b0c442 98fc1c14 9afbf4c8 996fb924 27ae41e4 649b934c a495991b 7852b855, each mod 100,000.
    expected = "12610 59092 03464 35940 31556 17388 67483 87061"
    assert expected == fingerprint(b"")


@given(st.binary())
def test_fingerprint_has_eight_groups_of_five_digits(text):
    assert re.fullmatch(r"[0-9]{5}( [0-9]{5}){7}", fingerprint(text))
