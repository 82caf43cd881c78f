"""Figures of opening, listing, taking out and checking; memory, and the time to start."""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from adding import table
from workshop import AMANAT, ROOT, age_recipient, run, settle, settled

if TYPE_CHECKING:
    from pathlib import Path

    from workshop import Workshop


def bench_list(shop: Workshop, rounds: int, entries: int) -> list[str]:
    """Unlock and list the newest 50, with 10 and with many entries."""
    vault = shop.new_vault("4GiB")
    seconds = {}
    for count in (10, entries):
        fill = [sys.executable, "-B", str(ROOT / "bench" / "fill.py"), str(vault), str(count)]
        run([*fill, str(shop.second)])
        settle()
        listing = shop.amanat(vault, "list")
        seconds[count] = statistics.median(run(listing) for _ in range(rounds))
    vault.unlink()
    ratio = seconds[entries] / seconds[10]
    return [
        "| entries | seconds | ratio |",
        "|---|---|---|",
        f"| 10 | {seconds[10]:.2f} | 1 |",
        f"| {entries} | {seconds[entries]:.2f} | {ratio:.2f} |",
    ]


def bench_get(shop: Workshop, rounds: int) -> list[str]:
    """Taking a file of 300 MB out again; what opening a vault or a small file costs is left out."""
    vault, out = shop.new_vault(), shop.folder / "out"
    sizes = {"small": 300_000, "large": 300_000_000}
    seconds: dict[str, list[float]] = {"amanat get": []}
    for name, size in sizes.items():
        (shop.folder / name).write_bytes(os.urandom(size))
    run(shop.amanat(vault, "add", *(str(shop.folder / name) for name in sizes)))
    commands = {"amanat get": [shop.amanat(vault, "get", item, "-o", str(out)) for item in "01"]}
    if shutil.which("age"):
        recipient, key = age_recipient(shop)
        commands["age -d"] = []
        for name in sizes:
            sealed = str(shop.folder / f"{name}.age")
            run(["age", "-r", recipient, "-o", sealed, str(shop.folder / name)])
            commands["age -d"].append(["age", "-d", "-i", str(key), "-o", str(out), sealed])
    for _round in range(rounds):
        for program, (small, large) in commands.items():
            times = []
            for words in (small, large):
                times.append(settled(partial(run, words)))
                out.unlink()
            seconds.setdefault(program, []).append(times[1] - times[0])
    return table({name: 299.7 / statistics.median(found) for name, found in seconds.items()})


def bench_check(shop: Workshop, rounds: int) -> list[str]:
    """`check --deep` of 1.2 GB of files, without what opening costs, beside SHA-256 of them."""
    vault, source = shop.new_vault(), shop.files("400 files", 400)
    deep, list_ = shop.amanat(vault, "check", "--deep"), shop.amanat(vault, "list")
    run(shop.amanat(vault, "add", str(source)))
    ours, bare = [], []
    for _round in range(rounds):
        opening = settled(partial(run, list_))
        ours.append(settled(partial(run, deep)) - opening)
        bare.append(settled(partial(hash_all, source)))
    vault.unlink()
    found = {"amanat check --deep": ours, "SHA-256 alone": bare}
    return table({name: 1200 / statistics.median(seconds) for name, seconds in found.items()})


def hash_all(folder: Path) -> float:
    """Read and hash every file of a folder; return the seconds it took."""
    started = time.perf_counter()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    return time.perf_counter() - started


def bench_memory(shop: Workshop) -> list[str]:
    """Largest resident size of `add` and `get` with one file of 1 GiB."""
    source = shop.folder / "large"
    with source.open("wb") as file:
        for _ in range(1024):
            file.write(os.urandom(1 << 20))
    vault = shop.new_vault()
    lines = ["| command | MiB |", "|---|---|"]
    for name, words in {
        "add, 1 GiB": ("add", str(source)),
        "get, 1 GiB": ("get", "0", "-o", str(shop.folder / "large.out")),
        "list": ("list",),
    }.items():
        lines.append(f"| {name} | {_peak(shop.amanat(vault, *words))} |")
    same = source.read_bytes() == (shop.folder / "large.out").read_bytes()
    for left in (source, shop.folder / "large.out", vault):
        left.unlink()
    if not same:
        raise SystemExit("get did not give back what add took in")
    return lines


def _peak(words: list[str]) -> int:
    """Run a program in a child of its own; return the largest resident size in MiB."""
    measure = (
        "import resource, subprocess, sys;"
        "subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    found = subprocess.run(
        [sys.executable, "-c", measure, *words], check=True, capture_output=True, text=True
    )
    scale = 1 if sys.platform == "darwin" else 1024
    return int(found.stdout.split()[-1]) * scale >> 20


def bench_help(rounds: int) -> list[str]:
    """`amanat --help` against a bare `import typer`."""
    program, import_alone = [*AMANAT, "--help"], [sys.executable, "-c", "import typer"]
    run(program)
    pairs = [(run(program), run(import_alone)) for _ in range(rounds * 4)]
    ours, bare = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
    return [
        "| start | seconds |",
        "|---|---|",
        f"| `python -c 'import typer'` | {bare:.3f} |",
        f"| `amanat --help` | {ours:.3f} ({ours / bare:.2f} ×) |",
    ]
