"""Writing over everything in the file that no open volume uses: one turn of the ring.

Every row is written anew, with the live blocks of the open volumes and fresh filler. What was
erased or replaced in them is then in no row; nor is anything of volumes that were not open.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.errors import Damaged, mark
from vault.operations.background import wait_out

if TYPE_CHECKING:
    from concurrent.futures import Future

    from vault.operations.opened import OpenVault
    from vault.operations.workplace import Progress

COMMIT_BYTES = 128 << 20
"""Rows that one commit writes come to this many bytes at most: Ctrl-C waits for its end."""


@dataclass
class ScrubReport:
    """How far a scrub came.

    Attributes:
        rows: written anew, and saved.
        of: rows of the ring, S.
        bytes: that a row has.
        interrupted: by Ctrl-C; what was not reached is as it was.
    """

    rows: int
    of: int
    bytes: int
    interrupted: bool = False

    @property
    def whole(self) -> bool:
        """Whether every row was written."""
        return self.rows >= self.of


def scrub(vault: OpenVault, progress: Progress) -> ScrubReport:
    """Write every row anew; each commit leaves every open volume whole.

    Args:
        vault: opened for writing, with all volumes open that shall survive.
        progress: called with bytes written and bytes in all.

    Raises:
        Damaged: an open volume was altered, or misses blocks, and nobody said to go on:
            what it lacks may still be found in the file.
        NotSaved: the disk failed; the last commit stands.
        RolledBack: the file was altered.
    """
    _require_whole(vault)
    geometry = vault.session.geometry
    report = ScrubReport(0, geometry.rows, geometry.pitch)
    most = max(1, COMMIT_BYTES // geometry.pitch)

    def first() -> int:
        """Drop what an interrupted command left, and save what is to be saved anyway.

        None of its rows count: those that were written to make room hold what is dropped.
        """
        vault.reclaim()
        vault.commit()
        return 0

    with ThreadPoolExecutor(1) as pool:
        saving = pool.submit(first)
        while True:
            report.interrupted = _settle(saving, report)
            progress(min(report.rows, report.of) * report.bytes, report.of * report.bytes)
            if report.interrupted or report.whole:
                return report
            saving = pool.submit(vault.renew, min(most, report.of - report.rows))


def _settle(saving: Future[int], report: ScrubReport) -> bool:
    """Count the rows of a commit; tell whether Ctrl-C came meanwhile: it is let end."""
    interruption = wait_out(saving)
    report.rows += saving.result()
    if interruption and not isinstance(interruption, KeyboardInterrupt):
        raise interruption
    return interruption is not None


def _require_whole(vault: OpenVault) -> None:
    """Refuse to write over what an open volume may still be given back."""
    if vault.allow_altered:
        return
    for volume in vault.session.volumes:
        if not volume.findings.whole:
            raise Damaged(
                mark("Volume {level} is not whole; nothing was written over."),
                hint=mark(
                    "What it misses may still be found: amanat rescue. "
                    "To go on all the same, add --continue."
                ),
                level=volume.level + 1,
            )
