"""Data on standard output, everything else on standard error, both made safe on the way.

Texts are msgids with `{placeholders}`, already translated by the caller; every value that is
put in passes `safe()`. JSON never goes through Rich, is ASCII, and names its schema first.
"""

from __future__ import annotations

import errno
import json
import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from vault.cli.pager import StreamClosed
from vault.cli.safe import safe
from vault.errors import VaultError, mark

if TYPE_CHECKING:
    from vault.cli.pager import Pager
    from vault.cli.settings import Settings
    from vault.cli.surroundings import Surroundings

_PLACE_BETWEEN = "  "
_SET_IN = "    "
_READING_WIDTH = 80


def filled(text: str, values: Mapping[str, object]) -> str:
    """Return a text with its placeholders filled by safe values."""
    return text.format(**{name: safe(value) for name, value in values.items()})


class Output:
    """The two streams of one run.

    Args:
        surroundings: the streams and the environment.
        settings: what was asked for; read at each call, since options may follow the command.
        pager: stops a long output on a screen that cannot be scrolled back.
    """

    def __init__(
        self, surroundings: Surroundings, settings: Settings, pager: Pager | None = None
    ) -> None:
        self._surroundings = surroundings
        self._settings = settings
        self._pager = pager

    @property
    def wants_json(self) -> bool:
        """Whether data is asked for as JSON."""
        return self._settings.json

    @property
    def on_terminal(self) -> bool:
        """Whether standard output is a terminal."""
        stream = self._surroundings.stdout
        return stream is not None and not stream.closed and stream.isatty()

    @property
    def fancy(self) -> bool:
        """Whether standard output is a terminal that may get colours and boxes."""
        return self._may_decorate(self._surroundings.stdout)

    @property
    def lively(self) -> bool:
        """Whether standard error is a terminal on which a line may be drawn again."""
        return self._may_decorate(self._surroundings.stderr)

    # --- data ---

    def text(self, text: str) -> None:
        """Print a text of the program's own, of any number of lines, on standard output."""
        self._write(text + "\n")

    def reading_matter(self, paragraphs: Iterable[str]) -> None:
        """Print paragraphs of the program's own, broken to fit; indented lines stay whole."""
        width = min(self._surroundings.width(), _READING_WIDTH)
        self.text("\n\n".join(_broken(paragraph, width) for paragraph in paragraphs))

    def line(self, text: str, /, **values: object) -> None:
        """Print one line of data on standard output."""
        self._write(filled(text, values) + "\n")

    def detail(self, text: str, /, **values: object) -> None:
        """Print one line of data on standard output, set in below the line that it belongs to."""
        self._write(_SET_IN + filled(text, values) + "\n")

    def json(self, schema: str, content: Mapping[str, object]) -> None:
        """Print one JSON object on standard output.

        Args:
            schema: its name and version, "amanat/list/v1"; stands first, as "schema".
            content: strings, numbers, lists, dictionaries; instants as RFC 3339 text.
        """
        self._write(json.dumps({"schema": schema, **content}, indent=2) + "\n")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows under headings, drawn on a terminal, aligned by spaces elsewhere."""
        cells = [[safe(cell) for cell in row] for row in rows]
        if self.fancy:
            self._write(_drawn(headings, cells, self._surroundings.width()))
            return
        widths = [
            max(len(line[column]) for line in [list(headings), *cells])
            for column in range(len(headings))
        ]
        for line in [list(headings), *cells]:
            padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
            self._write(_PLACE_BETWEEN.join(padded).rstrip() + "\n")

    def raw(self, chunk: bytes | bytearray | memoryview) -> None:
        """Write bytes to standard output as they are.

        Raises:
            StreamClosed: the reader has gone.
            VaultError: standard output is closed or full.
        """
        stream = self._open_stdout()
        try:
            stream.flush()
            stream.buffer.write(chunk)
        except (OSError, ValueError) as error:
            raise _not_written(error) from None

    def exact(self, content: bytes) -> None:
        """Print a text of the program's own that is a file as well: elsewhere byte for byte."""
        if self.on_terminal or not hasattr(self._open_stdout(), "buffer"):
            self.text(content.decode("utf-8").rstrip("\n"))
        else:
            self.raw(content)

    # --- messages ---

    def note(self, text: str, /, **values: object) -> None:
        """Say how it goes, on standard error, unless quiet."""
        if not self._settings.quiet:
            self._tell(filled(text, values))

    def warn(self, text: str, /, **values: object) -> None:
        """Say what a person has to know, on standard error, even when quiet."""
        self._tell(filled(text, values))

    def draw(self, text: str) -> None:
        """Write to standard error without an end of line; for progress."""
        self._to_stderr(text)

    def finish(self) -> None:
        """Bring standard output to its reader.

        Raises:
            StreamClosed: the reader has gone.
            VaultError: it could not be written.
        """
        if self._surroundings.stdout is None:
            return
        try:
            self._surroundings.stdout.flush()
        except (OSError, ValueError) as error:
            raise _not_written(error) from None

    # --- streams ---

    def _may_decorate(self, stream: TextIO | None) -> bool:
        environ = self._surroundings.environ
        if self._settings.plain or "NO_COLOR" in environ or environ.get("TERM") == "dumb":
            return False
        try:
            return stream is not None and stream.isatty()
        except ValueError:  # closed meanwhile
            return False

    def _open_stdout(self) -> TextIO:
        if self._surroundings.stdout is None:
            raise VaultError(
                mark("Standard output is closed: there is nowhere to write the result."),
                hint=mark("Start the program without closing its output."),
            )
        return self._surroundings.stdout

    def _write(self, text: str) -> None:
        try:
            stream = self._open_stdout()
            for piece in self._pager.pieces(text, stream) if self._pager else (text,):
                stream.write(piece)
        except (OSError, ValueError) as error:
            raise _not_written(error) from None

    def _tell(self, text: str) -> None:
        self._to_stderr(text + "\n")

    def _to_stderr(self, text: str) -> None:
        # What was printed before has to stand before it, where both go to one place.
        for stream in (self._surroundings.stdout, self._surroundings.stderr):
            try:
                if stream is not None and stream is self._surroundings.stderr:
                    stream.write(text)
                if stream is not None:
                    stream.flush()
            except (OSError, ValueError):
                # A closed stream is met again, and told, when data is written to it.
                continue


def _not_written(error: OSError | ValueError) -> Exception:
    if isinstance(error, BrokenPipeError) or getattr(error, "errno", None) == errno.EPIPE:
        return StreamClosed()
    number = getattr(error, "errno", None)
    return VaultError(
        mark("The result could not be written: {reason}."),
        hint=mark("Look at where the output goes: is the disk full, is the file still there?"),
        reason=os.strerror(number) if number else type(error).__name__,
    )


def _broken(paragraph: str, width: int) -> str:
    lines = []
    for line in paragraph.split("\n"):
        lines += [line] if line.startswith(" ") else textwrap.wrap(line, width) or [""]
    return "\n".join(lines)


def _drawn(headings: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> str:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, len(_PLACE_BETWEEN), 0, 0))
    for heading in headings:
        table.add_column(Text(heading, style="bold underline"), overflow="fold")
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(
        width=width,
        force_terminal=True,
        highlight=False,
        markup=False,
        emoji=False,
        color_system="standard",
    )
    with console.capture() as captured:
        console.print(table)
    return captured.get()
