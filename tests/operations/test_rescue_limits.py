"""What must not become a rescue, what must not stop one, and one that is full."""

from __future__ import annotations

from contextlib import closing

import apsw
import pytest

from container.test_faults import BadSector
from operations.damages import GEOMETRY, LENGTH, NEW, made, readable, rescue
from operations.desk import Desk
from seam.small import SMALL_FORM, seeded
from vault.catalog import mending, stream
from vault.catalog.catalog import Catalog
from vault.catalog.database import IndexDamaged
from vault.catalog.rows import record_from
from vault.catalog.store import PAGE, RECORD
from vault.catalog.vfs import PageFile, PageVFS
from vault.container.cell import CELL_UNIT
from vault.container.new_volume import NewVolume
from vault.container.session import open_container
from vault.errors import MalformedRecord, NotSaved
from vault.operations import rescue as operation
from vault.operations.rescue import damaged_vault


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    return made(tmp_path_factory.mktemp("limits"), 2)


class Plug:
    """A disk whose stick is pulled out: from then on it gives its first bytes only."""

    def __init__(self, desk):
        self.disk = BadSector(desk.disk, 0, 0)
        self.inner = desk.disk

    def open(self, path, *, writable=False):
        return self.disk.open(path, writable=writable)

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def pull(self):
        self.disk.start, self.disk.end = GEOMETRY.row_offset(0), LENGTH


def rescue_while(desk, step):
    """Rescue `v` from a stick that is pulled out while it is being read, mended or written."""
    plug = Plug(desk)

    def at(now, some):
        def progress(done, _total):
            if step == now and done > some:
                plug.pull()

        return progress

    with damaged_vault("v", "two", place=desk.place(plug), from_end=False) as vault:
        vault.read(at("reading", 3))
        if step == "mending":
            plug.pull()
        vault.rescue("n", NEW[:2], at("writing", 3 * GEOMETRY.pitch))


@pytest.mark.parametrize("step", ["reading", "mending", "writing"])
def test_a_stick_pulled_out_makes_no_empty_vault(scene, step):
    desk = scene.fork()
    with pytest.raises(NotSaved, match="The disk fails while it is read"):
        rescue_while(desk, step)
    assert ["v"] == list(desk.disk.snapshot())


def store(desk, *statements):
    """Let whoever knows the first passphrase change its index as it is stored; nothing checks it.

    The last page but one is dropped: the index is damaged, and records are looked for in what is
    left.
    """
    session = open_container(
        desk.disk, "v", "one", writable=True, form=SMALL_FORM, random=seeded(10)
    )
    file = PageFile(session.top, fresh=False)
    vfs = PageVFS(file, seeded(3))
    connection = apsw.Connection("catalog", vfs=vfs.name)
    connection.pragma("journal_mode", "MEMORY")
    for statement in statements:
        connection.execute(statement)
    file.stage(1 << 30)
    session.top.drop(PAGE, 0, session.top.numbers(PAGE, 0)[-2])
    session.commit()
    connection.close()
    vfs.unregister()
    session.close()


ROWS = 'INSERT INTO records (number, kind, block, "end", body) VALUES '


@pytest.mark.parametrize(
    "row",
    [
        "(99, 300, 0, 0, x'00')",
        "(99, -1, 0, 0, x'00')",
        "(99, 9, 0, 0, zeroblob(60000))",
        "(9223372036854775807, 9, 0, 0, x'00')",
    ],
    ids=["kind", "negative", "length", "number"],
)
def test_no_row_of_an_index_stops_the_rescue_of_any_volume(scene, monkeypatch, row):
    for module in (mending, stream):
        monkeypatch.setattr(module, "MAX_RECORD", 50_000)
    desk = scene.fork()
    store(desk, ROWS + row)
    below, above = rescue(desk, "two")
    assert (False, 4) == (below.anew, below.entries)
    assert above.whole
    assert 4 == above.entries


def test_a_row_whose_kind_no_record_has_is_damage():
    with pytest.raises(IndexDamaged):
        record_from((99, 300, b"\0", 0, 0))


def test_more_than_a_volume_has_room_for_is_not_brought_back(scene, monkeypatch):
    monkeypatch.setattr(mending, "MAX_BROUGHT_BACK", 4500)
    desk = scene.fork()
    store(desk, *(ROWS + f"({number}, 9, 0, 0, zeroblob(1000))" for number in range(90, 99)))
    with (
        desk.open("v", "one", writable=False) as vault,
        closing(mending.StoredIndex(vault.volume, seeded(1))) as stored,
        closing(mending.MendedCatalog(vault.volume, random=seeded(2))) as catalog,
    ):
        catalog.make_anew()
        assert 4 == catalog.bring_back(stored)


def test_what_mending_or_telling_one_volume_fails_with_stops_no_other(scene, monkeypatch):
    def fail(catalog):
        if catalog.label == "bag":
            raise MalformedRecord("as no catalog should")
        return losses(catalog)

    losses = mending.MendedCatalog.losses
    desk = scene.fork()
    monkeypatch.setattr(mending.MendedCatalog, "losses", fail)
    below, above = rescue(desk, "two")
    assert (True, True) == (below.anew, above.whole)
    desk = scene.fork()
    monkeypatch.undo()
    monkeypatch.setattr(operation, "Catalog", type("Failing", (Catalog,), {"losses": fail}))
    below, above = rescue(desk, "two")
    assert (True, 0, True) == (below.end, below.entries, above.whole)


class FullVolume(NewVolume):
    """One that has no room for more blocks than are left in the damaged one."""

    def __init__(self, *args):
        super().__init__(*args)
        self._limits = (self.used, self.used)


def test_a_full_volume_keeps_records_that_only_its_damaged_index_had(scene, monkeypatch):
    """There is no room for both: the index goes, and is made anew at every opening."""
    blocks = scene.held[0].blocks
    desk = scene.fork()
    for namespace, which in ((RECORD, 2), (PAGE, 5)):
        name = sorted(name for name in blocks if name[0] == namespace)[which]
        desk.disk.flip("v", blocks[name] + 50)
    monkeypatch.setattr(operation, "NewVolume", FullVolume)
    report = rescue(desk, "one")[0]
    assert (True, 4) == (report.whole, report.entries)
    with desk.open("n", "uno", writable=False) as vault:
        assert vault.catalog.rebuilt
        assert scene.held[0].entries == readable(desk, vault)


@pytest.mark.parametrize("rows", [1, 1.5])
@pytest.mark.parametrize("fresh", [True, False], ids=["fresh", "used"])
def test_of_a_save_that_never_finished_nothing_is_taken(scene, tmp_path, fresh, rows):
    """The cell slot before the newest is gone; in a fresh vault it was never written."""
    desk = Desk(tmp_path, seed=803, length=LENGTH) if fresh else scene.fork()
    if fresh:
        desk.make("v", 2)
    unfinished(desk, int(rows * GEOMETRY.pitch))
    reports = rescue(desk, "two")
    expected = (True, 0, 0 if fresh else 4)
    assert [expected] * 2 == [(one.whole, one.blocks, one.entries) for one in reports]


def unfinished(desk, kept):
    """Add a file to `v`, and cut the save off after so many bytes of its rows."""
    before, (commits, epoch) = desk.disk.read("v"), state_of(desk)
    after = Desk(desk.folder, disk=desk.disk.fork(), seed=802, length=LENGTH)
    path = desk.file("cut", bytes(range(256)) * 240)
    with after.open("v", "two") as vault:
        after.add(vault, path)
    assert commits < state_of(after)[0]
    start = GEOMETRY.row_offset(epoch % GEOMETRY.rows)
    end = start + kept
    desk.disk.put("v", before[:start] + after.disk.read("v")[start:end] + before[end:])
    for cell in (0, 1):
        desk.disk.damage("v", GEOMETRY.cell_offset(cell, 1 - commits % 2), bytes(CELL_UNIT))


def state_of(desk):
    with desk.open("v", "one", writable=False) as vault:
        status = vault.session.status(0)
        return status.commits, status.epoch
