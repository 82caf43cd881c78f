from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.container.passphrase import MAX_PASSPHRASE, normalise
from vault.errors import UsageError

VECTORS = Path(__file__).parents[1] / "vectors" / "container" / "passphrases.json"
CASES = json.loads(VECTORS.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES["same"], ids=lambda case: case["name"])
def test_what_is_typed_becomes_the_frozen_bytes(case):
    assert bytes.fromhex(case["normalised"]) == normalise(case["typed"])


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda case: case["name"])
def test_what_cannot_be_typed_reliably_is_refused(case):
    typed = "".join(chr(int(point, 16)) for point in case["points"])
    with pytest.raises(UsageError) as caught:
        normalise(typed)
    unseen = "cannot be typed" in caught.value.message
    assert ("Type it again, without control characters." if unseen else "") == caught.value.hint


@pytest.mark.parametrize("case", CASES["different"], ids=lambda case: case["name"])
def test_what_means_different_things_stays_different(case):
    assert normalise(case["one"]) != normalise(case["other"])


def test_a_code_may_hold_every_digit():
    assert b"0123456789" == normalise("01234-56789") == normalise("01234 - 56789")


def test_a_megabyte_is_refused_before_anything_is_derived():
    with pytest.raises(UsageError):
        normalise("a" * (MAX_PASSPHRASE + 1))
    assert b"a" * MAX_PASSPHRASE == normalise("a" * MAX_PASSPHRASE)


def normalised(text: str) -> bytes | None:
    try:
        return normalise(text)
    except UsageError:
        return None


TRICKY = (
    "aé 0٣۳´½²ﷺ\u064a\u0649\u06cc\u0643\u06a9\u200c\u0640\u064b\ufe71\u0654\u00a0\u0301\u1100\u1161"
)
LETTERS = st.text(st.sampled_from(TRICKY), max_size=40)


@given(st.one_of(st.text(max_size=40), LETTERS))
def test_normalising_twice_is_normalising_once(text):
    once = normalised(text)
    if once is not None:
        assert once == normalise(once.decode("utf-8"))


@given(LETTERS)
def test_invisible_marks_change_nothing(text):
    for mark in "\u200c\u200d\u200e\u200f\u0640\ufeff\u2066\u202a\u00ad\u061c":
        assert normalised(text) == normalised(mark.join(["", *text, ""]))


@given(st.lists(st.integers(0, 10**6).map(str), min_size=1, max_size=8))
def test_gaps_between_digits_count_for_nothing(groups):
    assert "".join(groups).encode() == normalise(" ".join(groups))
