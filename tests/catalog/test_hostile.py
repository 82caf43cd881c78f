"""A volume whose pages were written by somebody who means harm: it is read from its records."""

from __future__ import annotations

import random
import struct
import time

import apsw
import pytest

from catalog.book import everything, full_volume, open_catalog, save
from seam.small import seeded
from vault.catalog.store import PAGE
from vault.catalog.vfs import PageFile, PageVFS
from vault.errors import VaultError

PATIENCE = 20
"""Seconds: far more than any of it takes, far less than for ever."""


@pytest.fixture(scope="module")
def original():
    return full_volume(notes=8)


@pytest.fixture(scope="module")
def wanted(original):
    return everything(open_catalog(original.copy()))


def edited(volume, *statements):
    """Change the database as somebody would who has the passphrase and SQLite."""
    file = PageFile(volume, fresh=False)
    vfs = PageVFS(file, seeded(3))
    connection = apsw.Connection("catalog", vfs=vfs.name)
    connection.pragma("journal_mode", "MEMORY")
    connection.pragma("writable_schema", 1)
    for statement in statements:
        connection.execute(statement)
    assert file.stage(1 << 30)
    volume.commit()
    connection.close()
    vfs.unregister()


SCHEMA_EDITS = {
    "trigger": ["CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM entries; END"],
    "view": ["CREATE VIEW v AS SELECT * FROM entries"],
    "view for a table": [
        "ALTER TABLE contacts RENAME TO hidden",
        "CREATE VIEW contacts AS SELECT * FROM hidden",
    ],
    "table": ["CREATE TABLE more (a)"],
    "index": ["CREATE INDEX i ON entries (title)"],
    "index on an expression": ["CREATE INDEX i ON entries (upper(title) || hex(zeroblob(10)))"],
    "column": ["ALTER TABLE counters ADD COLUMN x TEXT AS (hex(name))"],
    "no table": ["DROP TABLE proofs"],
    "renamed": ["ALTER TABLE entries RENAME COLUMN title TO t2"],
    "rtree": ["CREATE VIRTUAL TABLE r USING rtree(id, a, b)"],
    "version 0": ["PRAGMA user_version = 0"],
    "version of the future": ["PRAGMA user_version = 77"],
    "negative version": ["PRAGMA user_version = -5"],
    "write-ahead log": ["PRAGMA journal_mode = WAL"],
    "text edited": ["UPDATE sqlite_schema SET sql = replace(sql, 'title', 'titel')"],
    "root pages swapped": [
        "UPDATE sqlite_schema SET rootpage = 5 - rootpage WHERE rootpage IN (2, 3)"
    ],
    "deep expression": [
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE entries (a CHECK ("
        + "(" * 900
        + "1"
        + ")" * 900
        + "))' WHERE name = 'entries'"
    ],
}


@pytest.mark.parametrize("name", SCHEMA_EDITS)
def test_an_edited_schema_is_not_used(original, wanted, name):
    volume = original.copy()
    edited(volume, *SCHEMA_EDITS[name])
    catalog = open_catalog(volume)
    assert wanted == everything(catalog)
    assert catalog.rebuilt or name == "write-ahead log"
    save(catalog, volume)
    catalog.close()
    again = open_catalog(volume)
    assert wanted == everything(again)
    again.close()


ROW_EDITS = {
    "hash too short": "UPDATE entries SET hash = x'00'",
    "title of a million": "UPDATE entries SET title = hex(zeroblob(500000))",
    "negative sequence": "UPDATE entries SET seq = seq - 100",
    "no settings": "UPDATE records SET body = x'' WHERE number = 1",
    "record in the far": 'UPDATE records SET "end" = 9000000000000000000 WHERE number = 5',
    "records behind the end": "INSERT INTO records VALUES (9000000000000000000, 2, 0, 0, x'')",
    "number of the largest": "INSERT INTO records VALUES (9223372036854775807, 2, 0, 0, x'')",
    "size of a file": "UPDATE media SET sha256 = x'01'",
    "words gone": "DELETE FROM words_data WHERE id > 10",
    "words replaced": "UPDATE words_data SET block = randomblob(length(block))",
    "words of zeros": "UPDATE words_data SET block = zeroblob(length(block))",
    "words huge": "UPDATE words_data SET block = zeroblob(3000000) WHERE id > 10",
    "words without a size": "DELETE FROM words_docsize",
    "words of another version": "UPDATE words_config SET v = 99 WHERE k = 'version'",
    "lost without end": "INSERT INTO lost VALUES (4611686018427387904, 9223372036854775807, 5)",
    "blocks without end": "INSERT INTO lost VALUES (2, 3, 9223372036854775807)",
    "contact of no sense": "UPDATE records SET body = x'00' WHERE kind = 5",
    "log of no name": "UPDATE logs SET origin = hex(zeroblob(5000)) WHERE id = 1",
}


@pytest.mark.parametrize("name", ROW_EDITS)
def test_edited_rows_neither_harm_nor_stall(original, wanted, name):
    """An index that lies within its own form may show other things; it never breaks anything."""
    volume = original.copy()
    edited(volume, ROW_EDITS[name])
    began = time.monotonic()
    catalog = open_catalog(volume)
    try:
        everything(catalog)
        catalog.losses(read=True)
    except VaultError:
        pass
    catalog.close()
    truth = open_catalog(volume, from_records=True)
    assert wanted == everything(truth)
    save(truth, volume)
    truth.close()
    healed = open_catalog(volume)
    assert (False, wanted) == (healed.rebuilt, everything(healed))
    healed.close()
    assert time.monotonic() - began < PATIENCE


def interior(children, size=1024, at=0):
    """An interior page of a table: as many cells as it takes, all to the same child."""
    child = struct.pack(">I", children) + b"\x01"
    count = (size - at - 12) // (len(child) + 2)
    start = size - count * len(child)
    header = struct.pack(">BHHHBI", 5, 0, count, start, 0, children)
    pointers = b"".join(struct.pack(">H", start + n * len(child)) for n in range(count))
    page = header + pointers
    return page + bytes(size - at - len(page) - count * len(child)) + child * count


def root_of(volume, table):
    catalog = open_catalog(volume.copy())
    root = catalog._db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).get
    catalog.close()
    return root


def widen(volume, root, levels=16):
    """Put levels of pages over a tree, each with a hundred ways into the next: 10³² rows."""
    first = volume.committed[PAGE, 0, 0]
    count = int.from_bytes(first[28:32], "big")
    volume.committed[PAGE, 0, count] = volume.committed[PAGE, 0, root - 1]
    for level in range(1, levels):
        volume.committed[PAGE, 0, count + level] = interior(count + level)
    volume.committed[PAGE, 0, root - 1] = interior(count + levels)
    changed = bytearray(volume.committed[PAGE, 0, 0])
    changed[28:32] = (count + levels).to_bytes(4, "big")
    volume.committed[PAGE, 0, 0] = bytes(changed)


@pytest.mark.parametrize("table", ["entries", "records", "logs", "contacts", "lost", "checkpoints"])
def test_a_tree_that_folds_onto_itself_does_not_stall(original, wanted, table):
    volume = original.copy()
    widen(volume, root_of(volume, table))
    began = time.monotonic()
    catalog = open_catalog(volume)
    try:
        everything(catalog)
        catalog.losses(read=True)
    except VaultError:
        pass
    catalog.close()
    assert time.monotonic() - began < PATIENCE
    assert wanted == everything(open_catalog(volume, from_records=True))


def record(*values):
    """A row as SQLite stores it: small numbers, texts, blobs, nothing."""
    types, content = b"", b""
    for value in values:
        if value is None:
            types += b"\x00"
        elif isinstance(value, int):
            types, content = types + b"\x01", content + bytes([value])
        else:
            raw = value.encode() if isinstance(value, str) else value
            types += bytes([2 * len(raw) + (13 if isinstance(value, str) else 12)])
            content += raw
    return bytes([len(types) + 1]) + types + content


def one_row_leaf(kind, cell):
    return (
        struct.pack(">BHHHBH", kind, 0, 1, 1024 - len(cell), 0, 1024 - len(cell))
        + bytes(1024 - 10 - len(cell))
        + cell
    )


def add_pages(volume, new):
    """Append pages; returns the number of the first, counted from 1 as SQLite does."""
    first = bytearray(volume.committed[PAGE, 0, 0])
    count = int.from_bytes(first[28:32], "big")
    for number, page in enumerate(new):
        volume.committed[PAGE, 0, count + number] = page
    first[28:32] = (count + len(new)).to_bytes(4, "big")
    volume.committed[PAGE, 0, 0] = bytes(first)
    return count + 1


def test_a_schema_that_folds_onto_itself_does_not_stall(original, wanted):
    """SQLite reads all of the schema before anything of it can be compared."""
    volume = original.copy()
    root = root_of(volume, "sqlite_autoindex_logs_1")
    row = record("index", "sqlite_autoindex_logs_1", "logs", root, None)
    leaf = one_row_leaf(13, bytes([len(row), 99]) + row)
    count = int.from_bytes(volume.committed[PAGE, 0, 0][28:32], "big")
    add_pages(volume, [leaf, *(interior(count + level) for level in range(1, 16))])
    # The first page stays what it is; behind its last child come ten to the thirty-second rows.
    first = bytearray(volume.committed[PAGE, 0, 0])
    assert first[100] == 5, "a small page holds no whole schema"
    cells = int.from_bytes(first[103:105], "big")
    moved = bytes(first[100:112]) + first[112 : 112 + 2 * cells]
    content = int.from_bytes(first[105:107], "big")
    moved += bytes(content - len(moved)) + first[content:]
    schema = add_pages(volume, [bytes(moved)])
    first = bytearray(volume.committed[PAGE, 0, 0])
    cell = struct.pack(">I", schema) + b"\x62"
    first[100:112] = struct.pack(">BHHHBI", 5, 0, 1, 1024 - len(cell), 0, count + 16)
    first[112:] = struct.pack(">H", 1024 - len(cell)) + bytes(1024 - 114 - len(cell)) + cell
    volume.committed[PAGE, 0, 0] = bytes(first)
    began = time.monotonic()
    catalog = open_catalog(volume)
    assert (True, wanted) == (catalog.rebuilt, everything(catalog))
    assert time.monotonic() - began < PATIENCE


def test_an_index_that_folds_onto_itself_does_not_stall(original, wanted):
    volume = original.copy()
    row = record(1, 1, 1, 1, bytes(32), "a/b", 9)
    count = int.from_bytes(volume.committed[PAGE, 0, 0][28:32], "big")
    cell = bytes([len(row)]) + row
    levels = [one_row_leaf(10, cell)]
    for level in range(1, 16):
        child = struct.pack(">I", count + level) + cell
        cells = 1000 // (len(child) + 2)
        start = 1024 - cells * len(child)
        header = struct.pack(">BHHHBI", 2, 0, cells, start, 0, count + level)
        pointers = b"".join(struct.pack(">H", start + n * len(child)) for n in range(cells))
        gap = bytes(start - len(header) - len(pointers))
        levels.append(header + pointers + gap + child * cells)
    add_pages(volume, levels)
    volume.committed[PAGE, 0, root_of(original, "media") - 1] = levels[-1]
    began = time.monotonic()
    catalog = open_catalog(volume)
    known = catalog.media_digests()
    assert (True, wanted) == (catalog.rebuilt, everything(catalog))
    files = [entry.media for entry in catalog.newest(1000) if entry.media]
    assert {media.sha256: media.size for media in files} == known
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("seed", range(40))
def test_random_changes_of_pages_neither_harm_nor_stall(original, seed):
    chance = random.Random(seed)
    volume = original.copy()
    for _ in range(chance.choice([1, 3, 30])):
        number = chance.choice(volume.numbers(PAGE, 0))
        page = bytearray(volume.committed[PAGE, 0, number])
        for _ in range(chance.choice([1, 8, 200])):
            page[chance.randrange(len(page))] = chance.choice([0, 1, 0xFF, chance.randrange(256)])
        volume.committed[PAGE, 0, number] = bytes(page)
    began = time.monotonic()
    catalog = open_catalog(volume)
    try:
        everything(catalog)
        catalog.losses(read=True)
    except VaultError:
        pass
    finally:
        catalog.close()
    assert time.monotonic() - began < PATIENCE


@pytest.mark.parametrize("size", [1024, 1023, 0])
def test_random_pages_are_rebuilt(original, wanted, size):
    chance = random.Random(7)
    volume = original.copy()
    for number in volume.numbers(PAGE, 0):
        volume.committed[PAGE, 0, number] = chance.randbytes(size)
    catalog = open_catalog(volume)
    assert (True, wanted) == (catalog.rebuilt, everything(catalog))


def test_a_page_count_out_of_all_bounds_does_not_stall(original, wanted):
    volume = original.copy()
    first = bytearray(volume.committed[PAGE, 0, 0])
    first[28:32] = b"\xff\xff\xff\xff"
    volume.committed[PAGE, 0, 0] = bytes(first)
    volume.committed[PAGE, 0, 0xFFFFFFFE] = bytes(1024)
    began = time.monotonic()
    catalog = open_catalog(volume)
    assert wanted == everything(catalog)
    catalog.losses(read=True)
    catalog.close()
    assert time.monotonic() - began < PATIENCE


def test_a_file_of_an_impossible_size_does_not_stall(original):
    from vault.catalog.bodies import MEDIA_EXTENT, Extent
    from vault.crypto.hashes import sha256

    volume = original.copy()
    catalog = open_catalog(volume)
    body = Extent(catalog.origin, 0, 99, (1 << 63) - 1, sha256(b""), "a/b").encode()
    catalog._append([(MEDIA_EXTENT, body)])
    began = time.monotonic()
    assert catalog.losses(read=True).entries[0].chunks == 1 << 53
    assert time.monotonic() - began < PATIENCE
