"""How far a long step is: a line drawn again on a terminal, a line now and then elsewhere.

Nothing appears in the first second. What is shown follows from what is done and from the clock
alone, so that it tells nothing about volumes that are not open.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from vault.cli.i18n import _

if TYPE_CHECKING:
    from types import TracebackType

    from vault.cli.output import Output

QUIET_SECONDS = 1.0
"""Steps shorter than this show nothing."""

_REDRAW_SECONDS = 0.1
_LINE_SECONDS = 10.0
_BAR_CELLS = 20
_MINUTE = 60
_HOUR = 3600
_UNITS = ("B", "KB", "MB", "GB", "TB")
_STEP = 1000


def as_bytes(number: float) -> str:
    """Return an amount of bytes for people: "3.2 MB"; powers of ten."""
    unit = 0
    while number >= _STEP and unit + 1 < len(_UNITS):
        number /= _STEP
        unit += 1
    return f"{number:.0f} {_UNITS[unit]}" if unit == 0 else f"{number:.1f} {_UNITS[unit]}"


def as_number(number: float) -> str:
    """Return a count for people: "12,345"."""
    return f"{number:,.0f}"


def as_duration(seconds: float) -> str:
    """Return a time for people: "1:05" or "2:00:05"."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Progress:
    """One step under way; calling it with (done, total) shows how far it is.

    Args:
        output: where it is shown.
        what: the step in a word or two, translated.
        quiet: show nothing.
        shown: turns an amount into text.
        monotonic: seconds that only grow.
    """

    def __init__(
        self,
        output: Output,
        what: str,
        *,
        quiet: bool,
        shown: Callable[[float], str] = as_bytes,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._output = output
        self._what = what
        self._quiet = quiet
        self._shown = shown
        self._monotonic = monotonic
        self._first: tuple[float, int] | None = None
        self._drawn = 0
        pause = _REDRAW_SECONDS if output.lively else _LINE_SECONDS
        self._last = monotonic() + QUIET_SECONDS - pause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._drawn:
            self._output.draw("\r" + " " * self._drawn + "\r")

    def __call__(self, done: int, total: int | None = None) -> None:
        """Tell how much is done, of how much, in the units of `shown`.

        Speed and time left are counted from the first call: what came before, such as the
        derivation of keys, is no part of the work that is left.
        """
        now = self._monotonic()
        if self._first is None:
            self._first = (now, done)
        pause = _REDRAW_SECONDS if self._output.lively else _LINE_SECONDS
        if self._quiet or now - self._last < pause:
            return
        self._last = now
        began, before = self._first
        text = self._text(done, total, (done - before) / (now - began) if now > began else None)
        if self._output.lively:
            # Spaces over what a longer text left behind.
            self._output.draw("\r" + text.ljust(self._drawn))
            self._drawn = len(text)
        else:
            self._output.draw(text + "\n")

    def _text(self, done: int, total: int | None, rate: float | None) -> str:
        speed = [] if rate is None else [_("{amount}/s").format(amount=self._shown(rate))]
        if not total:
            return "  ".join([self._what, self._shown(done), *speed])
        share = min(1.0, done / total)
        parts = [self._what, f"{share:4.0%}"]
        if self._output.lively:
            filled = round(share * _BAR_CELLS)
            parts.append("[" + "#" * filled + "." * (_BAR_CELLS - filled) + "]")
        parts += [f"{self._shown(done)} / {self._shown(total)}", *speed]
        if rate:
            left = as_duration((total - done) / rate)
            parts.append(_("{time} left").format(time=left))
        return "  ".join(parts)
