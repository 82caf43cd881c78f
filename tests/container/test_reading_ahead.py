"""Two threads that take turns read every block once, in order, and miss no damage."""

from __future__ import annotations

import pytest

from container.worlds import PATH, World, payloads, read_all
from vault.container.block import MEDIA, PAGE, RECORD, parse_name
from vault.container.reading_ahead import ReadingAhead, all_runs


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
