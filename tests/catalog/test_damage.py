from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from catalog.book import (
    ORIGIN,
    SEED,
    TIME,
    add_file,
    add_note,
    everything,
    full_volume,
    new_volume,
    open_catalog,
    save,
)
from seam.small import seeded
from vault.catalog.bodies import LEAF, KeptLeaf
from vault.catalog.losses import EntryLoss
from vault.catalog.store import MEDIA, PAGE, RECORD
from vault.errors import Damaged, NotFound
from vault.ledger.entry import build_entry


@pytest.fixture(scope="module")
def original():
    return full_volume(notes=12)


@pytest.fixture(scope="module")
def wanted(original):
    catalog = open_catalog(original.copy())
    assert catalog.rebuilt is False
    return everything(catalog)


def pages(volume):
    return volume.numbers(PAGE, 0)


def unreadable(volume, number):
    volume.unreadable.add((PAGE, 0, number))


def deleted(volume, number):
    del volume.committed[PAGE, 0, number]


def zeroed(volume, number):
    volume.committed[PAGE, 0, number] = bytes(volume.payload)


def shortened(volume, number):
    volume.committed[PAGE, 0, number] = volume.committed[PAGE, 0, number][:-1]


def inverted(volume, number):
    volume.committed[PAGE, 0, number] = bytes(b ^ 0xFF for b in volume.committed[PAGE, 0, number])


@pytest.mark.parametrize("harm", [unreadable, deleted, zeroed, shortened, inverted])
def test_each_page_of_the_index_can_go(original, wanted, harm):
    rebuilt = 0
    for number in pages(original):
        volume = original.copy()
        harm(volume, number)
        catalog = open_catalog(volume)
        assert wanted == everything(catalog), number
        rebuilt += catalog.rebuilt
        # What is written now is whole again.
        if catalog.rebuilt:
            save(catalog, volume)
            catalog.close()
            catalog = open_catalog(volume)
            assert (False, wanted) == (catalog.rebuilt, everything(catalog)), number
        catalog.close()
    assert rebuilt > len(pages(original)) * 3 // 4


def test_all_pages_of_the_index_can_go(original, wanted):
    volume = original.copy()
    for number in pages(original):
        del volume.committed[PAGE, 0, number]
    catalog = open_catalog(volume)
    assert (True, wanted) == (catalog.rebuilt, everything(catalog))


def test_all_records_can_go_while_the_index_is_there(original, wanted):
    volume = original.copy()
    for number in volume.numbers(RECORD, 0):
        volume.unreadable.add((RECORD, 0, number))
    catalog = open_catalog(volume)
    assert (False, wanted) == (catalog.rebuilt, everything(catalog))
    assert catalog.losses(read=True).nothing
    assert catalog.repair() > 50
    save(catalog, volume)
    catalog.close()
    rebuilt = open_catalog(volume, from_records=True)
    assert wanted == everything(rebuilt)
    assert rebuilt.losses(read=True).nothing


def test_index_and_records_of_different_states_are_told_apart(original):
    older = original.copy()
    catalog = open_catalog(original.copy())
    volume = catalog._store
    add_note(catalog, "later")
    save(catalog, volume)
    catalog.close()
    for key, raw in older.committed.items():
        if key[0] == PAGE:
            volume.committed[key] = raw
    again = open_catalog(volume)
    assert (True, "later") == (again.rebuilt, again.newest()[0].title)


def test_damage_found_while_writing_costs_nothing(original, wanted):
    for number in pages(original)[1::3]:
        volume = original.copy()
        catalog = open_catalog(volume)
        unreadable(volume, number)
        seq = add_note(catalog, "later", "words of it")
        catalog.erase_fields(ORIGIN, seq, ["kind"])
        save(catalog, volume)
        catalog.close()
        again = open_catalog(volume)
        found = everything(again)
        assert wanted["entries"] == found["entries"][1:], number
        assert ("later", 2) == (found["entries"][0].title, found["entries"][0].fields)
        assert (seq,) == tuple(entry.seq for entry in again.search("words"))
        again.close()


def test_damage_after_a_rebuilt_index_was_stored_is_survived_too(original, wanted):
    volume = original.copy()
    catalog = open_catalog(volume, from_records=True)
    save(catalog, volume)
    catalog._database.connection.pragma("cache_size", 1)
    for number in pages(volume)[1:]:
        unreadable(volume, number)
    assert wanted == everything(catalog)


# Records


def lose_index(volume):
    for number in pages(volume):
        volume.unreadable.add((PAGE, 0, number))


def test_each_block_of_records_costs_only_what_was_in_it(original, wanted):
    catalog = open_catalog(original.copy())
    places = [
        tuple(row)
        for row in catalog._db.execute('SELECT number, kind, body, block, "end" FROM records')
    ]
    seqs = {entry.number: entry.seq for entry in wanted["entries"] if entry.origin == ORIGIN}
    catalog.close()
    for lost in original.numbers(RECORD, 0):
        volume = original.copy()
        lose_index(volume)
        volume.unreadable.add((RECORD, 0, lost))
        catalog = open_catalog(volume)
        gone = {number for number, _, _, block, end in places if block <= lost <= end}
        kept = [
            tuple(row)[:3] for row in catalog._db.execute("SELECT number, kind, body FROM records")
        ]
        assert [row[:3] for row in places if row[0] not in gone] == kept, lost
        losses = catalog.losses(read=True)
        assert losses.record_blocks == (lost,)
        assert losses.nothing is (not gone)
        if 1 not in gone:
            leaves = {seqs[number] for number in gone if number in seqs}
            end = catalog.next_seq(ORIGIN)
            named = {loss.seq for loss in losses.entries if loss.leaf}
            assert {seq for seq in leaves if seq < end} == named, lost
            assert all(seq < end for seq in leaves) or losses.end
        catalog.close()


def test_a_lost_leaf_is_named_and_its_hash_taken_from_the_next(original, wanted):
    volume = original.copy()
    catalog = open_catalog(volume)
    number = catalog.entry(ORIGIN, 5).number
    block, end = catalog._db.execute(
        'SELECT block, "end" FROM records WHERE number = ?', (number,)
    ).fetchone()
    catalog.close()
    lose_index(volume)
    volume.unreadable |= {(RECORD, 0, at) for at in range(block, end + 1)}
    catalog = open_catalog(volume)
    assert EntryLoss(ORIGIN, 5, leaf=True) in catalog.losses().entries
    assert wanted["hashes"] == list(catalog.leaf_hashes(ORIGIN))
    with pytest.raises(NotFound):
        catalog.entry(ORIGIN, 5)
    # The rest works, and stays told after the index was stored.
    assert add_note(catalog, "goes on") == len(wanted["hashes"])
    save(catalog, volume)
    catalog.close()
    catalog = open_catalog(volume)
    assert catalog.rebuilt is False
    assert EntryLoss(ORIGIN, 5, leaf=True) in catalog.losses().entries


def test_two_lost_leaves_side_by_side_are_a_gap_in_the_hashes(original):
    volume = original.copy()
    catalog = open_catalog(volume)
    first, second = (catalog.entry(ORIGIN, seq).number for seq in (5, 6))
    rows = catalog._db.execute(
        'SELECT block, "end" FROM records WHERE number IN (?, ?)', (first, second)
    )
    blocks = {at for block, end in rows for at in range(block, end + 1)}
    catalog.close()
    lose_index(volume)
    volume.unreadable |= {(RECORD, 0, at) for at in blocks}
    catalog = open_catalog(volume)
    with pytest.raises(Damaged):
        list(catalog.leaf_hashes(ORIGIN))


def test_nothing_is_appended_to_a_log_whose_end_is_lost_unless_asked():
    volume = new_volume()
    catalog = open_catalog(volume)
    for number in range(5):
        add_note(catalog, f"n{number}", "x" * 700)
    save(catalog, volume)
    catalog.close()
    lose_index(volume)
    volume.unreadable.add((RECORD, 0, volume.numbers(RECORD, 0)[-1]))
    catalog = open_catalog(volume)
    known = catalog.next_seq(ORIGIN)
    assert catalog.losses().end is True
    with pytest.raises(Damaged):
        add_note(catalog, "later")
    save(catalog, volume)
    catalog.close()
    # The stored index was made without the end, and still knows it.
    catalog = open_catalog(volume)
    assert (False, True) == (catalog.rebuilt, catalog.end_is_lost())
    with pytest.raises(Damaged):
        add_note(catalog, "later")
    assert known == add_note(catalog, "later", after_loss=True)
    assert known + 1 == add_note(catalog, "and on")
    save(catalog, volume)
    catalog.close()
    for options in ({}, {"from_records": True}):
        catalog = open_catalog(volume, **options)
        assert catalog.end_is_lost() is False
        assert ["and on", "later"] == [entry.title for entry in catalog.newest(2)]
        catalog.close()


def test_lost_settings_cost_the_label_and_not_the_entries(original, wanted):
    volume = original.copy()
    lose_index(volume)
    volume.unreadable.add((RECORD, 0, 0))
    catalog = open_catalog(volume)
    for name in ("label", "origin", "log_seed"):
        with pytest.raises(Damaged):
            getattr(catalog, name)
    assert wanted["entries"][0] == catalog.newest(1)[0]
    assert catalog.losses().end is True


def test_a_block_of_records_is_repaired_from_the_index(original, wanted):
    for lost in original.numbers(RECORD, 0):
        volume = original.copy()
        volume.unreadable.add((RECORD, 0, lost))
        catalog = open_catalog(volume)
        assert catalog.losses(read=True).record_blocks == (lost,)
        catalog.repair()
        save(catalog, volume)
        assert catalog.losses(read=True).record_blocks == ()
        catalog.close()
        reopened = open_catalog(volume)
        assert reopened.rebuilt is False, lost
        reopened.close()
        rebuilt = open_catalog(volume, from_records=True)
        assert wanted == everything(rebuilt), lost
        assert rebuilt.losses(read=True).nothing, lost
        rebuilt.close()


def test_repair_of_a_whole_volume_does_nothing(original):
    volume = original.copy()
    catalog = open_catalog(volume)
    assert catalog.repair() == 0
    assert catalog.flush() is True
    assert {} == volume.staged


def test_a_block_whose_records_are_gone_is_not_repaired(original):
    volume = original.copy()
    lose_index(volume)
    volume.unreadable.add((RECORD, 0, 4))
    catalog = open_catalog(volume)
    catalog.repair()
    assert catalog.losses(read=True).record_blocks == (4,)


def test_the_log_goes_on_behind_an_unreadable_tail(original, wanted):
    volume = original.copy()
    volume.unreadable.add((RECORD, 0, volume.numbers(RECORD, 0)[-1]))
    catalog = open_catalog(volume)
    add_note(catalog, "later")
    save(catalog, volume)
    catalog.close()
    catalog = open_catalog(volume)
    assert (False, "later") == (catalog.rebuilt, catalog.newest()[0].title)
    assert wanted["entries"] == catalog.newest(1000)[1:]


# Files


def test_lost_blocks_of_a_file_are_counted_by_entry(original):
    catalog = open_catalog(original.copy())
    entry = next(found for found in catalog.newest(1000) if found.media)
    volume = catalog._store
    volume.unreadable.add((MEDIA, entry.media.object_id, 0))
    del volume.committed[MEDIA, entry.media.object_id, 1]
    assert [EntryLoss(ORIGIN, entry.seq, chunks=1)] == [*catalog.losses().entries]
    assert [EntryLoss(ORIGIN, entry.seq, chunks=2)] == [*catalog.losses(read=True).entries]
    assert catalog.losses().nothing is False


def test_an_empty_file_loses_nothing():
    volume = new_volume()
    catalog = open_catalog(volume)
    add_file(catalog, volume, b"")
    save(catalog, volume)
    assert catalog.losses(read=True).nothing


def test_pages_that_are_gone_are_told(original):
    volume = original.copy()
    catalog = open_catalog(volume)
    last = pages(volume)[-3]
    unreadable(volume, last)
    losses = catalog.losses(read=True)
    assert (True, (last,)) == (losses.nothing, losses.pages)


# Records of other kinds and records that make no sense


def with_record(volume, kind, body):
    catalog = open_catalog(volume)
    draft = catalog._stream.draft()
    draft.append(kind, body)
    catalog._stream.adopt(draft)
    catalog._stream.stage()
    volume.commit()
    catalog.close()
    return open_catalog(volume)


@pytest.mark.parametrize("kind", range(1, 10))
@pytest.mark.parametrize("body", [b"", b"\xff" * 40, bytes(300)], ids=["empty", "ones", "zeros"])
def test_a_record_that_makes_no_sense_is_kept_and_counted(original, wanted, kind, body):
    catalog = with_record(original.copy(), kind, body)
    assert (True, 1) == (catalog.rebuilt, catalog.refused)
    assert wanted == everything(catalog)
    assert catalog.losses().nothing


def test_a_record_of_an_unknown_kind_is_kept(original, wanted):
    catalog = with_record(original.copy(), 200, b"from the future")
    assert (True, 0) == (catalog.rebuilt, catalog.refused)
    assert wanted == everything(catalog)
    volume = catalog._store
    add_note(catalog, "later")
    save(catalog, volume)
    catalog.close()
    rebuilt = open_catalog(volume, from_records=True)
    assert (
        rebuilt._db.execute("SELECT body FROM records WHERE kind = 200").get == b"from the future"
    )


def test_of_two_leaves_with_one_number_the_first_counts(original, wanted):
    forged = build_entry(ORIGIN, 1, bytes(32), {"title": b"forged"}, seeded(9)).leaf
    catalog = with_record(original.copy(), LEAF, KeptLeaf(TIME, forged).encode())
    assert wanted["leaves"] == everything(catalog)["leaves"]


def test_seed_and_label_are_read_again_after_reload(original):
    catalog = open_catalog(original.copy())
    catalog.reload()
    assert (SEED, "Notes") == (catalog.log_seed, catalog.label)


def test_threads_take_turns(original, wanted):
    for number in pages(original)[5::9]:
        volume = original.copy()
        catalog = open_catalog(volume)
        unreadable(volume, number)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _, it=catalog: everything(it), range(4)))
        assert [wanted] * 4 == found
        catalog.close()
