"""What was erased is in no decrypted block after a scrub; what was not is whole."""

from __future__ import annotations

import pytest

from operations.desk import PHOTO, listed
from seam.faulty import FaultyDisk
from vault.container.geometry import HEAD_SIZE
from vault.container.head import open_head
from vault.container.keys import VolumeKeys
from vault.container.share_io import ShareReader
from vault.errors import Damaged, NotSaved
from vault.operations import scrub as scrubbing
from vault.operations.entries import write_note
from vault.operations.scrub import scrub

CANARY = "quillwortcanary"


def no_progress(_done, _total):
    """Tell nobody."""


def words_in(desk, ids, word: bytes, passphrase: bytes = b"two") -> int:
    """In how many blocks a word stands, with every key and every id that was ever in use."""
    file = desk.disk.open("v", writable=False)
    head = open_head(file.pread(0, HEAD_SIZE), passphrase, kdf=desk.form.kdf)
    geometry, found = desk.form.geometry(desk.length), 0
    for share, key in zip(geometry.shares, head.keys, strict=False):
        reader = ShareReader(file, geometry, share, VolumeKeys(key))
        for epoch, commit_id in ids[share.level]:
            row = epoch % geometry.rows
            sealer = reader.keys.block(epoch, commit_id)
            for position in range(share.blocks):
                sealed = reader.read(row, position, 1)
                if reader.open(sealed, row, position, sealer):
                    found += word in bytes(reader.plain).lower()
    file.close()
    return found


def note_ids(vault, ids):
    for volume in vault.session.volumes:
        ids[volume.level] |= {(row.epoch, row.commit_id) for row in volume.state.table}


@pytest.mark.parametrize("level", [0, 1])
def test_an_erased_word_is_in_no_page_and_no_record_of_any_row(deep_desk, level):
    desk, ids = deep_desk, [set(), set()]
    word = CANARY.encode()
    with desk.open("v", "two", level=level) as vault:
        for turn in range(4):
            fields = {"title": f"{CANARY} {turn}".encode(), "description": b"x " + word * 3}
            write_note(vault, fields)
            note_ids(vault, ids)
        path = desk.file("a.bin", PHOTO + word * 500)
        desk.add(vault, path)
        write_note(vault, {"title": b"It stays"})
        note_ids(vault, ids)
        origin = vault.catalog.origin
        for seq in range(4):
            vault.catalog.erase_fields(origin, seq, ["title", "description"])
        vault.catalog.erase_fields(origin, 4, ["file", "file-name", "media-metadata"])
        vault.commit()
        note_ids(vault, ids)
    assert words_in(desk, ids, word) > 10
    with desk.open("v", "two", level=level) as vault:
        report = scrub(vault, no_progress)
        note_ids(vault, ids)
    assert report.whole
    assert not report.interrupted
    assert 0 == words_in(desk, ids, word)
    assert words_in(desk, ids, b"it stays") > 1
    for passphrase in ("one", "two"):
        assert desk.check("v", passphrase).sound


def test_what_an_interrupted_command_left_is_written_over_as_well(desk):
    ids = [set()]
    with desk.open("v") as vault:
        object_id = vault.catalog.new_media_object()
        vault.volume.put(2, object_id, 0, CANARY.encode())
        vault.session.commit()
        note_ids(vault, ids)
    with desk.open("v") as vault:
        scrub(vault, no_progress)
        note_ids(vault, ids)
        assert not vault.catalog.unpublished_media()
    assert 0 == words_in(desk, ids, CANARY.encode(), b"one")


def test_progress_is_in_bytes_and_ends_with_all(desk):
    told = []
    with desk.open("v") as vault:
        report = scrub(vault, lambda done, total: told.append((done, total)))
    whole = report.of * report.bytes
    assert (whole, whole) == told[-1]
    assert sorted(told) == told


def test_ctrl_c_lets_the_commit_end_and_the_vault_goes_on(desk, monkeypatch):
    original, waited = scrubbing.wait_out, []

    def wait_out(save):
        waited.append(1)
        return original(save) or (KeyboardInterrupt() if len(waited) == 3 else None)

    monkeypatch.setattr(scrubbing, "wait_out", wait_out)
    with desk.open("v") as vault:
        write_note(vault, {"title": b"Kept"})
        before = vault.session.status(0).epoch
        report = scrub(vault, no_progress)
        assert report.interrupted
        assert not report.whole
        saved_before = 1  # rows of the save that drops: they do not count
        assert report.rows == vault.session.status(0).epoch - before - saved_before
        write_note(vault, {"title": b"After"})
        assert [(1, "After"), (0, "Kept")] == sorted(listed(vault), reverse=True)
    assert desk.check("v").sound


def test_a_failing_disk_leaves_the_last_commit(desk):
    with desk.open("v") as vault:
        write_note(vault, {"title": b"Kept"})
    disk = FaultyDisk(desk.disk, fail_at=40, forever=True, torn=True)
    with desk.open("v", disk=disk) as vault, pytest.raises(NotSaved):
        scrub(vault, no_progress)
    with desk.open("v") as vault:
        assert [(0, "Kept")] == listed(vault)
    assert desk.check("v").sound


def test_a_volume_that_is_not_whole_is_not_written_over_unless_told_so(deep_desk):
    desk = deep_desk
    with desk.open("v", "one") as vault:
        for _ in range(70):
            vault.commit()
    with desk.open("v", "two", level=0) as vault, pytest.raises(Damaged, match="Volume 2"):
        scrub(vault, no_progress)
    before = desk.disk.read("v")
    with desk.open("v", "two", level=0) as vault, pytest.raises(Damaged):
        scrub(vault, no_progress)
    assert before == desk.disk.read("v")
    with desk.open("v", "two", level=0, allow_altered=True) as vault:
        assert scrub(vault, no_progress).whole
