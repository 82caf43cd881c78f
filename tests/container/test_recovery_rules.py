"""How the root is chosen, rule by rule: what follows, contradicts, outweighs another.

docs/format/container.md, "Opening", 2 to 5. What comes of it for whoever opens a file is in
test_recovery.py, test_two_histories.py and test_altered.py.
"""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from container.key_holder import history
from container.test_altered import impossible_roots
from container.test_in_place import Torn
from container.test_recovery import copy_cells, copy_row, pages, two_histories
from container.test_two_histories import Histories
from container.worlds import PATH, read_all, texts
from vault.container import recovery
from vault.container.block import PAGE
from vault.container.geometry import Geometry
from vault.container.root import Root, RootHead, Row

ONE, OTHER = bytes(16), bytes(15) + b"\1"


def claim_of(commit_id, *, table=(), contradicted=0):
    root = Root(RootHead(9, commit_id, 1, 1, b""), list(table))
    return recovery._Claim(root, set(), 9, contradicted, put_back=False)


@contextmanager
def searched(world, level=2, cell=None):
    """A search for the root of a level, as if this were the cell; the file's own by default."""
    session = world.open(writable=False)
    yield recovery._Search(session.volumes[level].reader, cell or session._cell)
    session.close()


@pytest.mark.parametrize(
    ("row", "follows"),
    [
        ((5, ONE), True),
        ((5, OTHER), False),
        ((7, OTHER), True),
        ((3, ONE), True),
        ((3, OTHER), False),
    ],
)
def test_a_root_follows_another_that_its_table_has_or_has_something_later_for(row, follows):
    claim = claim_of(OTHER, table=[Row(0, OTHER), Row(*row)])
    assert follows == claim.follows(RootHead(5, ONE, 1, 1, b""))


@pytest.mark.parametrize(
    ("named", "contradicted", "others", "outweighs"),
    [
        (False, 4, 5, True),
        (False, 3, 5, True),
        (False, 5, 5, False),
        (True, 2, 5, True),
        (True, 2, 4, False),
        (True, 3, 5, False),
        (True, 2, 6, True),
        (True, 0, 1, True),
        (True, None, 5, False),
    ],
)
def test_a_root_that_the_cell_names_counts_double(named, contradicted, others, outweighs):
    world, _ = history(2)
    with searched(world) as search:
        commit_id = search._cell.commit_id if named else bytes(16)
        other = claim_of(commit_id, contradicted=others)
        assert outweighs == search._outweighs(contradicted, other)


def test_a_root_may_have_as_much_live_as_a_level_takes_and_no_more(monkeypatch):
    world, _ = history(2)
    with searched(world) as search:
        newest = search.known[0]
        live = sum(row.count for row in search._claim(newest).root.table)
        monkeypatch.setattr(Geometry, "limit", lambda *_: live)
        assert search._claim(newest)
        monkeypatch.setattr(Geometry, "limit", lambda *_: live - 1)
        assert search._claim(newest) is None


def test_what_a_later_save_may_have_left_begins_after_the_root_and_behind_the_cell():
    world, _ = history(2)
    with searched(world) as search:
        cell = search._cell
        root, most = search._claim(search.known[0]).root, search._geometry.max_commit_rows
        assert cell.epoch == root.last + 1
        for seen, first in ((0, 0), (-2, 0), (5, 5)):
            search._cell = cell._replace(epoch=cell.epoch + seen)
            expected = range(root.last + 1 + first, root.last + 1 + first + most)
            assert {epoch % 64: epoch for epoch in expected} == search._later(root)
        search._cell = None
        assert {(root.last + at) % 64: root.last + at for at in range(1, most + 1)} == (
            search._later(root)
        )


def test_what_comes_one_save_later_does_not_contradict_a_root_and_what_comes_two_later_does():
    world, _ = history(8)
    with searched(world) as search:
        newest, before, third, *_ = search.known
        cell = search._cell._replace(epoch=third.epoch + 1, commit_id=third.commit_id)
    assert [1, 2] == [newest.counter - before.counter, newest.counter - third.counter]
    with searched(world, cell=cell) as search:
        assert [0, 0, 1] == [*map(search._against, (newest, before, third))]


def test_what_was_written_since_is_as_far_as_an_unfinished_save_behind_the_cell_reaches():
    world, _ = history(2)
    with searched(world) as search:
        geometry = search._geometry
    most = geometry.max_commit_rows
    for last, epoch, first in ((99, 100, 100), (99, 110, 100), (120, 110, 110), (9, 100, 100)):
        expected = range(first, epoch + most) if last != 9 else range(64)
        assert {at % 64 for at in expected} == recovery._written_since(geometry, last, epoch)


def test_only_the_next_save_may_have_left_blocks_under_ids_of_its_own():
    world, _ = history(8)
    with searched(world) as search:
        newest, before, third, *_ = search.known
        cell = search._cell._replace(epoch=third.epoch + 1, commit_id=third.commit_id)
    with searched(world, cell=cell) as search:
        root = search._claim(third).root
        own = (before.epoch, before.commit_id)
        assert [own] == search._unfinished_in(before.epoch % 64, root)
        assert [] == search._unfinished_in(newest.epoch % 64, root)


def test_each_of_two_roots_in_a_torn_row_is_read_for_itself():
    torn = Torn()
    new, blocks = torn.written(), torn.share.blocks
    for sources in ([new, torn.raw], [torn.raw, new]):
        torn.put(sources[:1] * 6 + sources[1:] * (blocks - 6))
        with searched(torn.world, level=1) as search:
            heads = search._heads[torn.row]
            assert heads == [search._root(head).head for head in heads]
            assert 2 == len(set(heads))


def test_of_two_roots_in_a_torn_row_the_one_that_is_not_whole_is_none():
    torn = Torn()
    new, blocks = torn.written(), torn.share.blocks
    for sources in ([new, *[torn.raw] * (blocks - 1)], [*[torn.raw] * (blocks - 1), new]):
        torn.put(sources)
        with searched(torn.world, level=1) as search:
            assert [torn.old] == search._heads[torn.row]


def test_in_a_row_that_nothing_can_have_torn_the_first_copy_of_a_root_is_enough():
    world, copies = history(12)
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[2]
    at = geometry.row_offset((session.status(2).epoch - 1) % geometry.rows)
    session.close()
    at += (share.first + share.blocks - share.root) * geometry.sealed
    world.disk.damage(PATH, at, copies[0][at : at + share.root * geometry.sealed])
    session = world.open(writable=False)
    assert [] == texts(session)
    world.check(session)
    session.close()


def test_a_root_of_another_history_that_is_not_whole_hides_nothing():
    both = Histories(60, 9, 3)
    row = (both.last[1] - 1) % 64
    assert both.row_of_other(row)
    for share in both.geometry.shares:
        assert 2 == share.root
        for position in (1, share.blocks - 1):
            at = both.geometry.row_offset(row) + (share.first + position) * both.geometry.sealed
            both.world.disk.damage(PATH, at, bytes(both.geometry.sealed))
    both.check(row)


@pytest.mark.parametrize("more", [0, 1])
def test_half_a_ring_ahead_is_further_than_an_unfinished_save_can_stand(more):
    world, copies = history(3)
    session = world.open(writable=False)
    most = session.geometry.max_commit_rows
    session.close()
    world.foreign_rows(most - 1 + more, level=0)
    session = world.open()
    world.put(session, 2, {(PAGE, 0, 0): b"after the others"})
    world.commit(session)
    session.close()
    copy_cells(world, copies[-1])
    session = world.open(writable=False)
    findings = session.top.findings
    assert (bool(more), not more) == (findings.altered, findings.unfinished)
    session.close()


def test_a_row_of_another_history_that_saved_as_often_is_no_unfinished_save():
    world, other = two_histories([pages(10, b"other")], [pages(2, b"own")])
    session = world.open(writable=False)
    epoch, rows = session.status(0).epoch, session.geometry.rows
    session.close()
    copy_row(world, other, epoch % rows)
    with searched(world, level=0) as search:
        assert [epoch, epoch - 1] == [head.epoch for head in search.known[:2]]
        assert search.known[0].counter == search.known[1].counter
    session = world.open(writable=False)
    assert [] == texts(session)
    world.check(session)
    session.close()


def test_the_first_save_of_a_volume_begun_anew_counts_beyond_cells_set_back():
    world, _ = history()
    impossible_roots(world)
    before = world.disk.read(PATH)
    session = world.open(0, allow_altered=True)
    session.top.put(PAGE, 0, 0, b"anew")
    session.commit()
    session.close()
    copy_cells(world, before)
    session = world.open(0, writable=False)
    assert {bytes(read) for read in read_all(session.top).content.values()} == {b"anew"}
    assert session.top.findings.altered
    session.close()
