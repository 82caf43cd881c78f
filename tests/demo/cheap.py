"""The program as it is installed, but for a derivation of keys that costs nothing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent)]

from seam.small import CHEAP_KDF  # noqa: E402  after the path
from vault.cli import app, surroundings  # noqa: E402
from vault.container.form import FORM_V1  # noqa: E402


def main() -> None:
    form = replace(FORM_V1, kdf=CHEAP_KDF)
    made = replace(surroundings.real_surroundings(), make_form=lambda: form)
    app.real_surroundings = lambda: made
    app.main()


if __name__ == "__main__":
    main()
