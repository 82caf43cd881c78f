"""One run of one command: what was asked for, what is around, and the ways to answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from vault.cli.output import Output
from vault.cli.progress import Progress, as_bytes
from vault.cli.prompts import Prompts
from vault.cli.settings import Settings
from vault.cli.surroundings import Surroundings

if TYPE_CHECKING:
    from vault.cli.pager import Pager
    from vault.operations.opened import OpenVault


@dataclass
class Invocation:
    """What a command gets as `context.obj`.

    Attributes:
        surroundings: disk, clock, randomness, form, streams, terminal.
        settings: the options of every command.
        output: data and messages.
        prompts: questions and passphrases.
        open_vault: the vault that is open in the prompt; None outside of it.
        script: the lines that follow, where the prompt reads its commands from a file or a pipe.
        pager: stops long outputs on the prompt's screen.
        work_on: goes to another open volume, by its level, or back; None outside of the prompt.
    """

    surroundings: Surroundings
    settings: Settings = field(default_factory=Settings)
    output: Output = field(init=False)
    prompts: Prompts = field(init=False)
    open_vault: OpenVault | None = None
    script: Iterator[str] | None = None
    pager: Pager | None = None
    work_on: Callable[[int | None], OpenVault] | None = None

    def __post_init__(self) -> None:
        """Tie the ways to answer to what is around."""
        self.output = Output(self.surroundings, self.settings, self.pager)
        self.prompts = Prompts(self.surroundings, self.settings, self.output)

    def progress(self, what: str, shown: Callable[[float], str] = as_bytes) -> Progress:
        """Return a step to be told how far it is; use it in a `with` statement.

        Args:
            what: the step in a word or two, translated.
            shown: turns an amount into text: `as_bytes` or `as_number`.
        """
        return Progress(
            self.output,
            what,
            quiet=self.settings.quiet,
            shown=shown,
            monotonic=self.surroundings.monotonic,
        )


def invocation_of(context: typer.Context) -> Invocation:
    """Return the invocation that a command was called in."""
    found = context.obj
    if not isinstance(found, Invocation):
        raise TypeError(found)
    return found
