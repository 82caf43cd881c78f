"""No bit of a bundle can be changed, none taken away, none added."""

from __future__ import annotations

import io
import random as pseudorandom

import pytest

from vault.errors import VaultError
from vault.sync.bundle import open_bundle
from vault.verify.bundle import Discard, Signer, check_bundle
from verify.forge import Sender, flipped

CODES = {12, 20}
"""Exit codes: cannot be opened with this key; malformed, altered or not verified."""

CHUNK = 64 * 1024 + 16


@pytest.fixture(scope="module")
def bundle(sender):
    return sender.bundle()


@pytest.fixture(scope="module")
def large():
    """Return a bundle of several chunks; its media fill more than one commit of the partner."""
    return Sender(photo=pseudorandom.Random(1).randbytes(300_000)).bundle()


def header_of(bundle):
    """Length of header and nonce: the last line of the header begins with three dashes."""
    return bundle.index(b"\n", bundle.index(b"\n--- ") + 1) + 1 + 16


def refused(sender, bundle):
    """The error of reading a bundle in memory."""
    with pytest.raises(VaultError) as told:
        check_bundle(open_bundle(io.BytesIO(bundle).read, [sender.recipient]), Discard())
    assert told.value.exit_code in CODES
    return told.value


def test_the_bundle_is_good_to_begin_with(readers, bundle, large, sender):
    report = readers.verify(bundle, sender.card())
    assert ([0, 1, 2], Signer.BY_CARD) == ([e.seq for e in report.entries], report.signer)
    assert [0, 1, 2] == readers.receive(bundle).new
    readers.unseal(bundle)
    readers.verify(large)


def test_every_byte_of_the_header_counts(sender, bundle):
    for place in range(header_of(bundle)):
        refused(sender, flipped(bundle, place, 1 << (place % 8)))


def test_every_bit_of_the_last_header_line_counts(sender, bundle):
    for place in range(bundle.index(b"\n--- "), header_of(bundle)):
        for bit in range(8):
            refused(sender, flipped(bundle, place, 1 << bit))


def test_bytes_all_over_the_payload_count(sender, bundle):
    for place in range(header_of(bundle), len(bundle), 41):
        refused(sender, flipped(bundle, place, 1 << (place % 8)))


def test_it_cannot_be_cut_anywhere(sender, bundle):
    header = header_of(bundle)
    for length in {*range(0, header + 40, 3), *range(header, len(bundle), 499), len(bundle) - 1}:
        refused(sender, bundle[:length])


def test_nothing_can_be_put_behind_it(sender, bundle, large):
    for tail in (b"\0", b"\n", bytes(16), bytes(CHUNK), bundle, large[-CHUNK:]):
        refused(sender, bundle + tail)


def test_a_bundle_of_several_chunks_cannot_be_cut_at_their_edges(sender, large):
    header = header_of(large)
    for edge in range(header, len(large), CHUNK):
        for length in (edge - 1, edge, edge + 1, edge + 16):
            if length < len(large):
                refused(sender, large[:length])


def test_chunks_cannot_be_swapped_doubled_or_left_out(sender, large):
    header = header_of(large)
    chunks = [large[at : at + CHUNK] for at in range(header, len(large), CHUNK)]
    assert 4 < len(chunks)
    head = large[:header]
    for number in range(len(chunks) - 1):
        swapped = [*chunks]
        swapped[number], swapped[number + 1] = swapped[number + 1], swapped[number]
        refused(sender, head + b"".join(swapped))
        refused(sender, head + b"".join([*chunks[: number + 1], *chunks[number:]]))
        refused(sender, head + b"".join([*chunks[:number], *chunks[number + 1 :]]))


def test_header_and_payload_of_two_bundles_do_not_fit(sender, bundle, large):
    refused(sender, bundle[: header_of(bundle)] + large[header_of(large) :])
    refused(sender, large[: header_of(large)] + bundle[header_of(bundle) :])


PLACES = [0, 22, 60, 500, 1600, -1, -16, -17, 3000, 20_000, 40_000]


@pytest.mark.parametrize("place", PLACES)
def test_no_command_takes_an_altered_bundle_and_nothing_stays(readers, bundle, place):
    told = readers.refusals(flipped(bundle, place))
    assert {error.exit_code for error in told} <= CODES


@pytest.mark.parametrize("number", range(5))
def test_what_was_written_before_a_bad_chunk_was_met_does_not_stay(readers, large, number):
    place = header_of(large) + number * CHUNK + 100
    told = readers.refusals(flipped(large, place))
    assert [20] * 3 == [error.exit_code for error in told]


@pytest.mark.parametrize("length", [0, 1, 21, 22, 1000, 2500, -1])
def test_no_command_takes_a_bundle_that_was_cut(readers, bundle, length):
    told = readers.refusals(bundle[:length])
    assert {error.exit_code for error in told} <= CODES


@pytest.mark.parametrize(
    "content",
    [bytes(70_000), b"\xff" * 70_000, pseudorandom.Random(3).randbytes(70_000), b"age-enc"],
    ids=["zeros", "ones", "random", "beginning"],
)
def test_what_is_no_bundle_is_told_as_such(readers, content):
    assert [20] * 3 == [error.exit_code for error in readers.refusals(content)]
