from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest

from vault.contacts.card import make_card
from vault.errors import BadCheckpoint, MalformedBundle, MalformedRecord
from vault.ledger.keys import LogKeys
from vault.ledger.tree_head import Checkpoint
from vault.sync.manifest import (
    MAX_MANIFEST_SIZE,
    Manifest,
    ManifestFile,
    parse_manifest,
    recipient_digest,
    sign_manifest,
    verify_manifest,
)

PARTS = {"card": b"x", "entries/0/leaf": b"leaf", "zz": b""}
EMPTY = hashlib.sha256(b"").hexdigest()


@pytest.fixture
def manifest(workshop) -> Manifest:
    return workshop.manifest(PARTS)


def test_manifest_is_the_text_of_the_vector(vectors, workshop):
    expected = (vectors / "manifest.txt").read_bytes()
    note = workshop.note(expected)
    manifest = parse_manifest(note)
    verify_manifest(manifest, note, workshop.keys.public)
    assert expected == manifest.text()


def test_recipient_digest_is_sha256_of_the_text_without_newline(workshop):
    recipient = workshop.recipient.recipient
    expected = hashlib.sha256(recipient.encode()).digest()
    assert expected == recipient_digest(recipient)
    assert recipient == recipient.lower()


def test_signed_manifest_is_verified_and_read_back(workshop, manifest):
    note = sign_manifest(manifest, workshop.keys)
    assert manifest == parse_manifest(note)
    verify_manifest(manifest, note, workshop.keys.public)


def test_time_is_written_in_utc_without_fraction(manifest):
    from dataclasses import replace

    kabul = timezone(timedelta(hours=4, minutes=30))
    made = datetime(2026, 3, 4, 9, 36, 7, 999_999, tzinfo=kabul)
    assert b"\nmade 2026-03-04T05:06:07Z\n" in replace(manifest, made=made).text()
    assert datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC) == manifest.made


def test_time_without_zone_is_not_written(manifest):
    from dataclasses import replace

    with pytest.raises(MalformedRecord):
        replace(manifest, made=datetime(2026, 3, 4)).text()  # noqa: DTZ001


def lines_with(text: bytes, old: bytes, new: bytes) -> bytes:
    assert text.count(old) == 1
    return text.replace(old, new)


MALFORMED = {
    "other version": (b"amanat-bundle/v1", b"amanat-bundle/v2"),
    "no version": (b"amanat-bundle/v1\n", b""),
    "byte-order mark": (b"amanat-bundle/v1", b"\xef\xbb\xbfamanat-bundle/v1"),
    "seq of zero": (b"seq 1", b"seq 0"),
    "leading zero": (b"seq 1", b"seq 01"),
    "sign": (b"seq 1", b"seq +1"),
    "seq above 63 bits": (b"seq 1", b"seq 9223372036854775808"),
    "no seq": (b"seq 1\n", b""),
    "seq twice": (b"seq 1\n", b"seq 1\nseq 1\n"),
    "seq after made": (b"seq 1\nmade 2026-03-04T05:06:07Z", b"made 2026-03-04T05:06:07Z\nseq 1"),
    "two spaces": (b"seq 1", b"seq  1"),
    "tab": (b"seq 1", b"seq\t1"),
    "trailing space": (b"seq 1\n", b"seq 1 \n"),
    "CRLF": (b"seq 1\n", b"seq 1\r\n"),
    "empty line": (b"seq 1\n", b"seq 1\n\n"),
    "unknown line": (b"seq 1\n", b"seq 1\nmore 1\n"),
    "local time": (b"2026-03-04T05:06:07Z", b"2026-03-04T05:06:07+00:00"),
    "no such day": (b"2026-03-04", b"2026-02-30"),
    "base of no entries with a root": (f"base 0 {EMPTY}".encode(), b"base 0 " + b"0" * 64),
    "base after head": (f"base 0 {EMPTY}".encode(), b"base 4 " + b"0" * 64),
    "two roots of one size": (f"base 0 {EMPTY}".encode(), b"base 3 " + b"0" * 64),
    "base without root": (f"base 0 {EMPTY}".encode(), b"base 0"),
    "upper-case root": (EMPTY.encode() + b"\nhead", EMPTY.upper().encode() + b"\nhead"),
    "upper-case name": (b" card\n", b" Card\n"),
    "traversing name": (b" card\n", b" ../card\n"),
    "absolute name": (b" card\n", b" /card\n"),
    "reserved name": (b" card\n", b" con\n"),
    "name with space": (b" card\n", b" a b\n"),
    "no name": (b" card\n", b"\n"),
    "names not ascending": (b" card\n", b" zzz\n"),
    "name twice": (b" card\n", b" entries/0/leaf\n"),
    "size of leading zeros": (b"file 1 ", b"file 01 "),
    "negative size": (b"file 1 ", b"file -1 "),
    "size above 63 bits": (b"file 1 ", b"file 9223372036854775808 "),
    "size of thousands of digits": (b"file 1 ", b"file " + b"1" * 5000 + b" "),
    "media under another digest": (b" zz\n", b" media/" + b"0" * 64 + b"\n"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_manifest_that_breaks_the_grammar_is_refused_though_rightly_signed(
    workshop, manifest, case
):
    old, new = MALFORMED[case]
    text = lines_with(manifest.text(), old, new)
    with pytest.raises(MalformedBundle):
        parse_manifest(workshop.note(text))


@pytest.mark.parametrize("size", [0, 1, 100])
def test_manifest_cut_off_is_refused(workshop, manifest, size):
    note = sign_manifest(manifest, workshop.keys)
    with pytest.raises(MalformedBundle):
        parse_manifest(note[:size])


def test_manifest_without_signatures_is_refused(manifest):
    with pytest.raises(MalformedBundle):
        parse_manifest(manifest.text())


def test_manifest_with_a_stripped_signature_is_not_verified(workshop, manifest):
    note = sign_manifest(manifest, workshop.keys)
    head, signatures = note.rsplit(b"\n\n", 1)
    first, second = signatures.splitlines(keepends=True)
    for kept in (first, second):
        stripped = head + b"\n\n" + kept
        assert manifest == parse_manifest(stripped)
        with pytest.raises(BadCheckpoint):
            verify_manifest(manifest, stripped, workshop.keys.public)


def test_manifest_signed_with_the_checkpoint_keys_is_not_verified(workshop, manifest):
    from vault.ledger.note import sign_note

    ed25519 = workshop.keys.checkpoint_signers[0]
    note = sign_note(manifest.text(), [ed25519])
    with pytest.raises(BadCheckpoint):
        verify_manifest(manifest, note, workshop.keys.public)


def test_manifest_with_the_signatures_of_another_one_is_not_verified(workshop, manifest):
    from dataclasses import replace

    other = sign_manifest(replace(manifest, seq=2), workshop.keys)
    spliced = manifest.text() + b"\n" + other.rsplit(b"\n\n", 1)[1]
    with pytest.raises(BadCheckpoint):
        verify_manifest(manifest, spliced, workshop.keys.public)


def test_manifest_of_another_log_is_not_verified(workshop, manifest):
    note = sign_manifest(manifest, workshop.keys)
    with pytest.raises(MalformedBundle):
        verify_manifest(manifest, note, LogKeys.from_seed(b"\x07" * 32).public)


def test_manifest_is_not_signed_with_another_logs_keys(manifest):
    with pytest.raises(MalformedRecord):
        sign_manifest(manifest, LogKeys.from_seed(b"\x07" * 32))


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": -1},
        {"to": bytes(31)},
        {"files": (ManifestFile("B", 0, bytes(32)),)},
        {"files": (ManifestFile("b", -1, bytes(32)),)},
        {"files": (ManifestFile("b", 0, bytes(31)),)},
        {"files": (ManifestFile("b", 0, bytes(32)), ManifestFile("a", 0, bytes(32)))},
        {"files": (ManifestFile("a", 0, bytes(32)),) * 2},
        {"files": (ManifestFile("a\nfile 0", 0, bytes(32)),)},
    ],
    ids=repr,
)
def test_value_that_no_reader_accepts_is_not_written(workshop, change):
    with pytest.raises(MalformedRecord):
        workshop.manifest(PARTS, **change).text()


def test_head_with_a_wrong_root_is_not_written(workshop):
    origin = workshop.keys.origin
    for head in (Checkpoint(origin, 0, bytes(32)), Checkpoint(origin, 3, bytes(31))):
        with pytest.raises(MalformedRecord):
            workshop.manifest(PARTS, head=head).text()


def test_list_of_files_above_16_mib_is_not_signed(workshop):
    line = len(f"file 0 {EMPTY} {0:0120}\n")
    files = tuple(
        ManifestFile(f"{number:0120}", 0, bytes(32)) for number in range(MAX_MANIFEST_SIZE // line)
    )
    with pytest.raises(MalformedRecord, match="16 MiB"):
        sign_manifest(workshop.manifest({}, files=files), workshop.keys)


def test_card_is_no_manifest(workshop):
    card = make_card(workshop.keys, workshop.recipient.recipient)
    with pytest.raises(MalformedBundle):
        parse_manifest(card)
