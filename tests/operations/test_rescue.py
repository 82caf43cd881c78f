"""Every kind of damage in turn: what can be read is brought back, the rest is named by entry."""

from __future__ import annotations

import pytest

from operations.damages import GEOMETRY, LENGTH, NEW, judge, made, readable, rescue
from operations.desk import PASSPHRASES, listed, no_progress
from seam.small import EDGE
from vault.catalog.store import MEDIA, PAGE, RECORD
from vault.container.cell import CELL_UNIT
from vault.errors import UnlockError
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.reading import show_entry


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return made(tmp_path_factory.mktemp("rescue"))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A vault of one volume: rescued fast."""
    return made(tmp_path_factory.mktemp("small"), 1)


def test_a_sound_vault_is_brought_over_whole_and_goes_on(scene):
    desk = scene.fork()
    assert [] == judge(scene, desk)
    with desk.open("n", "tre") as vault:
        assert 4 == write_note(vault, {"title": b"after"})
    with desk.open("n", "tre", writable=False) as vault:
        assert [0, 1, 2, 3, 4] == [seq for seq, _title in listed(vault)]


def test_without_the_front_head_the_back_one_opens(scene):
    desk = scene.fork()
    desk.disk.damage("v", 0, bytes(EDGE))
    with pytest.raises(UnlockError) as caught:
        rescue(desk, "three")
    assert "rescue --from-end" in caught.value.hint
    assert [] == judge(scene, desk, (0, EDGE), from_end=True)


def test_the_back_head_is_found_by_the_original_size_where_bytes_were_added(scene):
    desk = scene.fork()
    desk.disk.put("v", bytes(EDGE) + desk.disk.read("v")[EDGE:] + bytes(5000))
    with pytest.raises(UnlockError):
        rescue(desk, "three", from_end=True)
    assert [] == judge(scene, desk, (0, EDGE), from_end=True, length=LENGTH)


def test_without_any_cell_the_newest_root_stands_in(scene):
    desk = scene.fork()
    for end in (0, 1):
        for slot in (0, 1):
            desk.disk.damage("v", GEOMETRY.cell_offset(end, slot), bytes(CELL_UNIT))
    assert [] == judge(scene, desk)


def spoil_newest_cells(desk):
    """Take away what the last commit wrote of cells; the one before it has its own."""
    with desk.open("v", "one", writable=False) as vault:
        slot = vault.session.status(0).commits % 2
    for end in (0, 1):
        desk.disk.damage("v", GEOMETRY.cell_offset(end, slot), bytes(CELL_UNIT))


def test_without_the_newest_cells_the_newest_root_stands_in(scene):
    """The other slot tells of a state that is one save older: it is not believed."""
    desk = scene.fork()
    spoil_newest_cells(desk)
    assert [] == judge(scene, desk)


def test_without_the_newest_cells_and_rows_it_is_told_that_more_may_be_lost(scene):
    desk = scene.fork()
    spoil_newest_cells(desk)
    first = GEOMETRY.row_offset(newest_row(scene.desk))
    desk.disk.damage("v", first, bytes(GEOMETRY.pitch))
    assert [True] * 3 == [report.end for report in rescue(desk, "three")]


def roots_of(row):
    """Offsets of all blocks of all levels' roots in a row."""
    for share in GEOMETRY.shares:
        for position in (*range(share.root), *range(share.blocks - share.root, share.blocks)):
            yield GEOMETRY.row_offset(row) + (share.first + position) * GEOMETRY.sealed


def newest_row(desk):
    with desk.open("v", "one", writable=False) as vault:
        return (vault.session.status(0).epoch - 1) % GEOMETRY.rows


@pytest.mark.long
@pytest.mark.parametrize("back", [0, 1, 2, 3, 5, 8, 13, 21, 34])
def test_every_copy_of_the_roots_of_a_row_may_be_gone(scene, back):
    """The newest row included: what it alone holds is found by the headers of its blocks."""
    desk = scene.fork()
    for at in roots_of((newest_row(desk) - back) % GEOMETRY.rows):
        desk.disk.damage("v", at, bytes(GEOMETRY.sealed))
    reports = rescue(desk, "three")
    for held, report in zip(scene.held, reports, strict=True):
        assert ([], back == 0) == (report.lost, report.end)
        with desk.open("n", NEW[report.level], writable=False) as vault:
            assert held.entries == readable(desk, vault)
            assert check_vault(vault, no_progress).sound


@pytest.mark.parametrize("rows", [2, 4, 10])
def test_the_roots_of_the_newest_rows_may_be_gone_all_together(scene, rows):
    """Of commits before the last one nothing tells the id: their blocks were moved, or are lost."""
    desk = scene.fork()
    newest = newest_row(desk)
    for back in range(rows):
        for at in roots_of((newest - back) % GEOMETRY.rows):
            desk.disk.damage("v", at, bytes(GEOMETRY.sealed))
    for held, report in zip(scene.held, rescue(desk, "three"), strict=True):
        assert_true_or_named(desk, held, report)


def test_without_any_root_at_all_it_is_what_the_last_commits_wrote(scene):
    """The cells tell the ids of two commits; each moved what stood ahead of it, too."""
    desk = scene.fork()
    for row in range(GEOMETRY.rows):
        for at in roots_of(row):
            desk.disk.damage("v", at, bytes(GEOMETRY.sealed))
    for held, report in zip(scene.held, rescue(desk, "three"), strict=True):
        assert report.end
        assert_true_or_named(desk, held, report)


def assert_true_or_named(desk, held, report):
    """What is there and not named is as it was; something is there."""
    with desk.open("n", NEW[report.level], writable=False) as vault:
        found = readable(desk, vault)
    named = {int(lost.item) for lost in report.lost}
    true = {seq: content for seq, content in found.items() if seq not in named}
    assert true
    assert true == {seq: held.entries[seq] for seq in true}
    assert report.end or set(held.entries) == set(true) | named


def test_without_any_root_or_cell_every_volume_begins_anew_and_it_is_told(scene):
    desk = scene.fork()
    desk.disk.put("v", desk.disk.read("v")[:EDGE])
    desk.disk.damage("v", GEOMETRY.cell_offset(0, 0), bytes(EDGE // 2))
    reports = rescue(desk, "three")
    assert [True] * 3 == [report.anew for report in reports]
    assert not any(report.whole for report in reports)
    with desk.open("n", "tre") as vault:
        assert [] == listed(vault)
        write_note(vault, {"title": b"goes on"})


def test_rows_written_with_a_less_secret_passphrase_are_no_loss_above(scene):
    desk = scene.fork()
    with desk.open("v", "one") as vault:
        write_note(vault, {"title": b"below"})
    reports = rescue(desk, "three")
    assert [(True, 0), (True, 1), (True, 1)] == [(one.whole, one.since) for one in reports]


def test_a_volume_without_name_and_keys_is_read_under_another_name_and_goes_on(scene):
    desk = scene.fork()
    desk.disk.damage("v", GEOMETRY.row_offset(12) - 17_000, bytes(131_072))
    reports = rescue(desk, "three")
    assert any(report.nameless for report in reports)
    for report in reports:
        if report.nameless:
            assert not report.whole
            with desk.open("n", NEW[report.level], allow_altered=True) as vault:
                assert f"volume {report.level + 1}" == vault.label
                (log,) = {entry.origin for entry in vault.catalog.newest()}
                assert "lost-log-1" == vault.catalog.contact_of(log).name
                assert "note 1" == show_entry(vault, "lost-log-1/3").entry.title
                assert 0 == write_note(vault, {"title": b"goes on"})
                assert not check_vault(vault, no_progress).sound


@pytest.mark.long
def test_every_block_of_a_volume_in_turn_costs_that_block(small):
    told = set()
    for (namespace, _object, number), at in sorted(small.held[0].blocks.items()):
        if namespace == PAGE and number % 4:  # each goes the same way
            continue
        desk = small.fork()
        desk.disk.flip("v", at + 50)
        found = judge(small, desk, (at, at + 1))
        assert bool(found) is (namespace == MEDIA)
        told |= {namespace}
    assert {PAGE, MEDIA, RECORD} == told


def test_records_of_a_damaged_block_come_out_of_a_damaged_index(small):
    """Of the pages that are left: only what stands in the missing one, too, is lost."""
    blocks = small.held[0].blocks
    records = sorted(name for name in blocks if name[0] == RECORD)[1::4]
    pages = sorted(name for name in blocks if name[0] == PAGE)[1::5]
    whole = 0
    for record in records:
        for page in pages:
            desk = small.fork()
            for name in (record, page):
                desk.disk.flip("v", blocks[name] + 50)
            (report,) = rescue(desk, "one")
            assert_true_or_named(desk, small.held[0], report)
            whole += report.whole
    assert 3 * len(records) * len(pages) // 4 < whole


@pytest.mark.long
@pytest.mark.parametrize("length", [1, 4096, 70_000])
def test_a_zeroed_range_costs_what_stood_there(scene, length):
    lost = set()
    first = GEOMETRY.row_offset(0)
    for start in range(first, first + 24 * GEOMETRY.pitch, 24 * GEOMETRY.pitch // 4):
        desk = scene.fork()
        desk.disk.damage("v", start, bytes(length))
        lost |= {*judge(scene, desk, (start, start + length))}
    assert bool(lost) is (length > 4096)


@pytest.mark.long
@pytest.mark.parametrize("kept", [0.999, 0.9, 0.4, 0.2, 0.1])
def test_a_truncated_file_gives_what_is_left_of_it(scene, kept):
    """The slot tells how long it was, and with that where everything stood."""
    desk = scene.fork()
    end = int(LENGTH * kept)
    desk.disk.put("v", desk.disk.read("v")[:end])
    judge(scene, desk, (end, LENGTH))


def test_what_is_brought_back_below_does_not_depend_on_what_is_open_above(scene):
    for at in (GEOMETRY.row_offset(3), GEOMETRY.row_offset(5) + 4000):
        found = []
        for passphrase in PASSPHRASES:
            desk = scene.fork()
            desk.disk.damage("v", at, bytes(2 * GEOMETRY.pitch))
            for row in (newest_row(scene.desk), 7, 9):
                for root in roots_of(row):
                    desk.disk.damage("v", root, bytes(GEOMETRY.sealed))
            rescue(desk, passphrase)
            with desk.open("n", "uno", writable=False) as vault:
                volume = vault.volume
                found.append((listed(vault), sorted(volume.where)))
        assert found[0] == found[1] == found[2]
