from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from vault.crypto.aead import AuthenticationFailed
from vault.crypto.hybrid_kem import (
    ENCAPSULATION_SIZE,
    PUBLIC_KEY_SIZE,
    HybridIdentity,
    HybridRecipient,
)
from vault.crypto.signatures import BadPublicKey

VECTORS = json.loads(
    (Path(__file__).parent.parent / "vectors" / "sync" / "xwing.json").read_text("ascii")
)
INFO = b"what it is for"

# RFC 7748 and the list of small-order points of Curve25519: order 1, 2, 4, 8, 8 and two of them
# in a second encoding.
LOW_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.fixture(scope="module")
def identity() -> HybridIdentity:
    return HybridIdentity(bytes(range(32)))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["seed"][:8])
def test_seed_expands_to_the_public_key_of_other_implementations(vector):
    encoded = HybridIdentity(bytes.fromhex(vector["seed"])).recipient.encoded
    assert vector["public_key_begins"] == encoded.hex()[: len(vector["public_key_begins"])]
    assert vector["public_key_sha256"] == hashlib.sha256(encoded).hexdigest()


def test_what_is_sealed_is_opened(identity):
    enc, sealed = identity.recipient.seal(b"sixteen byte key", INFO)
    assert (len(enc), len(sealed)) == (ENCAPSULATION_SIZE, 32)
    assert identity.open(enc, sealed, INFO) == b"sixteen byte key"


def test_two_seals_of_one_text_have_nothing_in_common(identity):
    first, second = (identity.recipient.seal(bytes(16), INFO) for _ in range(2))
    assert first[0] != second[0]
    assert first[1] != second[1]


def test_another_info_does_not_open(identity):
    enc, sealed = identity.recipient.seal(bytes(16), INFO)
    with pytest.raises(AuthenticationFailed):
        identity.open(enc, sealed, INFO + b"!")


def test_another_seed_does_not_open(identity):
    enc, sealed = identity.recipient.seal(bytes(16), INFO)
    with pytest.raises(AuthenticationFailed):
        HybridIdentity(bytes(32)).open(enc, sealed, INFO)


@pytest.mark.parametrize("place", [0, 1087, 1088, 1119, 1120, 1151])
def test_flipped_bit_in_either_half_or_the_body_does_not_open(identity, place):
    message = bytearray(b"".join(identity.recipient.seal(bytes(16), INFO)))
    message[place] ^= 1
    with pytest.raises(AuthenticationFailed):
        identity.open(message[:1120], message[1120:], INFO)


def test_enc_of_another_length_does_not_open_though_the_sum_is_right(identity):
    message = b"".join(identity.recipient.seal(bytes(16), INFO))
    for cut in (0, 1119, 1121, 1152):
        with pytest.raises(AuthenticationFailed):
            identity.open(message[:cut], message[cut:], INFO)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_ephemeral_point_of_low_order_does_not_open(identity, point):
    enc, sealed = identity.recipient.seal(bytes(16), INFO)
    with pytest.raises(AuthenticationFailed):
        identity.open(enc[:1088] + bytes.fromhex(point), sealed, INFO)


@pytest.mark.parametrize("point", LOW_ORDER)
def test_public_key_with_a_point_of_low_order_is_refused(identity, point):
    with pytest.raises(BadPublicKey):
        HybridRecipient(identity.recipient.encoded[:1184] + bytes.fromhex(point))


def test_public_key_with_coefficients_above_the_modulus_is_refused(identity):
    # FIPS 203, section 7.2: the first coefficient becomes 0xfff, the modulus is 0xd01.
    encoded = b"\xff\xff" + identity.recipient.encoded[2:]
    with pytest.raises(BadPublicKey):
        HybridRecipient(encoded)


@pytest.mark.parametrize("size", [0, 32, 1184, PUBLIC_KEY_SIZE - 1, PUBLIC_KEY_SIZE + 1])
def test_public_key_of_another_length_is_refused(size):
    with pytest.raises(BadPublicKey):
        HybridRecipient(bytes(size))


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_seed_of_another_length_is_a_mistake_of_the_caller(size):
    with pytest.raises(ValueError, match="32 bytes"):
        HybridIdentity(bytes(size))
