from __future__ import annotations

import hashlib
import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.errors import BadCard, MalformedBundle, MalformedRecord, NotForUs, SyncError
from vault.sync.bundle import BundleFile, open_bundle
from vault.sync.manifest import parse_manifest, verify_manifest
from vault.sync.padme import MIN_BUNDLE_SIZE, bundle_size, padme

PARTS = {
    "card": b"a card",
    "entries/0/fields/text": "وکیل\n".encode(),
    "entries/0/leaf": b"leaf",
    "media/" + hashlib.sha256(bytes(200_000)).hexdigest(): bytes(200_000),
    "zz/empty": b"",
}


def test_sealed_bundle_is_opened_verified_and_complete(workshop):
    bundle = workshop.bundle(PARTS)
    reader = workshop.opened(bundle)
    assert not reader.complete
    assert parse_manifest(reader.manifest_note) == reader.manifest
    verify_manifest(reader.manifest, reader.manifest_note, workshop.keys.public)
    assert workshop.contents(bundle) == PARTS


@settings(max_examples=40, deadline=None)
@given(
    parts=st.dictionaries(
        st.sampled_from(["a", "b/c", "entries/1/leaf", "z"]), st.binary(max_size=200_000)
    )
)
def test_size_is_stated_beforehand_and_padme(workshop, parts):
    sealed = workshop.sealed(parts)
    bundle = b"".join(bytes(piece) for piece in sealed.stream())
    content = 4 + len(sealed.manifest_note) + sum(map(len, parts.values()))
    assert bundle_size(content) == sealed.size == len(bundle)
    assert padme(len(bundle)) == len(bundle) >= MIN_BUNDLE_SIZE
    assert parts == workshop.contents(bundle)


def test_bundle_without_files_has_64_kib(workshop):
    bundle = workshop.bundle({})
    assert len(bundle) == MIN_BUNDLE_SIZE
    assert workshop.contents(bundle) == {}


def test_files_are_sealed_in_the_order_of_their_names(workshop):
    names = ["b", "a-b", "a/b", "a", "0"]
    sealed = workshop.sealed(dict.fromkeys(names, b"x"))
    assert sorted(names) == [file.name for file in sealed.manifest.files]
    assert parse_manifest(sealed.manifest_note) == sealed.manifest


def test_streaming_a_second_time_uses_another_file_key(workshop):
    sealed = workshop.sealed(PARTS)
    first, second = (b"".join(bytes(piece) for piece in sealed.stream()) for _ in range(2))
    assert workshop.contents(first) == workshop.contents(second) == PARTS
    shared = sum(left == right for left, right in zip(first[2000:], second[2000:], strict=True))
    assert shared < len(first) // 100


def test_recipient_in_upper_case_is_refused(workshop):
    with pytest.raises(BadCard):
        workshop.sealed(PARTS, workshop.recipient.recipient.upper())


@pytest.mark.parametrize("step", [1, 1000, 65_552, 70_000])
def test_bundle_that_arrives_in_pieces_is_opened(workshop, step):
    source = io.BytesIO(workshop.bundle(PARTS))
    reader = open_bundle(lambda size: source.read(min(size, step)), [workshop.recipient])
    assert {
        file.entry.name: b"".join(bytes(piece) for piece in file) for file in reader.files()
    } == PARTS


def test_second_identity_is_tried(workshop):
    bundle = workshop.bundle(PARTS)
    assert PARTS == workshop.contents(bundle, workshop.third, workshop.recipient)


@pytest.mark.parametrize("identities", [(), ("third",)])
def test_bundle_for_somebody_else_is_not_opened(workshop, identities):
    held = [getattr(workshop, name) for name in identities]
    with pytest.raises(NotForUs):
        open_bundle(io.BytesIO(workshop.bundle(PARTS)).read, held)


def test_bundle_resealed_to_a_third_party_is_detected(workshop):
    """The recipient opens it and passes the body on, signatures and all."""
    body = workshop.body(PARTS)
    passed_on = workshop.seal_body(body, workshop.third.recipient)
    assert workshop.contents(workshop.seal_body(body)) == PARTS
    with pytest.raises(NotForUs, match="passed on"):
        workshop.opened(passed_on, workshop.third)


def test_file_that_is_not_read_to_its_end_is_checked_all_the_same(workshop):
    body = bytearray(workshop.body(PARTS))
    reader = workshop.opened(workshop.seal_body(bytes(body)))
    for file in reader.files():
        next(file, None)
    assert reader.complete
    body[body.rindex(b"leaf")] ^= 1
    reader = workshop.opened(workshop.seal_body(bytes(body)))
    with pytest.raises(MalformedBundle, match="entries/0/leaf"):
        list(reader.files())
    assert not reader.complete


def test_bundle_that_was_not_read_to_its_end_is_not_complete(workshop):
    reader = workshop.opened(workshop.bundle(PARTS))
    for file in itertools.islice(reader.files(), len(PARTS)):
        assert b"".join(map(bytes, file)) == PARTS[file.entry.name]
    assert not reader.complete


@pytest.mark.parametrize(
    ("size", "digest", "pieces"),
    [
        (3, b"abc", [b"ab"]),
        (3, b"abc", [b"ab", b"cd"]),
        (3, b"abc", [b"abd"]),
        (0, b"", [b"a"]),
        (4, b"abc", [b"abc"]),
    ],
)
def test_file_that_is_not_what_was_announced_is_not_sealed(workshop, size, digest, pieces):
    file = BundleFile("a", size, hashlib.sha256(digest).digest(), lambda: pieces)
    sealed = workshop.sealed_files([file])
    with pytest.raises(SyncError, match="no bundle was made"):
        list(sealed.stream())


def test_file_that_does_not_end_is_given_up_at_its_first_byte_too_many(workshop):
    taken = []

    def endless():
        for piece in itertools.repeat(b"abc"):
            taken.append(piece)
            yield piece

    digest = hashlib.sha256(b"abc").digest()
    sealed = workshop.sealed_files([BundleFile("a", 3, digest, endless)])
    with pytest.raises(SyncError, match="no bundle was made"):
        list(sealed.stream())
    assert len(taken) == 2


@pytest.mark.parametrize("name", ["Card", "../a", "a//b", "con", "a b", "", "é", "a" * 122])
def test_name_that_no_reader_accepts_is_not_sealed(workshop, name):
    with pytest.raises(MalformedRecord):
        workshop.sealed({name: b""})


def test_a_name_twice_is_not_sealed(workshop):
    files = workshop.files({"a": b""}) * 2
    with pytest.raises(MalformedRecord):
        workshop.sealed_files(files)


def test_bundle_of_64_mib_is_opened_within_a_few_mebibytes(workshop):
    import tracemalloc

    piece = bytes(1 << 20)
    digest = hashlib.sha256(bytes(64 << 20)).digest()
    file = BundleFile("media/" + digest.hex(), 64 << 20, digest, lambda: [piece] * 64)
    sealed = workshop.sealed_files([file])
    bundle = b"".join(bytes(part) for part in sealed.stream())
    source = io.BytesIO(bundle)
    tracemalloc.start()
    reader = open_bundle(source.read, [workshop.recipient])
    assert sum(len(part) for file in reader.files() for part in file) == 64 << 20
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()
    assert reader.complete
