"""Damaging a vault and rescuing it: what must come back, and what must be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from operations.desk import PASSPHRASES, Desk, no_progress
from seam.small import EDGE, SMALL_ROWS, small_geometry
from vault.catalog.store import MEDIA
from vault.errors import VaultError
from vault.operations.entries import write_note
from vault.operations.inspect import check_vault
from vault.operations.reading import show_entry
from vault.operations.rescue import damaged_vault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from vault.operations.opened import OpenVault
    from vault.operations.rescue import RescuedVolume

LENGTH = 2 * EDGE + SMALL_ROWS * 96 * 1024
GEOMETRY = small_geometry(LENGTH)
NEW = ("uno", "due", "tre")


class Held(NamedTuple):
    """What a volume holds: per entry its fields and file; and where its blocks stand."""

    entries: dict[int, tuple[object, bytes]]
    blocks: dict[tuple[int, int, int], int]
    objects: dict[int, int]
    newest_row: int


class Scene(NamedTuple):
    """A desk with a vault `v`, and what its volumes hold."""

    desk: Desk
    held: list[Held]

    def fork(self) -> Desk:
        return Desk(self.desk.folder, disk=self.desk.disk.fork(), seed=801, length=LENGTH)


def made(folder: Path, volumes: int = 3) -> Scene:
    """A vault in each of whose volumes there are two files and two notes."""
    desk = Desk(folder, seed=800, length=LENGTH)
    desk.make("v", volumes)
    for level, passphrase in enumerate(PASSPHRASES[:volumes]):
        with desk.open("v", passphrase) as vault:
            for number in (0, 1):
                path = desk.file(f"file{level}{number}", bytes([level, number]) * 3_000)
                desk.add(vault, path, fields={"title": b"file %d" % number})
                write_note(vault, {"title": b"note %d" % number, "source": b"Maryam"})
    held = []
    for passphrase in PASSPHRASES[:volumes]:
        with desk.open("v", passphrase, writable=False) as vault:
            held.append(held_in(desk, vault))
    return Scene(desk, held)


def held_in(desk: Desk, vault: OpenVault) -> Held:
    catalog, volume = vault.catalog, vault.volume
    entries = catalog.entries_of(catalog.origin)
    blocks = {}
    for name, spot in volume.where.items():
        key = (name[0], int.from_bytes(name[1:9], "big"), int.from_bytes(name[9:], "big"))
        blocks[key] = volume.reader.offset(spot >> 16, spot & 0xFFFF)
    objects = {entry.media.object_id: entry.seq for entry in entries if entry.media}
    newest_row = (vault.session.status(0).epoch - 1) % GEOMETRY.rows
    return Held(readable(desk, vault), blocks, objects, newest_row)


def readable(desk: Desk, vault: OpenVault) -> dict[int, tuple[object, bytes]]:
    """Every own entry that can be shown, with its file where that can be read, too."""
    found: dict[int, tuple[object, bytes]] = {}
    for entry in vault.catalog.entries_of(vault.catalog.origin):
        try:
            shown = show_entry(vault, str(entry.seq))
            content = b""
            if entry.media:
                content = desk.content(vault, str(entry.seq))
        except VaultError:
            continue
        found[entry.seq] = (shown, content)
    return found


def rescue(
    desk: Desk, passphrase: str, *, from_end: bool = False, length: int | None = None
) -> list[RescuedVolume]:
    """Rescue `v` into `n`; the damaged file is not touched."""
    before = desk.disk.read("v")
    with damaged_vault(
        "v", passphrase, place=desk.place(), from_end=from_end, length=length
    ) as vault:
        secrets = NEW[: vault.levels]
        vault.read(no_progress)
        reports = vault.rescue("n", secrets, no_progress)
    assert before == desk.disk.read("v")
    return reports


def judge(scene: Scene, desk: Desk, *gone: tuple[int, int], **options: object) -> list[str]:
    """Rescue a vault of which some ranges of bytes are gone; check all that comes of it.

    Args:
        scene: the vault as it was.
        desk: where it stands damaged.
        gone: first byte and end of each range.
        options: of `rescue`.

    Returns:
        In words, what was lost.
    """
    reports = rescue(desk, PASSPHRASES[len(scene.held) - 1], **options)
    told = []
    for held, report in zip(scene.held, reports, strict=True):
        told += judge_volume(desk, held, report, gone)
    return told


def judge_volume(
    desk: Desk, held: Held, report: RescuedVolume, gone: Sequence[tuple[int, int]]
) -> list[str]:
    if report.anew or report.nameless:
        return [f"volume {report.level + 1}"]
    hit = {
        key
        for key, at in held.blocks.items()
        for first, end in gone
        if at < end and first < at + GEOMETRY.sealed
    }
    chunks: dict[int, int] = {}
    for namespace, object_id, _number in hit:
        if namespace == MEDIA:
            seq = held.objects[object_id]
            chunks[seq] = chunks.get(seq, 0) + 1
    lost_chunks = {int(lost.item): lost.loss.chunks for lost in report.lost if lost.loss.chunks}
    # Without the newest root an older one may lead to an older copy of a block.
    if not report.end:
        assert all(count <= chunks[seq] for seq, count in lost_chunks.items())
    newest = GEOMETRY.row_offset(held.newest_row)
    settled = not any(first < newest + GEOMETRY.pitch and newest < end for first, end in gone)
    if settled and len({namespace for namespace, _object, _number in hit} - {MEDIA}) < 2:
        assert chunks == lost_chunks
        assert not report.end  # of index and records one suffices
        assert set(lost_chunks) == {int(lost.item) for lost in report.lost}
    named = {int(lost.item) for lost in report.lost}
    with desk.open("n", NEW[report.level], writable=False) as vault:
        assert [] == vault.notices
        found = readable(desk, vault)
        checked = check_vault(vault, no_progress)
    for seq, content in held.entries.items():
        if seq in found and seq not in named:
            assert content == found[seq], seq
        assert seq in {*found, *named} or report.end or report.since, seq
    assert not checked.rebuilt
    if not report.lost:
        assert () == checked.losses.record_blocks
    assert not (checked.sound and report.lost)
    assert checked.sound or not report.whole
    assert report.since == 0 or len(gone) > 0
    return [f"volume {report.level + 1}, entry {seq}" for seq in sorted(named)]
