"""What was brought in with the wrong passphrase moves up, and the log below closes behind it."""

from __future__ import annotations

import pytest

from operations.desk import PHOTO, Desk, commits_of, items_with, listed, no_progress
from seam.crashing import CrashingDisk, crash_states
from vault.catalog.store import MEDIA, RECORD
from vault.errors import ContainerFull, Damaged, NotFound, UsageError, VaultError
from vault.ledger.leaf import parse_leaf
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.log import write_proof
from vault.operations.opened import OpenVault
from vault.operations.protection import further_volumes
from vault.operations.put_right import plan_put_right, put_right
from vault.operations.reading import show_entry

WORD = b"quetzalcoatl"


@pytest.fixture
def mixed(deep_desk):
    """Return a desk whose lower volume has what should be above: entries 1 and 3."""
    desk = deep_desk
    with desk.open("v", "one") as vault:
        write_note(vault, {"title": b"harmless"})
        write_note(vault, {"title": WORD, "description": WORD * 200})
        desk.add(vault, desk.file("kept", PHOTO * 2), fields={"title": b"family"})
        desk.add(vault, desk.file("moved", WORD + PHOTO * 3), fields={"title": WORD})
        write_note(vault, {"title": b"last", "place": b"Herat"})
        vault.catalog.erase_fields(vault.catalog.origin, 4, ["place"])
        vault.commit()
    return desk


def put(desk, *items, level=0):
    with desk.open("v", "two", level=level) as vault:
        return put_right(vault, plan_put_right(vault, items), no_progress)


def test_entries_move_up_whole_and_the_log_below_has_no_gap(mixed):
    with mixed.open("v", "two") as vault:
        write_note(vault, {"title": b"above"})
    assert [1, 2] == put(mixed, "3", "1")
    with mixed.open("v", "one", writable=False) as vault:
        assert [(0, "harmless"), (1, "family"), (2, "last")] == listed(vault)
        assert PHOTO * 2 == mixed.content(vault, "1")
        assert 1 == len(vault.volume.objects(MEDIA))
        assert () == vault.catalog.search(WORD.decode())
        assert "place" not in show_entry(vault, "2").values
    with mixed.open("v", "two", writable=False) as vault:
        assert [(0, "above"), (1, WORD.decode()), (2, WORD.decode())] == listed(vault)
        assert WORD + PHOTO * 3 == mixed.content(vault, "2")
        assert WORD * 200 == show_entry(vault, "1").values["description"]
    assert mixed.check("v", "one").sound
    assert mixed.check("v", "two").sound


def test_what_stays_keeps_its_time_and_what_stands_before_it_its_leaf(mixed):
    def seen():
        with mixed.open("v", "one", writable=False) as vault:
            catalog = vault.catalog
            entries = catalog.entries_of(catalog.origin)
            return catalog.leaf(catalog.origin, 0), {e.title: e.added for e in entries}

    leaf, added = seen()
    put(mixed, "1")
    after, times = seen()
    assert leaf == after
    assert added == times


def test_the_log_below_tells_by_no_record_that_something_was_in_it(mixed):
    put(mixed, "1", "3")
    with mixed.open("v", "one", writable=False) as vault:
        numbers = vault.catalog._db.execute("SELECT number, kind FROM records").fetchall()
        assert [*range(1, len(numbers) + 1)] == [number for number, _ in numbers]
        assert all(kind for _, kind in numbers)
        leaves = [parse_leaf(vault.catalog.leaf(vault.catalog.origin, seq)) for seq in range(3)]
        assert [0, 1, 2] == [leaf.seq for leaf in leaves]


def test_the_words_are_in_no_block_below_once_every_row_is_written_anew(mixed):
    put(mixed, "1", "3")
    with mixed.open("v", "two") as vault:
        for _ in range(vault.session.geometry.rows):
            vault.commit()
    with mixed.open("v", "one", writable=False) as vault:
        reader = vault.volume.reader
        for row, known in enumerate(vault.volume.state.table):
            sealer = reader.keys.block(known.epoch, known.commit_id)
            for position in range(reader.share.blocks):
                if reader.open(reader.read(row, position, 1), row, position, sealer):
                    assert WORD not in bytes(reader.plain)


def test_an_entry_of_which_a_signed_state_left_stays(mixed):
    """Who has that state would see the log rewritten."""
    with mixed.open("v", "one") as vault:
        write_proof(vault, "0", str(mixed.folder / "proof"))
        write_note(vault, {"title": b"after it left"})
    with mixed.open("v", "two", level=0) as vault:
        for item in ("0", "4"):
            with pytest.raises(VaultError, match="signed state of 5 entries"):
                plan_put_right(vault, [item])
    assert [0] == put(mixed, "5")
    with mixed.open("v", "one") as vault:
        assert 5 == vault.catalog.next_seq(vault.catalog.origin)
        write_proof(vault, "0", str(mixed.folder / "second"))
    assert mixed.check("v").sound


def test_entries_go_where_it_was_said_whatever_else_is_opened_meanwhile(tmp_path, made):
    desk = Desk(tmp_path, disk=made[3].fork(), seed=301)
    with desk.open("v", "one") as vault:
        write_note(vault, {"title": WORD})
    with desk.open("v", "two", level=0) as vault:
        plan = plan_put_right(vault, ["0"])
        with further_volumes(vault) as unlock:
            unlock("three")
            assert [0] == put_right(vault, plan, no_progress)
    with desk.open("v", "two", writable=False) as vault:
        assert [(0, WORD.decode())] == listed(vault)


def test_after_a_power_cut_an_entry_is_above_or_below_never_lost(mixed, rng):
    """One commit takes it out below and publishes it above."""
    disk = CrashingDisk(mixed.disk)
    put(Desk(mixed.folder, disk=disk, seed=302), "3")
    seen = set()
    for state in crash_states(disk.log, rng, 25):
        desk = Desk(mixed.folder, disk=state.disk, seed=303)
        with desk.open("v", "two", writable=False, level=0) as vault:
            below = [title for _, title in listed(vault)]
            above = [title for _, title in listed(OpenVault(vault.session, 1, vault.place, "v"))]
            assert check_vault(vault, no_progress).sound, repr(state)
        seen.add((len(below), len(above)))
    assert {(5, 0), (4, 1)} == seen


@pytest.mark.parametrize(("passphrase", "level"), [("one", None), ("two", None), ("two", 1)])
def test_from_the_most_secret_open_volume_there_is_nowhere_to_go(mixed, passphrase, level):
    with mixed.open("v", passphrase, level=level) as vault:
        texts = set()
        for item in ("0", "7"):
            with pytest.raises(UsageError) as refused:
                plan_put_right(vault, [item])
            texts.add(str(refused.value))
    assert {"There is no more secret volume open than the one that is worked on."} == texts


def test_what_is_not_there_or_erased_is_refused(mixed):
    with mixed.open("v", "two", level=0) as vault:
        with pytest.raises(NotFound):
            plan_put_right(vault, ["0", "9"])
        vault.catalog.erase_fields(
            vault.catalog.origin,
            1,
            ["title", "description", "kind", "collected-at", "clock-source", "tool"],
        )
        vault.commit()
        with pytest.raises(VaultError, match="Nothing is left"):
            plan_put_right(vault, ["1"])


def test_a_damaged_volume_is_left_as_it_is(mixed):
    with mixed.open("v", "one") as vault:
        vault.volume.drop(MEDIA, vault.volume.objects(MEDIA)[0], 0)
        vault.commit()
    with mixed.open("v", "two", level=0) as vault, pytest.raises(Damaged):
        plan_put_right(vault, ["1"])


def test_without_room_above_everything_is_where_it_was(mixed, monkeypatch):
    from vault.operations import put_right as module

    def no_room(*_):
        raise ContainerFull("full")

    with mixed.open("v", "two", level=0) as vault:
        plan = plan_put_right(vault, ["1", "3"])
        monkeypatch.setattr(module, "append", no_room)
        with pytest.raises(ContainerFull):
            put_right(vault, plan, no_progress)
        assert 5 == len(listed(vault))
        assert 0 == len(vault.session.volumes[1].pending)
    assert mixed.check("v", "one").sound
    assert mixed.check("v", "two").sound


def test_files_received_with_the_same_bytes_keep_them(mixed, made):
    """An own file and a received one may stand in the same blocks."""
    desk = Desk(mixed.folder, disk=mixed.disk, seed=300)
    desk.disk.nodes["p"] = made[1].fork().nodes["v"]
    desk.introduce("p", "partner", desk.card("v"))
    desk.introduce("v", "sender", desk.card("p"))
    with desk.open("p") as vault:
        desk.add(vault, desk.file("same", WORD + PHOTO * 3))
        bundle = desk.seal(vault, "partner", "bundle")
    with desk.open("v", "one") as vault:
        desk.receive(vault, bundle)
        assert 2 == len(vault.volume.objects(MEDIA))
    put(desk, "3")
    with desk.open("v", "one", writable=False) as vault:
        assert WORD + PHOTO * 3 == desk.content(vault, "sender/0")
    assert desk.check("v", "one").sound


def test_records_beyond_the_new_end_are_gone(mixed):
    with mixed.open("v", "one", writable=False) as vault:
        before = len(vault.volume.numbers(RECORD, 0))
    put(mixed, "1")
    with mixed.open("v", "one", writable=False) as vault:
        assert before > len(vault.volume.numbers(RECORD, 0))
        assert not vault.catalog.rebuilt


def test_between_the_commits_of_a_large_move_a_file_is_whole_where_its_entry_stands(deep_desk):
    """Text and file together are more than one commit carries."""
    desk = deep_desk
    content = bytes(77 * 1024)
    with desk.open("v", "one") as vault:
        for _ in range(3):
            write_note(vault, {"title": b"long", "description": WORD * 2_500})
        desk.add(vault, desk.file("photo", content))
    with desk.open("v", "two", level=0) as vault:
        states = commits_of(desk, vault)
        put_right(vault, plan_put_right(vault, ["0", "1", "2", "3"]), no_progress)
    assert 1 < len(states)
    for disk in states:
        cut = Desk(desk.folder, disk=disk, seed=304)
        with cut.open("v", "two") as vault:
            cut.add(vault, cut.file("other", PHOTO))  # takes back what no entry names
        for secret in ("one", "two"):
            report = cut.check("v", secret)
            assert (True, ()) == (report.sound, report.losses.record_blocks)
        places = [items_with(cut, level, content) for level in (0, 1)]
        assert [] != places[0] + places[1]
    assert ([], [3]) == tuple(places)
