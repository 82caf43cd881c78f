from __future__ import annotations

import itertools

import pytest

from catalog.book import (
    ORIGIN,
    OTHER,
    SEED,
    TIME,
    add_file,
    add_note,
    everything,
    foreign_entries,
    full_volume,
    new_volume,
    next_entry,
    open_catalog,
    put_media,
    save,
)
from seam.small import seeded
from vault.catalog import database
from vault.catalog.catalog import first_blocks
from vault.catalog.rows import Media
from vault.catalog.store import MEDIA
from vault.catalog.writing import NewEntry
from vault.crypto.hashes import sha256
from vault.errors import BadProof, ChainBroken, Damaged, Inconsistent, MalformedRecord, NotFound
from vault.ledger.entry import build_entry, file_value
from vault.ledger.leaf import genesis, leaf_hash, parse_leaf


@pytest.fixture
def volume():
    return new_volume()


@pytest.fixture
def catalog(volume):
    opened = open_catalog(volume)
    yield opened
    opened.close()


def test_a_new_volume_says_who_it_is(catalog):
    assert ("Notes", ORIGIN, SEED) == (catalog.label, catalog.origin, catalog.log_seed)
    assert (0, None, ()) == (
        catalog.next_seq(ORIGIN),
        catalog.last_leaf_hash(ORIGIN),
        catalog.newest(),
    )
    assert catalog.rebuilt is False


def test_a_label_in_any_script_comes_back():
    blocks = first_blocks(1024, label="یادداشت‌ها", origin=ORIGIN, seed=SEED, random=bytes)
    from catalog.volume_double import VolumeDouble

    assert open_catalog(VolumeDouble(1024, blocks)).label == "یادداشت‌ها"


def test_a_label_that_is_too_long_is_refused():
    with pytest.raises(MalformedRecord):
        first_blocks(1024, label="x" * 256, origin=ORIGIN, seed=SEED, random=bytes)


def test_an_entry_shows_what_its_fields_say(catalog, volume):
    add_file(catalog, volume, b"picture", "IMG 1.jpg")
    found = catalog.entry(ORIGIN, 0)
    leaf = catalog.leaf(ORIGIN, 0)
    assert ("exhibit", "IMG 1.jpg", "IMG 1.jpg", 3) == (
        found.kind,
        found.title,
        found.file_name,
        found.fields,
    )
    assert (TIME, leaf_hash(leaf)) == (found.added, found.leaf_hash)
    assert found.media == Media(1, 7, sha256(b"picture"), "image/jpeg")


def test_title_is_the_first_line_of_the_first_field_that_has_one(catalog):
    entry = next_entry(catalog, {"title": b" \n", "description": "اول\nدوم".encode()})
    catalog.append_entry(entry.leaf, entry.disclosures, added=TIME)
    assert catalog.entry(ORIGIN, 0).title == "اول"


def test_a_field_that_is_no_text_does_not_stand_in_the_way(catalog):
    entry = next_entry(catalog, {"title": b"\xff\xfe", "kind": b"\xff", "description": b"a\0b"})
    catalog.append_entry(entry.leaf, entry.disclosures, added=TIME)
    found = catalog.entry(ORIGIN, 0)
    assert ("", "a b") == (found.kind, found.title)
    assert entry.disclosures == tuple(field.raw for field in catalog.fields(ORIGIN, 0))


def following_entries(count):
    """The first entries of the own log, each after the one before."""
    prev = genesis(ORIGIN)
    for seq in range(count):
        fields = {"kind": b"note", "title": b"note %d" % seq, "place": b"Herat"}
        entry = build_entry(ORIGIN, seq, prev, fields, seeded(seq))
        prev = entry.leaf_hash
        yield NewEntry(entry.leaf, entry.disclosures)


def test_entries_appended_together_are_those_appended_one_by_one(volume):
    together, single = open_catalog(new_volume()), open_catalog(new_volume())
    assert 0 == together.append_entries(list(following_entries(40)), added=TIME)
    for seq, entry in enumerate(following_entries(40)):
        assert seq == single.append_entry(*entry, added=TIME)
    assert everything(single) == everything(together)
    assert list(single.records()) == list(together.records())


def test_of_entries_appended_together_all_are_there_or_none(catalog, volume):
    first, second, third = following_entries(3)
    before = everything(catalog)
    wrong = {
        ChainBroken: [first, third],
        BadProof: [first, second._replace(disclosures=third.disclosures)],
        MalformedRecord: [first, second._replace(leaf=second.leaf + b"\n")],
    }
    for error, entries in wrong.items():
        with pytest.raises(error):
            catalog.append_entries(entries, added=TIME)
        assert before == everything(catalog)
    assert 0 == catalog.append_entries([first, second, third], added=TIME)
    save(catalog, volume)
    assert catalog.unlike_records().nothing


def test_each_of_many_entries_has_the_whole_budget(catalog, monkeypatch):
    """What SQLite may do in one call is bounded for hostile pages, not for honest numbers."""
    monkeypatch.setattr(database, "BASE_BUDGET", 3 * database.STEP)
    monkeypatch.setattr(database, "BUDGET_PER_PAGE", 0)
    catalog.append_entries(list(following_entries(400)), added=TIME)
    assert 400 == catalog.next_seq(ORIGIN)
    assert not catalog.rebuilt


def test_fields_and_leaf_come_back_as_their_very_bytes(catalog):
    entry = next_entry(catalog, {"title": b"t", "description": bytes(range(256)) * 50})
    catalog.append_entry(entry.leaf, entry.disclosures, added=TIME)
    assert entry.leaf == catalog.leaf(ORIGIN, 0)
    assert entry.disclosures == tuple(field.raw for field in catalog.fields(ORIGIN, 0))
    assert ["description", "title"] == [field.name for field in catalog.fields(ORIGIN, 0)]


def test_numbers_follow_each_other_and_the_head_is_known(catalog):
    assert [0, 1, 2] == [add_note(catalog, f"n{n}") for n in range(3)]
    leaf = catalog.leaf(ORIGIN, 2)
    assert (3, leaf_hash(leaf)) == (catalog.next_seq(ORIGIN), catalog.last_leaf_hash(ORIGIN))
    assert parse_leaf(leaf).prev == leaf_hash(catalog.leaf(ORIGIN, 1))


def test_a_leaf_that_is_not_the_next_is_refused(catalog):
    add_note(catalog, "first")
    for seq, prev in [(0, genesis(ORIGIN)), (2, catalog.last_leaf_hash(ORIGIN)), (1, bytes(32))]:
        entry = build_entry(ORIGIN, seq, prev, {}, bytes_of(seq))
        with pytest.raises(ChainBroken):
            catalog.append_entry(entry.leaf, (), added=TIME)
    assert catalog.next_seq(ORIGIN) == 1


def bytes_of(seed):
    from seam.small import seeded

    return seeded(500 + seed)


def test_a_leaf_of_another_log_is_refused(catalog):
    entry = next(foreign_entries(1))
    with pytest.raises(ChainBroken):
        catalog.append_entry(entry.leaf, entry.disclosures, added=TIME)


def test_a_field_of_another_entry_is_refused(catalog):
    add_note(catalog, "first")
    stolen = catalog.fields(ORIGIN, 0)[0].raw
    entry = next_entry(catalog, {"title": b"x"})
    with pytest.raises(BadProof):
        catalog.append_entry(entry.leaf, [*entry.disclosures, stolen], added=TIME)
    assert catalog.next_seq(ORIGIN) == 1


def test_a_file_other_than_the_entry_names_is_refused(catalog, volume):
    media = put_media(catalog, volume, b"one")
    fields = {"file": file_value(sha256(b"two"), 3, "image/jpeg")}
    entry = next_entry(catalog, fields)
    with pytest.raises(BadProof):
        catalog.append_entry(entry.leaf, entry.disclosures, media, added=TIME)
    with pytest.raises(BadProof):
        catalog.append_entry(next_entry(catalog, {}).leaf, (), media, added=TIME)


def test_a_time_in_another_form_is_refused(catalog):
    entry = next_entry(catalog, {"title": b"x"})
    with pytest.raises(MalformedRecord):
        catalog.append_entry(entry.leaf, entry.disclosures, added="today")
    assert catalog.newest() == ()


def test_a_refused_entry_leaves_neither_rows_nor_records(catalog, volume):
    before = (catalog._stream.following, catalog.newest())
    with pytest.raises(MalformedRecord):
        catalog.append_entry(next_entry(catalog, {}).leaf, (), added="today")
    assert before == (catalog._stream.following, catalog.newest())
    assert catalog.flush() is True
    assert {} == volume.staged


def test_unknown_entries_are_not_found(catalog):
    with pytest.raises(NotFound):
        catalog.entry(ORIGIN, 0)
    with pytest.raises(NotFound):
        catalog.leaf(OTHER, 0)
    assert catalog.fields(OTHER, 0) == ()


def test_the_newest_come_first_page_by_page(catalog):
    for number in range(10):
        add_note(catalog, f"n{number}")
    first = catalog.newest(4)
    second = catalog.newest(4, before=first[-1].number)
    assert [9, 8, 7, 6] == [entry.seq for entry in first]
    assert [5, 4, 3, 2] == [entry.seq for entry in second]
    assert [2, 3, 4] == [entry.seq for entry in catalog.entries_of(ORIGIN, 2, 3)]


def test_an_entry_is_found_by_its_files_hash(catalog, volume):
    add_file(catalog, volume, b"one")
    add_file(catalog, volume, b"two")
    add_file(catalog, volume, b"one")
    assert [0, 2] == [entry.seq for entry in catalog.entries_with(sha256(b"one"))]
    assert catalog.entries_with(bytes(32)) == ()
    assert {sha256(b"one"): 3, sha256(b"two"): 3} == catalog.media_digests()


def test_hashes_of_all_leaves(catalog):
    for number in range(1100):
        add_note(catalog, f"{number}")
    wanted = [leaf_hash(catalog.leaf(ORIGIN, seq)) for seq in range(1100)]
    assert wanted == list(catalog.leaf_hashes(ORIGIN))
    assert wanted[:7] == list(catalog.leaf_hashes(ORIGIN, 7))
    with pytest.raises(Damaged):
        list(catalog.leaf_hashes(ORIGIN, 1101))
    assert list(catalog.leaf_hashes(OTHER)) == []


@pytest.mark.parametrize(
    ("query", "seqs"),
    [
        ("kabul", [2, 0]),
        ("KABUL arrest", [0]),
        ("كابل", [1]),
        ("arr", [0]),
        ("ar", []),
        ("۱۲", [1]),
        ('kabul"; DROP TABLE entries', []),
        ("title:kabul", []),
        ("NOT", []),
        ("note", []),
    ],
)
def test_search(catalog, query, seqs):
    add_note(catalog, "Kabul", "an arrest")
    add_note(catalog, "کابل 12")
    add_note(catalog, "Kābul again")
    assert seqs == [entry.seq for entry in catalog.search(query)]


def test_search_page_by_page(catalog):
    for number in range(5):
        add_note(catalog, f"word {number}")
    first = catalog.search("word", 2)
    second = catalog.search("word", 2, before=first[-1].number)
    assert [4, 3] == [entry.seq for entry in first]
    assert [2, 1] == [entry.seq for entry in second]


def test_objects_without_an_entry_are_named_until_they_are_reclaimed(catalog, volume):
    add_file(catalog, volume, bytes(3000))
    left = put_media(catalog, volume, bytes(5000)).object_id
    save(catalog, volume)
    assert (left,) == catalog.unpublished_media()
    catalog.reclaim(left)
    catalog.reclaim(catalog.entry(ORIGIN, 0).media.object_id)
    volume.commit()
    assert catalog.unpublished_media() == ()
    assert volume.numbers(MEDIA, left) == []
    assert catalog.losses().nothing


def test_numbers_of_objects_are_never_in_use(catalog, volume):
    add_file(catalog, volume, b"")
    left = put_media(catalog, volume, bytes(10)).object_id
    save(catalog, volume)
    catalog.close()
    again = open_catalog(volume)
    assert (1, 2) == (again.entry(ORIGIN, 0).media.object_id, left)
    assert [3, 4] == [again.new_media_object(), again.new_media_object()]


def test_a_received_entry_is_kept_beside_the_own_log(catalog):
    add_note(catalog, "own")
    entries = list(foreign_entries(6))
    assert catalog.receive_entry(entries[3].leaf, entries[3].disclosures, added=TIME)
    assert (OTHER, 3) == (catalog.newest()[0].origin, catalog.newest()[0].seq)
    assert 1 == catalog.next_seq(ORIGIN)
    assert catalog.search("abroad")[0].origin == OTHER
    assert catalog.losses().nothing
    assert (ORIGIN, OTHER) == catalog.logs()


def test_a_received_entry_comes_again_and_only_what_is_new_is_kept(catalog):
    entry = next(foreign_entries(1))
    arguments = {"proof": (1, b"proof"), "added": TIME}
    assert catalog.receive_entry(entry.leaf, entry.disclosures[:1], **arguments)
    assert not catalog.receive_entry(entry.leaf, entry.disclosures[:1], **arguments)
    assert not catalog.receive_entry(entry.leaf, (), added=TIME)
    assert catalog.receive_entry(entry.leaf, entry.disclosures, **arguments)
    assert entry.disclosures == tuple(field.raw for field in catalog.fields(OTHER, 0))
    assert catalog.search("herat")[0].fields == 3
    assert catalog.receive_entry(entry.leaf, (), proof=(9, b"longer"), added=TIME)
    assert (9, b"longer") == (catalog.proof(OTHER, 0).size, catalog.proof(OTHER, 0).raw)


def test_a_file_that_comes_later_is_kept_once(catalog, volume):
    value = file_value(sha256(b"picture"), 7, "image/jpeg")
    entry = build_entry(OTHER, 0, genesis(OTHER), {"file": value}, bytes_of(1))
    media = put_media(catalog, volume, b"picture")
    assert catalog.receive_entry(entry.leaf, entry.disclosures, added=TIME)
    assert catalog.receive_entry(entry.leaf, entry.disclosures, media, added=TIME)
    again = put_media(catalog, volume, b"picture")
    assert not catalog.receive_entry(entry.leaf, entry.disclosures, again, added=TIME)
    assert media == catalog.entry(OTHER, 0).media


def test_another_entry_of_the_same_number_is_refused(catalog):
    first = next(foreign_entries(1))
    catalog.receive_entry(first.leaf, (), added=TIME)
    second = build_entry(OTHER, 0, genesis(OTHER), {"title": b"other"}, bytes_of(2))
    with pytest.raises(Inconsistent):
        catalog.receive_entry(second.leaf, second.disclosures[:0], added=TIME)
    assert first.leaf == catalog.leaf(OTHER, 0)


@pytest.mark.parametrize("payload", [1024, 16384])
def test_everything_is_there_after_reopening(payload):
    volume = full_volume(payload)
    first = open_catalog(volume)
    second = open_catalog(volume, from_records=True)
    assert (False, True, 0) == (first.rebuilt, second.rebuilt, second.refused)
    assert everything(first) == everything(second)
    for catalog in (first, second):
        catalog.close()


def test_entries_of_two_logs_in_turn_come_back(catalog, volume):
    foreign = list(foreign_entries(4))
    for number, entry in enumerate(foreign):
        add_note(catalog, f"own {number}")
        catalog.receive_entry(entry.leaf, entry.disclosures[:1], added=TIME)
    for entry in foreign:
        catalog.receive_entry(entry.leaf, entry.disclosures, added=TIME)
    save(catalog, volume)
    rebuilt = open_catalog(volume, from_records=True)
    assert everything(catalog) == everything(rebuilt)
    assert [4] * 2 == [sum(e.origin == log for e in rebuilt.newest()) for log in rebuilt.logs()]
    assert len(list(itertools.chain(*(rebuilt.fields(OTHER, seq) for seq in range(4))))) == 12


def test_a_volume_without_anything_is_refused():
    from catalog.volume_double import VolumeDouble

    with pytest.raises(Damaged):
        open_catalog(VolumeDouble())


def test_a_closed_catalog_says_so(catalog):
    catalog.close()
    with pytest.raises(Damaged):
        catalog.newest()
    with pytest.raises(Damaged):
        catalog.flush()


def test_media_of_records_that_a_newer_program_wrote_are_not_taken(volume):

    volume.put(MEDIA, 7, 0, b"a later version's")
    catalog = open_catalog(volume)
    assert (7,) == catalog.unpublished_media()
    catalog._append([(10, b"refers to object 7")])
    assert () == catalog.unpublished_media()
