from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl import bindings

from vault.crypto.signatures import (
    BadPublicKey,
    BadSignature,
    check_ed25519_public_key,
    check_mldsa44_public_key,
    ed25519_public_key,
    ed25519_sign,
    ed25519_verify,
    mldsa44_public_key,
    mldsa44_sign,
    mldsa44_verify,
)

SEED = bytes(range(32))
MESSAGE = b"amanat"
ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19

# The eight points of small order, and every second spelling that a lax decoder takes.
SMALL_ORDER = [
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    )
]
NOT_CANONICAL = [
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        # y = 3 is on the curve; here as 3 + p.
        (3 + FIELD).to_bytes(32, "little").hex(),
    )
]


def test_rfc_8032_test_2():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public_key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert public_key == ed25519_public_key(seed)
    assert signature == ed25519_sign(seed, b"\x72")
    ed25519_verify(public_key, b"\x72", signature)


@given(st.binary(max_size=200), st.binary(min_size=32, max_size=32))
def test_signature_fits_its_message_only(message, seed):
    public_key = ed25519_public_key(seed)
    signature = ed25519_sign(seed, message)
    ed25519_verify(bytearray(public_key), memoryview(message), bytearray(signature))
    with pytest.raises(BadSignature):
        ed25519_verify(public_key, message + b"\0", signature)
    with pytest.raises(BadSignature):
        ed25519_verify(ed25519_public_key(bytes(reversed(seed + b"!"))[:32]), message, signature)


@pytest.mark.parametrize("public_key", SMALL_ORDER + NOT_CANONICAL)
def test_key_of_small_order_or_second_spelling_is_refused(public_key):
    with pytest.raises(BadPublicKey):
        check_ed25519_public_key(public_key)
    with pytest.raises(BadPublicKey):
        ed25519_verify(public_key, MESSAGE, ed25519_sign(SEED, MESSAGE))


def test_one_signature_for_every_message_is_refused():
    # Under the identity point as key, R = S*B fits every message; others accept it.
    identity = SMALL_ORDER[0]
    signature = bindings.crypto_scalarmult_ed25519_base_noclamp(b"\x05" + bytes(31)) + (
        b"\x05" + bytes(31)
    )
    for number in range(16):
        with pytest.raises(BadPublicKey):
            ed25519_verify(identity, b"%d" % number, signature)


def test_key_of_mixed_order_is_refused():
    # A + T with T of order 8 is on the curve, canonical, and not of small order.
    mixed = bindings.crypto_core_ed25519_add(ed25519_public_key(SEED), SMALL_ORDER[4])
    with pytest.raises(BadPublicKey):
        check_ed25519_public_key(mixed)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_key_of_another_length_is_refused(length):
    with pytest.raises(BadPublicKey):
        check_ed25519_public_key(b"\x09" * length)


def test_key_that_is_no_point_is_refused():
    with pytest.raises(BadPublicKey):
        check_ed25519_public_key((2).to_bytes(32, "little"))


def test_s_above_the_order_is_refused():
    signature = ed25519_sign(SEED, MESSAGE)
    s = int.from_bytes(signature[32:], "little")
    for factor in range(1, 15):
        forged = signature[:32] + (s + factor * ORDER).to_bytes(32, "little")
        with pytest.raises(BadSignature):
            ed25519_verify(ed25519_public_key(SEED), MESSAGE, forged)


@pytest.mark.parametrize("r", SMALL_ORDER + NOT_CANONICAL)
def test_r_of_small_order_or_second_spelling_is_refused(r):
    with pytest.raises(BadSignature):
        ed25519_verify(ed25519_public_key(SEED), MESSAGE, r + ed25519_sign(SEED, MESSAGE)[32:])


@pytest.mark.parametrize("point", SMALL_ORDER[4:5])
def test_r_of_mixed_order_is_refused(point):
    signature = ed25519_sign(SEED, MESSAGE)
    mixed = bindings.crypto_core_ed25519_add(signature[:32], point)
    with pytest.raises(BadSignature):
        ed25519_verify(ed25519_public_key(SEED), MESSAGE, mixed + signature[32:])


def test_signature_of_another_length_is_refused():
    signature = ed25519_sign(SEED, MESSAGE)
    for wrong in (b"", signature[:32], signature[:63], signature + b"\0", signature + MESSAGE):
        with pytest.raises(BadSignature):
            ed25519_verify(ed25519_public_key(SEED), MESSAGE, wrong)


@pytest.mark.parametrize("length", [32, 63, 65, 64 + len(MESSAGE)])
def test_bytes_do_not_pass_from_the_signature_to_the_message(length):
    whole = ed25519_sign(SEED, MESSAGE) + MESSAGE
    with pytest.raises(BadSignature):
        ed25519_verify(ed25519_public_key(SEED), whole[length:], whole[:length])


def test_mldsa44_signs_what_it_verifies():
    public_key, signature = mldsa44_public_key(SEED), mldsa44_sign(SEED, MESSAGE)
    assert len(public_key) == 1312
    assert len(signature) == 2420
    mldsa44_verify(bytearray(public_key), memoryview(MESSAGE), bytearray(signature))
    assert signature != mldsa44_sign(SEED, MESSAGE)


def test_mldsa44_signature_of_something_else_is_refused():
    public_key, signature = mldsa44_public_key(SEED), mldsa44_sign(SEED, MESSAGE)
    with pytest.raises(BadSignature):
        mldsa44_verify(public_key, MESSAGE + b"!", signature)
    with pytest.raises(BadSignature):
        mldsa44_verify(mldsa44_public_key(bytes(32)), MESSAGE, signature)
    for wrong in (b"", signature[:-1], signature + b"\0", bytes(2420)):
        with pytest.raises(BadSignature):
            mldsa44_verify(public_key, MESSAGE, wrong)


@pytest.mark.parametrize("length", [0, 32, 1311, 1313, 1952])
def test_mldsa44_key_of_another_length_is_refused(length):
    with pytest.raises(BadPublicKey):
        check_mldsa44_public_key(bytes(length))
    with pytest.raises(BadPublicKey):
        mldsa44_verify(bytes(length), MESSAGE, bytes(2420))
