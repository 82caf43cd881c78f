from __future__ import annotations

import hmac as reference

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto import kdf
from vault.crypto.kdf import (
    ARGON2_V1,
    Argon2Profile,
    NotEnoughMemory,
    argon2id,
    hkdf_expand_sha512,
    hkdf_sha256,
    hkdf_sha512,
)

# RFC 5869, A.1 and A.3 (no salt, no info)
A1_KEY, A1_SALT, A1_INFO = b"\x0b" * 22, bytes(range(13)), bytes(range(0xF0, 0xFA))
A1 = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
A3 = "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"

# The reference implementation's test.c: version 0x13, password "password", salt "somesalt"
ARGON2ID = [
    ((2, 256, 1), "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
    ((2, 256, 2), "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"),
    ((2, 65536, 1), "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
]


def test_hkdf_sha256_of_rfc_5869():
    assert A1 == hkdf_sha256(A1_KEY, A1_INFO, 42, A1_SALT).hex()
    assert A3 == hkdf_sha256(A1_KEY, b"", 42).hex()


def expand(name: str, key: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand as RFC 5869, section 2.3 writes it."""
    out, block = b"", b""
    counter = 1
    while len(out) < length:
        block = reference.digest(key, block + info + bytes([counter]), name)
        out += block
        counter += 1
    return out[:length]


@given(st.binary(min_size=32, max_size=80), st.binary(max_size=60), st.integers(1, 300))
def test_hkdf_is_extract_and_expand(key, info, length):
    for name, size, whole in (("sha256", 32, hkdf_sha256), ("sha512", 64, hkdf_sha512)):
        extracted = reference.digest(bytes(size), key, name)
        assert expand(name, extracted, info, length) == whole(key, info, length)
        salted = reference.digest(b"salt", key, name)
        assert expand(name, salted, info, length) == whole(key, info, length, b"salt")
    assert expand("sha512", key, info, length) == hkdf_expand_sha512(key, info, length)


@pytest.mark.parametrize(("cost", "expected"), ARGON2ID)
def test_argon2id_of_the_reference_implementation(cost, expected):
    passes, memory, lanes = cost
    made = argon2id(b"password", b"somesalt", Argon2Profile(memory, passes, lanes))
    assert expected == made.hex()
    assert isinstance(made, bytearray)


def test_format_1_takes_256_mebibytes_three_passes_four_lanes():
    assert Argon2Profile(memory_kib=262_144, passes=3, lanes=4) == ARGON2_V1


def test_too_little_memory_is_named_as_such(monkeypatch):
    class Refusing:
        def __init__(self, **arguments):
            assert arguments["memory_cost"] == 262_144

        def derive_into(self, secret, out):
            raise MemoryError

    monkeypatch.setattr(kdf, "Argon2id", Refusing)
    with pytest.raises(NotEnoughMemory) as caught:
        argon2id(b"x", bytes(32), ARGON2_V1)
    assert {"mebibytes": 256} == caught.value.values
    assert "256 MiB" in str(caught.value)
    assert "Close other programs and try again." == caught.value.hint


def test_hkdf_makes_32_bytes_without_salt_unless_it_is_told_otherwise():
    for name, size, whole in (("sha256", 32, hkdf_sha256), ("sha512", 64, hkdf_sha512)):
        extracted = reference.digest(bytes(size), b"key", name)
        assert expand(name, extracted, b"info", 32) == whole(b"key", b"info")
