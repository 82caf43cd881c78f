"""A volume without room: what was acknowledged stays, the rest is told, less still fits."""

from __future__ import annotations

import os

import pytest

from operations.desk import Desk, imports, listed, no_progress
from vault.catalog.store import MEDIA
from vault.errors import ContainerFull, SourceChanged
from vault.operations.entries import write_note
from vault.operations.inspect import vault_status
from vault.operations.log import write_proof
from vault.operations.receive import import_bundle


@pytest.fixture
def nearly_full(desk):
    """Return a desk whose vault has room for about 100 blocks of files."""
    with desk.open("v") as vault:
        room = vault.volume.room(media=True)
        report = desk.add(vault, desk.file("most", os.urandom((room - 100) * 1024)))
        assert report.stopped is None
    return desk


def sources(desk, count, size):
    return [desk.file(f"s{number}", os.urandom(size)) for number in range(count)]


def test_what_was_acknowledged_before_it_was_full_stays_and_the_rest_is_told(nearly_full):
    desk = nearly_full
    with desk.open("v") as vault:
        report = desk.add(vault, *sources(desk, 40, 5000))
        assert {ContainerFull} == {
            type(error) for error in (report.stopped, *dict(report.refused).values()) if error
        }
        assert 0 < len(report.added) < 40
    with desk.open("v", writable=False) as vault:
        assert [0, *(item.seq for item in report.added)] == [seq for seq, _ in listed(vault)]
    assert desk.check("v").sound


def test_a_file_that_does_not_fit_leaves_nothing_behind(nearly_full):
    desk = nearly_full
    with desk.open("v") as vault:
        report = desk.add(vault, desk.file("too-large", os.urandom(150_000)))
        assert [ContainerFull] == [type(error) for _, error in report.refused]
        assert () == vault.catalog.unpublished_media()
    with desk.open("v") as vault:
        small = desk.add(vault, desk.file("small", b"small"))
        assert ([1], None) == ([item.seq for item in small.added], small.stopped)
        assert () == vault.catalog.unpublished_media()
        assert 2 == len(vault.volume.objects(MEDIA))
    assert desk.check("v").sound


def test_after_it_was_full_the_same_vault_goes_on_in_the_same_session(nearly_full):
    desk = nearly_full
    with desk.open("v") as vault:
        desk.add(vault, desk.file("too-large", os.urandom(150_000)))
        assert 1 == write_note(vault, {"title": b"after"})
        assert [2] == [item.seq for item in desk.add(vault, desk.file("small", b"x")).added]
    assert desk.check("v").sound


def test_a_volume_full_of_files_still_takes_notes_proofs_and_bundles(nearly_full):
    """Files may use three quarters, everything else seven eighths."""
    desk = nearly_full
    desk.introduce("v", "partner", desk.card("p"))
    with desk.open("v") as vault:
        while desk.add(vault, *sources(desk, 1, 9000)).added:
            pass
        assert 20 > vault_status(vault).container.media_room // 1024
        seq = write_note(vault, {"title": b"still"})
        write_proof(vault, str(seq), str(desk.folder / "proof"))
        desk.seal(vault, "partner", "bundle", [str(seq)])
    assert desk.check("v").sound


def test_notes_until_there_is_no_room_at_all_are_refused_and_none_is_lost(nearly_full):
    desk = nearly_full
    written = []

    def write_for_ever(vault):
        while True:
            written.append(write_note(vault, {"title": b"x", "description": b"y" * 9000}))

    with desk.open("v") as vault, pytest.raises(ContainerFull):
        write_for_ever(vault)
    assert 5 < len(written)
    with desk.open("v", writable=False) as vault:
        assert [0, *written] == [seq for seq, _ in listed(vault)]
    assert desk.check("v").sound


def test_a_bundle_that_does_not_fit_is_refused_and_leaves_nothing(desk):
    desk.introduce("v", "partner", desk.card("p"))
    desk.introduce("p", "sender", desk.card("v"))
    with desk.open("v") as vault:
        desk.add(vault, desk.file("large", os.urandom(200_000)))
        bundle = desk.seal(vault, "partner", "bundle")
    with desk.open("p") as vault:
        room = vault.volume.room(media=True)
        desk.add(vault, desk.file("most", os.urandom((room - 120) * 1024)))
    with desk.open("p") as vault:
        with pytest.raises(ContainerFull):
            desk.receive(vault, bundle)
        assert 1 == write_note(vault, {"title": b"after"})
    with desk.open("p", writable=False) as vault:
        assert [] == imports(vault)
        assert 1 == len(vault.volume.objects(MEDIA))
    assert desk.check("p").sound


def test_full_is_full_for_the_level_alone(deep_desk):
    desk = deep_desk
    with desk.open("v") as vault:
        room = vault.volume.room(media=True)
        desk.add(vault, desk.file("most", os.urandom((room - 5) * 1024)))
        assert 3 == len(desk.add(vault, *sources(desk, 3, 9000)).refused)
    with desk.open("v", "two") as vault:
        report = desk.add(vault, desk.file("above", os.urandom(100_000)))
        assert ([0], None) == ([item.seq for item in report.added], report.stopped)
    assert desk.check("v", "two").sound
    assert desk.check("v").sound


def test_a_bundle_that_changes_while_it_is_read_is_noticed(desk):
    desk.introduce("v", "partner", desk.card("p"))
    desk.introduce("p", "sender", desk.card("v"))
    with desk.open("v") as vault:
        write_note(vault, {"title": b"x"})
        bundle = desk.seal(vault, "partner", "bundle")

    def meddle(done, total):
        os.utime(bundle, ns=(1, 1))
        no_progress(done, total)

    with desk.open("p") as vault, pytest.raises(SourceChanged):
        import_bundle(vault, bundle, meddle)
    with desk.open("p", writable=False) as vault:
        assert [] == imports(vault)


def test_a_new_vault_of_the_least_size_takes_a_file(tmp_path):
    desk = Desk(tmp_path)
    desk.make("v")
    with desk.open("v") as vault:
        assert desk.add(vault, desk.file("a", b"a")).stopped is None
