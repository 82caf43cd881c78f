"""Long outputs on the prompt's own screen, which cannot be scrolled back: a screenful at a time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TextIO

from vault.cli.i18n import _
from vault.cli.terminal import has_screens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.cli.surroundings import Surroundings
    from vault.cli.terminal import Terminal

_ERASE_LINE_ABOVE = "\x1b[1A\x1b[2K"
_STYLE = re.compile(r"\x1b\[[0-9;]*m")  # takes no room
_STOPPING = frozenset({"q", "quit", "exit"})


class StreamClosed(Exception):
    """Whoever read standard output has gone, or has seen enough; there is nobody to tell."""


class Pager:
    """Counts the lines of one command, and waits for Enter where the screen is full.

    Args:
        surroundings: say how large the screen is.
        terminal: where Enter is typed.
    """

    def __init__(self, surroundings: Surroundings, terminal: Terminal) -> None:
        self._surroundings = surroundings
        self._terminal = terminal
        # The typed line and a message may stand above the first of it.
        self._room = max(1, self._surroundings.height() - 3)

    def pieces(self, text: str, stream: TextIO) -> Iterator[str]:
        """Yield a text line by line, waiting where the screen is full.

        Args:
            text: of any number of lines.
            stream: where the pieces go; brought to the screen before it is waited.

        Raises:
            StreamClosed: she has seen enough.
        """
        width = self._surroundings.width()
        for line in text.splitlines(keepends=True):
            rows = max(1, -(-len(_STYLE.sub("", line.rstrip("\n"))) // width))
            if rows > self._room:
                stream.flush()
                self._wait()
            self._room -= rows
            yield line

    def _wait(self) -> None:
        typed = self._terminal.read_line(_("-- Enter: more, q: stop --") + " ", secret=False)
        if has_screens(self._surroundings.environ):
            self._terminal.write(_ERASE_LINE_ABOVE)
        if typed.strip().casefold() in _STOPPING:
            raise StreamClosed
        self._room = max(1, self._surroundings.height() - 1)
