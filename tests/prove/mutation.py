"""Change the code and see a test fail: python3 dev.py prove mutation [--room NAME] [PATTERN]

Every change that mutmut makes in the rooms container, crypto and storage; each is put in, and the
tests that reach its lines run until one fails. What survives has to be named, with the reason, in
tests/mutation/survivors.txt; the rest is told, and makes this fail. PATTERN is a part of a mutant's
name, PATH:FUNCTION:NUMBER. First the tests run once with coverage, to know which test reaches what:
a branch of these rooms that none reaches makes this fail, too. --reuse takes what the run before
found out, and --new runs some tests for it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
# Instead of this folder, where a file has the name of the package.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]
sys.dont_write_bytecode = True

import coverage  # noqa: E402
import pytest  # noqa: E402

from mutation.making import mutants_of  # noqa: E402
from mutation.mutants import Mutant, lines_of  # noqa: E402
from mutation.running import KILLED, SURVIVED, TIMED_OUT, UNFIT, Durations, Judge  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOMS = ("container", "crypto", "storage")
TESTS = (
    "tests/container",
    "tests/crypto",
    "tests/storage",
    "tests/operations/test_rescue.py",
    "tests/operations/test_rescue_limits.py",
    "tests/operations/test_check_deep.py",
)
"""Of each room, and of the use cases for whose sake some of their files are there."""

PLACE = ROOT / "build" / "mutation"
SURVIVORS = ROOT / "tests" / "mutation" / "survivors.txt"
OPTIONS = ("-q", "--tb=no", "-p", "no:cacheprovider", "--timeout=0", "-m", "not long and not slow")
PATIENCE = 60.0
"""Seconds of tests for one mutant."""

Job = tuple[Mutant, list[str], float]


def reached(tests: Sequence[str], *, more: bool) -> tuple[coverage.CoverageData, dict[str, float]]:
    """Run tests once; return which lines each test reaches, and how long it takes.

    Args:
        tests: files or folders.
        more: whether what is known of other tests stays.
    """
    PLACE.mkdir(parents=True, exist_ok=True)
    path = PLACE / "durations.json"
    known = json.loads(path.read_text("utf-8")) if more else {}
    if tests:
        words = [sys.executable, "-B", __file__, *(["--more"] if more else []), "--measure", *tests]
        subprocess.run(words, check=True, cwd=ROOT)
        known |= json.loads(path.read_text("utf-8"))
        path.write_text(json.dumps(known), "utf-8")
    found = coverage.CoverageData(str(PLACE / "coverage"))
    found.read()
    return found, known


def measure(tests: Sequence[str], *, more: bool) -> int:
    """Be the process that runs tests once."""
    options = [f"--cov=vault.{room}" for room in ROOMS] + (["--cov-append"] if more else [])
    os.environ["COVERAGE_FILE"] = str(PLACE / "coverage")
    durations = Durations(PLACE / "durations.json")
    words = [*OPTIONS, "-n", str(os.cpu_count()), *options, "--cov-context=test", "--cov-report="]
    return int(pytest.main([*words, *tests], plugins=[durations]))


def every_branch_is_reached() -> bool:
    """Print what no test reaches of the three rooms; tell whether there is nothing."""
    measured = coverage.Coverage(str(PLACE / "coverage"), config_file=str(ROOT / "pyproject.toml"))
    measured.load()
    rooms = [str(ROOT / "vault" / room / "*") for room in ROOMS]
    return measured.report(include=rooms, skip_covered=True, precision=2) >= 100.0


def jobs_of(
    mutants: Sequence[Mutant],
    found: coverage.CoverageData,
    seconds: dict[str, float],
    patience: float,
) -> Iterator[Job]:
    """Give each mutant the tests that reach its lines, within the patience.

    For a third of the patience those whose file is named after its own; then from each file the
    quickest one, and of each the next: those of one file often see the same.
    """
    contexts: dict[str, dict[int, list[str]]] = {}
    for mutant in mutants:
        if mutant.path not in contexts:
            contexts[mutant.path] = found.contexts_by_lineno(str(ROOT / mutant.path))
        lines = contexts[mutant.path]
        names = {
            context.rpartition("|")[0]
            for line in lines_of(mutant.path, mutant.first, mutant.last)
            for context in lines.get(line, ())
        }
        chosen, total = [], 0.0
        for name in in_turns(names & seconds.keys(), Path(mutant.path).stem, seconds, patience / 3):
            if total + seconds[name] <= patience:
                chosen.append(name)
                total += seconds[name]
        yield mutant, chosen, total


def in_turns(
    names: Iterable[str], stem: str, seconds: dict[str, float], patience: float
) -> list[str]:
    """Sort tests as `jobs_of` says."""
    taken: Counter[str] = Counter()
    keys = {}
    for name in sorted(names, key=lambda name: (seconds[name], name)):
        path = name.partition("::")[0]
        if Path(path).stem.startswith(f"test_{stem}") and seconds[name] <= patience:
            patience -= seconds[name]
            keys[name] = -1, seconds[name]
        else:
            keys[name] = taken[path], seconds[name]
            taken[path] += 1
    return sorted(keys, key=lambda name: keys[name])


def judge(part: Sequence[Job], number: int) -> None:
    """Have one process judge a part of the mutants."""
    jobs = PLACE / f"jobs-{number}.json"
    jobs.write_text(json.dumps(part), "utf-8")
    words = [sys.executable, "-B", __file__, "--judge", str(number)]
    with (PLACE / f"output-{number}").open("wb") as output:
        subprocess.run(words, check=True, cwd=ROOT, stdout=output, stderr=output)


def be_judge(number: int) -> int:
    """Be such a process."""
    raw = json.loads((PLACE / f"jobs-{number}.json").read_text("utf-8"))
    jobs = [(Mutant(*fields), names, seconds) for fields, names, seconds in raw]
    report = PLACE / f"verdicts-{number}"
    report.write_text("", "utf-8")
    tests = sorted({name.partition("::")[0] for _, names, _ in jobs for name in names})
    return int(pytest.main([*OPTIONS, *(tests or TESTS)], plugins=[Judge(jobs, report)]))


def verdicts(jobs: Sequence[Job], processes: int) -> dict[str, tuple[str, str]]:
    """Judge all mutants; name → verdict, and the test that killed it."""
    parts = [jobs[number::processes] for number in range(processes)]
    with ProcessPoolExecutor(processes) as pool:
        list(pool.map(judge, parts, range(processes)))
    told = {}
    for number in range(processes):
        for line in (PLACE / f"verdicts-{number}").read_text("utf-8").splitlines():
            name, verdict, by = json.loads(line)
            if verdict == UNFIT:
                print(f"fails without a mutant, and judged none: {name}", flush=True)
            else:
                told[name] = (verdict, by)
    return told


def justified() -> dict[str, str]:
    """Survivors that are known, with the reason: lines `NAME  REASON`."""
    if not SURVIVORS.is_file():
        return {}
    lines = SURVIVORS.read_text("utf-8").splitlines()
    pairs = (line.split(None, 1) for line in lines if line.strip() and not line.startswith("#"))
    return dict(pairs)


def report(mutants: Sequence[Mutant], told: dict[str, tuple[str, str]], *, whole: bool) -> int:
    """Print each survivor without a reason, then the score of each room.

    Args:
        mutants: those asked for.
        told: the verdict on each.
        whole: whether these are all of their files.

    Returns:
        How many survive without a reason, and how many reasons are for none that survives.
    """
    known = justified()
    alive = [one for one in mutants if told[one.name][0] not in {KILLED, TIMED_OUT}]
    for mutant in alive:
        if mutant.name in known:
            continue
        print(f"\n{told[mutant.name][0]}: {mutant.name} (line {mutant.first})")
        for sign, lines in (("-", mutant.before), ("+", mutant.after)):
            print("".join(f"  {sign} {line.rstrip()}\n" for line in lines), end="")
    names = {one.name for one in alive}
    files = {one.path for one in mutants}
    stale = {name for name in known.keys() - names if whole and name.partition(":")[0] in files}
    for name in sorted(stale):
        print(f"\nkilled or not there, and yet listed in {SURVIVORS.name}: {name}")
    print("\n| room | mutants | killed | timed out | survived | of these justified | score |")
    print("|---|---|---|---|---|---|---|")
    for room in ROOMS:
        inside = [one for one in mutants if one.path.startswith(f"vault/{room}/")]
        counts = Counter(told[one.name][0] for one in inside)
        dead = counts[KILLED] + counts[TIMED_OUT]
        excused = sum(one.name in known and one.name in names for one in inside)
        if inside:
            print(
                f"| {room} | {len(inside)} | {counts[KILLED]} | {counts[TIMED_OUT]} "
                f"| {len(inside) - dead} | {excused} | {dead / len(inside):.1%} |"
            )
    return sum(name not in known for name in names) + len(stale)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pattern", nargs="?", default="", help="only mutants whose name holds it")
    parser.add_argument("--room", choices=ROOMS, action="append")
    parser.add_argument("--reuse", action="store_true", help="what is known of the tests")
    parser.add_argument(
        "--again", action="store_true", help="only what was neither killed nor listed"
    )
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="seconds of tests for each"
    )
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument(
        "--new", nargs="+", default=[], metavar="TEST", help="with --reuse: new tests"
    )
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--more", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--judge", type=int, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        return measure(wanted.measure, more=wanted.more)
    if wanted.judge is not None:
        return be_judge(wanted.judge)
    started = time.monotonic()
    paths = [
        str(path.relative_to(ROOT))
        for room in wanted.room or ROOMS
        for path in sorted((ROOT / "vault" / room).glob("*.py"))
    ]
    with ProcessPoolExecutor(wanted.processes) as pool:
        mutants = [
            one
            for part in pool.map(all_mutants, paths)
            for one in part
            if wanted.pattern in one.name
        ]
    told = last_verdicts() if wanted.again else {}
    known = justified().keys() & told.keys()
    left = [
        one
        for one in mutants
        if one.name not in known
        and told.get(one.name, (SURVIVED, ""))[0] not in {KILLED, TIMED_OUT}
    ]
    print(f"{len(left)} mutants", flush=True)
    found, seconds = reached(wanted.new if wanted.reuse else TESTS, more=wanted.reuse)
    told |= verdicts(list(jobs_of(left, found, seconds, wanted.patience)), wanted.processes)
    keep(told)
    count = report(mutants, told, whole=not wanted.pattern)
    # Line numbers of a run before may be those of other sources.
    whole = wanted.reuse or every_branch_is_reached()
    print(f"\n{count or 'no'} without a reason, or listed and dead")
    print(f"{time.monotonic() - started:.0f} s")
    return 1 if count or not whole else 0


def all_mutants(path: str) -> list[Mutant]:
    """The mutants of one file; kept under its digest, for making them takes seconds."""
    kept = PLACE / "mutants" / f"{digest_of(path)}.json"
    if not kept.is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(list(mutants_of(path))), "utf-8")
    return [Mutant(*fields) for fields in json.loads(kept.read_text("utf-8"))]


def digest_of(path: str) -> str:
    """SHA-256 of a file of the checkout."""
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def keep(told: dict[str, tuple[str, str]]) -> None:
    """Write down what was found out, of which files and by which tests."""
    paths = {name.partition(":")[0] for name in told}
    paths |= {path for _, by in told.values() if (ROOT / (path := by.partition("::")[0])).is_file()}
    kept = {"files": {path: digest_of(path) for path in paths}, "verdicts": told}
    (PLACE / "verdicts.json").write_text(json.dumps(kept), "utf-8")


def last_verdicts() -> dict[str, tuple[str, str]]:
    """What the run before found, of files and by tests that are as they were."""
    kept = json.loads((PLACE / "verdicts.json").read_text("utf-8"))
    same = {
        path
        for path, digest in kept["files"].items()
        if (ROOT / path).is_file() and digest_of(path) == digest
    }
    return {
        name: (verdict, by)
        for name, (verdict, by) in kept["verdicts"].items()
        if name.partition(":")[0] in same and by.partition("::")[0] in {"", *same}
    }


if __name__ == "__main__":
    sys.exit(main())
