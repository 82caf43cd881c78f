"""Every way in which a bundle can be wrong; none of them is accepted."""

from __future__ import annotations

import hashlib

import pytest

from vault.errors import MalformedBundle, NotForUs, SyncError
from vault.sync.age_stream import CHUNK_SIZE, SEALED_CHUNK_SIZE
from vault.sync.manifest import MAX_MANIFEST_SIZE, ManifestFile, sign_manifest
from vault.sync.padme import OVERHEAD_SIZE, body_size, padme

PARTS = {"a": bytes(range(256)) * 600, "b/c": b"second", "d": b""}


@pytest.fixture(scope="module")
def bundle(workshop) -> bytes:
    """Three chunks and a part of a fourth."""
    return workshop.bundle(PARTS)


@pytest.fixture(scope="module")
def body(workshop) -> bytes:
    return workshop.body(PARTS)


def edges(bundle: bytes) -> list[int]:
    return list(range(OVERHEAD_SIZE, len(bundle), SEALED_CHUNK_SIZE))


def chunks(bundle: bytes) -> list[bytes]:
    return [bundle[at : at + SEALED_CHUNK_SIZE] for at in edges(bundle)]


def test_bundle_of_these_tests_has_several_chunks_and_is_sound(workshop, bundle, body):
    assert len(chunks(bundle)) == 3
    assert PARTS == workshop.contents(bundle) == workshop.contents(workshop.seal_body(body))


def test_truncation_at_and_around_every_chunk_edge_is_refused(workshop, bundle):
    around = {edge + shift for edge in (*edges(bundle), len(bundle)) for shift in range(-20, 21)}
    for length in {0, 1, 22, 1500, 1626, 1627, *around}:
        if length < len(bundle):
            with pytest.raises(MalformedBundle):
                workshop.contents(bundle[:length])


@pytest.mark.parametrize("more", [b"\0", b"\n", bytes(16), bytes(17), bytes(SEALED_CHUNK_SIZE)])
def test_appended_bytes_are_refused(workshop, bundle, more):
    with pytest.raises(MalformedBundle):
        workshop.contents(bundle + more)


def test_bundle_twice_in_one_file_is_refused(workshop, bundle):
    with pytest.raises(MalformedBundle):
        workshop.contents(bundle + bundle)


def test_chunks_swapped_doubled_or_left_out_are_refused(workshop, bundle):
    header, (first, second, third) = bundle[:OVERHEAD_SIZE], chunks(bundle)
    for altered in (
        (second, first, third),
        (first, third, second),
        (third, second, first),
        (first, first, second, third),
        (first, second, second, third),
        (first, second, third, third),
        (second, third),
        (first, third),
        (first, second),
    ):
        with pytest.raises(MalformedBundle):
            workshop.contents(header + b"".join(altered))


def test_header_of_one_bundle_with_the_payload_of_another_is_refused(workshop, bundle):
    other = workshop.bundle(PARTS)
    for cut in (OVERHEAD_SIZE - 16, OVERHEAD_SIZE, OVERHEAD_SIZE + SEALED_CHUNK_SIZE):
        with pytest.raises(MalformedBundle):
            workshop.contents(bundle[:cut] + other[cut:])


def test_every_bit_of_the_nonce_counts(workshop, bundle):
    for bit in range(16 * 8):
        altered = bytearray(bundle)
        altered[OVERHEAD_SIZE - 16 + bit // 8] ^= 1 << bit % 8
        with pytest.raises(MalformedBundle):
            workshop.contents(bytes(altered))


def test_padding_that_is_not_zero_is_refused(workshop, body):
    end = len(body.rstrip(b"\0"))
    for place in (end, end + 1, CHUNK_SIZE * 2, len(body) - 1):
        altered = bytearray(body)
        altered[max(place, end)] ^= 1
        with pytest.raises(MalformedBundle):
            workshop.contents(workshop.seal_body(bytes(altered)))


def test_length_that_is_not_the_padme_one_is_refused(workshop, body):
    content = len(body.rstrip(b"\0"))
    lengths = [
        content,
        content + 1,
        len(body) - 1,
        len(body) + 1,
        len(body) + CHUNK_SIZE,
        body_size(len(body) + 1),
    ]
    for length in lengths:
        altered = body.ljust(length, b"\0")[:length]
        with pytest.raises(MalformedBundle):
            workshop.contents(workshop.seal_body(altered))


def test_padding_of_a_terabyte_is_given_up_at_its_first_byte_too_many(workshop, body):
    longer = workshop.seal_body(body + bytes(64 * CHUNK_SIZE))
    taken = 0

    def reader(size: int) -> bytes:
        nonlocal taken
        taken += size
        return longer[taken - size : taken]

    from vault.sync.bundle import open_bundle

    with pytest.raises(MalformedBundle, match="longer"):
        list(open_bundle(reader, [workshop.recipient]).files())
    assert taken < len(body) + 40 * SEALED_CHUNK_SIZE < len(longer)


@pytest.mark.parametrize("change", [-1, 1, 1000, 2**40, 2**62])
def test_size_that_lies_is_refused(workshop, change):
    manifest = workshop.manifest(PARTS)
    first = manifest.files[0]
    lie = ManifestFile(first.name, first.size + change, first.sha256)
    note = sign_manifest(workshop.manifest(PARTS, files=(lie, *manifest.files[1:])), workshop.keys)
    with pytest.raises(MalformedBundle):
        workshop.contents(workshop.seal_body(workshop.body(PARTS, note)))


def test_sizes_whose_sum_is_right_are_refused_if_each_is_wrong(workshop):
    manifest = workshop.manifest(PARTS)
    first, second, third = manifest.files
    lies = (
        ManifestFile(first.name, first.size - 1, first.sha256),
        ManifestFile(second.name, second.size + 1, second.sha256),
        third,
    )
    note = sign_manifest(workshop.manifest(PARTS, files=lies), workshop.keys)
    with pytest.raises(MalformedBundle):
        workshop.contents(workshop.seal_body(workshop.body(PARTS, note)))


def test_file_list_longer_than_the_body_is_refused(workshop):
    extra = (ManifestFile("e", 2**62, hashlib.sha256(b"").digest()),) * 1
    manifest = workshop.manifest(PARTS)
    note = sign_manifest(workshop.manifest(PARTS, files=manifest.files + extra), workshop.keys)
    with pytest.raises(MalformedBundle, match="shorter"):
        workshop.contents(workshop.seal_body(workshop.body(PARTS, note)))


@pytest.mark.parametrize("length", [0, 1, 100, 2**24, MAX_MANIFEST_SIZE + 1, 2**31, 2**32 - 1])
def test_manifest_length_that_lies_is_refused(workshop, body, length):
    with pytest.raises(MalformedBundle):
        workshop.contents(workshop.seal_body(length.to_bytes(4, "big") + body[4:]))


def test_manifest_above_16_mib_is_refused_before_it_is_read(workshop):
    body = (MAX_MANIFEST_SIZE + 1).to_bytes(4, "big") + bytes(CHUNK_SIZE)
    with pytest.raises(MalformedBundle, match="too long"):
        workshop.opened(workshop.seal_body(body))


def test_manifest_length_one_off_is_refused(workshop, body):
    length = int.from_bytes(body[:4], "big")
    for lie in (length - 1, length + 1):
        with pytest.raises(MalformedBundle):
            workshop.contents(workshop.seal_body(lie.to_bytes(4, "big") + body[4:]))


@pytest.mark.parametrize("body", [b"", b"\0", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\1", b"hello"])
def test_age_file_of_something_else_is_refused(workshop, body):
    with pytest.raises(MalformedBundle):
        workshop.contents(workshop.seal_body(body))


BAD_NAMES = {
    "twice": ("a", "a"),
    "descending": ("b", "a"),
    "upper-case": ("A", "b"),
    "reserved": ("con", "d"),
    "reserved with extension": ("b", "nul.txt"),
    "traversing": ("../a", "b"),
    "traversing inside": ("a/../../b", "c"),
    "absolute": ("/a", "b"),
    "drive": ("c:a", "d"),
    "backslash": ("a\\b", "c"),
    "control character": ("a\x1b[2j", "b"),
    "empty part": ("a//b", "c"),
}


@pytest.mark.parametrize("case", BAD_NAMES)
def test_names_that_may_not_be_are_refused_though_rightly_signed(workshop, case):
    head = b"\n".join(workshop.manifest({}).text().split(b"\n")[:7]) + b"\n"
    empty = hashlib.sha256(b"").hexdigest()
    lines = "".join(f"file 0 {empty} {name}\n" for name in BAD_NAMES[case])
    note = workshop.note(head + lines.encode())
    with pytest.raises(MalformedBundle):
        workshop.opened(workshop.seal_body(workshop.body({}, note)))


def test_manifest_for_another_recipient_is_refused(workshop):
    note = sign_manifest(workshop.manifest(PARTS, to=bytes(32)), workshop.keys)
    with pytest.raises(NotForUs):
        workshop.opened(workshop.seal_body(workshop.body(PARTS, note)))


def test_total_of_a_bundle_of_another_writer_is_padme_too(workshop, body):
    assert padme(len(workshop.seal_body(body))) == len(workshop.seal_body(body))


@pytest.mark.parametrize("garbage", [b"", b"\0" * 65536, b"\xff" * 1000, b"age-encryption.org/v1"])
def test_what_is_no_bundle_is_refused(workshop, garbage):
    with pytest.raises(SyncError):
        workshop.opened(garbage)
