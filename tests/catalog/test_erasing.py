from __future__ import annotations

import pytest

from catalog.book import ORIGIN, add_file, add_note, new_volume, open_catalog, save
from vault.catalog.folding import fold_text
from vault.catalog.store import MEDIA, RECORD
from vault.errors import NotFound

CANARY = "Quetzalcoatl Xylophon"
FOLDED = [word.encode() for word in fold_text(CANARY).split()]
FORMS = [b"Quetzalcoatl", b"Xylophon", *FOLDED]


def contains(blocks, forms=FORMS):
    return [key for key, raw in blocks.items() if any(form in raw for form in forms)]


@pytest.fixture(params=[1024, 16384])
def volume(request):
    return new_volume(request.param)


@pytest.fixture
def catalog(volume):
    opened = open_catalog(volume)
    yield opened
    opened.close()


@pytest.mark.parametrize("among", [0, 60])
def test_erased_words_are_in_no_block(catalog, volume, among):
    for number in range(among):
        add_note(catalog, f"quest {number}", "quetta xylem xenon quota")
    seq = add_note(catalog, "kept", f"{CANARY} was here. " * 100)
    for number in range(among):
        add_note(catalog, f"quick {number}", "quench xyster")
        if number % 10 == 0:
            save(catalog, volume)
    save(catalog, volume)
    assert contains(volume.committed)
    assert ("description",) == catalog.erase_fields(ORIGIN, seq, ["description", "no-such"])
    save(catalog, volume)
    assert [] == contains(volume.committed)
    assert [] == contains({0: b"".join(catalog._database.file._waiting.values())})
    assert ["kind", "title"] == [field.name for field in catalog.fields(ORIGIN, seq)]
    assert catalog.search("quetzalcoatl") == ()
    assert [seq] == [entry.seq for entry in catalog.search("kept")]
    assert catalog.losses(read=True).nothing


@pytest.mark.parametrize("times", [100, 126, 127, 160, 189, 190, 300])
def test_a_word_that_stands_often_goes_with_the_last_field_that_has_it(catalog, volume, times):
    """The words are written anew with each field that is erased; some stayed behind."""
    seq = add_note(catalog, "first", "xylophon " * times)
    save(catalog, volume)
    for name in ("title", "description"):
        catalog.erase_fields(ORIGIN, seq, [name])
        save(catalog, volume)
        assert catalog.unlike_records().nothing
    assert [] == contains(volume.committed, [b"xylophon"])
    assert not catalog.rebuilt
    assert [] == [*catalog.search("xylophon")]


def test_a_field_erased_in_an_early_block_stays_erased_after_a_rebuild(catalog, volume):
    add_note(catalog, "first", CANARY * 100)
    for number in range(20):
        add_note(catalog, f"n{number}")
    save(catalog, volume)
    catalog.erase_fields(ORIGIN, 0, ["description", "title"])
    save(catalog, volume)
    rebuilt = open_catalog(volume, from_records=True)
    assert ["kind"] == [field.name for field in rebuilt.fields(ORIGIN, 0)]
    assert catalog.newest() == rebuilt.newest()
    assert rebuilt.losses().nothing
    assert catalog.leaf(ORIGIN, 0) == rebuilt.leaf(ORIGIN, 0)
    assert 21 == len(list(rebuilt.leaf_hashes(ORIGIN)))


def test_erasing_the_last_record_is_seen_as_no_loss_after_reopening(catalog, volume):
    seq = add_note(catalog, "last", "x" * 5000)
    save(catalog, volume)
    catalog.erase_fields(ORIGIN, seq, ["title", "kind", "description"])
    save(catalog, volume)
    catalog.close()
    again = open_catalog(volume)
    assert again.rebuilt is False
    add_note(again, "after")
    save(again, volume)
    again.close()
    third = open_catalog(volume)
    assert (False, "after") == (third.rebuilt, third.newest()[0].title)
    fourth = open_catalog(volume, from_records=True)
    save(fourth, volume)
    fourth.close()
    assert open_catalog(volume).rebuilt is False


def test_erasing_a_file_drops_its_blocks(catalog, volume):
    seq = add_file(catalog, volume, bytes(40_000), "Xylophon.jpg")
    save(catalog, volume)
    object_id = catalog.entry(ORIGIN, seq).media.object_id
    assert ("file", "file-name") == catalog.erase_fields(ORIGIN, seq, ["file", "file-name"])
    save(catalog, volume)
    assert volume.numbers(MEDIA, object_id) == []
    assert [] == contains(volume.committed)
    assert catalog.entry(ORIGIN, seq).media is None
    assert catalog.losses(read=True).nothing


def test_erasing_twice_finds_nothing_the_second_time(catalog):
    add_note(catalog, "title")
    assert ("title",) == catalog.erase_fields(ORIGIN, 0, ["title"])
    assert catalog.erase_fields(ORIGIN, 0, ["title"]) == ()


def test_erasing_where_there_is_no_entry_finds_nothing(catalog):
    assert catalog.erase_fields(ORIGIN, 5, ["title"]) == ()
    with pytest.raises(NotFound):
        catalog.entry(ORIGIN, 5)


def test_what_is_rolled_back_is_in_no_page(catalog, volume, monkeypatch):
    add_note(catalog, "first")
    save(catalog, volume)

    def fail(*_):
        raise MemoryError

    # The words are in by then, and much besides: pages spill while the transaction runs.
    monkeypatch.setattr(type(catalog), "_write_read", staticmethod(fail_after_writing(fail)))
    with pytest.raises(MemoryError):
        add_note(catalog, CANARY, CANARY * 20_000)
    monkeypatch.undo()
    assert [] == contains(catalog._database.file._waiting)
    assert {} == catalog._stream._pending
    save(catalog, volume)
    assert [] == contains(volume.committed)
    assert ["first"] == [entry.title for entry in catalog.newest()]
    assert add_note(catalog, "second") == 1


def fail_after_writing(fail):
    from vault.catalog.index import Index

    written = Index._write_read

    def both(*arguments):
        written(*arguments)
        fail()

    return both


def test_erasing_beside_an_unreadable_block_saves_what_the_index_has_of_it(catalog, volume):
    for number in range(6):
        add_note(catalog, f"n{number}", f"{CANARY} {number} " * 30)
    save(catalog, volume)
    record = catalog._db.execute("SELECT block FROM records WHERE number = 8").get
    volume.unreadable.add((RECORD, 0, record))
    catalog.erase_fields(ORIGIN, 1, ["description"])
    save(catalog, volume)
    rebuilt = open_catalog(volume, from_records=True)
    assert rebuilt.losses().nothing
    assert catalog.newest() == rebuilt.newest()
    assert b"n1" in catalog.fields(ORIGIN, 1)[-1].raw
    for seq in (0, 2, 3):
        assert catalog.fields(ORIGIN, seq) == rebuilt.fields(ORIGIN, seq)
