"""Figures, measured side by side in one run: medians of several rounds, as ratios.

    python3 dev.py bench [add] [list] [memory] [help] [--rounds 5] [--folder DIR]

Needs about 15 GB in DIR (default: a temporary folder), and for `add` the programs `age`,
`restic` and `borg` (Debian packages); one that is absent is left out and said so. The machine
should be quiet. Nothing here is a test: figures differ from machine to machine, ratios less so.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AMANAT = [sys.executable, "-P", "-c", "from vault.cli.app import main; main()"]
FILE_BYTES = 3_000_000
FEW, MANY = 100, 400
GIB = 1 << 30


class Workshop:
    """A folder with random files, passphrases and vaults."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.passphrases = folder / "two"
        self.passphrases.write_text("first of bench\nsecond of bench\n")
        self.second = folder / "second"
        self.second.write_text("second of bench\n\n")  # and no other one to protect

    def files(self, name: str, count: int, size: int = FILE_BYTES) -> Path:
        """Return a folder of so many random files."""
        place = self.folder / name
        if not place.exists():
            place.mkdir()
            for number in range(count):
                (place / f"{number:05}").write_bytes(os.urandom(size))
        return place

    def new_vault(self, size: str = "8GiB") -> Path:
        """Make a vault with two volumes; what is timed is opened with the second."""
        path = self.folder / "bench.vault"
        path.unlink(missing_ok=True)
        words = ["init", str(path), "--size", size, "--passphrases", "2", "-q"]
        run([*AMANAT, *words, "--passphrase-file", str(self.passphrases)])
        settle()
        return path

    def amanat(self, vault: Path, *words: str) -> list[str]:
        """Return the command line of a command on the second volume."""
        return [*AMANAT, "--vault", str(vault), "--passphrase-file", str(self.second), "-q", *words]


def settle() -> None:
    """Let the system write what it still holds back, so that nobody pays for somebody else."""
    os.sync()
    time.sleep(1)


def run(words: list[str], environ: dict[str, str] | None = None) -> float:
    """Run a program; return the seconds it took."""
    started = time.perf_counter()
    subprocess.run(
        words, check=True, stdout=subprocess.DEVNULL, env={**os.environ, **(environ or {})}
    )
    return time.perf_counter() - started


def as_installed(place: Path) -> None:
    """Let what is measured find the program with its byte code, as an installed one does."""
    shutil.copytree(ROOT / "vault", place / "vault", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(place)], check=True)
    os.environ["PYTHONPATH"] = str(place)


# --- add -------------------------------------------------------------------------------------


def age_each(shop: Workshop, source: Path) -> float:
    """Encrypt every file of a folder with `age -r`, one process each, and keep them all."""
    key = shop.folder / "age.key"
    if not key.exists():
        run(["age-keygen", "-o", str(key)])
    recipient = next(word for word in key.read_text().split() if word.startswith("age1"))
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


def bench_add(shop: Workshop, rounds: int) -> list[str]:
    """Marginal throughput: what 300 files more cost, in MB/s; start-up costs cancel out."""
    few, many = shop.files("few", FEW), shop.files("many", MANY)
    others = {"age -r": age_each, "restic backup": restic_backup, "borg create": borg_create}
    present = {n: f for n, f in others.items() if shutil.which(n.split()[0])}
    seconds: dict[str, list[tuple[float, float]]] = {"amanat add": []}
    for _round in range(rounds):
        vault = shop.new_vault()
        first = run(shop.amanat(vault, "add", str(few)))
        settle()
        seconds["amanat add"].append((first, run(shop.amanat(vault, "add", str(many)))))
        vault.unlink()
        for name, measure in present.items():
            settle()
            first = measure(shop, few)
            settle()
            seconds.setdefault(name, []).append((first, measure(shop, many)))
    for left in ("age.out", "restic.out", "borg.out"):
        shutil.rmtree(shop.folder / left, ignore_errors=True)
    extra = (MANY - FEW) * FILE_BYTES / 1e6
    speed = {
        name: statistics.median(extra / (more - less) for less, more in pairs)
        for name, pairs in seconds.items()
    }
    lines = ["| program | MB/s | amanat ÷ it |", "|---|---|---|"]
    for name, found in speed.items():
        lines.append(f"| {name} | {found:.0f} | {speed['amanat add'] / found:.2f} |")
    missing = sorted(set(others) - set(present))
    return [*lines, *(f"Not installed, left out: {name}." for name in missing)]


# --- list ------------------------------------------------------------------------------------


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


# --- memory and help -------------------------------------------------------------------------


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


def main() -> None:
    """Measure what was asked for, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", nargs="*", default=["add", "list", "memory", "help"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        shop = Workshop(Path(folder))
        as_installed(shop.folder / "program")
        benches = {
            "add": lambda: bench_add(shop, asked.rounds),
            "list": lambda: bench_list(shop, asked.rounds, asked.entries),
            "memory": lambda: bench_memory(shop),
            "help": lambda: bench_help(asked.rounds),
        }
        for name in asked.what:
            load = os.getloadavg()[0]
            print(f"\n## {name} (medians of {asked.rounds}; load before: {load:.1f})\n")
            print("\n".join(benches[name]()), flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
