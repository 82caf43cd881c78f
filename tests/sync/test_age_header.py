from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import MalformedBundle
from vault.sync.age_header import MAX_HEADER_SIZE, Stanza, encode_header, read_header
from vault.sync.age_hybrid import unwrap_file_key, wrap_file_key
from vault.sync.intake import Intake
from vault.sync.padme import OVERHEAD_SIZE

KEY = bytes(16)


def read(raw: bytes):
    return read_header(Intake(io.BytesIO(raw).read))


def test_header_with_one_hybrid_stanza_has_the_length_that_sizes_are_reckoned_with(workshop):
    key = workshop.recipient._key.recipient
    assert len(encode_header([wrap_file_key(key, KEY)], KEY)) + 16 == OVERHEAD_SIZE


@given(
    st.lists(
        st.builds(
            Stanza,
            st.lists(
                st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), min_size=1
            ).map(tuple),
            st.binary(max_size=150),
        ),
        max_size=4,
    )
)
def test_written_header_is_read_back(stanzas):
    raw = encode_header(stanzas, KEY)
    header = read(raw + b"payload")
    assert tuple(stanzas) == header.stanzas
    header.check(KEY)


def test_header_under_another_file_key_is_refused():
    header = read(encode_header([Stanza(("x",), b"")], KEY))
    with pytest.raises(MalformedBundle):
        header.check(b"another key here")


@pytest.mark.parametrize("step", [1, 7, 4096])
def test_bytes_that_arrive_in_small_pieces_make_the_same_header(step):
    raw = encode_header([Stanza(("x", "y"), bytes(100))], KEY)
    source = io.BytesIO(raw + b"rest")
    intake = Intake(lambda size: source.read(min(size, step)))
    assert read(raw) == read_header(intake)
    assert intake.block(10) == b"rest"


def test_every_truncation_of_a_header_is_refused():
    raw = encode_header([Stanza(("x", "y"), bytes(100))], KEY)
    for size in range(len(raw)):
        with pytest.raises(MalformedBundle):
            read(raw[:size])


def test_header_of_the_largest_size_is_read_and_a_longer_one_is_refused():
    frame = len(encode_header([Stanza(("x",), b"")], KEY))
    fitting = encode_header([Stanza(("x" * (MAX_HEADER_SIZE - frame + 1),), b"")], KEY)
    assert len(read(fitting).stanzas) == 1
    too_long = encode_header([Stanza(("x" * (MAX_HEADER_SIZE - frame + 2),), b"")], KEY)
    with pytest.raises(MalformedBundle, match="too long"):
        read(too_long)


def test_endless_header_is_given_up_after_a_mebibyte():
    taken = 0

    def endless(size: int) -> bytes:
        nonlocal taken
        first, taken = not taken, taken + size
        return (b"age-encryption.org/v1\n" if first else b"") + b"-> x\n\n" * (size // 6)

    with pytest.raises(MalformedBundle, match="too long"):
        read_header(Intake(endless))
    assert taken <= MAX_HEADER_SIZE + 4096


def test_line_without_end_is_given_up_after_a_mebibyte():
    taken = 0

    def endless(size: int) -> bytes:
        nonlocal taken
        taken += size
        return b"a" * size

    with pytest.raises(MalformedBundle, match="too long"):
        read_header(Intake(endless))
    assert taken <= MAX_HEADER_SIZE + 4096


@pytest.mark.parametrize("junk", [b"", b"\0" * 5000, b"\xff\xfe" * 5000, b"PK\x03\x04", b"\n"])
def test_what_is_no_age_file_is_refused(junk):
    with pytest.raises(MalformedBundle):
        read(junk)


def test_byte_order_mark_is_refused():
    with pytest.raises(MalformedBundle):
        read(b"\xef\xbb\xbf" + encode_header([Stanza(("x",), b"")], KEY))


@pytest.mark.parametrize("space", [b"", b"x", b"-", b"\t", b"  "])
def test_mac_behind_anything_but_one_space_is_refused(space):
    raw = encode_header([Stanza(("x",), b"")], KEY)
    with pytest.raises(MalformedBundle):
        read(raw.replace(b"--- ", b"---" + space))


def test_enc_of_another_length_is_refused_before_it_is_opened(workshop):
    identity = workshop.recipient._key
    stanza = wrap_file_key(identity.recipient, KEY)
    longer = Stanza((stanza.args[0], stanza.args[1] + "AA"), stanza.body)
    with pytest.raises(MalformedBundle):
        unwrap_file_key(identity, [longer])


def test_key_that_is_not_16_bytes_is_refused_before_it_is_opened(workshop):
    identity = workshop.recipient._key
    stanza = wrap_file_key(identity.recipient, bytes(17))
    with pytest.raises(MalformedBundle):
        unwrap_file_key(identity, [stanza])


def test_stanza_for_us_is_found_behind_stanzas_for_others(workshop):
    ours, theirs = workshop.recipient, workshop.third
    stanzas = [
        Stanza(("X25519", "share"), bytes(32)),
        wrap_file_key(theirs._key.recipient, b"their file key.."),
        wrap_file_key(ours._key.recipient, b"our file key...."),
    ]
    assert ours.unwrap(stanzas) == b"our file key...."
    assert theirs.unwrap(stanzas) == b"their file key.."
    assert ours.unwrap(stanzas[:2]) is None
