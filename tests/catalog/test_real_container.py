"""The catalog in a real container of the small form: commits, crashes, other levels."""

from __future__ import annotations

import pytest

from catalog.book import ORIGIN, OTHER, SEED, add_file, add_note, everything
from seam.memory import MemoryDisk
from seam.small import CATALOG_LENGTH, SMALL_FORM, seeded
from vault.catalog.catalog import Catalog, first_blocks
from vault.catalog.store import MEDIA, PAGE
from vault.container.creation import create
from vault.container.session import open_container

PATH = "vault.bin"


@pytest.fixture
def disk():
    made = MemoryDisk()
    contents = [
        first_blocks(1024, label=label, origin=origin, seed=SEED, random=seeded(4))
        for label, origin in (("first", ORIGIN), ("second", OTHER))
    ]
    passphrases = ["one one one", "two two two"]
    create(made, PATH, CATALOG_LENGTH, passphrases, contents, form=SMALL_FORM, random=seeded(5))
    return made


def opened(disk, passphrase="two two two", writable=True):
    return open_container(
        disk, PATH, passphrase, writable=writable, form=SMALL_FORM, random=seeded(6)
    )


def commit(session, *catalogs):
    for catalog in catalogs:
        while not catalog.flush():
            session.commit()
    session.commit()


def test_each_volume_has_its_own_catalog(disk):
    session = opened(disk)
    first, second = (Catalog(volume, random=seeded(7)) for volume in session.volumes)
    assert [("first", ORIGIN), ("second", OTHER)] == [(c.label, c.origin) for c in (first, second)]
    add_note(first, "in the first")
    commit(session, first, second)
    assert second.newest() == ()
    session.close()
    session = opened(disk, "one one one", writable=False)
    catalog = Catalog(session.top, random=seeded(8))
    assert (False, ["in the first"]) == (catalog.rebuilt, [e.title for e in catalog.newest()])
    session.close()


def test_many_commits_and_everything_is_there(disk):
    session = opened(disk, "one one one")
    catalog = Catalog(session.top, random=seeded(7))
    for number in range(40):
        add_note(catalog, f"note {number}", "text " * 50)
        if number % 8 == 0:
            add_file(catalog, session.top, bytes([number]) * 3000)
        commit(session, catalog)
    wanted = everything(catalog)
    catalog.close()
    session.close()
    session = opened(disk, "one one one")
    for options in ({}, {"from_records": True}):
        catalog = Catalog(session.top, random=seeded(8), **options)
        assert wanted == everything(catalog)
        assert catalog.losses(read=True).nothing
        assert bool(options) is catalog.rebuilt
        catalog.close()
    session.close()


def test_a_rollback_goes_back_to_the_last_commit(disk):
    session = opened(disk, "one one one")
    catalog = Catalog(session.top, random=seeded(7))
    add_note(catalog, "kept")
    commit(session, catalog)
    add_note(catalog, "forgotten")
    add_file(catalog, session.top, bytes(5000))
    catalog.flush()
    session.rollback()
    catalog.reload()
    assert ["kept"] == [entry.title for entry in catalog.newest()]
    assert session.top.objects(MEDIA) == []
    add_note(catalog, "kept too")
    commit(session, catalog)
    session.close()


def test_an_index_is_rebuilt_when_its_pages_are_dropped(disk):
    session = opened(disk, "one one one")
    catalog = Catalog(session.top, random=seeded(7))
    for number in range(30):
        add_note(catalog, f"note {number}", "text " * 50)
    commit(session, catalog)
    wanted = everything(catalog)
    catalog.close()
    for number in session.top.numbers(PAGE, 0)[::2]:
        session.top.drop(PAGE, 0, number)
    session.commit()
    catalog = Catalog(session.top, random=seeded(8))
    assert (True, wanted) == (catalog.rebuilt, everything(catalog))
    commit(session, catalog)
    catalog.close()
    again = Catalog(session.top, random=seeded(9))
    assert (False, wanted) == (again.rebuilt, everything(again))
    session.close()
