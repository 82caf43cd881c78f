from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.encoding.bech32 import decode_bech32, encode_bech32
from vault.errors import MalformedRecord

# BIP 173, "Test vectors": valid and invalid Bech32 strings, the limit of 90 characters aside.
VALID = [
    "A12UEL5L",
    "a12uel5l",
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1tt5tgs",
    "11qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqc8247j",
    "split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w",
    "?1ezyfcl",
]
INVALID = [
    "\x201nwldj5",
    "\x7f1axkwrx",
    "\x801eym55h",
    "pzry9x0s0muk",
    "1pzry9x0s0muk",
    "x1b4n0q5v",
    "li1dgmt3",
    "de1lg7wt\xff",
    "A1G7SGD8",
    "10a06t8",
    "1qzzfhee",
]


@given(st.binary(max_size=1300), st.sampled_from(["age", "age1pq", "AGE-SECRET-KEY-PQ-"]))
def test_bytes_come_back(data, prefix):
    text = encode_bech32(prefix, data)
    assert (prefix, data) == decode_bech32(text)
    assert text in (text.lower(), text.upper())


@pytest.mark.parametrize("text", VALID)
def test_public_vectors_are_read(text):
    assert text == encode_bech32(*decode_bech32(text))


@pytest.mark.parametrize("text", INVALID)
def test_public_vectors_are_refused(text):
    with pytest.raises(MalformedRecord):
        decode_bech32(text)


def test_known_value():
    # BIP 173: the values 0 to 31 in order, as 20 bytes.
    data = bytes.fromhex("00443214c74254b635cf84653a56d7c675be77df")
    assert ("abcdef", data) == decode_bech32("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")


@given(st.binary(min_size=1, max_size=40), st.data())
def test_one_changed_character_is_refused(data, draw):
    text = encode_bech32("age", data)
    at = draw.draw(st.integers(0, len(text) - 1))
    other = draw.draw(
        st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7lb1Q").filter(lambda c: c != text[at])
    )
    with pytest.raises(MalformedRecord):
        decode_bech32(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("prefix", ["", "Age", "a ge", "آ", "\x7f"])
def test_prefix_that_no_key_has_is_refused(prefix):
    with pytest.raises(MalformedRecord):
        encode_bech32(prefix, b"x")


@pytest.mark.parametrize("text", ["a12uEl5l", "", "1", "age1", "age", "ſ1qqqqqq", "\ud800"])
def test_text_that_is_no_key_is_refused(text):
    with pytest.raises(MalformedRecord):
        decode_bech32(text)


def test_padding_that_is_not_zero_is_refused():
    from vault.encoding import bech32

    # One byte takes two characters, of which the last two bits are padding.
    for values, refused in (([31, 28], False), ([31, 29], True), ([31, 28, 0], True)):
        checksum = bech32._polymod(bech32._expand("age") + values + [0] * 6) ^ 1
        full = values + [(checksum >> 5 * (5 - place)) & 31 for place in range(6)]
        text = "age1" + "".join(bech32._ALPHABET[value] for value in full)
        if refused:
            with pytest.raises(MalformedRecord, match="only form"):
                decode_bech32(text)
        else:
            assert decode_bech32(text) == ("age", b"\xff")
