from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.signatures import ed25519_sign
from vault.encoding.binary import write_base64
from vault.errors import BadCheckpoint, LedgerError, MalformedRecord
from vault.ledger.note import MAX_SIGNATURES, open_note, sign_note, split_note
from vault.ledger.vkey import SignatureType, SigningKey, VerifierKey, parse_vkey

DASH = "— ".encode()
ED25519 = SigningKey.from_seed("example.com/a", SignatureType.ED25519, bytes(32))
OTHER = SigningKey.from_seed("example.com/b", SignatureType.ED25519, b"\1" * 32)
MLDSA44 = SigningKey.from_seed("example.com/a", SignatureType.MLDSA44_NOTE, b"\2" * 32)
TEXT = b"first\nsecond\n"


def line(name, data):
    return DASH + name + b" " + write_base64(data) + b"\n"


def test_notes_of_others_are_read(vectors):
    foreign = vectors / "foreign"
    key = parse_vkey((foreign / "ed25519.vkey").read_text("utf-8").strip())
    raw = (foreign / "ed25519.note").read_bytes()
    assert open_note(raw, [key]) == b"This is an example message.\n"


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.encode),
    st.integers(0, 3),
)
def test_text_comes_back_with_its_empty_lines(line_, empty):
    text = b"\n" * empty + line_ + b"\n" * (empty + 1)
    assert open_note(sign_note(text, [ED25519]), [ED25519.key]) == text


def test_note_is_split_at_its_last_empty_line():
    text = b"a\n\nb\n\n" + line(b"example.com/x", b"idididid") + b"\nc\n"
    raw = sign_note(text, [ED25519])
    assert split_note(raw)[0] == text
    assert open_note(raw, [ED25519.key]) == text


def test_every_verifier_must_have_signed():
    raw = sign_note(TEXT, [ED25519, MLDSA44])
    assert open_note(raw, [ED25519.key, MLDSA44.key]) == TEXT
    assert open_note(raw, [MLDSA44.key]) == TEXT
    with pytest.raises(BadCheckpoint, match="missing"):
        open_note(raw, [ED25519.key, OTHER.key])
    with pytest.raises(BadCheckpoint, match="no key"):
        open_note(raw, [])


def test_signature_of_an_unknown_key_is_ignored():
    unknown = line(b"example.com/w", bytes(68))
    same_name = line(ED25519.key.name.encode(), bytes(68))
    same_id = line(b"example.com/w", ED25519.key.key_id + bytes(64))
    raw = sign_note(TEXT, [ED25519]) + unknown + unknown + same_name + same_id
    assert open_note(raw, [ED25519.key]) == TEXT


def test_bad_signature_of_a_known_key_fails_the_note():
    name, key_id = ED25519.key.name.encode(), ED25519.key.key_id
    raw = sign_note(TEXT, [OTHER]) + line(name, key_id + bytes(64))
    assert open_note(raw, [OTHER.key]) == TEXT
    with pytest.raises(BadCheckpoint, match="wrong"):
        open_note(raw, [OTHER.key, ED25519.key])


def test_second_signature_of_a_known_key_fails_the_note():
    raw = sign_note(TEXT, [ED25519])
    good = raw.rpartition(b"\n\n")[2]
    with pytest.raises(BadCheckpoint, match="Two"):
        open_note(raw + good, [ED25519.key])
    bad = line(ED25519.key.name.encode(), ED25519.key.key_id + bytes(64))
    with pytest.raises(BadCheckpoint):
        open_note(raw + bad, [ED25519.key])


def test_note_signature_is_not_taken_for_a_cosignature():
    # The same key and name with the type 0x04 has another key ID: an unknown key.
    from vault.crypto.hashes import sha256

    name, public_key = ED25519.key.name.encode(), ED25519.key.public_key
    cosignature_id = sha256(name, b"\n\x04", public_key)[:4]
    signature = ed25519_sign(ED25519.seed, TEXT)
    for data in (signature, bytes(8) + signature):
        raw = TEXT + b"\n" + line(name, cosignature_id + data)
        with pytest.raises(BadCheckpoint, match="missing"):
            open_note(raw, [ED25519.key])
    timed = ed25519_sign(ED25519.seed, b"cosignature/v1\ntime 0\n" + TEXT)
    with pytest.raises(BadCheckpoint, match="wrong"):
        open_note(TEXT + b"\n" + line(name, ED25519.key.key_id + bytes(8) + timed), [ED25519.key])


def test_sixteen_signatures_and_no_more():
    signed = sign_note(TEXT, [ED25519])
    assert MAX_SIGNATURES == 16
    fifteen = b"".join(line(b"example.com/w%d" % number, bytes(68)) for number in range(15))
    assert open_note(signed + fifteen, [ED25519.key]) == TEXT
    with pytest.raises(MalformedRecord, match="17"):
        open_note(signed + fifteen + line(b"example.com/x", bytes(68)), [ED25519.key])
    sign_note(TEXT, [ED25519] * 16)
    for count in (0, 17):
        with pytest.raises(MalformedRecord):
            sign_note(TEXT, [ED25519] * count)


@pytest.mark.parametrize(
    "text", [b"", b"no newline", b"a\rb\n", b"a\0\n", b"a\tb\n", b"\xff\n", b"\xed\xa0\x80\n"]
)
def test_text_that_no_note_carries_is_refused(text):
    with pytest.raises(MalformedRecord):
        sign_note(text, [ED25519])
    with pytest.raises(MalformedRecord):
        open_note(text + b"\n" + line(b"example.com/w", bytes(68)), [ED25519.key])


SIGNATURE = write_base64(bytes(68))


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\n",
        b"no dash " + SIGNATURE + b"\n",
        b"- example.com/w " + SIGNATURE + b"\n",
        DASH + b"example.com/w " + SIGNATURE,
        DASH + b"example.com/w " + SIGNATURE + b"\r\n",
        DASH + b"example.com/w " + SIGNATURE + b" \n",
        DASH + b"example.com/w  " + SIGNATURE + b"\n",
        DASH + b" " + SIGNATURE + b"\n",
        DASH + SIGNATURE + b"\n",
        DASH + b"example.com/w\n",
        DASH + b"example.com/w \n",
        DASH + b"a+b " + SIGNATURE + b"\n",
        DASH + "a\u00a0b ".encode() + SIGNATURE + b"\n",
        DASH + "a\u2003b ".encode() + SIGNATURE + b"\n",
        DASH + b"w" * 256 + b" " + SIGNATURE + b"\n",
        DASH + b"\xff " + SIGNATURE + b"\n",
        DASH + b"example.com/w " + write_base64(bytes(4)) + b"\n",
        DASH + b"example.com/w AAAAAAA\n",
        DASH + b"example.com/w AAAAAAB=\n",
        DASH + b"example.com/w " + SIGNATURE + b"\nappended\n",
    ],
)
def test_malformed_signature_line_fails_the_note(block):
    good = sign_note(TEXT, [ED25519])
    with pytest.raises(MalformedRecord):
        open_note(TEXT + b"\n" + block, [ED25519.key])
    if block.strip():
        with pytest.raises(MalformedRecord):
            open_note(good + block, [ED25519.key])


def test_checkpoint_key_signs_nothing_but_checkpoints():
    key = SigningKey.from_seed("example.com/a", SignatureType.MLDSA44_CHECKPOINT, bytes(32))
    with pytest.raises(MalformedRecord):
        sign_note(TEXT, [key])
    raw = TEXT + b"\n" + line(b"example.com/a", key.key.key_id + bytes(2428))
    with pytest.raises(BadCheckpoint, match="wrong"):
        open_note(raw, [key.key])


def test_vkey_comes_back():
    for signing in (ED25519, OTHER, MLDSA44):
        assert parse_vkey(signing.key.encode()) == signing.key


def test_key_id_is_that_of_the_specification(vectors):
    key = parse_vkey((vectors / "foreign" / "ed25519.vkey").read_text("utf-8").strip())
    assert (key.name, key.key_id.hex()) == ("example.com/foo", "530d903a")
    assert key.type is SignatureType.ED25519


def test_plus_in_the_base64_of_a_vkey_is_part_of_it():
    number = 0
    while "+" not in (vkey := _numbered(number).encode()).split("+", 2)[2]:
        number += 1
    assert parse_vkey(vkey) == _numbered(number)


def _numbered(number):
    seed = number.to_bytes(32, "big")
    return SigningKey.from_seed("example.com/a", SignatureType.ED25519, seed).key


def material(data):
    return write_base64(data).decode()


VKEY = ED25519.key.encode()
NAME, ID, MATERIAL = VKEY.split("+", 2)


@pytest.mark.parametrize(
    "text",
    [
        "",
        NAME,
        f"{NAME}+{ID}",
        f"+{ID}+{MATERIAL}",
        f"a b+{ID}+{MATERIAL}",
        f"example.com/b+{ID}+{MATERIAL}",
        f"{NAME}+{ID.upper()}+{MATERIAL}",
        f"{NAME}+00000000+{MATERIAL}",
        f"{NAME}+{ID[:-1]}+{MATERIAL}",
        f"{NAME}+{ID}+{MATERIAL}\n",
        f" {VKEY}",
        f"{NAME}+{ID}+{MATERIAL[:-1]}",
        f"{NAME}+{ID}+",
        f"{NAME}+{ID}+é",
        f"{NAME}+é+{MATERIAL}",
        f"\ud800+{ID}+{MATERIAL}",
        f"{NAME}+{ID}+{material(b'')}",
        f"{NAME}+{ID}+{material(bytes([4]) + ED25519.key.public_key)}",
        f"{NAME}+{ID}+{material(bytes([1]) + bytes(31))}",
        f"{NAME}+{ID}+{material(bytes([1]) + bytes(33))}",
        f"{NAME}+{ID}+{material(bytes([6]) + bytes(1311))}",
        f"{NAME}+{ID}+{material(bytes([255]) + bytes(1312))}",
    ],
)
def test_vkey_in_another_form_is_refused(text):
    with pytest.raises(MalformedRecord):
        parse_vkey(text)


@pytest.mark.parametrize("public_key", [b"\1" + bytes(31), bytes(32), b"\xee" + b"\xff" * 31])
def test_key_that_anybody_can_sign_for_is_refused(public_key):
    with pytest.raises(MalformedRecord):
        VerifierKey("example.com/a", SignatureType.ED25519, public_key)


def test_no_repr_shows_a_secret():
    assert ED25519.seed.hex() not in repr(ED25519)
    assert str(ED25519.seed) not in repr(ED25519)


@given(st.binary(max_size=300))
def test_whatever_is_offered_only_our_error_is_raised(raw):
    for offered in (raw, TEXT + b"\n" + DASH + raw, TEXT + b"\n" + DASH + b"n " + raw + b"\n"):
        with pytest.raises(LedgerError):
            open_note(offered, [ED25519.key])
