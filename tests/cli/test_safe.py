import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.cli.safe import safe


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        (r"\x1b[2J", "\x1b[2J"),
        (r"\x1b]0;title\x07", "\x1b]0;title\x07"),
        (r"\x9b31m", "\x9b31m"),
        (r"a\nb\r\tc", "a\nb\r\tc"),
        (r"\x00\x7f", "\x00\x7f"),
        (r"photo\u202egpj.exe", "photo\u202egpj.exe"),
        (r"\u2066a\u2069", "\u2066a\u2069"),
        (r"a\u200bb\u200dc\ufeff", "a\u200bb\u200dc\ufeff"),
        (r"a\u2028b\u2029", "a\u2028b\u2029"),
        (r"\U000e0041", "\U000e0041"),
        (r"a\ufe0f\u034f\u3164", "a\ufe0f\u034f\u3164"),
        (r"\xff\x80", "\udcff\udc80"),
        (r"\ud800", "\ud800"),
        (r"\ue000\u0378", "\ue000\u0378"),
    ],
    ids=lambda value: value.encode("unicode_escape").decode(),
)
def test_what_acts_or_hides_becomes_visible(shown, text):
    assert shown == safe(text)


@pytest.mark.parametrize("text", ["photo 1.jpg", "امانت", "Ḥasan O’Neill — 3×4", "日本", "é", ""])
def test_what_only_shows_itself_stays(text):
    assert text == safe(text)


def test_the_non_joiner_stays_between_letters_that_would_join():
    assert "می‌خواهم" == safe("می‌خواهم")


@pytest.mark.parametrize("text", ["a\u200cb", "\u200cم", "م\u200c", "د\u200cر", "م\u200c1"])
def test_the_non_joiner_is_shown_where_it_only_hides(text):
    assert text.replace("\u200c", r"\u200c") == safe(text)


def test_a_long_text_is_cut_with_an_ellipsis():
    assert "aaaa…" == safe("a" * 10, 5)
    assert "aaaaa" == safe("a" * 5, 5)


def test_numbers_and_paths_are_taken_as_text():
    assert "3" == safe(3)


@given(st.text(st.characters()))
def test_nothing_unsafe_is_left(text):
    shown = safe(text)
    unsafe = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not any(unicodedata.category(character) in unsafe for character in shown)
    assert not any(unicodedata.category(c) == "Cf" and c != "\u200c" for c in shown)


@given(st.text(st.characters()))
def test_what_is_safe_stays_as_it_is(text):
    assert safe(text) == safe(safe(text))
