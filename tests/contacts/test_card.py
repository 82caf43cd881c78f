from __future__ import annotations

import base64
from pathlib import Path

import pytest

from vault.contacts.card import MAX_CARD_SIZE, make_card, parse_card
from vault.contacts.fingerprint import fingerprint
from vault.contacts.recipient import write_recipient
from vault.crypto.hybrid_kem import HybridIdentity
from vault.errors import BadCard
from vault.ledger.keys import LogKeys

VECTORS = Path(__file__).parent.parent / "vectors" / "contacts"
LOG_KEYS = LogKeys.from_seed(b"\x01" * 32)
OTHER_KEYS = LogKeys.from_seed(b"\x02" * 32)
RECIPIENT = (VECTORS / "recipient.txt").read_text("ascii").strip()
OTHER_RECIPIENT = write_recipient(HybridIdentity(bytes(32)).recipient)
TEXT = (VECTORS / "card-text.txt").read_bytes()
CARD = (VECTORS / "card.txt").read_bytes()


def signed(text: bytes, keys: LogKeys = LOG_KEYS) -> bytes:
    """Any text whatever, under the signatures of both manifest keys."""
    note = text + b"\n"
    for signer in keys.manifest_signers:
        signature = base64.b64encode(signer.key.key_id + signer.sign(text)).decode()
        note += f"— {signer.key.name} {signature}\n".encode()
    return note


def test_stored_card_is_read():
    card = parse_card(CARD)
    assert card.text == TEXT
    assert card.recipient == RECIPIENT
    assert LOG_KEYS.public == card.keys
    assert LOG_KEYS.origin == card.origin
    assert fingerprint(TEXT) == card.fingerprint


def test_made_card_has_the_text_of_the_vector_and_is_read():
    raw = make_card(LOG_KEYS, RECIPIENT)
    assert parse_card(CARD) == parse_card(raw)
    assert raw != CARD  # ML-DSA is randomised


def test_lines_of_a_card_are_in_their_order():
    lines = TEXT.decode("ascii").split("\n")
    names = [line.split(" ")[0] for line in lines]
    expected = "amanat-card/v1 age log checkpoint checkpoint manifest manifest "
    assert expected.split(" ") == names


def test_card_for_a_recipient_that_is_none_is_not_made():
    with pytest.raises(BadCard):
        make_card(LOG_KEYS, RECIPIENT.upper())


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_bare_recipient_is_read_with_one_fingerprint_whatever_its_end_of_line(end):
    card = parse_card(RECIPIENT.encode() + end)
    assert (card.recipient, card.keys, card.origin) == (RECIPIENT, None, None)
    assert fingerprint(RECIPIENT.encode() + b"\n") == card.fingerprint


@pytest.mark.parametrize("end", [b"\n\n", b"\r", b" ", b"\nx", b"\0", b"\r\n\r\n", b"\n\r"])
def test_bare_recipient_with_more_behind_it_is_refused(end):
    with pytest.raises(BadCard):
        parse_card(RECIPIENT.encode() + end)


def test_every_byte_of_a_card_counts():
    for place in range(len(CARD)):
        altered = bytearray(CARD)
        altered[place] ^= 1 << place % 8
        with pytest.raises(BadCard):
            parse_card(bytes(altered))


def test_every_truncation_of_a_card_is_refused():
    for length in range(0, len(CARD), 7):
        with pytest.raises(BadCard):
            parse_card(CARD[:length])


MALFORMED = {
    "other version": (b"amanat-card/v1", b"amanat-card/v2"),
    "byte-order mark": (b"amanat-card/v1", b"\xef\xbb\xbfamanat-card/v1"),
    "CRLF": (b"amanat-card/v1\n", b"amanat-card/v1\r\n"),
    "empty line": (b"amanat-card/v1\n", b"amanat-card/v1\n\n"),
    "unknown line": (b"amanat-card/v1\n", b"amanat-card/v1\nname Amina\n"),
    "two spaces": (b"\nage ", b"\nage  "),
    "line without value": (b"\nlog " + LOG_KEYS.origin.encode(), b"\nlog "),
    "line more at the end": (b"\n", b"\nmanifest x\n"),
    "upper-case recipient": (RECIPIENT.encode(), RECIPIENT.upper().encode()),
    "recipient of another kind": (RECIPIENT.encode(), b"age1qqqqqq"),
    "another log's origin": (
        b"log " + LOG_KEYS.origin.encode(),
        b"log " + OTHER_KEYS.origin.encode(),
    ),
    "upper-case origin": (
        b"log " + LOG_KEYS.origin.encode(),
        b"log " + LOG_KEYS.origin.upper().encode(),
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_card_that_breaks_the_grammar_is_refused_though_rightly_signed(case):
    old, new = MALFORMED[case]
    head, found, tail = TEXT.rpartition(old) if case.endswith("the end") else TEXT.partition(old)
    assert found
    with pytest.raises(BadCard):
        parse_card(signed(head + new + tail))


def lines_of(keys: LogKeys) -> list[bytes]:
    return parse_card(make_card(keys, RECIPIENT)).text.splitlines(keepends=True)


@pytest.mark.parametrize("place", [3, 4, 5, 6])
def test_card_with_one_key_of_another_log_is_refused(place):
    lines = lines_of(LOG_KEYS)
    lines[place] = lines_of(OTHER_KEYS)[place]
    with pytest.raises(BadCard):
        parse_card(signed(b"".join(lines)))


@pytest.mark.parametrize("place", [3, 5])
def test_card_with_keys_in_another_order_is_refused(place):
    lines = lines_of(LOG_KEYS)
    lines[place], lines[place + 1] = lines[place + 1], lines[place]
    with pytest.raises(BadCard):
        parse_card(signed(b"".join(lines)))


def test_card_with_one_key_in_both_places_is_refused():
    lines = lines_of(LOG_KEYS)
    lines[4] = lines[3]
    with pytest.raises(BadCard):
        parse_card(signed(b"".join(lines)))


def test_card_under_another_logs_signatures_is_refused():
    with pytest.raises(BadCard):
        parse_card(signed(TEXT, OTHER_KEYS))


def test_card_with_a_stripped_signature_is_refused():
    head, signatures = CARD.rsplit(b"\n\n", 1)
    first, second = signatures.splitlines(keepends=True)
    for kept in (b"", first, second, first + first):
        with pytest.raises(BadCard):
            parse_card(head + b"\n\n" + kept)


def test_recipient_that_was_exchanged_is_refused():
    with pytest.raises(BadCard):
        parse_card(CARD.replace(RECIPIENT.encode(), OTHER_RECIPIENT.encode()))


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        b"\xec" + b"\xff" * 30 + b"\x7f",
        b"\xee" + b"\xff" * 30 + b"\x7f",
        b"\xff" * 32,
    ],
    ids=["order 4", "identity", "order 2", "not canonical", "not on the curve"],
)
def test_ed25519_key_that_is_no_valid_point_is_refused(point):
    from vault.crypto.hashes import sha256

    lines = lines_of(LOG_KEYS)
    name = f"{LOG_KEYS.origin}/manifest".encode()
    key_id = sha256(name, b"\n\x01", point)[:4].hex().encode()
    lines[5] = b"manifest %s+%s+%s\n" % (name, key_id, base64.b64encode(b"\x01" + point))
    with pytest.raises(BadCard, match="not valid"):
        parse_card(signed(b"".join(lines)))


def test_long_card_is_refused_before_it_is_read():
    for raw in (CARD + b"x" * MAX_CARD_SIZE, b"age1pq1" + b"q" * MAX_CARD_SIZE):
        with pytest.raises(BadCard, match="This card is too long"):
            parse_card(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"\n\n",
        b"\0",
        b"\xff" * 100,
        b"age1",
        b"age1pq",
        b"age1pq1\xff",
        "age1pq1é".encode(),
        b"amanat-card/v1\n",
        b"AGE-SECRET-KEY-PQ-1",
        b"a" * (MAX_CARD_SIZE + 1),
        b"\n" * MAX_CARD_SIZE,
        CARD + CARD,
        CARD + b"\n",
        b"\n" + CARD,
        CARD.replace(b"\n", b"\r\n"),
    ],
    ids=range(17),
)
def test_what_is_no_card_is_refused(raw):
    with pytest.raises(BadCard):
        parse_card(raw)
