"""The program as a process of its own on a terminal, with small vaults: what `Pty` starts.

python -m person.at_terminal IDLE_SECONDS WORD...
"""

import fcntl
import sys
import termios
from dataclasses import replace

from seam.small import SMALL_FORM
from vault.cli.app import run
from vault.cli.hardening import end_in_order
from vault.cli.surroundings import real_surroundings

if __name__ == "__main__":
    if sys.stdin.isatty():
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    idle, *words = sys.argv[1:]
    around = replace(
        real_surroundings(),
        program="amanat",
        make_form=lambda: SMALL_FORM,
        idle_seconds=float(idle),
    )
    end_in_order()
    sys.exit(run(words, around))
