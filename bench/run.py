"""Figures, measured side by side in one run: medians of several rounds, as ratios.

    python3 dev.py bench [NAME...] [--rounds 5] [--folder DIR]

Names: add, add70, small, photo, get, check, list, memory, help; without any, all of them. Needs
about 25 GB in DIR (default: a temporary folder), and the programs `age`, `restic` and `borg`
(Debian packages) to compare with; one that is absent is left out and said so. The machine should
be quiet. Nothing here is a test: figures differ from machine to machine, ratios less so.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
from pathlib import Path

from adding import bench_add, bench_photo, bench_small
from reading import bench_check, bench_get, bench_help, bench_list, bench_memory
from workshop import Workshop, as_installed


def main() -> None:
    """Measure what was asked for, and print tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("what", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        shop, rounds = Workshop(Path(folder)), asked.rounds
        as_installed(shop.folder / "program")
        benches = {
            "add": lambda: bench_add(shop, rounds, few=100, many=400),
            "add70": lambda: bench_add(shop, rounds, few=25, many=100, full=0.7),
            "small": lambda: bench_small(shop, rounds),
            "photo": lambda: bench_photo(shop, rounds),
            "get": lambda: bench_get(shop, rounds),
            "check": lambda: bench_check(shop, rounds),
            "list": lambda: bench_list(shop, rounds, asked.entries),
            "memory": lambda: bench_memory(shop),
            "help": lambda: bench_help(rounds),
        }
        unknown = set(asked.what) - set(benches)
        if unknown:
            parser.error(f"no figure of that name: {', '.join(sorted(unknown))}")
        for name in asked.what or benches:
            load = os.getloadavg()[0]
            print(f"\n## {name} (medians of {rounds}; load before: {load:.1f})\n")
            print("\n".join(benches[name]()), flush=True)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
