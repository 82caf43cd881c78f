"""The program: words in, exit code out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

import typer

from vault.cli import exit_codes
from vault.cli.command import built_root, root_group
from vault.cli.failures import tell
from vault.cli.hardening import end_in_order, harden
from vault.cli.index import ENTRIES, EXAMPLES, SUMMARY
from vault.cli.invocation import Invocation
from vault.cli.pager import StreamClosed
from vault.cli.surroundings import Surroundings, real_surroundings

app = root_group(SUMMARY, ENTRIES, EXAMPLES)


def dispatch(words: Sequence[str], here: Invocation) -> int:
    """Run one command and tell whatever goes wrong; return its exit code.

    Args:
        words: the command line without the program's name.
        here: the run; its settings take what the words ask for.
    """
    try:
        code = _invoke(words, here)
        here.output.finish()
    except StreamClosed:
        return exit_codes.ERROR
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  the one place that tells them
        return tell(error, here)
    return code


def _invoke(words: Sequence[str], here: Invocation) -> int:
    # Not command.main(): it would look for completion requests in the environment, replace
    # sys.stdout on a broken pipe, and print Typer's own texts.
    command = built_root(app)
    try:
        with command.make_context(here.surroundings.program, list(words), obj=here) as context:
            command.invoke(context)
    except typer.Exit as ended:
        return ended.exit_code
    return exit_codes.OK


def run(words: Sequence[str], surroundings: Surroundings) -> int:
    """Run the program in given surroundings; return its exit code.

    Args:
        words: the command line without the program's name.
        surroundings: disk, clock, randomness, form, streams, terminal.
    """
    here = Invocation(surroundings)
    try:
        return dispatch(words, here)
    finally:
        here.prompts.close()


def main() -> NoReturn:
    """Run the program on this machine, with the words of its command line."""
    try:
        harden()
        end_in_order()
        code = run(sys.argv[1:], real_surroundings())
    except KeyboardInterrupt:
        code = exit_codes.INTERRUPTED
    _let_go(sys.stdout)
    _let_go(sys.stderr)
    sys.exit(code)


def _let_go(stream: object) -> None:
    """Keep the interpreter from complaining, at its end, of a stream that nobody reads."""
    close = getattr(stream, "close", None)
    try:
        if close is not None:
            close()
    except (OSError, ValueError):
        return
