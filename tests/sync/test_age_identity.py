from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vault.encoding.bech32 import encode_bech32
from vault.errors import SyncError
from vault.sync.age_identity import (
    MAX_IDENTITY_FILE_SIZE,
    AgeIdentity,
    parse_identity,
    parse_identity_file,
    write_identity_file,
)

MADE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
X25519 = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0"
# From the public vector `hybrid`.
HYBRID = "AGE-SECRET-KEY-PQ-1HZLGZUPT4ETPKDEV8HSGFDCYZ4E522W0A7PU2LHT8EH9W6YLNC3SW78XKG"


@pytest.fixture(scope="module")
def identity() -> AgeIdentity:
    return AgeIdentity(b"\x02" * 32)


def test_secret_is_written_as_it_was_read():
    assert parse_identity(HYBRID).secret() == HYBRID


def test_identity_file_is_read_back(identity):
    raw = write_identity_file(identity, MADE)
    lines = raw.decode("ascii").split("\n")
    assert ["# created: 2026-03-04T05:06:07Z", f"# public key: {identity.recipient}"] == lines[:2]
    assert [identity.recipient] == [each.recipient for each in parse_identity_file(raw)]


def test_file_of_windows_and_comments_are_read(identity):
    raw = f"# كليد\r\n\r\n{identity.secret()}\r\n# end".encode()
    assert [identity.recipient] == [each.recipient for each in parse_identity_file(raw)]


def test_identities_of_other_kinds_are_passed_over(identity):
    raw = f"{X25519}\nAGE-PLUGIN-YUBIKEY-1QQ\n{identity.secret()}\n{HYBRID}\n".encode()
    assert [identity.secret(), HYBRID] == [each.secret() for each in parse_identity_file(raw)]


@pytest.mark.parametrize("raw", [b"", b"# only a comment\n", X25519.encode(), b"\n\n"])
def test_file_without_a_usable_identity_is_refused_with_a_hint(raw):
    with pytest.raises(SyncError) as refused:
        parse_identity_file(raw)
    assert refused.value.hint


@pytest.mark.parametrize(
    "line",
    [
        HYBRID.lower(),
        HYBRID[:-1],
        HYBRID + "Q",
        HYBRID[:-1] + ("Q" if HYBRID[-1] != "Q" else "P"),
        " " + HYBRID,
        HYBRID + " ",
        "hello",
        "age1pq1",
        encode_bech32("AGE-SECRET-KEY-PQ-", bytes(31)),
        encode_bech32("AGE-SECRET-KEY-PQ-", bytes(33)),
        encode_bech32("AGE-SECRET-KEY-PQX-", bytes(32)),
        "\x00",
        "ﷺ" * 20,
    ],
)
def test_line_that_is_no_identity_is_refused_and_not_repeated(line):
    with pytest.raises(SyncError) as refused:
        parse_identity_file(f"{HYBRID}\n{line}\n".encode())
    assert line.strip() not in str(refused.value)
    assert refused.value.values == {}


def test_file_that_is_no_text_or_too_large_is_refused():
    too_large = HYBRID.encode() + b"\n" + b"#" * MAX_IDENTITY_FILE_SIZE
    for raw, why in ((b"\xff\xfe", "not a key file"), (too_large, "too large")):
        with pytest.raises(SyncError, match=why):
            parse_identity_file(raw)
