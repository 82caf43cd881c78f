"""Disks that are full, at every length left, and one that may not be written."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from durability.deeds import DEEDS, Known, copied, made_scene, run
from durability.image import small_disk
from durability.result import NotPossibleHere, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from durability.deeds import Deed
    from surroundings.scene import Scene

MAKING = tuple(name for name, deed in DEEDS.items() if {"out", "new"} & {*deed.words})
"""Deeds that make a file."""

SIZE = "64m"
_PAGE = 4096
_STEPS = 24

_TOLD = ("disk is full", "not enough room")


def lengths(whole: int) -> list[int]:
    """Bytes to leave: each of the first pages, then steps up to what it takes in all."""
    return [*range(0, 8 * _PAGE, _PAGE), *range(8 * _PAGE, whole, max(_PAGE, whole // _STEPS))]


def where_possible(work: Callable[[Result], None], what: str) -> Result:
    """Do the work, or say why it is not possible here."""
    result = Result(what)
    try:
        work(result)
    except NotPossibleHere as reason:
        result.skipped = str(reason)
    return result


def full_at_every_length(name: str) -> Result:
    """Let a deed that makes a file run out of room, at lengths up to what it needs."""
    what = f"{name}, on a disk that gets full"
    return where_possible(lambda result: _fill_up(result, DEEDS[name]), what)


def _fill_up(result: Result, deed: Deed) -> None:
    with _on_small_disk() as (place, scene):
        known = Known(scene, deed)
        need = sum(-(-size // _PAGE) * _PAGE + _PAGE for size in known.made.values())
        for leave in lengths(need):
            _attempt(result, known, scene, place, leave)
        if not result.seen.get("told"):
            result.faults.append(f"{result.what}: never full, so nothing is shown")


def vault_on_a_full_disk() -> Result:
    """Deeds that only change a vault do their work where not one byte is left."""
    return where_possible(_change_all, "vaults changed on a full disk")


def _change_all(result: Result) -> None:
    with _on_small_disk() as (place, scene):
        for name in {*DEEDS} - {*MAKING}:
            _attempt(result, Known(scene, DEEDS[name]), scene, place, 0)
    if result.seen.get("told"):
        result.faults.append(f"{result.what}: room was asked for")


def read_only() -> Result:
    """On a disk that may not be written everything that writes says so, and nothing changes."""
    return where_possible(_refuse_all, "commands on a disk that is read-only")


def _refuse_all(result: Result) -> None:
    for name, deed in DEEDS.items():
        with _on_small_disk() as (place, scene):
            _refused(result, name, deed, scene, place)


def _refused(result: Result, name: str, deed: Deed, scene: Scene, place: Path) -> None:
    with copied(scene, deed) as copy:
        before = copy.state()
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        try:
            result.tried += 1
            ran = run(copy, deed)
            if ran.code != 1 or "read-only" not in ran.err or before != copy.state():
                result.faults.append(f"{result.what}: {name}: {ran.code} {ran.err}")
        finally:
            subprocess.run(["mount", "-o", "remount,rw", place], check=True)


@contextmanager
def _on_small_disk() -> Iterator[tuple[Path, Scene]]:
    """A scene on a small disk."""
    with small_disk(SIZE) as place, made_scene(place) as scene:
        yield place, scene


def _attempt(result: Result, known: Known, scene: Scene, place: Path, leave: int) -> None:
    result.tried += 1
    with copied(scene, known.deed) as copy:
        filler = place / "filler"
        room = os.statvfs(place)
        filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - leave)))
        try:
            ran = run(copy, known.deed)
            known.check(copy, done=ran.code == 0, killed=False)
            assert ran.code == 0 or any(text in ran.err for text in _TOLD), ran.err
        except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
            where = f"{result.what}, {leave} bytes left"
            result.faults.append(f"{where}: {type(error).__name__} {error}")
            return
        finally:
            filler.unlink()
    result.count("told" if ran.code else "did their work")
