"""Every disk call of every writing command fails once, or from then on, or is interrupted."""

from __future__ import annotations

import errno
import tempfile
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

import pytest

from operations.desk import Desk, folder_state, listed
from seam.faulty import CHANGING, FaultyDisk
from vault.errors import NotSaved, VaultError
from vault.operations.entries import write_note
from vault.operations.log import write_proof

if TYPE_CHECKING:
    from collections.abc import Callable


class Case(NamedTuple):
    """A command, and what another look at the vault must show before and after it.

    Attributes:
        path: the vault it works on.
        run: does it on a disk, and returns what it said was done.
        state: what can be seen of it afterwards.
    """

    path: str
    run: Callable[[Desk, FaultyDisk], object]
    state: Callable[[Desk], object]


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk with two vaults that know each other, sources, and a bundle."""
    desk = Desk(tmp_path_factory.mktemp("faults"), seed=300)
    desk.make("v", 2)
    desk.make("p", 1)
    desk.introduce("v", "partner", desk.card("p"), "two")
    desk.introduce("p", "sender", desk.card("v", "two"))
    for number in range(5):
        desk.file(f"sources/{number}", bytes([number]) * 20_000)
    with desk.open("v", "two") as vault:
        desk.add(vault, desk.file("sound", b"s" * 70_000))
        write_note(vault, {"title": b"first"})
        desk.seal(vault, "partner", "bundle")
    return desk


def add(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        report = desk.add(vault, str(desk.folder / "sources"))
    assert [] == report.refused
    return [item.seq for item in report.added], report.stopped


def note(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        return [write_note(vault, {"title": b"new"})], None


def receive(desk, disk):
    with desk.open("p", disk=disk) as vault:
        return desk.receive(vault, str(desk.folder / "bundle")).new, None


def seal(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        desk.seal_to_disk(vault, "partner", "sealed")
    return [], None


def proof(desk, disk):
    with desk.open("v", "two", disk=disk) as vault:
        target = tempfile.mkdtemp(dir=desk.folder)
        write_proof(vault, "1", target)
    return [], None


def seen(path, passphrase):
    def look(desk):
        with desk.open(path, passphrase, writable=False) as vault:
            origins = vault.catalog.logs()
            return [len(list(vault.catalog.leaf_hashes(origin))) for origin in origins]

    return look


CASES = {
    "add": Case("v", add, seen("v", "two")),
    "note": Case("v", note, seen("v", "two")),
    "import": Case("p", receive, seen("p", "one")),
    "seal": Case("v", seal, seen("v", "two")),
    "log-proof": Case("v", proof, seen("v", "two")),
}


def fork(scene, disk):
    """The same desk over another disk."""
    desk = Desk(scene.folder, disk=disk, seed=301)
    desk.length = scene.length
    return desk


def calls_of(scene, case):
    faulty = FaultyDisk(scene.disk.fork())
    case.run(fork(scene, faulty.inner), faulty)
    return faulty.calls


def looked_at(scene, disk, case, done):
    """Another session after the failure: it opens, holds what was acknowledged, and goes on."""
    desk = fork(scene, disk)
    with desk.open("v", "two", writable=False) as vault:
        there = {seq for seq, _ in listed(vault)}
    if case.path == "v":
        assert set(done) <= there
    passphrase = "two" if case.path == "v" else "one"
    assert desk.check(case.path, passphrase).sound
    with desk.open(case.path, passphrase) as vault:
        write_note(vault, {"title": b"after"})
    assert desk.check(case.path, passphrase).sound
    return there


@pytest.mark.parametrize("forever", [False, True], ids=["once", "for-ever"])
@pytest.mark.parametrize("name", CASES)
def test_a_failing_call_is_told_and_what_was_acknowledged_is_there(scene, name, forever):
    case = CASES[name]
    total = calls_of(scene, case)
    assert 4 < total
    for number in range(total):
        faulty = FaultyDisk(scene.disk.fork(), fail_at=number, error=errno.EIO, forever=forever)
        done: list[int] = []
        try:
            done, stopped = case.run(fork(scene, faulty.inner), faulty)
        except VaultError as error:
            stopped = error
        told_late = faulty.failed[0][0] == "remove"  # of a temporary file, after success or failure
        assert told_late or isinstance(stopped, NotSaved), (number, faulty.failed, stopped)
        assert 0 == faulty.fsyncs_after_failure
        looked_at(scene, faulty.inner, case, done)


@pytest.mark.parametrize("error", [MemoryError(), KeyboardInterrupt()], ids=["memory", "ctrl-c"])
@pytest.mark.parametrize("name", CASES)
def test_an_interruption_at_any_call_keeps_what_was_acknowledged(scene, name, error):
    case = CASES[name]
    for number in range(0, calls_of(scene, case), 2):
        faulty = FaultyDisk(scene.disk.fork(), fail_at=number, error=error)
        desk = fork(scene, faulty.inner)
        with pytest.raises(type(error)):
            raise_what_stopped(case, desk, faulty)
        looked_at(scene, faulty.inner, case, [])


def raise_what_stopped(case, desk, faulty):
    _done, stopped = case.run(desk, faulty)
    if stopped is not None:
        raise stopped


def test_no_failing_call_leaves_a_temporary_file(scene):
    case = CASES["seal"]
    for number in range(calls_of(scene, case)):
        faulty = FaultyDisk(
            scene.disk.fork(), fail_at=number, error=errno.ENOSPC, ops=CHANGING - {"remove"}
        )
        with pytest.raises(NotSaved):
            case.run(fork(scene, faulty.inner), faulty)
        last = faulty.failed[0][0] == "sync-folder"
        assert {"v", "p"} | ({"sealed"} if last else set()) == set(faulty.inner)
    assert not [name for name in folder_state(scene.folder) if "/." in name or name[0] == "."]


@pytest.mark.parametrize("name", CASES)
def test_a_disk_that_cannot_be_read_harms_nothing(scene, name):
    """EIO while reading: at opening, in the middle, at the end; the file stays as it was."""
    case = CASES[name]
    counting = FaultyDisk(scene.disk.fork(), ops={"pread"})
    case.run(fork(scene, counting.inner), counting)
    for number in range(0, counting.calls, max(1, counting.calls // 25)):
        faulty = FaultyDisk(scene.disk.fork(), fail_at=number, ops={"pread"}, forever=True)
        done: list[int] = []
        with suppress(VaultError):
            done, _stopped = case.run(fork(scene, faulty.inner), faulty)
        desk = fork(scene, faulty.inner)
        with desk.open("v", "two", writable=False) as vault:
            assert {0, 1, *(done if case.path == "v" else [])} <= {s for s, _ in listed(vault)}
        assert desk.check("v", "two").sound
        assert desk.check("p").sound
