"""Real files, some broken: in, out byte for byte, through a bundle to two kinds of partner."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.desk import Desk, no_progress
from seam.small import CHEAP_KDF
from vault.container.form import FORM_V1, Form
from vault.media.metadata import PROBLEMS
from vault.media.reader import MetadataReader
from vault.operations.bundles import read_identities, unseal_file, verify_file
from vault.operations.contacts import write_new_identity
from vault.operations.inspect import check_vault
from vault.operations.reading import show_entry
from vault.storage.real import RealDisk

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"{SAMPLES} is not here: REAL FILES WERE NOT TRIED"
)

BROKEN = {"photo-corrupted.jpg", "photo-invalid-exif.jpg"}
"""Pictures whose metadata need not be readable; besides, all samples are brought in cut in half."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """Return a desk with real containers, the report of adding all samples, and two bundles."""
    form = Form(CHEAP_KDF, FORM_V1.geometry, FORM_V1.is_valid_length)
    folder = tmp_path_factory.mktemp("samples")
    desk = Desk(folder, disk=RealDisk(), length=128 << 20, form=form)
    vault_path = desk.make(str(folder / "v"), 2)
    partner_path = desk.make(str(folder / "p"))
    write_new_identity(str(folder / "key"), desk.place())
    recipient = read_identities(str(folder / "key"))[0].recipient
    desk.introduce(vault_path, "partner", desk.card(partner_path), "two")
    desk.introduce(vault_path, "bare", desk.file("bare.pub", recipient.encode()), "two")
    desk.introduce(partner_path, "sender", desk.card(vault_path, "two"))
    with MetadataReader() as reader, desk.open(vault_path, "two") as vault:
        desk.reader = reader
        for path in SAMPLES.iterdir():
            half = path.read_bytes()[: path.stat().st_size // 2]
            desk.file(f"halves/{path.name}", half)
        report = desk.add(vault, str(SAMPLES), str(folder / "halves"), read_back=True)
        desk.seal(vault, "partner", "for-partner")
        desk.seal(vault, "bare", "for-bare")
    return desk, report


def test_all_of_them_go_in_and_the_broken_ones_cost_their_metadata_only(scene):
    _desk, report = scene
    assert (2 * sorted(path.name for path in SAMPLES.iterdir()), [], None) == (
        [Path(item.path).name for item in report.added],
        report.refused,
        report.stopped,
    )
    problems = {item.path: item.problem for item in report.added if item.problem}
    whole = {Path(path).name for path in problems if "halves" not in path}
    assert whole <= BROKEN
    assert {PROBLEMS["damaged"]} == set(problems.values())
    assert 4 < len(problems)


def test_all_of_them_come_out_as_they_were(scene):
    desk, report = scene
    with desk.open(str(desk.folder / "v"), "two", writable=False) as vault:
        for item in report.added:
            assert Path(item.path).read_bytes() == desk.content(vault, str(item.seq)), item.path
        assert check_vault(vault, no_progress).sound


def test_all_of_them_reach_a_partner_with_a_vault(scene):
    desk, report = scene
    with desk.open(str(desk.folder / "p")) as vault:
        received = desk.receive(vault, str(desk.folder / "for-partner"))
        assert [item.seq for item in report.added] == received.new
        for item in report.added:
            assert Path(item.path).read_bytes() == desk.content(vault, f"sender/{item.seq}")
            assert "media-metadata" not in show_entry(vault, f"sender/{item.seq}").values
        assert check_vault(vault, no_progress).sound


def test_all_of_them_reach_a_partner_with_a_key_file(scene):
    desk, report = scene
    key, bundle = str(desk.folder / "key"), str(desk.folder / "for-bare")
    card = desk.card(str(desk.folder / "v"), "two")
    checked = verify_file(bundle, identity=key, signed_by=card, progress=no_progress)
    assert [item.seq for item in report.added] == [entry.seq for entry in checked.entries]
    target = desk.folder / "out"
    unseal_file(
        bundle, str(target), identity=key, signed_by=card, place=desk.place(), progress=no_progress
    )
    for item in report.added:
        (found,) = (target / "exhibits").glob(f"{item.seq}.*")
        assert Path(item.path).read_bytes() == found.read_bytes(), item.path
