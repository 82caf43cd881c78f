"""What opening noticed, in words: users count volumes from 1."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from vault.container.notices import noticed
from vault.container.state import Findings


def said(findings, *, level=1, cells_lost=False):
    volume = SimpleNamespace(level=level, findings=findings)
    found = noticed([volume], cells_lost=cells_lost)
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
        (
            Findings(lag=7, lost=3),
            [
                "Volume 2: 7 rows were written without it since its last save.",
                "Volume 2: 3 blocks cannot be read any more. Run: amanat check",
            ],
        ),
    ],
)
def test_each_finding_is_told_of_its_volume(findings, texts):
    assert texts == said(findings)


def test_lost_cells_are_told_first_and_once():
    texts = said(Findings(lag=1), level=0, cells_lost=True)
    assert "standing in" in texts[0]
    assert ["Volume 1: 1 rows were written without it since its last save."] == texts[1:]


def test_every_volume_is_told_of_in_order():
    volumes = [SimpleNamespace(level=level, findings=Findings(lost=9)) for level in range(3)]
    found = noticed(volumes, cells_lost=False)
    assert [1, 2, 3] == [notice.values["level"] for notice in found]
