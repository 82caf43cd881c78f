"""Fill a vault with notes for a measurement: python fill.py VAULT COUNT PASSPHRASE-FILE."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from vault.cli.surroundings import real_surroundings
from vault.operations.entries import append, collected
from vault.operations.opened import opened_vault
from vault.operations.workplace import Workplace

PER_SAVE = 500


def main() -> None:
    """Add notes until the vault has COUNT entries, many in one save."""
    path, count, secret = sys.argv[1:]
    around = real_surroundings()
    place = Workplace(around.make_disk(), around.clock, around.make_random(), around.make_form())
    passphrase = Path(secret).read_text(encoding="utf-8").strip()
    with opened_vault(path, passphrase, place=place, writable=True) as vault:
        first = vault.catalog.next_seq(vault.catalog.origin)
        for number in range(first, int(count)):
            text = f"Observation {number} in district {number % 97}, house {number % 1009}"
            fields = {
                "kind": b"note",
                "title": f"Note {number}".encode(),
                "description": text.encode(),
                **collected(vault),
            }
            append(vault, fields, None)
            if number % PER_SAVE == PER_SAVE - 1:
                vault.commit()
        vault.commit()


main()
