from __future__ import annotations

import hmac as reference

from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.hashes import SHA256_SIZE, Sha256, equal, hmac_sha256, sha256

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, "abc"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_sha256_of_abc_and_of_nothing():
    assert ABC == sha256(b"abc").hex()
    assert EMPTY == sha256().hex() == Sha256().hexdigest()
    assert len(sha256()) == SHA256_SIZE


@given(st.lists(st.binary(max_size=100)))
def test_parts_are_hashed_as_their_concatenation(parts):
    whole = sha256(b"".join(parts))
    state = Sha256()
    for part in parts:
        state.update(memoryview(part))
    assert whole == sha256(*parts) == state.digest()
    assert whole.hex() == state.hexdigest()


def test_hmac_of_rfc_4231_case_2():
    data = (b"what do ya want ", b"for nothing?")
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert expected == hmac_sha256(b"Jefe", *data).hex()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_hmac_is_that_of_the_standard_library(key, data):
    assert reference.digest(key, data, "sha256") == hmac_sha256(bytearray(key), data)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_equal_is_equality(left, right):
    assert (left == right) == equal(left, memoryview(right))
    assert equal(left, bytearray(left))
