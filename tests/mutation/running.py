"""Runs tests on mutants: a plugin of pytest, loaded by tests/prove/mutation.py.

All tests are collected once. For each mutant a child is forked, which puts it in and runs the tests
that reach its lines until one fails.
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
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from _pytest.runner import runtestprotocol

from mutation.mutants import Functions, Mutant, functions_here, put_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest

KILLED, SURVIVED, TIMED_OUT, NOT_REACHED = "killed", "survived", "timed out", "not reached"
NOT_PUT_IN, UNFIT = "not put in", "unfit"

_STATUS = {0: SURVIVED, 3: NOT_PUT_IN}
"""What exit codes of a child say; any other: killed."""

_ALL_TESTS = 1800.0
"""Seconds for all tests without a mutant."""

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
        jobs: mutants, each with the tests that reach it, in the order in which they are to run,
            and how many seconds those take.
        report: is given each mutant's verdict, and the test that killed it; first the tests that
            are put aside because they fail without a mutant.
    """

    def __init__(self, jobs: Sequence[tuple[Mutant, Sequence[str], float]], report: Path) -> None:
        self._jobs, self._report = jobs, report

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        functions = functions_here()
        unfit = _unfit(session, {name for _, names, _ in self._jobs for name in names})
        items = {item.nodeid: item for item in session.items if item.nodeid not in unfit}
        with self._report.open("a", encoding="utf-8") as report:
            for name in unfit:
                report.write(json.dumps([name, UNFIT, ""]) + "\n")
            for mutant, names, seconds in self._jobs:
                fit = [items[name] for name in names if name in items]
                verdict, by = _judged(session, mutant, functions, fit, seconds)
                report.write(json.dumps([mutant.name, verdict, by]) + "\n")
                report.flush()
        return True


def _unfit(session: pytest.Session, names: set[str]) -> list[str]:
    """Tests that fail in such a child although nothing was put in: they can judge nothing."""
    items = [item for item in session.items if item.nodeid in names]
    if not items:
        return []

    def work(place: Path) -> int:
        with (place / "unfit").open("w", encoding="utf-8") as unfit:
            for item, after in zip(items, [*items[1:], None], strict=True):
                if _fails(item, after):
                    unfit.write(f"{item.nodeid}\n")
        return 0

    with _place() as place:
        status = _forked(session, place, work, _ALL_TESTS)
        if status != 0:
            raise RuntimeError(status, _said(place))
        return (place / "unfit").read_text("utf-8").splitlines()


def _judged(
    session: pytest.Session,
    mutant: Mutant,
    functions: Functions,
    items: Sequence[pytest.Item],
    seconds: float,
) -> tuple[str, str]:
    if not items:
        return NOT_REACHED, ""

    def work(place: Path) -> int:
        try:
            put_in(mutant, functions)
        except Exception as error:  # noqa: BLE001  of the change, not of the code
            _say(place, f"{type(error).__name__} {error}")
            return 3
        for item, after in zip(items, [*items[1:], None], strict=True):
            by = item.nodeid
            if _fails(item, after):
                _say(place, by)
                return 1
        return 0

    with _place() as place:
        status = _forked(session, place, work, 20 + 6 * seconds)
        said = _said(place)
    if status is None:
        return TIMED_OUT, said
    return _STATUS.get(os.waitstatus_to_exitcode(status), KILLED), said


def _forked(
    session: pytest.Session, place: Path, work: Callable[[Path], int], seconds: float
) -> int | None:
    """Have a child work; return how it ended, or None where it took too long."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _settle(session, place)
            status = work(place)
        except BaseException as error:  # noqa: BLE001  a child must not run on as its parent
            with suppress(OSError):
                _say(place, f"{type(error).__name__} {error}")
        finally:
            sys.stdout.flush()
            os._exit(status)
    return _waited(child, time.monotonic() + seconds)


@contextmanager
def _place() -> Iterator[Path]:
    """A folder for a child."""
    place = Path(tempfile.mkdtemp(prefix="amanat-mutant-"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _say(place: Path, words: str) -> None:
    (place / "said").write_text(words, "utf-8")


def _said(place: Path) -> str:
    path = place / "said"
    return path.read_text("utf-8") if path.is_file() else ""


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
    here = place / "here"  # a change may make a path a relative one
    here.mkdir()
    os.chdir(here)
    factory = session.config._tmp_path_factory  # type: ignore[attr-defined]
    factory._given_basetemp, factory._basetemp = None, place
    gc.disable()  # it would touch, and so copy, all that the parent holds


def _fails(item: pytest.Item, after: pytest.Item | None) -> bool:
    return any(one.failed for one in runtestprotocol(item, log=False, nextitem=after))
