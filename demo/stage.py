"""What the demo stands on: it starts the real program, shows what a visitor would type, and checks.

The program is started as a process of its own for every command, as from a shell. Passphrases go
to it through a pipe, on Windows through a file in the demo's own folder: never as an argument,
never in the environment.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

WIDTH = min(88, shutil.get_terminal_size().columns)
INDENT = "    "

ITEM = re.compile(r"(\d+)\t.+")
"""A line of `add`: the number of the entry, a tab, the path."""


class Broken(Exception):
    """Something is not as the demo says; the text tells what."""


class Ran(NamedTuple):
    """A command that ended.

    Attributes:
        code: its exit code.
        text: what it printed, in the order in which it came.
    """

    code: int
    text: str


@dataclass
class Stage:
    """A folder, the program, and a visitor who reads along.

    Attributes:
        program: how it is started; the words of a command come after it.
        folder: where everything happens.
        checks: how many things were looked at and found as told.
    """

    program: Sequence[str]
    folder: Path
    checks: int = 0
    _act: int = field(default=0, init=False)

    def act(self, title: str, *paragraphs: str) -> None:
        """Begin a part: a title, and what is about to happen."""
        self._act += 1
        print(f"\n{self._act}. {title}\n", flush=True)
        self.tell(*paragraphs)

    def tell(self, *paragraphs: str) -> None:
        """Say something in plain words."""
        for paragraph in paragraphs:
            print(textwrap.fill(paragraph, WIDTH) + "\n", flush=True)

    def amanat(
        self,
        *words: str,
        passphrases: Sequence[str] = (),
        codes: Sequence[int] = (0,),
        out: str | None = None,
    ) -> Ran:
        """Show a command, run it, show what it printed, and look at its exit code.

        Args:
            words: after `amanat`.
            passphrases: those that it asks for, in that order.
            codes: exit codes that are right here.
            out: file that takes its standard output, as `>` does.

        Raises:
            Broken: it ended with another code.
        """
        typed = f"$ amanat {shlex.join(words)}" + (f" > {out}" if out else "")
        print(INDENT + typed, flush=True)
        ran = self._start(words, passphrases, out)
        for line in ran.text.splitlines():
            print(f"{INDENT}{line}".rstrip())
        if ran.code not in codes:
            wanted = " or ".join(map(str, codes))
            raise Broken(f"`{typed[2:]}` ended with code {ran.code} and should end with {wanted}")
        if ran.code:
            print(f"{INDENT}[exit code {ran.code}]")
        print(flush=True)
        return ran

    def _start(self, words: Sequence[str], passphrases: Sequence[str], out: str | None) -> Ran:
        environ = {**os.environ, "PYTHONUTF8": "1", "COLUMNS": str(WIDTH - len(INDENT))}
        with self._handed_over(passphrases) as (options, descriptors):
            ended = subprocess.run(
                [*self.program, *options, *words],
                cwd=self.folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE if out else subprocess.STDOUT,
                pass_fds=descriptors,
                check=False,
            )
        if out:
            (self.folder / out).write_bytes(ended.stdout)
        printed = ended.stderr if out else ended.stdout
        return Ran(ended.returncode, printed.decode("utf-8", "replace"))

    @contextmanager
    def _handed_over(self, passphrases: Sequence[str]) -> Iterator[tuple[list[str], list[int]]]:
        """Give the option that names where the passphrases are, and the descriptors to hand on."""
        lines = "".join(f"{passphrase}\n" for passphrase in passphrases).encode()
        if not passphrases:
            yield [], []
        elif os.name == "nt":  # no descriptor is handed on there
            path = self.folder / "passphrases"
            path.write_bytes(lines)
            try:
                yield ["--passphrase-file", str(path)], []
            finally:
                path.unlink()
        else:
            reading, writing = os.pipe()
            try:
                os.write(writing, lines)
                os.close(writing)
                yield ["--passphrase-fd", str(reading)], [reading]
            finally:
                os.close(reading)

    def check(self, what: str, *, holds: bool) -> None:
        """Say what was looked at, or end the demo.

        Raises:
            Broken: it is not so.
        """
        if not holds:
            raise Broken(f"this does not hold: {what}")
        self.checks += 1
        print(textwrap.fill(f"checked: {what}", WIDTH, subsequent_indent="         ") + "\n")

    def read(self, name: str) -> bytes:
        """Return the bytes of a file of the demo.

        Raises:
            Broken: there is none.
        """
        try:
            return (self.folder / name).read_bytes()
        except OSError as error:
            raise Broken(f"there is no {name} to be read") from error


def items_in(ran: Ran) -> list[str]:
    """Return the numbers of the entries that `add` told."""
    return [found[1] for line in ran.text.splitlines() if (found := ITEM.fullmatch(line))]


def fingerprint_in(ran: Ran) -> str:
    """Return the eight groups of five digits that a command printed; empty where there are none."""
    found = re.search(r"\b(?:\d{5} ){7}\d{5}\b", ran.text)
    return found[0] if found else ""
