from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from vault.sync.age_stream import plaintext_size, sealed_size
from vault.sync.padme import MIN_BUNDLE_SIZE, OVERHEAD_SIZE, body_size, bundle_size, padme


def test_lengths_are_those_of_the_vectors(vectors):
    expected = json.loads((vectors / "padme.json").read_text("ascii"))
    assert expected["padme"] == {length: padme(int(length)) for length in expected["padme"]}
    assert expected["bundle"] == {
        size: [bundle_size(int(size)), body_size(int(size))] for size in expected["bundle"]
    }


@given(st.integers(1, 2**62))
def test_padme_adds_at_most_twelve_percent_and_is_stable(length):
    padded = padme(length)
    assert length <= padded <= length * 1.12
    assert padded == padme(padded)


@given(st.integers(1, 2**62))
def test_padme_keeps_as_many_leading_bits_as_the_exponent_has(length):
    padded = padme(length)
    exponent = padded.bit_length() - 1
    assert padded % (1 << max(0, exponent - exponent.bit_length())) == 0


@given(st.integers(4, 2**50))
def test_bundle_is_padme_long_and_holds_its_content(content):
    total, body = bundle_size(content), body_size(content)
    assert total >= MIN_BUNDLE_SIZE
    assert total == padme(total)
    assert body >= content
    assert total == OVERHEAD_SIZE + sealed_size(body)


def test_shortest_bundle_is_64_kib_and_a_byte_more_takes_the_next_length():
    most = 65536 - OVERHEAD_SIZE - 16
    assert [bundle_size(size) for size in (4, most, most + 1)] == [65536, 65536, 67584]


def test_total_that_no_payload_has_is_passed_over():
    # The only such Padmé length below 2**58: its last chunk would have 5 bytes, less than a tag.
    impossible = 27_648_851_968
    assert impossible == padme(impossible)
    assert plaintext_size(impossible - OVERHEAD_SIZE) is None
    content = impossible - 8_000_000
    assert impossible == padme(OVERHEAD_SIZE + sealed_size(content))
    assert padme(impossible + 1) == bundle_size(content)
