from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.aead import (
    NONCE_SIZE,
    TAG_SIZE,
    XNONCE_SIZE,
    AuthenticationFailed,
    BlockSealer,
    xchacha_open,
    xchacha_seal,
)

TEXT = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
    b"future, sunscreen would be it."
)
KEY = bytes(range(0x80, 0xA0))
AAD = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")

# RFC 8439, section 2.8.2
NONCE = bytes.fromhex("070000004041424344454647")
SEALED = bytes.fromhex(
    "d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
    "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
    "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
    "3ff4def08e4b7a9de576d26586cec64b6116"
    "1ae10b594f09e26a7e902ecbd0600691"
)

# draft-irtf-cfrg-xchacha-03, A.3.1
XNONCE = bytes(range(0x40, 0x58))
XSEALED = bytes.fromhex(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49"
)


def test_chacha20_poly1305_of_rfc_8439():
    assert SEALED == BlockSealer(KEY).seal(NONCE, TEXT, AAD)
    assert TEXT == BlockSealer(KEY).open(NONCE, SEALED, AAD)


def test_xchacha20_poly1305_of_the_draft():
    assert XSEALED == xchacha_seal(KEY, XNONCE, TEXT, AAD)
    assert TEXT == xchacha_open(KEY, XNONCE, XSEALED, AAD)


def test_sealing_into_a_buffer_is_sealing():
    out = bytearray(len(TEXT) + TAG_SIZE)
    BlockSealer(KEY).seal_into(NONCE, TEXT, AAD, out)
    assert SEALED == bytes(out)
    back = memoryview(bytearray(len(TEXT)))
    BlockSealer(KEY).open_into(memoryview(NONCE), memoryview(out), AAD, back)
    assert TEXT == bytes(back)


@given(st.data())
def test_one_changed_bit_anywhere_is_refused(data):
    parts = [KEY, NONCE, SEALED, AAD]
    which = data.draw(st.integers(0, 3))
    bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
    changed = bytearray(parts[which])
    changed[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(changed)
    key, nonce, sealed, aad = parts
    sealer = BlockSealer(key)
    with pytest.raises(AuthenticationFailed):
        sealer.open(nonce, sealed, aad)
    with pytest.raises(AuthenticationFailed):
        sealer.open_into(nonce, sealed, aad, bytearray(len(TEXT)))


@given(st.data())
def test_one_changed_bit_of_a_small_unit_is_refused(data):
    parts = [KEY, XNONCE, XSEALED, AAD]
    which = data.draw(st.integers(0, 3))
    bit = data.draw(st.integers(0, 8 * len(parts[which]) - 1))
    changed = bytearray(parts[which])
    changed[bit // 8] ^= 1 << bit % 8
    parts[which] = bytes(changed)
    with pytest.raises(AuthenticationFailed):
        xchacha_open(*parts)


@pytest.mark.parametrize("length", [0, 1, TAG_SIZE - 1, TAG_SIZE])
def test_what_is_too_short_to_be_sealed_is_refused(length):
    with pytest.raises(AuthenticationFailed):
        BlockSealer(KEY).open(NONCE, bytes(length))
    with pytest.raises(AuthenticationFailed):
        xchacha_open(KEY, XNONCE, bytes(length), b"")


def test_sizes():
    assert (NONCE_SIZE, XNONCE_SIZE, TAG_SIZE) == (len(NONCE), len(XNONCE), 16)


def test_nothing_is_associated_unless_it_is_said():
    sealer = BlockSealer(KEY)
    assert sealer.seal(NONCE, TEXT, b"") == sealer.seal(NONCE, TEXT)
    assert TEXT == sealer.open(NONCE, sealer.seal(NONCE, TEXT, b""))
