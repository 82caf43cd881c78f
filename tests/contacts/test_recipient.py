from __future__ import annotations

import pytest

from vault.contacts.recipient import RECIPIENT_LENGTH, parse_recipient, write_recipient
from vault.crypto.hybrid_kem import HybridIdentity
from vault.encoding.bech32 import encode_bech32
from vault.errors import BadCard

KEY = HybridIdentity(bytes(range(32))).recipient
TEXT = write_recipient(KEY)


def test_recipient_is_written_and_read_back():
    assert TEXT.startswith("age1pq1")
    assert len(TEXT) == RECIPIENT_LENGTH
    assert KEY.encoded == parse_recipient(TEXT).encoded


def test_every_changed_character_is_refused():
    for place in range(0, len(TEXT), 11):
        other = "q" if TEXT[place] != "q" else "p"
        with pytest.raises(BadCard):
            parse_recipient(TEXT[:place] + other + TEXT[place + 1 :])


@pytest.mark.parametrize("text", [TEXT[:-1], TEXT + "q", TEXT * 100])
def test_length_is_looked_at_before_the_checksum_is_reckoned(text):
    with pytest.raises(BadCard, match="incomplete, or too long"):
        parse_recipient(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "age1pq1",
        TEXT.upper(),
        TEXT[:-1],
        TEXT + "q",
        " " + TEXT,
        TEXT + "\n",
        TEXT[:1000] + TEXT[1000].upper() + TEXT[1001:],
        "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        encode_bech32("age1pq", KEY.encoded[:-1]),
        encode_bech32("age1pq", KEY.encoded + b"\0"),
        encode_bech32("age1pq1q", KEY.encoded[:1215]),
        encode_bech32("age1tag", bytes(33)),
        encode_bech32("age1pq", b"\xff" * 1216),
        encode_bech32("age1pq", KEY.encoded[:1184] + bytes(32)),
        "AGE-SECRET-KEY-PQ-1QQ",
        "age1pq1" + "ﷺ" * 1952,
    ],
    ids=range(17),
)
def test_what_is_no_usable_recipient_is_refused(text):
    with pytest.raises(BadCard):
        parse_recipient(text)
