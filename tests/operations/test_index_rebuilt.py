"""The index, page by page damaged or gone in a real container: the same answers from records."""

from __future__ import annotations

from contextlib import suppress

import pytest

from operations.desk import Desk, folder_state, no_progress
from operations.looks import answers
from seam.small import CHEAP_KDF
from vault.catalog.store import PAGE, RECORD
from vault.container.form import FORM_V1, Form
from vault.errors import Damaged
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.storage.real import RealDisk

REAL_FORM = Form(CHEAP_KDF, FORM_V1.geometry, FORM_V1.is_valid_length)


def fill(desk, path):
    """Entries of both kinds, contacts, a sent bundle, a received one, a signed checkpoint."""
    with desk.open(path, "two") as vault:
        desk.add(
            vault, desk.file("photo.jpg", b"\xff\xd8\xff\xe0" * 900), fields={"title": b"bridge"}
        )
        for number in range(8):
            text = f"seen {number}, کتابِ علي"
            write_note(vault, {"title": text.encode(), "source": b"Maryam"})
    with desk.open(path, "two") as vault:
        desk.seal(vault, "partner", "out")
    with desk.open("p", "two") as vault:
        write_note(vault, {"title": b"from the partner"})
        bundle = desk.seal(vault, "sender", "in")
    with desk.open(path, "two") as vault:
        desk.receive(vault, bundle)


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk with a full vault `v`, its spots, and its answers."""
    desk = Desk(tmp_path_factory.mktemp("index"), seed=500)
    desk.make("v", 2)
    desk.make("p", 2)
    desk.introduce("v", "partner", desk.card("p", "two"), "two")
    desk.introduce("p", "sender", desk.card("v", "two"), "two")
    fill(desk, "v")
    with desk.open("v", "two", writable=False) as vault:
        spots = {
            name: vault.volume.reader.offset(spot >> 16, spot & 0xFFFF)
            for name, spot in vault.volume.where.items()
        }
        assert not vault.catalog.rebuilt
        return desk, spots, answers(vault)


def places(spots, namespace):
    return {
        int.from_bytes(name[9:], "big"): at for name, at in spots.items() if name[0] == namespace
    }


def damaged(desk, at):
    copy = Desk(desk.folder, disk=desk.disk.fork(), seed=501, length=desk.length)
    copy.disk.flip("v", at + 77)
    return copy


def test_any_page_damaged_gives_the_same_answers(scene):
    desk, spots, wanted = scene
    pages = places(spots, PAGE)
    assert 60 < len(pages)
    rebuilt = 0
    for at in pages.values():
        copy = damaged(desk, at)
        with copy.open("v", "two", writable=False) as vault:
            assert wanted == answers(vault)
            rebuilt += vault.catalog.rebuilt
            report = check_vault(vault, no_progress)
            assert (True, True) == (report.sound, report.rebuilt)
    assert len(pages) // 2 < rebuilt


def test_any_page_damaged_is_written_anew_by_the_next_command(scene):
    desk, spots, wanted = scene
    for at in list(places(spots, PAGE).values())[::3]:
        copy = damaged(desk, at)
        with copy.open("v", "two") as vault:
            answers(vault)
            seq = write_note(vault, {"title": b"after"})
        with copy.open("v", "two", writable=False) as vault:
            assert not vault.catalog.rebuilt
            assert wanted["entries"] == vault.catalog.newest()[1:]
            assert seq == vault.catalog.newest()[0].seq
        assert copy.check("v", "two").sound


def test_any_page_gone_from_the_map_gives_the_same_answers(scene):
    """Dropped by a commit, as by a program with a mistake, not by the disk."""
    desk, spots, wanted = scene
    for number in list(places(spots, PAGE))[::2]:
        copy = Desk(desk.folder, disk=desk.disk.fork(), seed=502)
        with copy.open("v", "two") as vault:
            vault.volume.drop(PAGE, 0, number)
            vault.session.commit()
        with copy.open("v", "two", writable=False) as vault:
            assert wanted == answers(vault), number


def test_without_any_page_everything_is_there(scene):
    desk, spots, wanted = scene
    copy = Desk(desk.folder, disk=desk.disk.fork(), seed=503)
    with copy.open("v", "two") as vault:
        for number in places(spots, PAGE):
            vault.volume.drop(PAGE, 0, number)
        vault.session.commit()
    with copy.open("v", "two", writable=False) as vault:
        assert vault.catalog.rebuilt
        assert wanted == answers(vault)


def test_a_damaged_block_of_records_costs_nothing_while_the_index_is_whole(scene):
    desk, spots, wanted = scene
    for at in places(spots, RECORD).values():
        copy = damaged(desk, at)
        with copy.open("v", "two", writable=False) as vault:
            assert wanted == answers(vault)
            report = check_vault(vault, no_progress)
        assert not report.sound
        assert any("blocks of the records" in str(one.error) for one in report.problems)


def test_index_and_a_block_of_records_gone_costs_what_that_block_held(scene):
    desk, spots, wanted = scene
    known, costly = {entry.seq for entry in wanted["entries"]}, 0
    for number in list(places(spots, RECORD))[1:]:
        copy = Desk(desk.folder, disk=desk.disk.fork(), seed=504)
        with copy.open("v", "two") as vault:
            for page in places(spots, PAGE):
                vault.volume.drop(PAGE, 0, page)
            vault.volume.drop(RECORD, 0, number)
            vault.session.commit()
        with copy.open("v", "two", writable=False) as vault:
            left = {entry.seq for entry in vault.catalog.newest()}
            report = check_vault(vault, no_progress)
            if report.sound:  # the block held only what had been replaced or taken out since
                assert wanted == answers(vault), number
                continue
        costly += 1
        assert len(known - left) <= 2
        assert report.losses.records or report.losses.end
    assert costly > len(places(spots, RECORD)) * 3 // 4


def test_files_whose_record_is_lost_are_not_given_back_as_left_over(scene):
    """Their bytes are all that a rescue could still bring together with the entry."""
    desk, spots, _wanted = scene
    media, written = {name for name in spots if name[0] == 2}, 0
    for number in places(spots, RECORD):
        copy = Desk(desk.folder, disk=desk.disk.fork(), seed=505)
        with copy.open("v", "two") as vault:
            for page in places(spots, PAGE):
                vault.volume.drop(PAGE, 0, page)
            vault.volume.drop(RECORD, 0, number)
            vault.session.commit()
        with suppress(Damaged), copy.open("v", "two") as vault:  # the settings may be lost
            report = copy.add(vault, copy.file("more", b"more"))
            written += report.stopped is None
            assert media <= set(vault.volume.where)
    assert written > len(places(spots, RECORD)) // 2


def test_pages_of_the_real_form_damaged_give_the_same_answers(tmp_path):
    desk = Desk(tmp_path, disk=RealDisk(), length=128 << 20, form=REAL_FORM)
    path = desk.make(str(tmp_path / "v"), 2)
    with desk.open(path, "two") as vault:
        desk.add(vault, desk.file("photo.jpg", b"\xff\xd8\xff\xe0" * 20_000))
        for number in range(60):
            write_note(vault, {"title": b"seen %d" % number})
        wanted = answers(vault)
        spots = {
            name: vault.volume.reader.offset(spot >> 16, spot & 0xFFFF)
            for name, spot in vault.volume.where.items()
        }
    pages = places(spots, PAGE)
    assert 10 < len(pages)
    for at in pages.values():
        with open(path, "r+b") as file:
            file.seek(at + 5000)
            (byte,) = file.read(1)
            file.seek(at + 5000)
            file.write(bytes([byte ^ 1]))
            file.flush()
            with desk.open(path, "two", writable=False) as vault:
                assert wanted == answers(vault)
            file.seek(at + 5000)
            file.write(bytes([byte]))
    assert {"v", "photo.jpg"} == set(folder_state(tmp_path))
