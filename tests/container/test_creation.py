"""Making a container: one pass, power-safe, the same whatever it holds."""

from __future__ import annotations

import errno
import re

import pytest

from container.worlds import PASSPHRASES, PATH, World, open_level, payloads, read_all, told
from seam.faulty import FaultyDisk
from seam.memory import MemoryDisk
from seam.recording import Op, RecordingDisk
from seam.small import CHEAP_KDF, SMALL_FORM, SMALL_LENGTH, seeded, small_geometry
from vault.container import creation, head
from vault.container.creation import create
from vault.container.form import FORM_V1, Form
from vault.container.geometry import MIB, build
from vault.container.new_volume import NewVolume
from vault.crypto.kdf import argon2id
from vault.errors import ContainerFull, NotSaved, UsageError, VaultError

SMALL = small_geometry(SMALL_LENGTH)


def make(disk, passphrases=PASSPHRASES[:1], contents=({},), **changes):
    arguments = {"length": SMALL_LENGTH, "form": SMALL_FORM, "random": seeded(1), **changes}
    length = arguments.pop("length")
    create(disk, PATH, length, passphrases, contents, **arguments)


@pytest.mark.parametrize("volumes", [1, 2, 3])
@pytest.mark.parametrize("blocks", [0, 40])
def test_one_sequential_pass_then_fsync_rename_and_the_folder(volumes, blocks):
    disk = RecordingDisk(MemoryDisk())
    World(volumes, disk=disk, contents=[payloads(blocks)] * volumes)
    writes = [op for op in disk.ops if op.op == "pwrite"]
    at = 0
    for write in writes:
        assert at == write.offset
        at += write.length
    assert SMALL_LENGTH == at
    rest = [op for op in disk.ops if op.op != "pwrite"]
    assert rest == [
        Op("create", "f1"),
        Op("fsync", "f1"),
        Op("close", "f1"),
        Op("rename", "f1>f2"),
        Op("sync-folder", "f2"),
    ]
    assert disk.ops.index(Op("fsync", "f1")) > disk.ops.index(writes[-1])


def test_operations_are_the_same_whatever_volumes_and_contents():
    seen = []
    for volumes, blocks in ((1, 0), (1, 100), (2, 3), (3, 200)):
        disk = RecordingDisk(MemoryDisk())
        World(volumes, disk=disk, contents=[payloads(blocks, seed=1)] * volumes)
        seen.append((disk.ops, disk.reads))
    assert all(one == seen[0] for one in seen)


def test_a_new_container_stands_at_epoch_s_and_commit_0_whatever_it_holds():
    for blocks in (0, 100):
        world = World(3, contents=[payloads(blocks)] * 3)
        session = world.open()
        for level in range(3):
            status = session.status(level)
            assert (SMALL.rows, 0, 0) == (status.epoch, status.commits, status.lag)
        assert [] == session.notices
        world.check(session)


def test_its_making_is_the_first_save_of_every_volume():
    session = World(3, contents=[payloads(3)] * 3).open()
    for volume in session.volumes:
        assert 1 == volume.reader.root(SMALL.rows - 1).head.counter
    session.close()


def test_the_volumes_it_begins_with_are_given_the_new_file():
    made, given = [], []

    class Disk(MemoryDisk):
        def create(self, path):
            made.append(super().create(path))
            return made[-1]

    (key,) = keys = creation.new_keys(1, seeded(4))

    def volumes(file):
        given.append(file)
        return [NewVolume(file, SMALL, 0, key)]

    beginning = creation.Beginning(PASSPHRASES[:1], keys, volumes)
    arguments = {"form": SMALL_FORM, "random": seeded(1), "progress": lambda _done, _total: None}
    assert [[]] == creation.make(Disk(), PATH, SMALL, beginning, **arguments)
    assert made == given
    assert 1 == len(given)


def test_live_blocks_stand_in_the_last_rows():
    session = World(1, contents=[payloads(12)]).open()
    table = session.top.state.table
    assert [5, 5, 2] == [row.count for row in table[-3:]]
    assert not any(row.count for row in table[:-3])


def test_every_row_has_a_root_of_every_existing_level_and_of_no_other():
    world = World(2)
    session = world.open()
    for volume in session.volumes:
        for row in range(SMALL.rows):
            assert volume.reader.root(row).head.epoch == row
    session.close()


def test_full_length_and_never_sparse():
    disk = MemoryDisk()
    World(1, disk=disk)
    raw = disk.read(PATH)
    assert SMALL_LENGTH == len(raw)
    assert all(any(raw[at : at + 512]) for at in range(0, len(raw), 512))


@pytest.mark.parametrize("count", [0, 4])
def test_no_and_four_passphrases_are_refused(count):
    with pytest.raises(UsageError):
        make(MemoryDisk(), [str(number) for number in range(count)], [{}] * count)


def test_the_same_passphrase_twice_is_refused_in_whatever_form_it_is_typed():
    disk = MemoryDisk()
    with pytest.raises(UsageError):
        make(disk, ["یک کابل", "\u064a\u0643  كابل\n"], [{}, {}])
    assert {} == disk.snapshot()


@pytest.mark.parametrize("length", [0, 1, 127 * MIB, 128 * MIB + 1, 65 * 1024 * MIB])
def test_a_length_that_no_container_has_is_refused(length):
    disk = MemoryDisk()
    with pytest.raises(UsageError):
        make(disk, length=length, form=FORM_V1)
    assert {} == disk.snapshot()


def test_contents_that_do_not_fit_are_refused_and_nothing_is_left():
    disk = MemoryDisk()
    limit = SMALL.limit(0)
    make(disk, contents=[payloads(limit, size=1)])
    other = MemoryDisk()
    with pytest.raises(ContainerFull):
        make(other, contents=[payloads(limit + 1, size=1)])
    assert {} == other.snapshot()


def test_a_name_that_is_taken_is_not_touched():
    disk = MemoryDisk({PATH: b"something else"})
    with pytest.raises(VaultError):
        make(disk)
    assert {PATH: b"something else"} == disk.snapshot()


@pytest.mark.parametrize("tail", [1024, 3 * 1024, 7 * 1024])
def test_the_tail_is_written_in_pieces_once_and_is_random(tail, monkeypatch):
    monkeypatch.setattr(creation, "_TAIL_PIECE", 2048)
    memory = MemoryDisk()
    disk = RecordingDisk(memory)
    length = SMALL_LENGTH + tail
    geometry = build(
        length=length, payload=SMALL.payload, rows=SMALL.rows, pitch=SMALL.pitch, edge=SMALL.edge
    )
    make(disk, length=length, form=Form(CHEAP_KDF, lambda _length: geometry, lambda _length: True))
    assert tail == geometry.edge_offset(1) - geometry.tail_offset
    writes = [(op.offset, op.length) for op in disk.ops if op.op == "pwrite"]
    at = 0
    for offset, size in writes:
        assert at == offset
        at += size
    assert length == at
    pieces = [one for one in writes if geometry.tail_offset <= one[0] < geometry.edge_offset(1)]
    assert -(-tail // 2048) == len(pieces)
    raw = memory.read(PATH)[geometry.tail_offset : geometry.edge_offset(1)]
    sixteen = [raw[start : start + 16] for start in range(0, tail, 16)]
    assert len(sixteen) == len(set(sixteen))


def test_progress_counts_the_rows_and_then_the_whole_file():
    seen = []
    make(MemoryDisk(), progress=lambda done, total: seen.append((done, total)))
    rows = [((row + 1) * SMALL.pitch, SMALL_LENGTH) for row in range(SMALL.rows)]
    assert [*rows, (SMALL_LENGTH, SMALL_LENGTH)] == seen


def test_every_passphrase_needs_contents_and_none_has_two():
    for contents in ((), ({}, {})):
        disk = MemoryDisk()
        with pytest.raises(ValueError, match="zip"):
            make(disk, contents=contents)
        assert not disk.exists(PATH)


def test_the_temporary_name_says_nothing_but_the_name():
    names = []

    class Disk(RecordingDisk):
        def create(self, path):
            names.append(path)
            return super().create(path)

    make(Disk(MemoryDisk()))
    (name,) = names
    assert re.fullmatch(rf"{PATH}\.[0-9a-f]{{12}}", name)


@pytest.mark.parametrize(
    ("changes", "hint"),
    [
        ({"length": SMALL_LENGTH + 1}, "for example 1GiB"),
        ({"passphrases": ("one", "one"), "contents": ({}, {})}, "Nothing was made. Start again."),
    ],
)
def test_who_is_refused_is_told_what_to_do(changes, hint):
    with pytest.raises(UsageError) as caught:
        make(MemoryDisk(), **changes)
    assert hint in caught.value.hint


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EROFS, MemoryError()])
def test_whatever_call_fails_nothing_stands_under_the_name(error):
    counting = FaultyDisk(MemoryDisk())
    make(counting)
    expected = NotSaved if isinstance(error, int) else MemoryError
    for number in range(counting.calls):
        memory = MemoryDisk()
        disk = FaultyDisk(memory, fail_at=number, error=error)
        with pytest.raises(expected):
            make(disk)
        last = number == counting.calls - 1  # the folder's fsync: the name may be lost, no more
        assert ({PATH} if last else set()) == set(memory.snapshot())
        assert disk.fsyncs_after_failure == 0


@pytest.mark.parametrize("volumes", [1, 2, 3])
def test_nothing_is_derived_once_there_is_a_file(volumes, monkeypatch):
    """Else the times of its making and of its first write would tell how many passphrases."""
    disk, seen = RecordingDisk(MemoryDisk()), []

    def derived(*arguments):
        seen.append(list(disk.ops))
        return argon2id(*arguments)

    monkeypatch.setattr(head, "argon2id", derived)
    make(disk, PASSPHRASES[:volumes], [{}] * volumes)
    assert [[]] * 2 * volumes == seen


def test_too_little_memory_for_the_derivation_is_seen_before_there_is_a_file(monkeypatch):
    def without_memory(*arguments):
        raise MemoryError

    monkeypatch.setattr(head, "argon2id", without_memory)
    disk = RecordingDisk(MemoryDisk())
    with pytest.raises(MemoryError):
        make(disk)
    assert [] == disk.ops


def test_a_folder_that_cannot_be_synced_is_told_and_the_whole_container_stands_there():
    memory = MemoryDisk()
    with pytest.raises(NotSaved):
        make(FaultyDisk(memory, fail_at=0, ops=["sync-folder"]), contents=[payloads(5)])
    session = open_level(memory, 0)
    assert (payloads(5), set()) == read_all(session.top)
    session.close()


def test_two_volumes_do_not_share_a_key():
    world = World(3, contents=[payloads(3)] * 3)
    session = world.open()
    assert len({id(volume.reader.keys) for volume in session.volumes}) == 3
    assert not told(session, "altered")
