from __future__ import annotations

import apsw
import pytest

from catalog.book import add_note, everything, full_volume, new_volume, open_catalog, save
from vault.catalog.schema import VERSIONS, Version, install, is_sound, version_of

SECOND = Version(
    VERSIONS[-1].number + 1,
    (
        "ALTER TABLE entries ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        "UPDATE entries SET note = title || '!'",
        "CREATE INDEX entries_note ON entries (note)",
    ),
)
BROKEN = Version(SECOND.number, ("CREATE TABLE more (a TEXT) STRICT", "UPDATE nowhere SET a = 1"))
NEWER = (*VERSIONS, SECOND)


def test_versions_are_numbered_from_one_without_gaps():
    assert list(range(1, len(VERSIONS) + 1)) == [version.number for version in VERSIONS]


def test_an_older_database_becomes_a_newer_one_and_keeps_its_rows():
    volume = full_volume()
    old = everything(open_catalog(volume.copy()))
    catalog = open_catalog(volume, versions=NEWER)
    assert catalog.rebuilt is False
    assert version_of(catalog._db) == SECOND.number
    notes = [row[0] for row in catalog._db.execute("SELECT note FROM entries ORDER BY id DESC")]
    assert [entry.title + "!" for entry in catalog.newest(1000)] == notes
    assert old == everything(catalog)
    save(catalog, volume)
    catalog.close()
    again = open_catalog(volume, versions=NEWER)
    assert again.rebuilt is False
    assert is_sound(again._db, NEWER)


def test_a_migration_not_committed_leaves_the_old_database():
    volume = full_volume(notes=2)
    open_catalog(volume, versions=NEWER).close()
    catalog = open_catalog(volume)
    assert catalog.rebuilt is False


def test_a_migration_that_fails_leaves_the_database_as_it_was():
    connection = apsw.Connection(":memory:")
    install(connection)
    with pytest.raises(apsw.SQLError):
        install(connection, (*VERSIONS, BROKEN))
    assert version_of(connection) == VERSIONS[-1].number
    assert is_sound(connection)
    connection.close()


def test_a_database_of_a_newer_version_is_read_from_its_records():
    volume = full_volume(notes=4)
    old = everything(open_catalog(volume.copy()))
    newer = open_catalog(volume, versions=NEWER)
    save(newer, volume)
    newer.close()
    catalog = open_catalog(volume)
    assert catalog.rebuilt is True
    assert old == everything(catalog)


def test_a_new_database_has_the_schema_of_a_migrated_one():
    fresh, grown = apsw.Connection(":memory:"), apsw.Connection(":memory:")
    install(fresh, NEWER)
    install(grown)
    install(grown, NEWER)
    assert is_sound(fresh, NEWER)
    assert is_sound(grown, NEWER)
    fresh.close()
    grown.close()


def test_a_new_volume_writes_after_migration():
    volume = new_volume()
    catalog = open_catalog(volume, versions=NEWER)
    add_note(catalog, "after")
    save(catalog, volume)
    catalog.close()
    assert open_catalog(volume, versions=NEWER).newest()[0].title == "after"
