import hashlib
from collections import Counter
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.entropy import random_bytes
from vault.crypto.passphrases import (
    Advice,
    Slip,
    advice,
    check_digits,
    digits_passphrase,
    is_code,
    uniform,
    word_list,
    words_passphrase,
)

CODES = st.binary(min_size=64, max_size=64).map(
    lambda seed: digits_passphrase(stream_of(hashlib.shake_256(seed).digest(4096)))
)


def stream_of(supply):
    """Return a source of randomness that hands out given bytes in order."""
    position = 0

    def take(count):
        nonlocal position
        position += count
        return supply[position - count : position]

    return take


def test_the_word_list_is_the_effs_long_list():
    raw = files("vault.crypto").joinpath("eff_large_wordlist.txt").read_bytes()
    expected = "addd35536511597a02fa0a9ff1e5284677b8883b83e986e43f15a3db996b903e"
    assert expected == hashlib.sha256(raw).hexdigest()


def test_the_word_list_has_7776_different_words():
    words = word_list()
    assert 7776 == len(words) == len(set(words))
    assert ("abacus", "zoom") == (words[0], words[-1])


def test_six_words_of_the_list_are_made():
    words = words_passphrase(random_bytes).split(" ")
    assert 6 == len(words)
    assert set(words) <= set(word_list())


def test_words_follow_from_the_randomness():
    # 0 and 7776 are the same word: 65,536 holds eight whole lists.
    supply = b"".join(number.to_bytes(2, "big") for number in (0, 7776, 1, 2, 3, 7775))
    assert "abacus abacus abdomen abdominal abide zoom" == words_passphrase(stream_of(supply))


def test_numbers_that_would_favour_some_words_are_drawn_again():
    supply = (62208).to_bytes(2, "big") + b"\xff\xff" + (62207).to_bytes(2, "big")
    assert 7775 == uniform(7776, stream_of(supply))


def test_drawn_numbers_are_evenly_spread():
    counts = Counter(uniform(10, stream_of(n.to_bytes(2, "big") * 2)) for n in range(65530))
    assert {6553} == set(counts.values())


def test_a_code_is_24_digits_in_groups_of_four():
    code = digits_passphrase(random_bytes)
    assert [4] * 6 == [len(group) for group in code.split(" ")]
    assert code.replace(" ", "").isdecimal()


def test_check_digits_are_those_of_iso_7064():
    # 794 with MOD 97-10 ends in 44: the standard's own example.
    drawn = [*[0] * 19, 7, 9, 4]
    code = digits_passphrase(stream_of(b"".join(digit.to_bytes(2, "big") for digit in drawn)))
    assert "0000 0000 0000 0000 0007 9444" == code


@given(CODES)
def test_a_made_code_checks(code):
    assert check_digits(code) is None
    assert is_code(code)


@given(CODES, st.integers(0, 23), st.integers(1, 9))
def test_one_wrong_digit_is_found(code, place, by):
    digits = list(code.replace(" ", ""))
    digits[place] = str((int(digits[place]) + by) % 10)
    assert Slip("digit", 24) == check_digits("".join(digits))


@given(CODES, st.integers(0, 22))
def test_two_exchanged_neighbours_are_found(code, place):
    digits = list(code.replace(" ", ""))
    same = digits[place] == digits[place + 1]
    digits[place], digits[place + 1] = digits[place + 1], digits[place]
    assert (None if same else Slip("digit", 24)) == check_digits("".join(digits))


@given(CODES, st.sampled_from(["۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"]), st.sampled_from(["", " ", "-"]))  # noqa: RUF100
def test_a_code_may_be_typed_in_any_digits_and_groups(code, script, gap):
    typed = code.replace(" ", gap).translate(str.maketrans("0123456789", script))
    assert check_digits(typed) is None
    assert is_code(typed)


@pytest.mark.parametrize(
    ("slip", "code"),
    [
        (Slip("length", 3), "123"),
        (Slip("length", 25), "0" * 25),
        (Slip("group", 23, 2), "1111 222 3333 4444 5555 6666"),
        (Slip("group", 25, 6), "1111 2222 3333 4444 5555 66666"),
        (Slip("length", 22), "111 222 3333 4444 5555 6666"),
        (Slip("character", 23), "1111 2222 3333 4444 5555 666x"),
        (Slip("character", 0), "²²²²"),
        (Slip("length", 0), ""),
    ],
    ids=lambda value: str(value) or "empty",
)
def test_a_slip_is_named(slip, code):
    assert slip == check_digits(code)


@pytest.mark.parametrize(
    ("text", "is_one"), [("1234 5678 9012", False), ("1234-5678-9012-3", True)]
)
def test_more_than_half_of_a_code_is_meant_as_one(text, is_one):
    assert is_one is is_code(text)


@pytest.mark.parametrize("text", ["", "1234", "my 24 digits 1234567890123456789012", "six words"])
def test_what_is_no_code_is_not_taken_for_one(text):
    assert not is_code(text)


def test_advice_tells_weak_from_strong():
    weak, strong = advice("password"), advice("vehicle ruptured onyx faction sixtieth")
    assert (0, 4) == (weak.score, strong.score)
    assert "This is a top-10 common password." == weak.warning
    assert ("Add another word or two. Uncommon words are better.",) == weak.suggestions
    assert ("", ()) == (strong.warning, strong.suggestions)
    assert weak.guesses_log10 < strong.guesses_log10


def test_advice_looks_at_the_first_hundred_characters():
    assert advice("a" * 100) == advice("a" * 100 + "vehicle ruptured onyx")


def test_advice_on_nothing_is_the_lowest_score():
    assert Advice(score=0, guesses_log10=0.0, warning="", suggestions=()) == advice("")
