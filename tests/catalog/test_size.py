"""A volume of 100,000 entries: what a person waits for reads a few pages of it."""

from __future__ import annotations

import random

import pytest

from catalog.book import ORIGIN, TIME, add_note, new_volume, open_catalog
from vault.catalog.bodies import DISCLOSURE, LEAF, KeptLeaf
from vault.catalog.store import PAGE
from vault.catalog.stream import RecordStream
from vault.ledger.disclosure import Disclosure
from vault.ledger.leaf import Leaf, leaf_hash

ENTRIES = 100_000
FEW = 40
WORDS = 4_000


@pytest.fixture(scope="module")
def volume():
    """Fill tables and stream directly: taking in so many entries one by one takes a minute."""
    chance = random.Random(1)
    words = [f"w{number}" for number in range(WORDS)]
    volume = new_volume(16384)
    catalog = open_catalog(volume)
    stream = catalog._stream
    rows = {"records": [], "entries": [], "disclosures": [], "words": []}
    commitments = tuple(sorted(chance.randbytes(32) for _ in range(8)))
    draft = stream.draft()
    for seq in range(ENTRIES):
        title = " ".join(chance.choices(words, k=12))
        leaf = Leaf(ORIGIN, seq, chance.randbytes(32), bytes(32), commitments).encode()
        field = Disclosure(ORIGIN, seq, "title", chance.randbytes(32), title.encode()).encode()
        first = draft.append(LEAF, KeptLeaf(TIME, leaf).encode())
        second = draft.append(DISCLOSURE, field)
        rows["records"] += [(r.number, r.kind, r.block, r.end, r.body) for r in (first, second)]
        entry = (first.number, 1, seq, leaf_hash(leaf), TIME, "", title, "", 1)
        rows["entries"].append(entry)
        rows["disclosures"].append((1, seq, "title", second.number))
        rows["words"].append((first.number, title, ""))
        if seq % 1000 == 0:
            stream.adopt(draft)
            stream.stage()
            draft = stream.draft()
    stream.adopt(draft)
    with catalog._db as db:
        catalog._database.allow(unlimited=True)
        db.executemany("INSERT INTO records VALUES (?, ?, ?, ?, ?)", rows["records"])
        db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows["entries"])
        db.executemany("INSERT INTO disclosures VALUES (?, ?, ?, ?)", rows["disclosures"])
        db.executemany("INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)", rows["words"])
    assert catalog.flush()
    volume.commit()
    catalog.close()
    return volume


def pages_read(volume):
    return sum(namespace == PAGE for namespace, _, _ in volume.gets)


@pytest.mark.slow
def test_opening_and_listing_the_newest_reads_few_pages(volume):
    volume.gets.clear()
    catalog = open_catalog(volume)
    found = catalog.newest(50)
    assert list(range(ENTRIES - 1, ENTRIES - 51, -1)) == [entry.seq for entry in found]
    assert (False, True) == (catalog.rebuilt, pages_read(volume) < FEW)
    catalog.close()


@pytest.mark.slow
@pytest.mark.parametrize("query", ["w17", "w1700 w3999", "w3999", "w399", "nothing", "w"])
def test_opening_and_searching_reads_few_pages(volume, query):
    volume.gets.clear()
    catalog = open_catalog(volume)
    found = catalog.search(query)
    assert all(entry.seq < ENTRIES for entry in found)
    assert pages_read(volume) < FEW
    catalog.close()


@pytest.mark.slow
def test_two_words_of_which_one_begins_a_hundred_others_read_some_more(volume):
    volume.gets.clear()
    catalog = open_catalog(volume)
    assert len(catalog.search("w1700 w39")) == 20
    assert pages_read(volume) < 2 * FEW
    catalog.close()


@pytest.mark.slow
def test_adding_reads_and_writes_few_blocks(volume):
    copy = volume.copy()
    catalog = open_catalog(copy)
    copy.gets.clear()
    assert add_note(catalog, "one more", "w1 w2 w3 w4 w5") == ENTRIES
    assert pages_read(copy) < FEW
    assert catalog.flush() is True
    assert copy.pending_blocks() < FEW
    catalog.close()


@pytest.mark.slow
def test_the_stream_of_so_many_entries_ends_where_the_index_says(volume):
    catalog = open_catalog(volume)
    again = RecordStream(volume)
    again.resume(catalog._stream.blocks, catalog._stream.following)
    assert 2 + 2 * ENTRIES == again.following == again.tail.following
    catalog.close()
