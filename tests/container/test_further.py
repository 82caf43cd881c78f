"""Volumes that another passphrase opens, in a session that is under way."""

from __future__ import annotations

import pytest

from container.key_holder import history
from container.test_altered import impossible_roots
from container.worlds import PATH, World, payloads, texts, told
from seam.crashing import EVERYTHING, CrashingDisk, state_after
from seam.small import SMALL_FORM
from vault.container import head
from vault.container.block import PAGE
from vault.container.state import SPOT_BITS
from vault.errors import RolledBack, UnlockError


def world_of_three() -> World:
    return World(3, contents=[payloads(6, seed=level) for level in range(3)])


def test_what_a_further_passphrase_opens_is_moved_with_the_rest():
    world = world_of_three()
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    assert [0, 1, 2] == [volume.level for volume in session.volumes]
    for turn in range(3 * session.geometry.rows):
        world.put(session, 0, {(PAGE, 0, 0): b"%d" % turn})
        world.commit(session)
    world.check(session)
    session.close()
    world.check(world.open())


def test_without_it_as_many_rows_take_everything():
    """What the test above would not see if nothing could be lost."""
    world = world_of_three()
    world.foreign_rows(3 * 64, level=0)
    session = world.open(2, writable=False)
    assert told(session, "Volume 3: wholly overwritten")


@pytest.mark.parametrize("passphrase", ["one", "two"])
def test_a_passphrase_that_opens_no_more_changes_nothing(passphrase):
    world = world_of_three()
    session = world.open(1)
    before = list(session.volumes)
    session.open_further(passphrase, form=SMALL_FORM)
    assert before == session.volumes


def test_a_wrong_one_is_the_one_error_and_leaves_the_session_as_it_was():
    world = world_of_three()
    session = world.open(0)
    with pytest.raises(UnlockError):
        session.open_further("four", form=SMALL_FORM)
    world.put(session, 0, {(PAGE, 0, 0): b"still"})
    world.commit(session)
    world.check(session)


def test_one_derivation_is_made_whatever_opens(monkeypatch):
    derived = []
    original = head.argon2id

    def counted(*arguments):
        derived.append(arguments)
        return original(*arguments)

    session = world_of_three().open(0)
    monkeypatch.setattr(head, "argon2id", counted)
    for passphrase in ("two", "three"):
        session.open_further(passphrase, form=SMALL_FORM)
    with pytest.raises(UnlockError):
        session.open_further("four", form=SMALL_FORM)
    assert 3 == len(derived)


def test_what_is_worked_on_stays_when_the_others_are_closed():
    world = world_of_three()
    session = world.open(0)
    own = session.volumes[0]
    session.open_further("three", form=SMALL_FORM)
    session.close_above(0)
    assert [own] == session.volumes
    world.put(session, 0, {(PAGE, 0, 0): b"kept"})
    world.commit(session)
    world.check(session)


def test_of_each_further_volume_it_is_told_once_what_happened_to_it():
    world = world_of_three()
    world.foreign_rows(3 * 64, level=0)
    session = world.open(0)
    session.open_further("two", form=SMALL_FORM)
    session.open_further("three", form=SMALL_FORM)
    assert [
        "Volume 2: wholly overwritten by rows written without it.",
        "Volume 3: wholly overwritten by rows written without it.",
    ] == texts(session)


def test_how_far_a_further_volume_lags_is_found_out():
    world = world_of_three()
    world.foreign_rows(5, level=0)
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    assert [5, 5] == [session.status(level).lag for level in (1, 2)]


def test_a_further_volume_that_was_overwritten_is_told_and_written_to_only_when_told_so():
    world = world_of_three()
    world.foreign_rows(3 * 64, level=0)
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    assert told(session, "Volume 3: wholly overwritten")
    with pytest.raises(RolledBack):
        session.commit()
    session.close()
    session = world.open(0, allow_altered=True)
    session.open_further("three", form=SMALL_FORM)
    session.commit()
    world.check(session, [0])


def test_a_further_volume_that_was_altered_is_written_to_only_when_told_so():
    """An older state of its share in a row that it uses; nothing of the others."""
    world, copies = history()
    session = world.open(writable=False)
    geometry, share = session.geometry, session.geometry.shares[2]
    newest = (session.status(2).epoch - 1) % geometry.rows
    row = next(row for spot in session.top.where.values() if (row := spot >> SPOT_BITS) != newest)
    at = geometry.row_offset(row)
    session.close()
    at += share.first * geometry.sealed
    world.disk.damage(PATH, at, copies[0][at : at + share.blocks * geometry.sealed])
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    assert told(session, "Volume 3: altered")
    with pytest.raises(RolledBack):
        session.commit()
    session.close_above(0)
    session.commit()
    session.close()


def test_what_was_opened_first_and_was_altered_is_not_saved_because_more_is_open():
    world, _ = history()
    impossible_roots(world)
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    assert not session.top.findings.altered
    with pytest.raises(RolledBack):
        session.commit()
    session.close()


def test_a_further_volume_shows_nothing_of_a_save_that_never_finished():
    """Nor does one that is opened at once: the cell says so, though every row is there."""
    world, _ = history()
    disk = CrashingDisk(world.disk)
    world.disk = disk
    session = world.open()
    session.top.put(PAGE, 0, 0, b"never acknowledged")
    session.commit()
    session.close()
    world.disk = state_after(disk.log, 2, EVERYTHING).disk
    session = world.open(0)
    session.open_further("three", form=SMALL_FORM)
    world.check(session)
    session.close()


def test_the_most_secret_of_three_begins_anew_where_the_second_is_whole():
    world = world_of_three()
    world.foreign_rows(3 * 64, level=1)
    session = world.open(writable=False, allow_altered=True)
    assert session.top.is_empty
    session.close()
