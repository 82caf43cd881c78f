"""Run the program inside a test, with streams and a terminal that can be read afterwards."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

from person.terminal import ScriptedTerminal
from vault.cli.app import run
from vault.cli.surroundings import Surroundings


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str
    screen: str
    raw: bytes


class TextStream(io.TextIOWrapper):
    """A text stream over memory that can pretend to be a terminal."""

    def __init__(self, *, terminal=False, content=b""):
        self.memory = io.BytesIO(content)
        self.terminal = terminal
        super().__init__(self.memory, "utf-8", errors="backslashreplace", newline="")

    def isatty(self):
        return self.terminal

    def content(self):
        self.flush()
        return self.memory.getvalue()


def surroundings(*, terminal=None, typed=b"", environ=None, on_terminal=False, **replaced):
    """Return surroundings in memory; further keywords replace what they name."""
    person = terminal or ScriptedTerminal()
    made = Surroundings(
        stdin=TextStream(content=typed),
        stdout=TextStream(terminal=on_terminal),
        stderr=TextStream(terminal=on_terminal),
        environ={"COLUMNS": "80"} if environ is None else environ,
        open_terminal=person.open if terminal else lambda: None,
        monotonic=lambda: 0.0,  # no step is slow, on a slow machine either
    )
    return replace(made, **replaced)


def amanat(*words, terminal=None, **options):
    """Run the program with some words; keywords go to `surroundings`."""
    around = surroundings(terminal=terminal, **options)
    code = run(words, around)
    raw = around.stdout.content() if around.stdout else b""
    err = around.stderr.content() if around.stderr else b""
    screen = terminal.screen if terminal else ""
    return Ran(code, raw.decode("utf-8", "replace"), err.decode(), screen, raw)
