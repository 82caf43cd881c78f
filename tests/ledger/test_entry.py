from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.crypto.hashes import sha256
from vault.errors import (
    BadProof,
    ChainBroken,
    Inconsistent,
    LedgerError,
    MalformedRecord,
)
from vault.ledger.chain import check_link
from vault.ledger.disclosure import MAX_VALUE_SIZE, Disclosure, commitment, parse_disclosure
from vault.ledger.entry import (
    FileValue,
    build_entry,
    check_disclosure,
    check_disclosures,
    file_value,
    parse_file_value,
)
from vault.ledger.leaf import Leaf, genesis, leaf_hash, parse_leaf

ORIGIN = "amanat.invalid/" + "ab" * 32
FOREIGN = "amanat.invalid/" + "cd" * 32
PREV = sha256(b"prev")
NAMES = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=32)


def counted(label=b"entry"):
    count = iter(range(10**9))
    return lambda length: sha256(label, b"%d" % next(count))[:length]


@given(st.dictionaries(NAMES, st.binary(max_size=40), max_size=63))
def test_every_field_of_an_entry_opens(fields):
    entry = build_entry(ORIGIN, 5, PREV, fields, counted())
    leaf = parse_leaf(entry.leaf)
    assert entry.leaf == leaf.encode()
    assert (leaf.log, leaf.seq, leaf.prev) == (ORIGIN, 5, PREV)
    found = check_disclosures(leaf, entry.disclosures)
    assert fields == {name: disclosure.value for name, disclosure in found.items()}
    assert sorted(fields) == [parse_disclosure(raw).name for raw in entry.disclosures]


@pytest.mark.parametrize(
    ("count", "width"), [(0, 8), (7, 8), (8, 16), (15, 16), (16, 32), (31, 32), (32, 64), (63, 64)]
)
@pytest.mark.parametrize("with_file", [False, True])
def test_number_of_commitments_tells_the_number_of_fields_roughly(count, width, with_file):
    fields = {f"f{number}": b"" for number in range(count)}
    if with_file:
        fields["file"] = b"value"
    entry = build_entry(ORIGIN, 0, PREV, fields, counted())
    leaf = parse_leaf(entry.leaf)
    digests = {commitment(raw) for raw in entry.disclosures}
    assert width == len(leaf.commitments)
    assert width - count == len(set(leaf.commitments) - digests)
    assert with_file is (leaf.file in digests)


def test_sixty_four_fields_are_too_many():
    fields = {f"f{number}": b"" for number in range(64)}
    with pytest.raises(MalformedRecord, match="63"):
        build_entry(ORIGIN, 0, PREV, fields, counted())
    build_entry(
        ORIGIN, 0, PREV, {f"f{number}": b"" for number in range(63)} | {"file": b""}, counted()
    )


def test_generator_that_repeats_itself_is_noticed():
    for fields in ({}, {"a": b"", "b": b""}):
        with pytest.raises(LedgerError, match="repeats"):
            build_entry(ORIGIN, 0, PREV, fields, bytes)


def test_same_value_twice_gives_unlike_commitments():
    entry = build_entry(ORIGIN, 0, PREV, {"a": b"same", "b": b"same"}, counted())
    salts = {parse_disclosure(raw).salt for raw in entry.disclosures}
    assert len(salts) == 2


def test_transplanted_disclosure_is_refused():
    fields = {"title": b"x"}
    home = build_entry(ORIGIN, 5, PREV, fields, counted())
    raw = home.disclosures[0]
    for other in (
        build_entry(FOREIGN, 5, PREV, fields, counted()),
        build_entry(ORIGIN, 6, PREV, fields, counted()),
        build_entry(ORIGIN, 5, PREV, fields, counted(b"other")),
    ):
        with pytest.raises(BadProof):
            check_disclosure(parse_leaf(other.leaf), raw)


def test_commitment_copied_into_another_log_does_not_open_there():
    raw = build_entry(ORIGIN, 5, PREV, {"title": b"x"}, counted()).disclosures[0]
    digests = tuple(sorted([commitment(raw), *(sha256(b"%d" % number) for number in range(7))]))
    for log, seq in ((FOREIGN, 5), (ORIGIN, 6)):
        with pytest.raises(BadProof):
            check_disclosure(Leaf(log, seq, PREV, PREV, digests), raw)
    assert check_disclosure(Leaf(ORIGIN, 5, PREV, PREV, digests), raw).value == b"x"


def test_file_opens_in_its_line_and_other_fields_do_not():
    as_file = Disclosure(ORIGIN, 0, "file", bytes(32), b"x").encode()
    as_title = Disclosure(ORIGIN, 0, "title", bytes(32), b"x").encode()
    rest = [sha256(b"%d" % number) for number in range(7)]
    swapped = Leaf(
        ORIGIN, 0, PREV, commitment(as_title), tuple(sorted([*rest, commitment(as_file)]))
    )
    for raw in (as_file, as_title):
        with pytest.raises(BadProof):
            check_disclosure(swapped, raw)


def test_two_openings_of_one_name_are_told():
    raws = [Disclosure(ORIGIN, 0, "title", bytes([n]) * 32, b"%d" % n).encode() for n in (1, 2)]
    rest = [sha256(b"%d" % number) for number in range(6)]
    leaf = Leaf(ORIGIN, 0, PREV, PREV, tuple(sorted([*rest, *map(commitment, raws)])))
    for raw in raws:
        check_disclosure(leaf, raw)
    with pytest.raises(Inconsistent, match="title"):
        check_disclosures(leaf, raws)
    with pytest.raises(Inconsistent):
        check_disclosures(leaf, [raws[0], raws[0]])


def test_one_disclosure_under_two_names_is_impossible():
    # The name is among the bytes that are hashed: under another name it is another digest.
    entry = build_entry(ORIGIN, 0, PREV, {"title": b"x"}, counted())
    renamed = entry.disclosures[0].replace(b"name title", b"name other")
    with pytest.raises(BadProof):
        check_disclosure(parse_leaf(entry.leaf), renamed)


def test_shared_salt_is_refused():
    raws = [Disclosure(ORIGIN, 0, name, bytes(32), b"x").encode() for name in ("a", "b")]
    rest = [sha256(b"%d" % number) for number in range(6)]
    leaf = Leaf(ORIGIN, 0, PREV, PREV, tuple(sorted([*rest, *map(commitment, raws)])))
    with pytest.raises(MalformedRecord, match="salt"):
        check_disclosures(leaf, raws)


@given(NAMES, st.integers(0, 2**63 - 1), st.binary(max_size=100))
def test_disclosure_comes_back(name, seq, value):
    disclosure = Disclosure(ORIGIN, seq, name, PREV, value)
    assert disclosure == parse_disclosure(disclosure.encode())


@pytest.mark.parametrize(
    "disclosure",
    [
        Disclosure("example.com/log", 0, "title", PREV, b""),
        Disclosure(ORIGIN, -1, "title", PREV, b""),
        Disclosure(ORIGIN, 2**63, "title", PREV, b""),
        Disclosure(ORIGIN, 0, "", PREV, b""),
        Disclosure(ORIGIN, 0, "Title", PREV, b""),
        Disclosure(ORIGIN, 0, "a" * 33, PREV, b""),
        Disclosure(ORIGIN, 0, "a\n", PREV, b""),
        Disclosure(ORIGIN, 0, "عنوان", PREV, b""),
        Disclosure(ORIGIN, 0, "title", PREV[:31], b""),
        Disclosure(ORIGIN, 0, "title", PREV + b"\0", b""),
        Disclosure(ORIGIN, 0, "title", PREV, bytes(MAX_VALUE_SIZE + 1)),
    ],
)
def test_disclosure_that_the_reader_would_refuse_is_not_written(disclosure):
    with pytest.raises(MalformedRecord):
        disclosure.encode()


def test_largest_value_comes_back():
    raw = Disclosure(ORIGIN, 0, "title", PREV, bytes(MAX_VALUE_SIZE)).encode()
    assert len(parse_disclosure(raw).value) == 16 * 1024 * 1024


COMMITMENTS = tuple(bytes([number]) * 32 for number in range(8))


@pytest.mark.parametrize(
    "leaf",
    [
        Leaf("example.com/log", 0, PREV, PREV, COMMITMENTS),
        Leaf(ORIGIN, -1, PREV, PREV, COMMITMENTS),
        Leaf(ORIGIN, 0, PREV[:31], PREV, COMMITMENTS),
        Leaf(ORIGIN, 0, PREV, PREV + b"\0", COMMITMENTS),
        Leaf(ORIGIN, 0, PREV, PREV, (*COMMITMENTS[:7], b"\xff" * 31)),
        Leaf(ORIGIN, 0, PREV, PREV, COMMITMENTS[:7]),
        Leaf(ORIGIN, 0, PREV, PREV, (*COMMITMENTS, b"\xff" * 32)),
        Leaf(ORIGIN, 0, PREV, PREV, ()),
        Leaf(ORIGIN, 0, PREV, PREV, COMMITMENTS[::-1]),
        Leaf(ORIGIN, 0, PREV, PREV, (*COMMITMENTS[:7], COMMITMENTS[6])),
        Leaf(ORIGIN, 0, PREV, COMMITMENTS[3], COMMITMENTS),
    ],
)
def test_leaf_that_the_reader_would_refuse_is_not_written(leaf):
    Leaf(ORIGIN, 0, PREV, PREV, COMMITMENTS).encode()
    with pytest.raises(MalformedRecord):
        leaf.encode()


def chain(origin, leaves):
    """The hashes of a log's leaves, each checked against the one before it."""
    hashes = [genesis(origin)]
    for seq, raw in enumerate(leaves):
        check_link(origin, seq, hashes[-1], raw)
        hashes.append(leaf_hash(raw))
    return hashes[1:]


def test_stored_log_is_a_chain(golden):
    hashes = chain(golden.keys.origin, golden.leaves)
    assert golden.facts["leaf_hashes"] == [hash_.hex() for hash_ in hashes]
    assert golden.facts["genesis"] == genesis(golden.keys.origin).hex()
    assert genesis(ORIGIN) == sha256(b"amanat-genesis/v1\n", ORIGIN.encode(), b"\n")
    assert leaf_hash(golden.leaves[0]) == sha256(b"\0", golden.leaves[0])


def test_leaf_out_of_place_breaks_the_chain(golden):
    origin, leaves = golden.keys.origin, golden.leaves
    for wrong in (
        leaves[1:],
        [leaves[0], leaves[2]],
        [leaves[0], leaves[0]],
        [leaves[1], leaves[0]],
        [leaves[0], leaves[1].replace(b"seq 1", b"seq 2", 1)],
        [leaves[0].replace(b"prev 8", b"prev 9", 1)],
    ):
        with pytest.raises(ChainBroken):
            chain(origin, wrong)
    with pytest.raises(ChainBroken):
        chain(ORIGIN, leaves)


def test_chain_tells_which_entry_breaks_it(golden):
    with pytest.raises(ChainBroken) as caught:
        check_link(golden.keys.origin, 1, PREV, golden.leaves[1])
    assert caught.value.values["seq"] == 1


def test_file_value_comes_back():
    raw = file_value(PREV, 7, "image/svg+xml")
    assert raw == b"sha256 " + PREV.hex().encode() + b"\nsize 7\ntype image/svg+xml\n"
    assert parse_file_value(raw) == FileValue(PREV, 7, "image/svg+xml")


@pytest.mark.parametrize(
    "arguments",
    [
        (PREV[:31], 7, "image/jpeg"),
        (PREV, -1, "image/jpeg"),
        (PREV, 2**63, "image/jpeg"),
        (PREV, 7, ""),
        (PREV, 7, "image"),
        (PREV, 7, "image/"),
        (PREV, 7, "image/JPEG"),
        (PREV, 7, "text/plain; charset=utf-8"),
        (PREV, 7, "image/jpeg\n"),
        (PREV, 7, "image/" + "x" * 128),
        (PREV, 7, "تصویر/jpeg"),
    ],
)
def test_impossible_file_value_is_not_written(arguments):
    with pytest.raises(MalformedRecord):
        file_value(*arguments)


def test_file_value_in_another_form_is_refused():
    raw = file_value(PREV, 7, "image/jpeg")
    for wrong in (
        b"",
        raw[:-1],
        raw + b"\n",
        raw + b"name x\n",
        raw.replace(b"\n", b"\r\n"),
        raw.replace(b"size 7", b"size 07"),
        raw.replace(b"image/jpeg", b"image/jpeg; q=1"),
        b"\n".join(reversed(raw.split(b"\n"))),
    ):
        with pytest.raises(MalformedRecord):
            parse_file_value(wrong)
