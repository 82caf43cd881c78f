from __future__ import annotations

import pytest

from vault.crypto.entropy import random_bytes
from vault.crypto.keystream import fill_keystream

# RFC 8439, A.1, test vectors 1 and 2: key, nonce zero, block counters 0 and 1
ZERO_KEY = bytes.fromhex(
    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"
)


def test_filler_is_the_keystream_of_rfc_8439():
    buffer = bytearray(128)
    fill_keystream(bytes(32), buffer)
    assert ZERO_KEY == bytes(buffer)


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, (1 << 20) - 1, 1 << 20, (1 << 20) + 77])
def test_a_shorter_buffer_is_the_beginning_of_a_longer_one(length):
    whole, part = bytearray((1 << 20) + 4096), bytearray(b"x" * length)
    fill_keystream(b"k" * 32, whole)
    fill_keystream(b"k" * 32, memoryview(part))
    assert whole[:length] == part


@pytest.mark.parametrize("offset", [0, 1, 63, 64, 65, 16_444, 1 << 20, (1 << 20) + 77])
def test_parts_are_what_the_whole_would_have_there(offset):
    whole, part = bytearray((1 << 20) + 4096), bytearray(3000)
    fill_keystream(b"k" * 32, whole)
    fill_keystream(b"k" * 32, part, offset)
    assert whole[offset : offset + 3000] == part


def test_nothing_beside_the_buffer_is_touched():
    around = bytearray(300)
    fill_keystream(b"k" * 32, memoryview(around)[100:200])
    assert bytes(100) == around[:100] == around[200:]
    assert bytes(100) != around[100:200]


def test_keys_give_different_streams():
    one, other = bytearray(64), bytearray(64)
    fill_keystream(b"a" * 32, one)
    fill_keystream(b"b" * 32, other)
    assert one != other


def test_random_bytes_have_the_length_asked_for_and_differ():
    assert [0, 1, 32, 5000] == [len(random_bytes(length)) for length in (0, 1, 32, 5000)]
    assert len({random_bytes(16) for _ in range(100)}) == 100
