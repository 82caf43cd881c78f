"""What a run finds around it: disk, clock, randomness, streams, terminal.

`real_surroundings()` is the machine; tests pass their own. What is heavy to import is made when
it is first asked for, so that `--help` pays for none of it.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, BinaryIO, TextIO, cast

from vault.cli.terminal import Terminal, open_terminal
from vault.errors import VaultError, mark

if TYPE_CHECKING:
    from vault.container.form import Form
    from vault.crypto.entropy import Random
    from vault.storage.interface import Disk

_COLUMNS, _LINES = 80, 24


def _now() -> datetime:
    return datetime.now(UTC)


def _real_disk() -> Disk:
    from vault.storage.real import RealDisk

    return RealDisk()


def _real_random() -> Random:
    from vault.crypto.entropy import random_bytes

    return random_bytes


def _form_v1() -> Form:
    from vault.container.form import FORM_V1

    return FORM_V1


@dataclass
class Surroundings:
    """All that a command may touch outside its own arguments.

    Attributes:
        stdin: standard input, or None where it is closed.
        stdout: standard output, or None where it is closed.
        stderr: standard error, or None where it is closed.
        environ: the environment's variables.
        program: the name under which the program was started.
        clock: the time now, UTC.
        open_terminal: the person's terminal, or None where there is none.
        make_disk: the disk, made at first use.
        make_random: the source of randomness, found at first use.
        make_form: the format's costs and geometry, found at first use.
        monotonic: seconds that only grow, for progress.
        idle_seconds: without a line typed for so long, the prompt locks.
    """

    stdin: TextIO | None
    stdout: TextIO | None
    stderr: TextIO | None
    environ: Mapping[str, str] = field(default_factory=dict)
    program: str = "amanat"
    clock: Callable[[], datetime] = _now
    open_terminal: Callable[[], Terminal | None] = open_terminal
    make_disk: Callable[[], Disk] = _real_disk
    make_random: Callable[[], Random] = _real_random
    make_form: Callable[[], Form] = _form_v1
    monotonic: Callable[[], float] = time.monotonic
    idle_seconds: float = 300.0

    def binary_stdin(self) -> BinaryIO:
        """Return standard input as bytes.

        Raises:
            VaultError: it is closed.
        """
        buffer = getattr(self.stdin, "buffer", None)
        if buffer is None:
            raise VaultError(mark("Standard input is closed: there is nothing to read."))
        return cast("BinaryIO", buffer)

    def width(self) -> int:
        """Return how many columns a line may have on standard output."""
        return self._size("COLUMNS", 0) or _COLUMNS

    def height(self) -> int:
        """Return how many lines standard output shows at once."""
        return self._size("LINES", 1) or _LINES

    def _size(self, name: str, index: int) -> int:
        """Return what the environment says, else the terminal; 0 where neither does."""
        said = self.environ.get(name, "")
        if said.isascii() and said.isdigit() and int(said) > 0:
            return int(said)
        try:
            return os.get_terminal_size(self.stdout.fileno() if self.stdout else 1)[index]
        except (OSError, ValueError):
            return 0


def program_name(argument: str) -> str:
    """Return the name to show: the program can be renamed and still speaks of itself rightly."""
    stem, extension = os.path.splitext(os.path.basename(argument))  # noqa: PTH119, PTH122 any system's
    name = stem if extension.lower() in {".exe", ".py", ".pyz"} else stem + extension
    return "amanat" if name in {"", "__main__", "cli", "-c", "-m"} else name


def real_surroundings() -> Surroundings:
    """Return this machine as it is; a character that a stream cannot show becomes an escape."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return Surroundings(
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
        environ=os.environ,
        program=program_name(sys.argv[0] if sys.argv else ""),
    )
