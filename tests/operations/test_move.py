"""A vault moved into a new file: every volume answers as before, and goes on."""

from __future__ import annotations

import pytest

from operations.desk import PASSPHRASES, Desk, listed, no_progress, noted
from operations.looks import answers
from seam.small import EDGE, SMALL_ROWS
from vault.errors import ContainerFull, Damaged, UsageError, VaultError
from vault.ledger.merkle import tree_root
from vault.operations.create import VolumeToMake
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.move import Destination, move_vault

LARGER = 2 * EDGE + SMALL_ROWS * 160 * 1024
NEW = ("uno", "due", "tre")


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk with a vault `v` of three volumes, each with its own content."""
    desk = Desk(tmp_path_factory.mktemp("move"), seed=700)
    desk.make("v", 3)
    desk.make("p", 1)
    for level, passphrase in enumerate(PASSPHRASES):
        desk.introduce("v", "partner", desk.card("p"), passphrase)
        with desk.open("v", passphrase) as vault:
            desk.add(vault, desk.file(f"file{level}", bytes([level]) * 30_000))
            write_note(vault, {"title": b"note %d" % level, "source": b"Maryam"})
            desk.seal(vault, "partner", f"bundle{level}")
    return desk


def forked(scene):
    return Desk(scene.folder, disk=scene.disk.fork(), seed=701, length=scene.length)


def move(desk, passphrase="three", *, levels=(0, 1, 2), new=NEW, length=None, label="further"):
    volumes = [VolumeToMake(secret, label) for secret in new]
    with desk.open("v", passphrase, writable=False) as vault:
        there = Destination("n", length or desk.length, levels)
        move_vault(vault, there, volumes, progress=no_progress)


def looked(desk, path, passphrase):
    with desk.open(path, passphrase, writable=False) as vault:
        assert check_vault(vault, no_progress).sound
        assert not vault.catalog.rebuilt
        return answers(vault), vault.label, vault.keys.origin, desk.content(vault, "0")


@pytest.mark.parametrize("length", [None, LARGER])
def test_every_volume_answers_as_before_and_goes_on(scene, length):
    desk = forked(scene)
    before = desk.disk.read("v")
    move(desk, length=length)
    assert before == desk.disk.read("v")
    for old, new in zip(PASSPHRASES, NEW, strict=True):
        assert looked(desk, "v", old) == looked(desk, "n", new)
    with desk.open("n", "tre") as vault:
        assert [] == vault.notices
        assert 2 == write_note(vault, {"title": b"after"})
        root = tree_root(vault.catalog.leaf_hashes(vault.catalog.origin))
    with desk.open("n", "tre") as vault:
        assert root == tree_root(vault.catalog.leaf_hashes(vault.catalog.origin))
        assert desk.seal(vault, "partner", "next")


def test_old_passphrases_do_not_open_the_new_file_nor_new_ones_the_old(scene):
    desk = forked(scene)
    move(desk)
    for path, secrets in (("n", PASSPHRASES), ("v", NEW)):
        for secret in secrets:
            with pytest.raises(VaultError) as caught, desk.open(path, secret):
                pass
            assert 12 == caught.value.exit_code


def test_a_further_volume_is_the_most_secret_one_and_empty(scene):
    desk = forked(scene)
    move(desk, "two", levels=(0, 1))
    assert looked(desk, "v", "two") == looked(desk, "n", "due")
    with desk.open("n", "tre") as vault:
        assert ("further", []) == (vault.label, listed(vault))
        write_note(vault, {"title": b"first"})


def test_a_volume_left_behind_is_in_the_old_file_alone(scene):
    desk = forked(scene)
    move(desk, levels=(0, 2), new=("uno", "due"))
    assert looked(desk, "v", "one") == looked(desk, "n", "uno")
    assert looked(desk, "v", "three") == looked(desk, "n", "due")
    with desk.open("n", "due") as vault:
        assert 2 == len(vault.session.volumes)


def test_what_was_not_opened_does_not_go_along(scene):
    desk = forked(scene)
    move(desk, "one", levels=(0,), new=("uno", "due"))
    with desk.open("n", "due") as vault:
        assert [] == listed(vault)


REFUSED = {
    "more volumes than passphrases": ({"new": ("uno", "due")}, UsageError),
    "twice the same passphrase": ({"new": ("uno", "due", "uno")}, UsageError),
    "an empty passphrase": ({"new": ("uno", " ", "tre")}, UsageError),
    "nothing to take": ({"levels": ()}, UsageError),
    "a length that no vault has": ({"length": 1025}, UsageError),
    "too small": ({"length": 2 * EDGE + SMALL_ROWS * 24 * 1024}, ContainerFull),
    "no label": ({"passphrase": "one", "levels": (0,), "label": "\n"}, UsageError),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_anything_is_written(scene, name):
    desk = forked(scene)
    options, error = REFUSED[name]
    with pytest.raises(error):
        move(desk, **options)
    assert {"v", "p"} == set(desk.disk.snapshot())


def test_too_small_names_a_size_that_is_enough(scene):
    desk = forked(scene)
    with pytest.raises(ContainerFull) as caught:
        move(desk, length=2 * EDGE + SMALL_ROWS * 24 * 1024)
    assert "This is enough: --size {size}MiB" == caught.value.hint
    assert 128 == caught.value.values["size"]


def test_a_name_that_is_taken_is_left_alone(scene):
    desk = forked(scene)
    desk.disk.put("n", b"mine")
    with pytest.raises(VaultError):
        move(desk)
    assert b"mine" == desk.disk.read("n")


def test_a_damaged_block_ends_it_and_rescue_is_named(scene):
    desk = forked(scene)
    with desk.open("v", "one", writable=False) as vault:
        spot = max(vault.volume.where.values())
        at = vault.volume.reader.offset(spot >> 16, spot & 0xFFFF)
    desk.disk.flip("v", at + 99)
    with pytest.raises(Damaged) as caught:
        move(desk)
    assert "rescue" in caught.value.hint
    assert {"v", "p"} == set(desk.disk.snapshot())


def test_a_move_of_what_was_noted_just_now(scene):
    desk = forked(scene)
    noted(desk, "one more")
    move(desk, "one", levels=(0,), new=("uno",))
    with desk.open("n", "uno") as vault:
        assert [0, 1, 2] == [seq for seq, _title in listed(vault)]


def test_a_volume_that_lost_blocks_does_not_go_along_and_rescue_is_named(scene):
    """What opening found lost is not in the map, so that copying would not meet it."""
    desk = forked(scene)
    with desk.open("v", "two", writable=False) as vault:
        geometry = vault.session.geometry
        row = min(vault.volume.where.values()) >> 16
    content = bytearray(desk.disk.read("v"))
    start = geometry.row_offset(row)
    content[start : start + geometry.pitch] = bytes(geometry.pitch)
    desk.disk.put("v", bytes(content))
    with desk.open("v", "three", writable=False) as vault:
        found = vault.session.volumes[1].findings
        assert (True, False) == (found.lost > 0, found.gone)
    with pytest.raises(Damaged) as caught:
        move(desk)
    assert "rescue" in caught.value.hint
    assert {"v", "p"} == set(desk.disk.snapshot())
