"""Files that wait above, and are moved down one at a time."""

from __future__ import annotations

import pytest

from operations.desk import PHOTO, Desk, PlainReader, commits_of, items_with, listed, no_progress
from vault.catalog.store import MEDIA
from vault.errors import ContainerFull, NotFound, UsageError
from vault.operations.entries import write_note
from vault.operations.reading import show_entry
from vault.operations.stock import add_stock, move_down, waiting

FILES = {"a.jpg": PHOTO, "b.jpg": PHOTO * 2, "c.jpg": PHOTO * 3}


@pytest.fixture
def stocked(deep_desk):
    """Return a desk with three files in stock above, and a note in each volume."""
    desk = deep_desk
    with desk.open("v", "one") as vault:
        write_note(vault, {"title": b"below"})
    with desk.open("v", "two") as vault:
        write_note(vault, {"title": b"above"})
        paths = [desk.file(name, content) for name, content in FILES.items()]
        report = add_stock(
            vault, paths, {"place": b"Herat"}, reader=PlainReader(), progress=no_progress
        )
        assert [1, 2, 3] == [one.seq for one in report.added]
    return desk


def test_what_waits_is_listed_the_oldest_first(stocked):
    with stocked.open("v", "two", writable=False) as vault:
        found = waiting(vault)
        assert [1, 2, 3] == [entry.seq for entry in found]
        assert {"stock"} == {entry.kind for entry in found}
    with stocked.open("v", "one", writable=False) as vault:
        assert () == waiting(vault)
        assert [(0, "below")] == listed(vault)


def test_below_it_is_a_file_that_was_added_now(stocked):
    with stocked.open("v", "two") as vault:
        before = show_entry(vault, "1").values
        entry, number, label = move_down(vault, None, 0)
        assert (1, 1, "bag") == (entry.seq, number, label)
    with stocked.open("v", "one", writable=False) as vault:
        assert PHOTO == stocked.content(vault, "1")
        after = show_entry(vault, "1").values
        assert b"exhibit" == after["kind"]
        assert before["collected-at"] < after["collected-at"]
        assert {"kind", "collected-at"} == {name for name in before if before[name] != after[name]}
    assert stocked.check("v", "one").sound


def test_above_its_place_in_the_log_stays_and_its_blocks_are_free(stocked):
    with stocked.open("v", "two") as vault:
        move_down(vault, "2", 0)
        assert [1, 3] == [entry.seq for entry in waiting(vault)]
        assert 2 == len(vault.volume.objects(MEDIA))
        assert 4 == vault.catalog.next_seq(vault.catalog.origin)
    assert stocked.check("v", "two").sound


def test_stock_leaves_in_no_bundle_that_does_not_name_it(stocked, made):
    stocked.disk.nodes["p"] = made[1].fork().nodes["v"]
    stocked.introduce("v", "partner", stocked.card("p"), "two")
    with stocked.open("v", "two") as vault:
        assert [0] == [one.entry.seq for one in stocked.plan(vault, "partner").entries]
        named = stocked.plan(vault, "partner", ["1"]).entries
        assert [1] == [one.entry.seq for one in named]


@pytest.mark.parametrize(("passphrase", "level"), [("one", None), ("two", 0)])
def test_the_least_secret_volume_has_no_stock(stocked, passphrase, level):
    with stocked.open("v", passphrase, level=level) as vault:
        with pytest.raises(UsageError):
            add_stock(vault, [], {}, reader=PlainReader(), progress=no_progress)
        with pytest.raises(UsageError):
            move_down(vault, None, 0)


def test_only_stock_moves_and_only_down(stocked):
    with stocked.open("v", "two") as vault:
        for item, level in (("0", 0), ("1", 1), ("1", 2)):
            with pytest.raises(UsageError):
                move_down(vault, item, level)
        for _ in FILES:
            move_down(vault, None, 0)
        with pytest.raises(NotFound):
            move_down(vault, None, 0)


def test_without_room_below_it_goes_on_waiting(stocked, monkeypatch):
    from vault.operations import stock

    def no_room(*_):
        raise ContainerFull("full")

    with stocked.open("v", "two") as vault:
        monkeypatch.setattr(stock, "append", no_room)
        with pytest.raises(ContainerFull):
            move_down(vault, None, 0)
        assert 3 == len(waiting(vault))
    assert stocked.check("v", "two").sound
    assert stocked.check("v", "one").sound


def test_between_the_commits_of_a_large_move_a_file_is_whole_where_its_entry_stands(deep_desk):
    """Text and file together are more than one commit carries below."""
    desk, content = deep_desk, bytes(47 * 1024)
    with desk.open("v", "two") as vault:
        add_stock(
            vault,
            [desk.file("a.jpg", content)],
            {"description": b"word " * 11_000},
            reader=PlainReader(),
            progress=no_progress,
        )
        states = commits_of(desk, vault)
        move_down(vault, None, 0)
    assert 1 < len(states)
    for disk in states:
        cut = Desk(desk.folder, disk=disk, seed=305)
        assert cut.check("v", "one").sound
        assert cut.check("v", "two").sound
        places = [items_with(cut, level, content) for level in (0, 1)]
        assert [] != places[0] + places[1]
    assert ([0], []) == tuple(places)
