"""Any map of level 0, by who holds its key: it neither stops the levels above nor stalls them."""

from __future__ import annotations

import pytest

from container.key_holder import KeyHolder, history
from container.worlds import PATH, World, told
from vault.container.block import MEDIA, PAGE, block_name
from vault.container.recovery import _Search
from vault.container.root import RootHead, Row
from vault.container.share_io import ShareReader


def spread(total: int, rows: int, most: int) -> list[int]:
    """So many blocks, as evenly over the rows as can be."""
    return [min(most, total * (row + 1) // rows - total * row // rows) for row in range(rows)]


def packed(total: int, rows: int, most: int) -> list[int]:
    """So many blocks, in full rows from the first on."""
    return [max(0, min(most, total - row * most)) for row in range(rows)]


def alternating(total: int, rows: int, most: int) -> list[int]:
    """So many blocks, in every second row first."""
    order = [*range(0, rows, 2), *range(1, rows, 2)]
    return [packed(total, rows, most)[order.index(row)] for row in range(rows)]


@pytest.mark.parametrize("spreading", [spread, packed, alternating])
def test_one_block_more_than_a_level_may_hold_leaves_it_out(spreading):
    world, _ = history()
    holder = KeyHolder(world)
    geometry = holder.geometry
    limit = geometry.limit(0)
    holder.write_map(spreading(limit + 1, geometry.rows, geometry.shares[0].data))
    holder.leave()
    session = world.open()
    assert [False, True, True] == [volume.usable for volume in session.volumes]
    assert told(session, "Volume 1: altered")
    save_above(world, session)


@pytest.mark.parametrize("spreading", [spread, packed, alternating])
def test_as_much_as_a_level_may_hold_wherever_it_stands_lets_the_levels_above_save(spreading):
    world, _ = history()
    holder = KeyHolder(world)
    geometry = holder.geometry
    limit = geometry.limit(0)
    holder.write_map(spreading(limit, geometry.rows, geometry.shares[0].data))
    holder.leave()
    session = world.open()
    assert session.volumes[0].usable
    assert limit == session.volumes[0].used
    save_above(world, session)


def test_every_position_live_lets_the_levels_above_save():
    world, _ = history()
    holder = KeyHolder(world)
    holder.write_map([holder.geometry.shares[0].data] * holder.geometry.rows)
    holder.leave()
    session = world.open()
    assert told(session, "Volume 1: altered")
    save_above(world, session)


def save_above(world: World, session) -> None:
    """Saves of the levels above succeed, one row each once there are clean ones."""
    for number in range(12):
        for level in (1, 2):
            world.put(session, level, {(PAGE, 9, number): b"evidence"})
        epoch = session.status(0).epoch
        world.commit(session)
        world.check(session, levels=[1, 2])
        rows = session.status(0).epoch - epoch
        assert rows <= (2 * session.geometry.rows if number == 0 else 4)
    session.close()
    session = world.open()
    world.check(session, levels=[1, 2])
    session.close()


@pytest.fixture
def counted(monkeypatch):
    """Blocks of level 0 that are opened, and maps that are built."""
    counts = {"opened": 0, "maps": 0}
    open_block, build_map = ShareReader.open, _Search._build_map

    def open_counted(self, *arguments):
        counts["opened"] += self.share.level == 0
        return open_block(self, *arguments)

    def build_counted(self, *arguments):
        counts["maps"] += self._reader.share.level == 0
        return build_map(self, *arguments)

    monkeypatch.setattr(ShareReader, "open", open_counted)
    monkeypatch.setattr(_Search, "_build_map", build_counted)
    return counts


def opened_above(world: World, counts: dict[str, int]) -> dict[str, int]:
    """What opening everything cost at level 0; the levels above are whole."""
    world.disk.node(PATH).content.flat()
    counts.update(opened=0, maps=0)
    session = world.open()
    cost = dict(counts)
    assert not session.volumes[0].usable
    assert told(session, "Volume 1: altered")
    world.check(session, levels=[1, 2])
    session.close()
    return cost


def test_an_impossible_name_in_a_summary_is_seen_before_any_block_is_opened(counted):
    world, _ = history()
    holder = KeyHolder(world)
    geometry, share = holder.geometry, holder.geometry.shares[0]
    holder.write_map(spread(200, geometry.rows, share.data), odd={199: block_name(9, 0, 0)})
    holder.leave()
    cost = opened_above(world, counted)
    roots = 2 * geometry.rows * share.root
    assert cost["opened"] <= 2 * roots
    assert cost["maps"] <= 16


def test_a_name_that_stands_twice_is_seen_before_any_block_is_opened(counted):
    world, _ = history()
    holder = KeyHolder(world)
    geometry, share = holder.geometry, holder.geometry.shares[0]
    holder.write_map(spread(200, geometry.rows, share.data), odd={199: block_name(MEDIA, 5, 0)})
    holder.leave()
    cost = opened_above(world, counted)
    assert cost["opened"] <= 4 * geometry.rows * share.root
    assert cost["maps"] <= 16


def test_another_table_in_every_row_costs_a_few_rounds_of_the_share_and_no_more(counted):
    """Each root names other ids, so that no block needs to be opened twice under one."""
    world, _ = history()
    holder = KeyHolder(world)
    geometry, share = holder.geometry, holder.geometry.shares[0]
    ring, last = holder.ring(), geometry.rows - 1
    twice = Row(ring[last].epoch, b"d" * 16, 0b11 << share.root)
    for position in (share.root, share.root + 1):
        holder.write_block(twice, last, position, block_name(MEDIA, 5, 5))
    full = geometry.limit(0) - 2
    lives = [(1 << count) - 1 << share.root for count in spread(full, last, share.data)]
    for index, row in enumerate(ring[:last]):
        table = [
            Row(one.epoch + geometry.rows, b"%08d%08d" % (index, at), lives[at])
            for at, one in enumerate(ring[:last])
        ]
        head = RootHead(row.epoch, row.commit_id, index, 1, bytes(17 * share.blocks))
        holder.write_root(index, head, [*table, twice])
    for position in (0, 1, share.blocks - 2, share.blocks - 1):
        at = holder.reader.offset(last, position)
        world.disk.damage(PATH, at, bytes(geometry.sealed))
    holder.leave()
    cost = opened_above(world, counted)
    share_blocks = geometry.rows * share.blocks
    assert full < cost["opened"] <= 3 * share_blocks
    assert full * last > 20 * share_blocks, "without a bound it would be more"
    assert cost["maps"] <= 24
