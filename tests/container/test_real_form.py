"""Format 1 as it is installed: the real geometry on a real disk, and once the real derivation."""

from __future__ import annotations

import pytest

from container.checks import check_columns, sealed_blocks
from container.randomness import check_pages
from container.worlds import PASSPHRASES
from seam.recording import Op, RecordingDisk
from seam.small import CHEAP_KDF, seeded
from vault.container import keys
from vault.container.block import MEDIA, PAGE, RECORD
from vault.container.creation import create
from vault.container.form import FORM_V1, Form
from vault.container.geometry import MIB, geometry_v1, is_valid_length
from vault.container.session import open_container
from vault.crypto.kdf import ARGON2_V1
from vault.storage.real import RealDisk

LENGTH = 128 * MIB
CHEAP = Form(CHEAP_KDF, geometry_v1, is_valid_length)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three volumes, blocks on each, and commits of up to four rows; path and contents."""
    path = str(tmp_path_factory.mktemp("real") / "v")
    disk, random = RealDisk(), seeded(31)
    contents = [{(PAGE, 0, level): b"first" * level} for level in range(3)]
    create(disk, path, LENGTH, PASSPHRASES, contents, form=CHEAP, random=random)
    session = open_container(disk, path, "three", writable=True, form=CHEAP, random=random)
    for step, count in enumerate((1, 100, 30, 0)):
        for volume in session.volumes:
            for number in range(count):
                name = (MEDIA, step, number)
                contents[volume.level][name] = random(16_384 - step)
                volume.put(*name, contents[volume.level][name])
        session.commit()
    assert session.status(0).epoch == 64 + 1 + 4 + 2 + 1
    session.close()
    return path, contents


@pytest.mark.parametrize("level", [0, 1, 2])
def test_blocks_of_16_kib_come_back(made, level):
    path, contents = made
    session = open_container(
        RealDisk(), path, PASSPHRASES[level], writable=False, form=CHEAP, random=seeded(1)
    )
    assert [] == session.notices
    for volume in session.volumes:
        for name, data in contents[volume.level].items():
            assert data == volume.get(*name)
        run = volume.read_run(MEDIA, 1, 0, 100)
        expected = [contents[volume.level][MEDIA, 1, number] for number in range(100)]
        assert expected == [bytes(part) for part in run]
    session.close()


def test_pages_of_all_areas_and_columns_of_all_blocks_look_random(made):
    path, _ = made
    with open(path, "rb") as file:
        raw = file.read()
    geometry = geometry_v1(LENGTH)
    assert LENGTH == len(raw)
    check_pages(raw[:MIB])
    check_pages(raw[geometry.tail_offset :])
    for row in range(0, geometry.rows, 7):
        check_pages(raw[geometry.row_offset(row) :][: 16 * 4096])
    blocks = [block[:64] for block in sealed_blocks(raw, geometry)]
    check_columns(blocks, 64)


def test_there_is_a_tail_here_and_it_is_written_in_order(tmp_path):
    disk = RecordingDisk(RealDisk())
    path = str(tmp_path / "v")
    create(disk, path, LENGTH, ["one"], [{}], form=CHEAP, random=seeded(2))
    writes = [op for op in disk.ops if op.op == "pwrite"]
    geometry = geometry_v1(LENGTH)
    assert geometry.tail_offset < geometry.edge_offset(1)
    assert Op("pwrite", "f1", geometry.tail_offset, MIB) in writes
    at = 0
    for write in writes:
        assert at == write.offset
        at += write.length
    assert LENGTH == at


def test_the_installed_form_is_format_1(tmp_path):
    assert Form(ARGON2_V1, geometry_v1, is_valid_length) == FORM_V1
    path, disk = str(tmp_path / "v"), RealDisk()
    contents = [{(RECORD, 0, 0): b"kept"}]
    create(disk, path, LENGTH, ["one"], contents, form=FORM_V1, random=seeded(2))
    session = open_container(disk, path, "one", writable=True, form=FORM_V1, random=seeded(3))
    assert b"kept" == session.top.get(RECORD, 0, 0)
    session.commit()
    session.close()


def test_more_keys_than_are_kept_at_once(made, monkeypatch):
    monkeypatch.setattr(keys, "_CACHED", 1)
    path, contents = made
    session = open_container(
        RealDisk(), path, "three", writable=False, form=CHEAP, random=seeded(1)
    )
    for _ in range(2):
        for name, data in list(contents[2].items())[::20]:
            assert data == session.top.get(*name)
    session.close()
