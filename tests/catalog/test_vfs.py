from __future__ import annotations

import sys

import apsw
import pytest

from catalog.book import add_file, add_note, full_volume, new_volume, open_catalog, save
from catalog.volume_double import VolumeDouble
from seam.small import seeded
from vault.catalog.database import Database
from vault.catalog.store import PAGE
from vault.catalog.vfs import PageFile, PageVFS, page_size
from vault.errors import ContainerFull

OPENED = []
EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.truncate", "shutil", "tempfile")


def note_open(event, arguments):
    if event.startswith(EVENTS):
        OPENED.append((event, arguments))


sys.addaudithook(note_open)


@pytest.mark.parametrize(
    ("payload", "size"), [(512, 512), (1024, 1024), (1500, 1024), (16384, 16384), (1 << 20, 65536)]
)
def test_a_page_is_the_largest_that_fits_a_block(payload, size):
    assert size == page_size(payload)


@pytest.mark.parametrize("payload", [512, 1000, 1024, 16384, 65536])
def test_a_database_lives_in_blocks_of_any_size(payload):
    volume = new_volume(payload)
    catalog = open_catalog(volume)
    add_note(catalog, "first")
    save(catalog, volume)
    catalog.close()
    again = open_catalog(volume)
    assert [entry.title for entry in again.newest()] == ["first"]
    assert again.rebuilt is False


def test_no_file_is_opened_by_anything_the_catalog_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    volume = full_volume(notes=5)
    OPENED.clear()
    catalog = open_catalog(volume)
    for number in range(200):
        add_note(catalog, f"note {number}", "words " * 500)
    add_file(catalog, volume, bytes(5000))
    catalog.search("words")
    catalog.erase_fields(catalog.origin, 3, ["title"])
    save(catalog, volume)
    catalog.reload()
    catalog.losses(read=True)
    catalog.close()
    open_catalog(volume, from_records=True).close()
    assert [] == OPENED
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "flags",
    [
        apsw.SQLITE_OPEN_MAIN_JOURNAL,
        apsw.SQLITE_OPEN_TEMP_DB,
        apsw.SQLITE_OPEN_TEMP_JOURNAL,
        apsw.SQLITE_OPEN_TRANSIENT_DB,
        apsw.SQLITE_OPEN_SUBJOURNAL,
        apsw.SQLITE_OPEN_SUPER_JOURNAL,
        apsw.SQLITE_OPEN_WAL,
    ],
)
def test_a_file_other_than_the_database_is_refused(flags):
    vfs = PageVFS(PageFile(VolumeDouble(), fresh=True), seeded(1))
    try:
        with pytest.raises(apsw.CantOpenError):
            vfs.xOpen("x", [flags | apsw.SQLITE_OPEN_CREATE, 0])
    finally:
        vfs.unregister()


def test_the_file_system_is_gone_when_the_database_is_closed():
    before = apsw.vfs_names()
    catalog = open_catalog(new_volume())
    assert len(before) + 1 == len(apsw.vfs_names())
    catalog.close()
    assert before == apsw.vfs_names()


def test_the_file_system_is_gone_when_opening_failed():
    before = apsw.vfs_names()
    volume = new_volume()
    volume.committed[PAGE, 0, 0] = b"SQLite format 3\0" + volume.committed[PAGE, 0, 0][16:100] * 11
    open_catalog(volume).close()
    assert before == apsw.vfs_names()


def test_settings_of_the_database():
    database = Database(VolumeDouble(), seeded(1), fresh=True)
    pragmas = {
        "journal_mode": "memory",
        "locking_mode": "normal",
        "temp_store": 2,
        "synchronous": 0,
        "secure_delete": 1,
        "cell_size_check": 1,
        "trusted_schema": 0,
        "page_size": 1024,
    }
    assert pragmas == {name: database.connection.pragma(name) for name in pragmas}
    assert database.connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, -1) == 1
    # A mapped file would be read past the VFS; where none can be mapped there is no answer.
    assert database.connection.pragma("mmap_size") in (None, 0)
    with pytest.raises(apsw.SQLError):
        database.connection.execute("ATTACH 'x' AS x")
    with pytest.raises(apsw.SQLError):
        database.connection.execute("SELECT load_extension('x')")
    with pytest.raises(apsw.SQLError):
        database.connection.execute("DELETE FROM words_data")
    database.close()


def test_words_are_deleted_securely():
    database = Database(VolumeDouble(), seeded(1), fresh=True)
    found = database.connection.execute("SELECT v FROM words_config WHERE k = 'secure-delete'").get
    assert found == 1
    database.close()


def test_nothing_reaches_the_store_before_flush():
    volume = new_volume()
    catalog = open_catalog(volume)
    add_note(catalog, "first")
    assert {} == volume.staged
    assert catalog.flush() is True
    assert volume.pending_blocks() > 0


def test_reload_after_a_failed_commit_goes_back_to_what_was_committed():
    volume = full_volume(notes=3)
    catalog = open_catalog(volume)
    before = catalog.newest()
    add_note(catalog, "never saved")
    catalog.flush()
    volume.rollback()
    catalog.reload()
    assert before == catalog.newest()
    assert catalog.search("never") == ()
    add_note(catalog, "saved")
    save(catalog, volume)
    catalog.close()
    assert open_catalog(volume).newest()[0].title == "saved"


def test_reload_after_a_volume_that_became_full():
    volume = full_volume(notes=3)
    catalog = open_catalog(volume)
    before = catalog.newest()
    volume.capacity = len(volume.committed)
    add_note(catalog, "too much", "x" * 20_000)
    with pytest.raises(ContainerFull):
        catalog.flush()
    volume.rollback()
    catalog.reload()
    assert before == catalog.newest()
    assert catalog.rebuilt is False


def test_an_index_larger_than_a_commit_is_stored_in_several():
    volume = full_volume()
    volume.limit = 40
    catalog = open_catalog(volume, from_records=True)
    commits = 1
    while not catalog.flush():
        volume.commit()
        commits += 1
        # A crash here leaves an index without its first page, which is rebuilt.
        between = open_catalog(volume.copy())
        assert between.rebuilt is True
        assert catalog.newest() == between.newest()
        between.close()
    volume.commit()
    assert commits > 3
    catalog.close()
    assert open_catalog(volume).rebuilt is False


def test_records_that_no_commit_can_carry_are_refused_and_forgotten():
    volume = full_volume(notes=3)
    volume.limit = 60
    catalog = open_catalog(volume)
    before = catalog.newest()
    add_note(catalog, "too long", "x" * 100_000)
    with pytest.raises(ContainerFull):
        catalog.flush()
    volume.rollback()
    catalog.reload()
    assert before == catalog.newest()
    add_note(catalog, "short")
    save(catalog, volume)
    assert catalog.losses(read=True).nothing


def test_files_staged_before_are_committed_before_the_records_that_name_them():
    volume = full_volume(notes=3)
    volume.limit = 60
    catalog = open_catalog(volume)
    add_file(catalog, volume, bytes(60 * 1024))
    assert catalog.flush() is False
    volume.commit()
    between = open_catalog(volume.copy())
    assert (False, 1) == (between.rebuilt, len(between.unpublished_media()))
    assert catalog.flush() is True
    volume.commit()
    catalog.close()
    again = open_catalog(volume)
    assert (False, ()) == (again.rebuilt, again.unpublished_media())
    assert again.losses(read=True).nothing


def test_pages_behind_the_end_are_dropped():
    volume = full_volume()
    stored = volume.numbers(PAGE, 0)
    for number in range(stored[-1] + 1, stored[-1] + 5):
        volume.committed[PAGE, 0, number] = bytes(1024)
    catalog = open_catalog(volume, from_records=True)
    save(catalog, volume)
    assert volume.numbers(PAGE, 0) == list(range(catalog._database.file.count))


def test_a_truncated_file_drops_its_pages():
    volume = VolumeDouble()
    file = PageFile(volume, fresh=True)
    for number in range(4):
        file.xWrite(bytes(1024), number * 1024)
    assert file.stage(100) is True
    volume.commit()
    file.xTruncate(2048)
    assert file.stage(100) is True
    volume.commit()
    assert volume.numbers(PAGE, 0) == [0, 1]
    assert file.xRead(10, 2048) == b""


@pytest.mark.parametrize(("size", "offset"), [(1023, 0), (1024, 1), (100, 0), (2048, 0)])
def test_what_is_no_whole_page_is_not_written(size, offset):
    with pytest.raises(apsw.IOError):
        PageFile(VolumeDouble(), fresh=True).xWrite(bytes(size), offset)
