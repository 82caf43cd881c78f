"""Figures of bringing files in, beside the programs that do something like it."""

from __future__ import annotations

import os
import shutil
import statistics
from functools import partial
from typing import TYPE_CHECKING

from workshop import FILE_BYTES, age_recipient, run, settle, settled

if TYPE_CHECKING:
    from pathlib import Path

    from workshop import Workshop


def age_each(shop: Workshop, source: Path) -> float:
    """Encrypt every file of a folder with `age -r`, one process each, and keep them all."""
    recipient, _key = age_recipient(shop)
    target = shop.folder / "age.out"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    script = 'for f in "$1"/*; do age -r "$2" -o "$3/${f##*/}" "$f"; done'
    return run(["sh", "-c", script, "sh", str(source), recipient, str(target)])


def restic_backup(shop: Workshop, source: Path) -> float:
    """Back a folder up into a new restic repository."""
    target = shop.folder / "restic.out"
    shutil.rmtree(target, ignore_errors=True)
    environ = {"RESTIC_PASSWORD": "bench", "RESTIC_CACHE_DIR": str(shop.folder / "restic.cache")}
    run(["restic", "init", "-q", "-r", str(target)], environ)
    settle()
    return run(["restic", "backup", "-q", "-r", str(target), str(source)], environ)


def borg_create(shop: Workshop, source: Path) -> float:
    """Make an archive of a folder in a new borg repository."""
    target = shop.folder / "borg.out"
    shutil.rmtree(target, ignore_errors=True)
    environ = {"BORG_PASSPHRASE": "bench", "BORG_BASE_DIR": str(shop.folder / "borg.base")}
    run(["borg", "init", "-e", "repokey-blake2", str(target)], environ)
    settle()
    return run(["borg", "create", f"{target}::bench", str(source)], environ)


OTHERS = {"age -r": age_each, "restic backup": restic_backup, "borg create": borg_create}


def bench_add(shop: Workshop, rounds: int, *, few: int, many: int, full: float = 0.0) -> list[str]:
    """Marginal throughput: what more files cost, in MB/s; start-up costs cancel out.

    Args:
        shop: where.
        rounds: of which the median counts.
        few: files of the smaller run.
        many: files of the larger run.
        full: part of what the volume may hold of files that is in use before.
    """
    folders = [shop.files(f"{count} files", count) for count in (few, many)]
    seconds: dict[str, list[list[float]]] = {"amanat add": []}
    for _round in range(rounds):
        vault = shop.new_vault()
        shop.fill(vault, full)
        adds = [shop.amanat(vault, "add", str(folder)) for folder in folders]
        seconds["amanat add"].append([settled(partial(run, add)) for add in adds])
        vault.unlink()
        for name, measure in shop.present(OTHERS).items():
            found = [settled(partial(measure, shop, folder)) for folder in folders]
            seconds.setdefault(name, []).append(found)
    for left in ("age.out", "restic.out", "borg.out"):
        shutil.rmtree(shop.folder / left, ignore_errors=True)
    extra = (many - few) * FILE_BYTES / 1e6
    speed = {
        name: statistics.median(extra / (more - less) for less, more in pairs)
        for name, pairs in seconds.items()
    }
    return [*table(speed), *shop.absent(OTHERS)]


def table(speed: dict[str, float]) -> list[str]:
    """Return lines that compare the first program with all of them."""
    ours = next(iter(speed.values()))
    lines = ["| program | MB/s | amanat ÷ it |", "|---|---|---|"]
    return lines + [f"| {name} | {v:.0f} | {ours / v:.2f} |" for name, v in speed.items()]


def bench_small(shop: Workshop, rounds: int) -> list[str]:
    """Many small files in one `add`: 10,000 of 20 KB, start-up included."""
    source = shop.files("small files", 10_000, 20_000)
    others = {name: OTHERS[name] for name in ("restic backup", "borg create")}
    seconds: dict[str, list[float]] = {"amanat add": []}
    for _round in range(rounds):
        vault = shop.new_vault("4GiB")
        seconds["amanat add"].append(run(shop.amanat(vault, "add", str(source))))
        vault.unlink()
        for name, measure in shop.present(others).items():
            seconds.setdefault(name, []).append(settled(partial(measure, shop, source)))
    return table({name: 200 / statistics.median(found) for name, found in seconds.items()})


def bench_photo(shop: Workshop, rounds: int) -> list[str]:
    """One file of 3 MB, into containers of two sizes; start-up included."""
    lines = ["| container | seconds |", "|---|---|"]
    for size in ("8GiB", "16GiB"):
        vault = shop.new_vault(size)
        found = []
        for number in range(rounds):
            photo = shop.folder / f"photo {number}"
            photo.write_bytes(os.urandom(FILE_BYTES))
            found.append(settled(partial(run, shop.amanat(vault, "add", str(photo)))))
            photo.unlink()
        vault.unlink()
        lines.append(f"| {size} | {statistics.median(found):.2f} |")
    return lines
