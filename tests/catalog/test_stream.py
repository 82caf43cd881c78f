from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.volume_double import VolumeDouble
from vault.catalog.records import ERASED, MAX_RECORD, Record, RecordBlock
from vault.catalog.store import RECORD
from vault.catalog.stream import RecordStream, Scan
from vault.errors import Damaged, MalformedRecord

PAYLOAD = 1024
BODIES = st.lists(
    st.tuples(st.integers(1, 255), st.integers(0, 3000)).map(
        lambda pair: (pair[0], bytes([pair[0]]) * pair[1])
    ),
    min_size=1,
    max_size=30,
)


def written(bodies, payload=PAYLOAD):
    volume = VolumeDouble(payload)
    stream = RecordStream(volume)
    records = []
    for kind, body in bodies:
        draft = stream.draft()
        records.append(draft.append(kind, body))
        stream.adopt(draft)
        stream.stage()
    volume.commit()
    return volume, records


def scanned(volume):
    scan = Scan(RecordStream(volume), volume.numbers(RECORD, 0), volume.payload)
    return list(scan.records()), scan


@given(BODIES)
def test_records_come_back_with_their_places(bodies):
    volume, records = written(bodies)
    found, scan = scanned(volume)
    assert records == found
    assert (len(records) + 1, []) == (scan.following, scan.lost)


@given(BODIES)
def test_blocks_are_filled(bodies):
    volume, _ = written(bodies)
    used = sum(18 + len(body) for _, body in bodies)
    assert len(volume.committed) <= used // (PAYLOAD - 9 - 18 - 82) + 1


@given(BODIES, st.data())
def test_a_lost_block_costs_only_its_records(bodies, data):
    volume, records = written(bodies)
    lost = data.draw(st.sampled_from(volume.numbers(RECORD, 0)))
    volume.unreadable.add((RECORD, 0, lost))
    found, scan = scanned(volume)
    assert [r for r in records if not r.block <= lost <= r.end] == found
    assert [lost] == scan.lost


@given(BODIES, st.data())
def test_an_absent_block_costs_only_its_records(bodies, data):
    volume, records = written(bodies)
    lost = data.draw(st.sampled_from(volume.numbers(RECORD, 0)))
    del volume.committed[RECORD, 0, lost]
    found, _ = scanned(volume)
    assert [r for r in records if not r.block <= lost <= r.end] == found


@given(BODIES)
def test_numbers_of_a_lost_tail_are_not_given_again(bodies):
    volume, records = written(bodies)
    tail = volume.numbers(RECORD, 0)[-1]
    volume.unreadable.add((RECORD, 0, tail))
    _, scan = scanned(volume)
    assert scan.following > records[-1].number


@given(BODIES, st.data())
def test_an_erased_record_leaves_its_number_and_no_byte(bodies, data):
    volume, records = written(bodies)
    victim = data.draw(st.sampled_from(records))
    stream = RecordStream(volume)
    stream.resume(len(volume.committed), len(records) + 1)
    draft = stream.draft()
    draft.remove(victim, leave_mark=True)
    stream.adopt(draft)
    stream.stage()
    volume.commit()
    found, _ = scanned(volume)
    mark = Record(victim.number, ERASED, b"", victim.end, victim.end)
    assert sorted([mark, *(r for r in records if r != victim)], key=str) == sorted(found, key=str)
    if len(victim.body) > 2 and sum(kind == victim.kind for kind, _ in bodies) == 1:
        assert not any(victim.body[:3] in raw[9:] for raw in volume.committed.values())


@given(BODIES, BODIES)
def test_a_record_restored_keeps_its_number(first, more):
    volume, records = written(first)
    stream = RecordStream(volume)
    stream.resume(len(volume.committed), len(records) + 1)
    draft = stream.draft()
    draft.remove(records[0], leave_mark=False)
    moved = draft.restore(records[0])
    added = [draft.append(kind, body) for kind, body in more]
    stream.adopt(draft)
    stream.stage()
    volume.commit()
    found, scan = scanned(volume)
    assert sorted([moved, *records[1:], *added], key=str) == sorted(found, key=str)
    assert len(first) + len(more) + 1 == scan.following


def test_a_draft_not_adopted_changes_nothing():
    volume, records = written([(1, b"one")])
    stream = RecordStream(volume)
    stream.resume(1, 2)
    stream.draft().append(2, b"two")
    stream.stage()
    volume.commit()
    assert records == scanned(volume)[0]


def test_an_unreadable_tail_is_left_alone_and_a_new_block_begun():
    volume, _ = written([(1, b"one")])
    volume.unreadable.add((RECORD, 0, 0))
    stream = RecordStream(volume)
    stream.resume(1, 60)
    draft = stream.draft()
    record = draft.append(2, b"two")
    stream.adopt(draft)
    stream.stage()
    assert Record(60, 2, b"two", 1, 1) == record
    assert {(RECORD, 0, 0), (RECORD, 0, 1)} == set(volume._all())


def test_removing_from_an_unreadable_block_is_refused():
    volume, records = written([(1, b"one")])
    volume.unreadable.add((RECORD, 0, 0))
    with pytest.raises(Damaged):
        RecordStream(volume).draft().remove(records[0], leave_mark=True)


def test_a_record_beyond_the_limit_is_refused():
    with pytest.raises(MalformedRecord):
        RecordStream(VolumeDouble(16384)).draft().append(3, bytes(MAX_RECORD + 1))


def test_a_record_of_the_largest_size_comes_back():
    volume, records = written([(3, bytes(MAX_RECORD))], 16384)
    assert records == scanned(volume)[0]


def test_pieces_that_add_up_beyond_the_limit_are_no_record():
    volume = VolumeDouble(16384)
    from vault.catalog.records import Fragment

    count = MAX_RECORD // 16000 + 2
    for n in range(count):
        piece = Fragment(1, 3, n, n == count - 1, bytes(16000))
        volume.put(RECORD, 0, n, RecordBlock(2, (piece,)).encode())
    assert [] == scanned(volume)[0]


def test_a_block_number_out_of_all_bounds_does_not_stall():
    volume, records = written([(1, b"one")])
    volume.committed[RECORD, 0, 1 << 31] = RecordBlock(2).encode()
    found, scan = scanned(volume)
    assert records == found
    assert len(scan.lost) == 4096
