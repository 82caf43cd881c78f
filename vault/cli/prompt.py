"""The prompt of `amanat open`: one vault, open once, and all commands.

Nothing typed here is kept: no history file, and on a terminal the screen is its own (alternate
screen) and cleared at the end. Left alone, it locks.
"""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from vault.cli.i18n import _
from vault.cli.invocation import Invocation
from vault.cli.safe import safe
from vault.errors import NotSaved, UsageError, VaultError, mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vault.cli.terminal import Terminal
    from vault.operations.opened import OpenVault

IDLE_SECONDS = 300.0
"""Without a word typed for so long, the vault is closed."""

_OWN_SCREEN = "\x1b[?1049h\x1b[2J\x1b[H"
_LEAVE_SCREEN = "\x1b[2J\x1b[3J\x1b[H\x1b[?1049l"
_LEAVING = frozenset({"exit", "quit", "lock"})
_NOT_HERE = frozenset({"open", "init"})


class Prompt:
    """Reads commands and runs them on one open vault.

    Args:
        here: the run of `open` itself.
        vault: open.
    """

    def __init__(self, here: Invocation, vault: OpenVault) -> None:
        self._here = here
        self._vault = vault

    def run(self) -> None:
        """Run commands until the end, `exit`, or too long a silence.

        Raises:
            NotSaved: a save failed: the vault must be opened again.
        """
        with _lines(self._here, safe(self._vault.label)) as lines:
            for line in lines:
                if line.strip() in _LEAVING:
                    return
                self._obey(line)

    def _obey(self, line: str) -> None:
        from vault.cli.app import dispatch

        here = Invocation(
            self._here.surroundings, replace(self._here.settings), open_vault=self._vault
        )
        try:
            words = shlex.split(line)
        except ValueError:
            here.output.warn(_("A quotation mark is missing its second."))
            return
        if not words:
            return
        if words[0] in _NOT_HERE:
            here.output.warn(_("{command} works outside of the prompt only."), command=words[0])
            return
        dispatch(words, here)
        if self._vault.session.broken:
            raise NotSaved(
                mark("A save failed; the vault was closed."),
                hint=mark("Open it again: what was saved before is there."),
            )
        if self._vault.session.writable:
            self._vault.forget_staged()


@contextmanager
def _lines(here: Invocation, label: str) -> Iterator[Iterator[str]]:
    """Give the lines to obey: from standard input, or from the person on her own screen."""
    stdin = here.surroundings.stdin
    if stdin is not None and not stdin.isatty():
        yield (line.rstrip("\r\n") for line in stdin)
        return
    terminal = here.surroundings.open_terminal()
    if terminal is None:
        raise UsageError(
            mark("There is no terminal to type commands on."),
            hint=mark("Use the commands one by one, or give them as standard input."),
        )
    own_screen = here.output.lively
    try:
        if own_screen:
            terminal.write(_OWN_SCREEN)
        terminal.write(_("Type a command, help or exit.") + "\n")
        yield _typed(terminal, label)
    finally:
        if own_screen:
            terminal.write(_LEAVE_SCREEN)
        terminal.close()


def _typed(terminal: Terminal, label: str) -> Iterator[str]:
    while True:
        terminal.write(f"{label}> ")
        try:
            if not terminal.wait(IDLE_SECONDS):
                terminal.write("\n")
                return
            line = terminal.read_line(secret=False)
        except EOFError:
            return
        except KeyboardInterrupt:
            terminal.write("\n")
            continue
        except VaultError as error:
            terminal.write(safe(_(error.message).format(**error.values)) + "\n")
            continue
        yield "--help" if line.strip() == "help" else line
