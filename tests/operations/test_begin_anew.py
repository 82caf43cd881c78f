"""A volume that others wholly overwrote, and a log whose end may be lost."""

from __future__ import annotations

import pytest

from operations.desk import listed
from vault.errors import Damaged, RolledBack
from vault.operations.entries import write_note


def overwrite(desk):
    """Write more rows than the ring has, with the first passphrase."""
    with desk.open("v", "one") as vault:
        rows = vault.session.geometry.rows
        while vault.session.status(0).epoch < 3 * rows:
            vault.commit()


def test_a_volume_wholly_overwritten_begins_anew_only_when_told_to(deep_desk):
    with deep_desk.open("v", "two") as vault:
        write_note(vault, {"title": b"lost"})
        origin = vault.catalog.origin
    overwrite(deep_desk)
    with pytest.raises((Damaged, RolledBack)), deep_desk.open("v", "two"):
        pass
    with deep_desk.open("v", "two", allow_altered=True) as vault:
        assert [] == listed(vault)
        assert origin != vault.catalog.origin
        write_note(vault, {"title": b"anew"})
    with deep_desk.open("v", "two") as vault:
        assert [(0, "anew")] == listed(vault)
        assert [] == vault.notices
    with deep_desk.open("v", "one") as vault:
        assert "bag" == vault.label
