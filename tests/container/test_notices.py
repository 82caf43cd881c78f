"""What opening noticed, in words: users count volumes from 1."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vault.container.notices import noticed
from vault.container.state import Findings


def said(findings, *, lag=0):
    volume = SimpleNamespace(level=1, findings=findings, lag=lambda epoch: epoch - 100)
    found = noticed([volume], 100 + lag)
    return [notice.message.format(**notice.values) for notice in found]


@pytest.mark.parametrize(
    ("findings", "texts"),
    [
        (Findings(), []),
        (Findings(gone=True), ["Volume 2: wholly overwritten by rows written without it."]),
        (
            Findings(altered=True),
            ["Volume 2: altered, or an older state of the file was put back."],
        ),
        (
            Findings(gone=True, altered=True),
            ["Volume 2: wholly overwritten by rows written without it."],
        ),
        (Findings(unfinished=True), ["Volume 2: an unfinished save was skipped."]),
    ],
)
def test_each_finding_is_told_of_its_volume(findings, texts):
    assert texts == said(findings)


def test_rows_written_without_a_volume_are_told_before_what_is_lost():
    assert [
        "Volume 2: 7 rows were written without it since its last save.",
        "Volume 2: 3 blocks cannot be read any more. Run: amanat check",
    ] == said(Findings(lost=3), lag=7)
    assert ["Volume 2: 1 rows were written without it since its last save."] == said(
        Findings(), lag=1
    )


def test_of_a_volume_that_begins_anew_no_rows_are_counted():
    assert ["Volume 2: wholly overwritten by rows written without it."] == said(
        Findings(gone=True), lag=7
    )


def test_every_volume_is_told_of_in_order():
    volumes = [
        SimpleNamespace(level=level, findings=Findings(lost=9), lag=lambda _: 0)
        for level in range(3)
    ]
    found = noticed(volumes, 0)
    assert [1, 2, 3] == [notice.values["level"] for notice in found]
