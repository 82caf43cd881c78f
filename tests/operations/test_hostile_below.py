"""Whoever knows the first passphrase alters its volume; the second one's is worked on."""

from __future__ import annotations

import time
from types import SimpleNamespace

import apsw
import pytest

from container.test_altered import KeyHolder, hostile_tables
from operations.desk import Desk, listed, no_progress
from operations.looks import answers
from seam.small import SMALL_FORM, seeded
from vault.catalog.store import MEDIA, PAGE, RECORD
from vault.catalog.vfs import PageFile, PageVFS
from vault.container.cell import LIMIT, Cell
from vault.container.session import open_container
from vault.errors import Damaged, RolledBack, VaultError
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault

PATIENCE = 20
"""Seconds: far more than any of it takes, far less than for ever."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk whose vault `v` has entries on both levels, and the second one's answers."""
    desk = Desk(tmp_path_factory.mktemp("below"), seed=600)
    desk.make("v", 2)
    for number in range(4):
        with desk.open("v", "two") as vault:
            desk.add(vault, desk.file(f"{number}", bytes([number]) * 3000))
            write_note(vault, {"title": b"seen above %d" % number})
        with desk.open("v", "one") as vault:
            desk.add(vault, desk.file(f"{number}", bytes([number]) * 3000))
            write_note(vault, {"title": b"seen below %d" % number})
    with desk.open("v", "two") as vault:
        write_note(vault, {"title": b"bridge"})
    with desk.open("v", "two", writable=False) as vault:
        return desk, answers(vault)


@pytest.fixture
def copy(scene):
    """Return a desk over a copy of the vault."""
    desk, _wanted = scene
    return Desk(desk.folder, disk=desk.disk.fork(), seed=601)


@pytest.fixture
def holder(copy):
    """Return somebody who can write any cell and any root of level 0."""

    def below(_level, *, writable):
        return open_container(
            copy.disk, "v", "one", writable=writable, form=SMALL_FORM, random=seeded(9)
        )

    found = KeyHolder(SimpleNamespace(disk=copy.disk, form=SMALL_FORM, open=below))
    found.leave()
    return found


def above_is_whole(copy, wanted, *, altered=False):
    """The second volume answers as before, is worked on, and nothing takes long."""
    begun = time.monotonic()
    with copy.open("v", "two", writable=False) as vault:
        assert wanted == answers(vault)
        assert check_vault(vault, no_progress).sound
        told = [str(notice.message) for notice in vault.notices]
    if altered:
        with copy.open("v", "two") as vault, pytest.raises(RolledBack):
            write_note(vault, {"title": b"refused"})
    with copy.open("v", "two", allow_altered=altered) as vault:
        report = copy.add(vault, copy.file("more", b"m" * 20_000))
        assert ([9], None) == ([item.seq for item in report.added], report.stopped)
        assert 10 == write_note(vault, {"title": b"after"})
    with copy.open("v", "two", writable=False) as vault:
        assert [*range(11)] == [seq for seq, _ in listed(vault)]
        assert check_vault(vault, no_progress).sound
    assert PATIENCE > time.monotonic() - begun
    return told


def below_is_bounded(copy):
    """The volume below gives what it can, or one error; it never takes long."""
    begun = time.monotonic()
    try:
        with copy.open("v", "two", writable=False, level=0) as vault:
            answers(vault)
            check_vault(vault, no_progress)
    except VaultError:
        pass
    assert PATIENCE > time.monotonic() - begun


def rewrite(copy, change):
    """Commit a change as a program of one's own would, with the first passphrase."""
    session = open_container(
        copy.disk, "v", "one", writable=True, form=SMALL_FORM, random=seeded(10)
    )
    change(session.top)
    session.commit()
    session.close()


@pytest.mark.parametrize("namespace", [PAGE, RECORD, MEDIA], ids=["pages", "records", "files"])
@pytest.mark.parametrize(
    "content",
    [b"", bytes(1024), b"\xff" * 1024, bytes(range(256)) * 4],
    ids=["empty", "zeros", "ones", "bytes"],
)
def test_garbage_for_content(scene, copy, namespace, content):
    def change(volume):
        names = [(o, n) for o in volume.objects(namespace) for n in volume.numbers(namespace, o)]
        for object_id, number in names[: volume.batch_limit()]:
            volume.put(namespace, object_id, number, content)

    rewrite(copy, change)
    above_is_whole(copy, scene[1])
    below_is_bounded(copy)


def test_every_block_taken_out(scene, copy):
    def change(volume):
        for namespace in (PAGE, RECORD, MEDIA):
            for object_id in volume.objects(namespace):
                for number in volume.numbers(namespace, object_id):
                    volume.drop(namespace, object_id, number)

    rewrite(copy, change)
    above_is_whole(copy, scene[1])
    below_is_bounded(copy)


def test_numbers_without_end(scene, copy):
    def change(volume):
        for number in (0, 1, 1 << 20, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
            for namespace in (PAGE, RECORD):
                volume.put(namespace, 0, number, b"\x01" * 1024)
            volume.put(MEDIA, number, number, b"x")

    rewrite(copy, change)
    above_is_whole(copy, scene[1])
    below_is_bounded(copy)


STATEMENTS = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON records BEGIN DELETE FROM entries; END",
    "view": "CREATE VIEW v AS SELECT * FROM entries",
    "schema": "UPDATE sqlite_schema SET sql = replace(sql, 'title', 'titel')",
    "entries": "UPDATE entries SET title = 'forged', hash = zeroblob(32)",
    "records": "UPDATE records SET body = randomblob(500)",
    "media": "UPDATE media SET size = 9223372036854775807, object = 9223372036854775807",
    "many": (
        "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 800)"
        " INSERT INTO counters (contact, name, value) SELECT n, 'x' || n, n FROM c"
    ),
    "version": "PRAGMA user_version = 77",
}


@pytest.mark.parametrize("name", STATEMENTS)
def test_sql_of_somebody_else(scene, copy, name):
    def change(volume):
        file = PageFile(volume, fresh=False)
        vfs = PageVFS(file, seeded(3))
        connection = apsw.Connection("catalog", vfs=vfs.name)
        connection.pragma("journal_mode", "MEMORY")
        connection.pragma("writable_schema", 1)
        connection.execute(STATEMENTS[name])
        file.stage(1 << 30)
        connection.close()
        vfs.unregister()

    rewrite(copy, change)
    above_is_whole(copy, scene[1])
    below_is_bounded(copy)
    if name in {"trigger", "view", "schema", "version"}:
        # What could run code is never used. What the volume's rows say is their writer's word.
        with copy.open("v", "two", writable=False, level=0) as vault:
            assert "seen below 3" == vault.catalog.newest()[0].title
            assert vault.catalog.rebuilt


def test_cells_set_back_are_told_and_stop_nothing_but_writing_unasked(scene, copy, holder):
    cell = holder.cell
    holder.write_cells(Cell(cell.commit - 6, cell.epoch - 6, 1, bytes(16)))
    told = above_is_whole(copy, scene[1], altered=True)
    assert any("altered, or an older state" in text for text in told)


@pytest.mark.parametrize("steps", [1, 64, 1 << 40])
def test_cells_set_forward_are_told(scene, copy, holder, steps):
    cell = holder.cell
    holder.write_cells(Cell(cell.commit + 2, cell.epoch + steps, 1, bytes(16)))
    told = above_is_whole(copy, scene[1])
    assert any("rows were written without it" in text for text in told)


def test_a_cell_at_the_end_of_numbers_is_told_and_reading_goes_on(scene, copy, holder):
    holder.write_cells(Cell(LIMIT - 1, LIMIT - 1, 1, bytes(16)))
    with copy.open("v", "two", allow_altered=True) as vault:
        assert scene[1] == answers(vault)
        with pytest.raises(RolledBack):
            write_note(vault, {"title": b"never"})
    with copy.open("v", "two", writable=False) as vault:
        assert scene[1] == answers(vault)


def test_no_cell_at_all_is_told_and_keeps_nothing_from_being_read(scene, copy, holder):
    holder.break_cells()
    with copy.open("v", "two", writable=False) as vault:
        assert scene[1] == answers(vault)
        assert check_vault(vault, no_progress).sound
        assert any("nothing can be saved" in str(one.message) for one in vault.notices)
    with pytest.raises(Damaged), copy.open("v", "two", allow_altered=True):
        pytest.fail("it was opened for writing")


KINDS = (
    "one name everywhere",
    "everything live",
    "rows of the far future",
    "highest counter",
    "highest commit",
    "names of roots",
)


@pytest.mark.parametrize("kind", KINDS)
def test_forged_roots(scene, copy, holder, kind):
    head, table = hostile_tables(holder)[kind]
    holder.write_root(head.epoch % holder.geometry.rows, head, table)
    above_is_whole(copy, scene[1])
    below_is_bounded(copy)


def test_the_whole_share_in_random_bytes_is_told(scene, copy, holder):
    share = holder.geometry.shares[0].blocks * holder.geometry.sealed
    for row in range(holder.geometry.rows):
        copy.disk.damage("v", holder.geometry.row_offset(row), holder.random(share))
    told = above_is_whole(copy, scene[1])
    assert any("wholly overwritten" in text for text in told)
    below_is_bounded(copy)
