"""Runs tests on mutants: a plugin of pytest, loaded by tests/prove/mutation.py.

All tests are collected once. For each mutant a child is forked, which puts it in and runs the tests
that reach its lines, quickest first, until one fails.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from _pytest.runner import runtestprotocol

from mutation.mutants import Functions, Mutant, functions_here, put_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

KILLED, SURVIVED, TIMED_OUT, NOT_REACHED = "killed", "survived", "timed out", "not reached"
NOT_PUT_IN = "not put in"

_STATUS = {0: SURVIVED, 3: NOT_PUT_IN}
"""What exit codes of a child say; any other: killed."""

_MEMORY = 4 << 30
"""Bytes of address space of a child: a mutant may ask for all there is."""


class Durations:
    """Notes how long each test takes."""

    def __init__(self, path: Path) -> None:
        self._path, self._seconds = path, {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        known = self._seconds.get(report.nodeid, 0.0)
        self._seconds[report.nodeid] = known + report.duration

    def pytest_sessionfinish(self) -> None:
        self._path.write_text(json.dumps(self._seconds), "utf-8")


class Judge:
    """Stands in for the loop over tests.

    Args:
        jobs: mutants, each with the tests that reach it, quickest first, and how many seconds
            those take.
        report: is given each mutant's verdict, and the test that killed it.
    """

    def __init__(self, jobs: Sequence[tuple[Mutant, Sequence[str], float]], report: Path) -> None:
        self._jobs, self._report = jobs, report

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        functions = functions_here()
        chosen = {
            name: items[name] for _, names, _ in self._jobs for name in names if name in items
        }
        unfit = _unfit(session, list(chosen.values()))
        with self._report.open("a", encoding="utf-8") as report:
            for mutant, names, seconds in self._jobs:
                fit = [chosen[name] for name in names if name in chosen and name not in unfit]
                verdict, by = _judged(session, mutant, functions, fit, seconds)
                report.write(json.dumps([mutant.name, verdict, by]) + "\n")
                report.flush()
        return True


def _unfit(session: pytest.Session, items: Sequence[pytest.Item]) -> set[str]:
    """Tests that fail in such a child although nothing was put in: they can judge nothing."""
    place = Path(tempfile.mkdtemp(prefix="amanat-mutant-"))
    child = os.fork()
    if child == 0:
        _settle(session, place)
        with (place / "unfit").open("w", encoding="utf-8") as unfit:
            for item, after in zip(items, [*items[1:], None], strict=True):
                if _fails(item, after):
                    unfit.write(f"{item.nodeid}\n")
                    unfit.flush()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    found = set((place / "unfit").read_text("utf-8").splitlines())
    shutil.rmtree(place, ignore_errors=True)
    if status:
        raise RuntimeError(status)
    return found


def _judged(
    session: pytest.Session,
    mutant: Mutant,
    functions: Functions,
    items: Sequence[pytest.Item],
    seconds: float,
) -> tuple[str, str]:
    if not items:
        return NOT_REACHED, ""
    place = Path(tempfile.mkdtemp(prefix="amanat-mutant-"))
    child = os.fork()
    if child == 0:
        _run(session, mutant, functions, items, place)
    try:
        status = _waited(child, time.monotonic() + 20 + 6 * seconds)
        by = place / "killed-by"
        name = by.read_text("utf-8") if by.is_file() else ""
    finally:
        shutil.rmtree(place, ignore_errors=True)
    if status is None:
        return TIMED_OUT, name
    return _STATUS.get(os.waitstatus_to_exitcode(status), KILLED), name


def _waited(child: int, end: float) -> int | None:
    """Return how a child ended, or None where it had to be killed."""
    pause = 0.002
    while time.monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _settle(session: pytest.Session, place: Path) -> None:
    """Be a child: a group of its own, silent, bounded, with a folder of its own."""
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    silent = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(silent, number)
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    factory._given_basetemp, factory._basetemp = None, place
    gc.disable()  # it would touch, and so copy, all that the parent holds


def _fails(item: pytest.Item, after: pytest.Item | None) -> bool:
    return any(one.failed for one in runtestprotocol(item, log=False, nextitem=after))


def _run(
    session: pytest.Session,
    mutant: Mutant,
    functions: Functions,
    items: Sequence[pytest.Item],
    place: Path,
) -> None:
    """Be the child: end with 0 where every test passes. Never returns."""
    status = 1
    try:
        _settle(session, place)
        status = 3
        put_in(mutant, functions)
        status = 1
        for item, after in zip(items, [*items[1:], None], strict=True):
            by = item.nodeid
            if _fails(item, after):
                (place / "killed-by").write_text(by, "utf-8")
                break
        else:
            status = 0
    except BaseException as error:  # noqa: BLE001  a child must not run on as its parent
        with suppress(OSError):
            (place / "killed-by").write_text(f"{type(error).__name__} {error}", "utf-8")
    finally:
        sys.stdout.flush()
        os._exit(status)
