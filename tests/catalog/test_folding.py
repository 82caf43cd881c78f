from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.catalog.folding import MAX_QUERY_WORDS, fold_text, match_expression


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("كابل", "کابل"),
        ("علي", "علی"),
        ("على", "علی"),
        ("می‌خواهم", "میخواهم"),
        ("مُحَمَّد", "محمد"),
        ("کـــابل", "کابل"),
        ("۱۲۳", "123"),
        ("١٢٣", "123"),
        ("ځوانۍ", "ځوانی"),
        ("ګل", "گل"),
        ("آب", "اب"),
        ("خانهٔ", "خانه"),
        ("ﻛﺎﺑﻞ", "کابل"),
        ("Kābul", "kabul"),
        ("STRASSE", "straße"),
        ("\u200fکابل\u200e", "کابل"),
    ],
)
def test_spellings_of_one_word_are_one(left, right):
    assert fold_text(right) == fold_text(left)


@pytest.mark.parametrize(("left", "right"), [("کابل", "کابلی"), ("پ", "ب"), ("ځ", "ح"), ("a", "b")])
def test_different_words_stay_different(left, right):
    assert fold_text(right) != fold_text(left)


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold_text(text) == fold_text(fold_text(text))


def test_words_of_a_query_are_quoted_and_long_ones_also_begin_others():
    assert '"day"* "of" "o""hara"* "near"*' == match_expression('Day of O"Hara NEAR')


@pytest.mark.parametrize("query", ["", "  ", '"', "* -- ()", "\0"])
def test_a_query_without_words_asks_nothing(query):
    assert match_expression(query) == ""


def test_only_so_many_words_are_asked():
    assert MAX_QUERY_WORDS == len(match_expression("word " * 1000).split())
