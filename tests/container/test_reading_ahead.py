"""Two threads that take turns read every block once, in order, and miss no damage."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest

from container.worlds import PATH, World, payloads, read_all
from seam.small import CATALOG_LENGTH
from vault.container.block import MEDIA, PAGE, RECORD, BlockLost, parse_name
from vault.container.reading_ahead import Opened, ReadingAhead, Run, all_runs, object_runs


def lived():
    """Return a world whose top volume has full and short blocks, old ones and moved ones."""
    world = World(2, contents=[payloads(60), payloads(90, size=1024)])
    session = world.open()
    for turn in range(9):
        changes = {(PAGE, 0, turn % 4): bytes([turn]) * 1024, (RECORD, 0, turn): b"r" * turn * 100}
        world.put(session, 1, {**changes, (MEDIA, 7, turn): bytes([turn]) * (1024 - turn % 2)})
        world.commit(session)
    session.close()
    return world


def read(world):
    """Return content by name, content of files as they are joined, and damaged names."""
    content, joined, damaged, order = {}, {}, set(), []
    session = world.open(writable=False)
    volume = session.top

    def consume(opened):
        run = opened.run
        order.append((run.namespace, run.object_id, run.first))
        for number, payload in opened.payloads(volume.payload):
            content[run.namespace, run.object_id, number] = bytes(payload)
        whole = joined.setdefault((run.namespace, run.object_id), bytearray())
        whole += b"".join(map(bytes, opened.joined(volume.payload)))
        assert -1 == min([*opened.lengths, -1])
        damaged.update((run.namespace, run.object_id, number) for number in opened.damaged)

    done = []
    ReadingAhead(volume, all_runs(volume), consume).read(done.append)
    wanted = read_all(volume)
    session.close()
    assert order == sorted(order)
    assert done[-1] == len(volume.where) * volume.payload
    return content, joined, damaged, wanted


def test_every_block_is_handed_over_once_and_in_order():
    content, joined, damaged, wanted = read(lived())
    assert (wanted.content, set()) == (content, damaged)
    for (namespace, object_id), whole in joined.items():
        names = sorted(name for name in content if name[:2] == (namespace, object_id))
        assert b"".join(content[name] for name in names) == whole


def test_damaged_blocks_are_named_and_cost_no_other():
    world = lived()
    session = world.open(writable=False)
    volume = session.top
    spots = sorted(volume.where.items())[3::11]
    session.close()
    for _, spot in spots:
        world.disk.flip(PATH, volume.reader.offset(spot >> 16, spot & 0xFFFF) + 40)
    content, joined, damaged, wanted = read(world)
    assert {parse_name(name) for name, _ in spots} == damaged == wanted.lost
    assert wanted.content == content
    names = sorted(name for name in content if name[:2] == (MEDIA, 7))
    assert b"".join(content[name] for name in names) == joined[MEDIA, 7]


def test_what_fails_while_it_is_consumed_ends_the_reading():
    world = lived()
    session = world.open(writable=False)
    taken = []

    def consume(opened):
        taken.append(opened.run)
        if len(taken) == 3:
            raise MemoryError

    with pytest.raises(MemoryError):
        ReadingAhead(session.top, all_runs(session.top), consume).read(lambda _done: None)
    assert 3 == len(taken)
    session.close()


def test_a_volume_without_blocks_is_read_at_once():
    session = World(1).open(writable=False)
    ReadingAhead(session.top, all_runs(session.top), pytest.fail).read(lambda _done: None)
    session.close()


def test_the_thread_that_waits_for_its_turn_ends_when_the_other_one_fails():
    world = World(1, contents=[payloads(40)])
    session = world.open(writable=False)
    taken = []

    def consume(opened):
        taken.append(opened.run)
        while not reading._turn._waiters:  # the other thread has read its run, and waits
            time.sleep(0.001)
        raise MemoryError

    reading = ReadingAhead(session.top, all_runs(session.top), consume)
    with pytest.raises(MemoryError):
        reading.read(lambda _done: None)
    assert 1 == len(taken)
    session.close()


def test_the_first_blocks_of_an_object_are_asked_for_in_order():
    world = lived()
    session = world.open(writable=False)
    runs = object_runs(session.top, MEDIA, 0, 90)
    assert 90 == sum(run.blocks for run in runs)
    assert [(MEDIA, 0)] * len(runs) == [(run.namespace, run.object_id) for run in runs]
    assert runs[0].first == 0
    assert all(one.first + one.blocks == other.first for one, other in pairwise(runs))
    assert [] == object_runs(session.top, MEDIA, 0, 0)
    with pytest.raises(BlockLost) as caught:
        object_runs(session.top, MEDIA, 0, 91)
    assert (MEDIA, 0, 90) == (
        caught.value.namespace,
        caught.value.object_id,
        caught.value.number,
    )
    session.close()


@pytest.mark.parametrize("wrong", [{"object_id": 2}, {"namespace": PAGE}, {"first": 1}])
def test_a_block_that_opens_and_is_another_one_is_damaged(wrong):
    """Full blocks, whose header is known beforehand, and the short one at the end."""
    world = World(1, contents=[{**payloads(3, seed=1, size=1024), (MEDIA, 1, 3): b"short"}])
    session = world.open(writable=False)
    runs = object_runs(session.top, MEDIA, 1, 4)
    seen = []
    ReadingAhead(session.top, [run._replace(**wrong) for run in runs], seen.append).read(id)
    assert 4 == sum(len(list(opened.damaged)) for opened in seen)
    assert [-1] * 4 == [length for opened in seen for length in opened.lengths]
    seen.clear()
    ReadingAhead(session.top, runs, seen.append).read(id)
    assert [1024, 1024, 1024, 5] == [size for opened in seen for size in opened.lengths]
    session.close()


@pytest.mark.parametrize(
    ("lengths", "joined"),
    [
        ([4, 4, 4, 4], ["aaaabbbbccccdddd"]),
        ([4, 4, 4, 3], ["aaaabbbbccccddd"]),
        ([4, 3, 4, 4], ["aaaabbb", "ccccdddd"]),
        ([4, -1, 4, 4], ["aaaa", "ccccdddd"]),
        ([-1, 4, 2, 4], ["bbbbcc", "dddd"]),
        ([4, 4, -1, -1], ["aaaabbbb"]),
        ([2, 0, 4, 0], ["aa", "cccc"]),
        ([-1, -1, -1, -1], []),
        ([0, 0, 0, 0], []),
    ],
)
def test_full_blocks_side_by_side_are_one_piece_and_no_other_bytes_are_in_it(lengths, joined):
    plain = memoryview(bytes(32) + b"aaaabbbbccccdddd")
    opened = Opened(Run(MEDIA, 1, 0, 4, 0), plain, lengths)
    assert joined == [bytes(part).decode() for part in opened.joined(4)]


@pytest.mark.parametrize("blocks", [64, 65, 130])
def test_more_blocks_side_by_side_than_are_read_at_once_are_all_read(blocks):
    world = World(2, contents=[{}, payloads(blocks, size=1024)], length=CATALOG_LENGTH)
    session = world.open(writable=False)
    runs = object_runs(session.top, MEDIA, 0, blocks)
    assert [min(64, blocks - first) for first in range(0, blocks, 64)] == [
        run.blocks for run in runs
    ]
    pieces = []
    reading = ReadingAhead(
        session.top, runs, lambda opened: pieces.extend(map(bytes, opened.joined(1024)))
    )
    reading.read(lambda _done: None)
    session.close()
    assert b"".join(payloads(blocks, size=1024).values()) == b"".join(pieces)


def test_how_far_it_is_is_told_while_a_run_still_takes_long():
    session = World(1, contents=[payloads(3)]).open(writable=False)
    told = threading.Event()
    heard = []
    reading = ReadingAhead(
        session.top, all_runs(session.top), lambda _opened: heard.append(told.wait(3))
    )
    reading.read(lambda _done: told.set())
    assert all(heard)
    session.close()
