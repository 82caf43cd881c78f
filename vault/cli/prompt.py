"""The prompt of `amanat open`: one vault, open once, and all commands.

Nothing typed here is kept: no history, and on a terminal the screen is its own (alternate
screen) and cleared at the end. Left alone, or with its terminal gone, it locks.
"""

from __future__ import annotations

import glob
import os
import shlex
import signal
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.invocation import Invocation
from vault.cli.output import filled
from vault.cli.pager import Pager
from vault.cli.safe import safe
from vault.cli.terminal import Attended, Left, own_screen
from vault.errors import Damaged, NotSaved, UsageError, VaultError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

    from vault.cli.surroundings import Surroundings
    from vault.cli.terminal import Terminal
    from vault.operations.opened import OpenVault

_LEAVING = frozenset({"exit", "quit", "lock"})
_OF_FILES = frozenset({"add", "import", "verify"})


class Prompt:
    """Reads commands and runs them on one open vault.

    Args:
        here: the run of `open` itself.
        vault: open.
    """

    def __init__(self, here: Invocation, vault: OpenVault) -> None:
        self._here = here
        self._vault = self._began_with = vault

    def run(self) -> None:
        """Run commands until the end, `exit`, or too long a silence.

        Afterwards the vault that it began with is as fresh as if nothing else had been worked on.

        Raises:
            NotSaved: a save failed: the vault must be opened again.
            UsageError: there is nowhere to read commands from.
        """
        try:
            self._run()
        finally:
            self._work_on(None)

    def _run(self) -> None:
        around = self._here.surroundings
        if around.stdin is not None and not around.stdin.isatty():
            lines = (line.rstrip("\r\n") for line in around.stdin)
            for line in lines:
                if not self._goes_on(line, around, script=lines):
                    break
            return
        with self._screen() as person:
            around = replace(around, open_terminal=self._open_attended)
            self._greet(person)
            for line in self._typed(person):
                if not self._goes_on(line, around, pager=Pager(around, person)):
                    break

    def _work_on(self, level: int | None) -> OpenVault:
        """Go to another open volume, or back to the one that it began with.

        Raises:
            UsageError, Damaged: it is not open, or cannot be read; the one before stays.
        """
        from vault.operations.levels import at_level

        before, first = self._vault, self._began_with
        if level is None or level == first.volume.level:
            self._vault = first
        else:
            self._vault = at_level(first, level)
        if before is first:
            return self._vault
        before.catalog.close()
        if self._vault is first and first.session.writable and not first.session.broken:
            first.forget_staged()  # commands below may have changed it: stock, put-right
        return self._vault

    # --- one line ---

    def _goes_on(
        self,
        line: str,
        around: Surroundings,
        *,
        script: Iterator[str] | None = None,
        pager: Pager | None = None,
    ) -> bool:
        """Obey a line; return whether another one may follow."""
        settings = replace(
            self._here.settings, vault=None, level=None, passphrase_fd=None, passphrase_file=None
        )
        here = Invocation(around, settings, open_vault=self._vault, script=script, pager=pager)
        here.work_on = self._work_on
        if script is not None:
            here.prompts.share_lines(self._here.prompts)
        try:
            words = words_of(line, around.program)
        except VaultError as error:
            here.output.warn(_(error.message))
            return True
        if len(words) == 1 and words[0] in _LEAVING:
            return False
        if words:
            self._obey(words, here)
        return not self._vault.session.burnt

    def _obey(self, words: Sequence[str], here: Invocation) -> None:
        from vault.cli.app import dispatch

        try:
            dispatch(words, here)
        finally:
            if self._vault.session.writable and not self._vault.session.broken:
                self._vault.forget_staged()
        if self._vault.session.broken and not self._vault.session.burnt:
            if self._vault.session.burning:
                raise NotSaved(
                    mark("Burning did not come to its end; the vault was closed."),
                    hint=mark("It may still be possible to open it: burn it again, or delete it."),
                )
            raise NotSaved(
                mark("A save failed; the vault was closed."),
                hint=mark("Open it again: what was saved before is there."),
            )

    # --- the terminal ---

    @contextmanager
    def _screen(self) -> Iterator[Terminal]:
        """Give the person's terminal, with a screen of its own; end quietly when she has left."""
        terminal = self._open_attended()
        if terminal is None:
            raise UsageError(
                mark("There is no terminal to type commands on."),
                hint=mark("Use the commands one by one, or give them as standard input."),
            )
        try:
            with (
                suppress(Left),
                own_screen(terminal, self._here.surroundings.environ),
                _left_by_signals(),
            ):
                yield terminal
        finally:
            terminal.close()

    def _open_attended(self) -> Terminal | None:
        terminal = self._here.surroundings.open_terminal()
        idle = self._here.surroundings.idle_seconds
        return None if terminal is None else Attended(terminal, idle)

    def _greet(self, terminal: Terminal) -> None:
        from vault.operations.stock import waiting

        lines = [
            _("“{label}” is open. Type a command, help or exit."),
            _("Without a line for {minutes} minutes it locks."),
        ]
        if not self._vault.session.writable:
            lines.insert(1, _("It is open for reading only: nothing is written."))
        values = {
            "label": self._vault.label,
            "minutes": round(self._here.surroundings.idle_seconds / 60),
            "waiting": 0,
        }
        with suppress(Damaged):  # what is damaged is told by the commands that need it
            values["waiting"] = len(waiting(self._vault))
        if values["waiting"]:
            lines.append(_("Files that wait in stock: {waiting}. To move one down: stock move"))
        for line in lines:
            terminal.write(filled(line, values) + "\n")

    def _typed(self, terminal: Terminal) -> Iterator[str]:
        while True:
            try:
                yield terminal.read_line(f"{safe(self._vault.label)}> ", secret=False)
            except EOFError:
                terminal.write("\n")
                return
            except KeyboardInterrupt:
                terminal.write("\n")
            except VaultError as error:
                terminal.write(safe(_(error.message).format(**error.values)) + "\n")


@contextmanager
def _left_by_signals() -> Iterator[None]:
    """While this lasts, a closed window or a shutdown locks in order; Ctrl-Z does nothing.

    A program that is stopped would hold the vault open in memory, and could not lock.
    """

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise Left

    kept: list[tuple[signal.Signals, object]] = []
    try:
        for name in ("SIGTERM", "SIGHUP", "SIGTSTP"):
            number = getattr(signal.Signals, name, None)
            if number is not None:
                ignored = name == "SIGTSTP"
                kept.append((number, signal.signal(number, signal.SIG_IGN if ignored else leave)))
        yield
    finally:
        for number, before in kept:
            signal.signal(number, before)  # type: ignore[arg-type]


def words_of(line: str, program: str) -> list[str]:
    """Return the words of a line typed at the prompt, as a shell would split them.

    `~` is the home folder; `*` and `?` in names of files stand for those that are there;
    on Windows a backslash is part of a name. The program's own name in front is left out.

    Args:
        line: as typed.
        program: the name under which the program was started.

    Raises:
        UsageError: a quotation mark without its second.
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    if sys.platform == "win32":
        lexer.escape = ""
    try:
        words = list(lexer)
    except ValueError:
        raise UsageError(mark("A quotation mark is missing its second.")) from None
    if words[:1] in ([program], ["amanat"]):
        del words[0]
    if words[:1] == ["help"]:
        return [*words[1:], "--help"]
    words = [os.path.expanduser(word) if word.startswith("~") else word for word in words]  # noqa: PTH111 a word need not be a path
    if words[:1] and words[0] in _OF_FILES:
        words[1:] = [name for word in words[1:] for name in _found(word)]
    return words


def _found(word: str) -> list[str]:
    """Return the files that a word with wildcards stands for; the word itself without any."""
    if word.startswith("-") or os.path.lexists(word):
        return [word]
    return sorted(glob.glob(word)) or [word]  # noqa: PTH207 names stay as they were typed
