"""Try to see what lies above: python3 dev.py prove deniability [--pairs N] [--seed S]

The snapshot game of docs/deniability.md with as many pairs as asked for, on all processors; the
same searcher on designs that are wrong, where it must win; operations, views, bytes, unlocking; and
the table without conditions. The same seed makes the same pairs; of the two games, each may be
played alone, at the certainty that both have together.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
# Instead of this folder, where a file has the name of the package.
sys.path[:1] = [str(ROOT), str(ROOT / "tests")]

from container.checks import check_bytes, check_operations, check_twins  # noqa: E402
from deniability import files, habits, unlocking  # noqa: E402
from deniability.designs import SEEN_IN_COPIES, SHIPPED  # noqa: E402
from deniability.game import CERTAINTY, SEED, USUAL, Tally, judge, play_many  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from deniability.game import Verdict

EACH = 25
"""Pairs that one process plays at once."""

BUSY = USUAL._replace(
    sessions=(5, 8), private=0.7, feed=0.3, neglect=0, killed=0, scrub=0, full=0.6
)
"""Lives in which designs that are wrong have something to show."""

GAMES = (1, 2)
"""How many levels are revealed, in each of the games."""

Job = tuple[str, int, str, range]


def chunks(numbers: range) -> Iterator[range]:
    """Parts of the pairs, for one process each."""
    for start in range(numbers.start, numbers.stop, EACH):
        yield range(start, min(start + EACH, numbers.stop))


def played(job: Job) -> Tally:
    """Play pairs of the design named in a job."""
    design, revealed, seed, numbers = job
    if design in SEEN_IN_COPIES:
        return play_many(revealed, seed, numbers, SEEN_IN_COPIES[design], BUSY)
    return play_many(revealed, seed, numbers, SHIPPED)


def lived(job: Job) -> Tally:
    """Let people live by the habits named in a job."""
    return habits.live_many(job[0], job[2], job[3])


def looked_at(job: Job) -> int:
    """Look at every byte of the files of a job."""
    return files.random_files(job[2], job[3])


class Proof:
    """All parts, with their sizes."""

    def __init__(
        self, pool: ProcessPoolExecutor, pairs: int, seed: int, revealed: Sequence[int] = GAMES
    ) -> None:
        self._pool, self.pairs, self.seed, self.revealed = pool, pairs, str(seed), revealed

    def gather(
        self, work: Callable[[Job], Tally], what: str, revealed: int, pairs: int, role: str
    ) -> Tally:
        """Have all processes do parts of the work; in the end it is as if one had done it."""
        jobs = [(what, revealed, f"{self.seed}{role}", part) for part in chunks(range(pairs))]
        whole = Tally()
        for done, tally in enumerate(self._pool.map(work, jobs), 1):
            whole.extend(tally)
            if sys.stderr.isatty() or not done % 400:
                print(f"{what or 'game'}{role}: {whole.pairs} of {pairs}", file=sys.stderr)
        return whole

    def game(self) -> bool:
        """The snapshot game, with level 0 revealed, and with levels 0 and 1."""
        good = True
        for revealed in self.revealed:
            training = self.gather(played, "", revealed, max(20, self.pairs // 10), "/training")
            tally = self.gather(played, "", revealed, self.pairs, "")
            verdict = judge(tally, training, families=len(GAMES))
            print(f"\n## Snapshot game, levels revealed: {revealed}\n")
            report(verdict)
            good &= verdict.passed
        return good

    def designs(self) -> bool:
        """The same searcher on designs that are wrong."""
        good = True
        pairs = max(20, self.pairs // 100)
        print(f"\n## Designs that are wrong, {pairs} pairs each\n")
        print("| design | levels revealed | what tells most | AUC | classifier |")
        print("|---|---|---|---|---|")
        for revealed in self.revealed:
            for name in SEEN_IN_COPIES:
                training = self.gather(played, name, revealed, pairs, "/training")
                verdict = judge(self.gather(played, name, revealed, pairs, ""), training)
                best, auc = verdict.best
                print(f"| {name} | {revealed} | {best} | {auc:.3f} | {verdict.pooled.auc:.3f} |")
                good &= auc > 0.9
        return good

    def twins(self) -> bool:
        """Operations and views of the same actions; every byte; two designs that must fail."""
        check_operations()
        check_twins()
        for volumes in (1, 2, 3):
            check_bytes(200, volumes)
        jobs: list[Job] = [
            ("", 1, f"{self.seed}/bytes", range(number, number + 1))
            for number in range(max(2, self.pairs // 200))
        ]
        count = sum(self._pool.map(looked_at, jobs))
        fsync = files.extra_fsync_is_seen(self.seed, 10)
        head = files.copied_head_is_seen(self.seed)
        print("\n## Twins and bytes\n")
        print(f"{count} files random in every page, no 16 bytes twice, no place fixed")
        print(f"an extra fsync is seen: {fsync}; a copied head is seen: {head}")
        return fsync and head

    def unlock(self) -> bool:
        """What opening does, whatever the passphrase and the file."""
        trials = max(50, min(2_000, self.pairs))
        other = unlocking.other_work(trials, self.seed)
        times = unlocking.slot_times(trials, self.seed)
        low, high = times.interval(CERTAINTY)
        print(f"\n## Unlocking, {trials} attempts\n")
        print(f"one derivation and eight slots in all but {other}")
        print(
            f"time of the slots, 1 volume against 3: AUC {times.auc:.3f}, {low:.3f} to {high:.3f}"
        )
        return not other and not times.excludes_guessing(0.9999)

    def table(self) -> bool:
        """People by their habits, unconditioned: published as it is, never a failure."""
        pairs = max(20, self.pairs // 50)
        print(f"\n## Without conditions: {pairs} people of each kind, after as many for training\n")
        print("| habits | searcher has | what tells most | its AUC | classifier |")
        print("|---|---|---|---|---|")
        for model in habits.MODELS:
            training = self.gather(lived, model, 1, pairs, "/training")
            told = habits.tell(self.gather(lived, model, 1, pairs, ""), training)
            for searcher, one in told.items():
                low, high = one.odds.interval(CERTAINTY)
                print(
                    f"| {model} | {searcher} | {one.best} | {one.odds.auc:.2f} "
                    f"({low:.2f} to {high:.2f}) | {one.pooled.auc:.2f} |"
                )
        return True


def report(verdict: Verdict) -> None:
    """Tell what the pairs say; statistics that are equal in every pair are only counted."""
    tally, pooled = verdict.tally, verdict.pooled
    print(
        f"{tally.pairs} pairs; operations differ in {tally.other_ops}, view in {tally.other_view}"
    )
    print(
        f"{tally.commits} commits, {tally.alike / tally.commits:.1%} of the size that the program "
        f"would choose without more; all of them in {tally.natural} pairs"
    )
    print(f"{verdict.equal} of {len(verdict.odds)} statistics equal in every pair; the others:\n")
    print("| statistic | AUC, all worlds | interval | AUC, in pairs | interval |")
    print("|---|---|---|---|---|")
    for name, both in verdict.odds.items():
        if tally.without[name] != tally.more[name]:
            cells = []
            for one in both:
                low, high = one.interval(verdict.certainty)
                cells += [f"{one.auc:.4f}", f"{low:.4f} to {high:.4f}"]
            print(f"| {name} | {' | '.join(cells)} |")
    print(f"\neach interval {verdict.certainty:.5%}, all of both games {CERTAINTY:.0%}")
    print(f"intervals that exclude ½: {', '.join(verdict.telling) or 'none'}")
    print(
        f"classifier: AUC {pooled.auc:.4f}, error {pooled.error:.4f}; advantage at most "
        f"{pooled.bound():.4f} (99%), allowed {verdict.limit:.4f}"
    )


def main() -> int:
    parts = ("game", "designs", "twins", "unlock", "table")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10_000, help="of the snapshot game")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--part", choices=parts, action="append", help="only this; may be repeated")
    parser.add_argument(
        "--revealed", type=int, choices=GAMES, action="append", help="levels; only this game"
    )
    wanted = parser.parse_args()
    failed = []
    print(f"# Deniability: {wanted.pairs} pairs, seed {wanted.seed}")
    with ProcessPoolExecutor(wanted.processes) as pool:
        proof = Proof(pool, wanted.pairs, wanted.seed, wanted.revealed or GAMES)
        for part in wanted.part or parts:
            started = time.monotonic()
            if not getattr(proof, part)():
                failed.append(part)
            print(f"\n({part}: {time.monotonic() - started:.0f} s)", flush=True)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall as it should be")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
