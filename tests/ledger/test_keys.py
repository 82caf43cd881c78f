from __future__ import annotations

import pytest

from vault.crypto.hashes import sha256
from vault.crypto.kdf import hkdf_sha512
from vault.crypto.signatures import ed25519_public_key, mldsa44_public_key
from vault.errors import MalformedRecord
from vault.ledger.keys import LogKeys, LogPublicKeys
from vault.ledger.origin import check_origin, read_origin

SEED = bytes(range(32))


def test_everything_follows_from_the_seed_as_the_format_says():
    keys = LogKeys.from_seed(SEED)
    parts = [
        ed25519_public_key(hkdf_sha512(SEED, b"amanat/v1/checkpoint-ed25519")),
        mldsa44_public_key(hkdf_sha512(SEED, b"amanat/v1/checkpoint-mldsa44")),
        ed25519_public_key(hkdf_sha512(SEED, b"amanat/v1/manifest-ed25519")),
        mldsa44_public_key(hkdf_sha512(SEED, b"amanat/v1/manifest-mldsa44")),
    ]
    origin = "amanat.invalid/" + sha256(b"amanat-log/v1\n", *parts).hex()
    public = keys.public
    assert parts == [key.public_key for key in (*public.checkpoint, *public.manifest)]
    assert (origin, origin) == (keys.origin, public.origin)
    assert hkdf_sha512(SEED, b"amanat/v1/age") == keys.age_seed
    assert [origin] * 2 + [origin + "/manifest"] * 2 == [
        key.name for key in (*public.checkpoint, *public.manifest)
    ]
    assert [key.type.value for key in (*public.checkpoint, *public.manifest)] == [
        b"\x01",
        b"\x06",
        b"\x01",
        b"\xffamanat-mldsa44/v1",
    ]


def test_stored_keys_are_these(golden, vectors):
    keys = golden.keys
    assert golden.facts["origin"] == keys.origin
    assert golden.facts["age_seed"] == keys.age_seed.hex()
    assert golden.facts["key_ids"] == [
        key.key_id.hex() for key in (*keys.public.checkpoint, *keys.public.manifest)
    ]
    assert (vectors / "log.keys").read_bytes() == keys.public.encode()


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_seed_of_another_length_is_refused(length):
    with pytest.raises(MalformedRecord):
        LogKeys.from_seed(bytes(length))


def test_no_repr_shows_a_secret():
    keys = LogKeys.from_seed(SEED)
    for secret in (
        keys.age_seed,
        *(signer.seed for signer in (*keys.checkpoint_signers, *keys.manifest_signers)),
    ):
        assert repr(secret) not in repr(keys)
        assert secret.hex() not in repr(keys)


def test_origin_pins_each_of_the_four_keys():
    own, other = LogKeys.from_seed(SEED).public, LogKeys.from_seed(bytes(32)).public
    vkeys = [key.encode() for key in (*own.checkpoint, *own.manifest)]
    for place in range(4):
        changed = [*vkeys]
        foreign = (*other.checkpoint, *other.manifest)[place]
        renamed = type(foreign)(
            (*own.checkpoint, *own.manifest)[place].name, foreign.type, foreign.public_key
        )
        changed[place] = renamed.encode()
        with pytest.raises(MalformedRecord, match="other keys"):
            LogPublicKeys.from_vkeys(own.origin, (changed[0], changed[1]), (changed[2], changed[3]))


def test_keys_under_the_name_or_in_the_place_of_others_are_refused():
    own, other = LogKeys.from_seed(SEED).public, LogKeys.from_seed(bytes(32)).public
    for arguments in (
        (own.origin, own.manifest, own.checkpoint),
        (own.origin, tuple(reversed(own.checkpoint)), own.manifest),
        (own.origin, own.checkpoint, own.checkpoint),
        (own.origin, other.checkpoint, own.manifest),
        (other.origin, own.checkpoint, own.manifest),
        ("example.com/log", own.checkpoint, own.manifest),
    ):
        with pytest.raises(MalformedRecord):
            LogPublicKeys(*arguments)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "amanat.invalid/",
        "amanat.invalid/" + "A" * 64,
        "amanat.invalid/" + "a" * 63,
        "amanat.invalid/" + "a" * 65,
        "Amanat.invalid/" + "a" * 64,
        "amanat.invalid/" + "a" * 64 + "\n",
        " amanat.invalid/" + "a" * 64,
        "amanatxinvalid/" + "a" * 64,
    ],
)
def test_origin_in_another_form_is_refused(origin):
    with pytest.raises(MalformedRecord):
        check_origin(origin)
    with pytest.raises(MalformedRecord):
        read_origin(origin.encode())


def test_origin_that_is_not_ascii_is_refused():
    with pytest.raises(MalformedRecord):
        read_origin(b"\xff" * 79)
    with pytest.raises(MalformedRecord):
        check_origin("\ud800")
