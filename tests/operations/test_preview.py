from __future__ import annotations

import pytest

from operations.desk import PHOTO, noted
from seam.recording import RecordingDisk
from vault.errors import (
    NotFound,
    UsageError,
)
from vault.evidence.fields import WITHHELD
from vault.media.metadata import Finding, Metadata
from vault.operations import seal as sealing


def test_the_preview_names_what_leaves_and_what_stays(pair):
    noted(pair, "one", "two")
    with pair.open("v", writable=False) as vault:
        plan = pair.plan(vault, "partner")
    assert [0, 1] == [planned.entry.seq for planned in plan.entries]
    assert ["source"] == plan.entries[0].withheld
    assert WITHHELD.isdisjoint(plan.entries[0].sent)
    assert (2, 1, True, False) == (plan.size, plan.seq, plan.contact.confirmed, plan.gives_away)


def test_the_preview_writes_nothing(pair):
    noted(pair, "one")
    recorded = RecordingDisk(pair.disk)
    with pair.open("v", disk=recorded) as vault:
        recorded.clear()
        pair.plan(vault, "partner")
        assert [] == recorded.ops


def test_the_preview_tells_what_the_file_itself_says(pair):
    found = Finding("location", "GPSLatitude", "34.5")
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO))
        pair.reader.read_bytes = lambda content: Metadata("image/jpeg", revealing=(found,))
        plan = pair.plan(vault, "partner")
        assert ((found,), True) == (plan.entries[0].gives_away, plan.gives_away)
        without = pair.plan(vault, "partner", withhold=["file"])
        assert not without.gives_away


def test_a_file_too_large_to_be_looked_into_is_told_as_such(pair, monkeypatch):
    monkeypatch.setattr(sealing, "LOOK_INTO", 100)
    with pair.open("v") as vault:
        pair.add(vault, pair.file("photo.jpg", PHOTO))
        plan = pair.plan(vault, "partner")
    assert (False, True) == (plan.entries[0].looked, plan.gives_away)


@pytest.mark.parametrize("items", [["9"], ["0", "x"], ["nobody/0"]])
def test_entries_that_are_not_there_are_not_sealed(pair, items):
    noted(pair, "one")
    with pair.open("v") as vault, pytest.raises((NotFound, UsageError)):
        pair.plan(vault, "partner", items)


def test_an_empty_vault_has_nothing_to_send(pair):
    with pair.open("v") as vault, pytest.raises(UsageError):
        pair.plan(vault, "partner")


@pytest.mark.parametrize("option", ["withhold", "only"])
def test_a_misspelt_field_stops_the_sealing(pair, option):
    noted(pair, "one")
    with pair.open("v") as vault, pytest.raises(UsageError, match="sorce"):
        pair.plan(vault, "partner", **{option: ["sorce"]})
