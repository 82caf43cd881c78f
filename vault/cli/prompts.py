"""Questions to a person, and passphrases from wherever they come.

A passphrase comes from `--passphrase-fd`, from `--passphrase-file`, or from the person's
terminal, never from an argument, the environment or standard input. Where nobody can be asked,
nothing is guessed: the command is refused.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from vault.cli.i18n import _
from vault.cli.output import filled
from vault.cli.secrets_source import LineSource, source_from_file
from vault.cli.terminal import own_screen
from vault.errors import UsageError, VaultError, mark

if TYPE_CHECKING:
    from vault.cli.output import Output
    from vault.cli.settings import Settings
    from vault.cli.surroundings import Surroundings
    from vault.cli.terminal import Terminal
    from vault.crypto.passphrases import Slip

Answer = TypeVar("Answer")

TRIES = 3
"""How often a question is asked before the command gives up."""

_GOOD_SCORE = 4  # zxcvbn: 10¹⁰ guesses and more


class Kind(Enum):
    """Where a new passphrase comes from."""

    WORDS = "words"
    DIGITS = "digits"
    OWN = "own"


class Prompts:
    """Asks; one object for a run, so that lines from a descriptor are taken in order.

    Args:
        surroundings: gives the terminal and the randomness.
        settings: what was asked for.
        output: for warnings.
    """

    def __init__(self, surroundings: Surroundings, settings: Settings, output: Output) -> None:
        self._surroundings = surroundings
        self._settings = settings
        self._output = output
        self._source: LineSource | None = None

    # --- passphrases ---

    def passphrase(self, question: str, *, optional: bool = False) -> str:
        """Ask for a passphrase that exists already.

        A code of 24 digits is looked at for slips before anything is derived from it; typed
        once more the same, it is taken as it is.

        Args:
            question: translated, without a colon.
            optional: for other passphrases whose volumes must survive: Enter alone, or an
                empty line, means none. That nobody answers does not.

        Raises:
            UsageError: nobody to ask, or no line left.
            VaultError: nothing was entered, too long, or no text.
        """
        source = self._lines()
        if source is not None:
            line = source.further_line() if optional else source.next_line()
            if line is None:
                raise _no_other_named()
            if line or optional:
                self._warn_of_slip(line)
                return line
            raise _nothing_entered()
        doubted = None
        for _try in range(TRIES):
            typed = self._on_terminal(
                lambda terminal: _ask(terminal, question, secret=True),
                _no_other_named() if optional else None,
            )
            if not typed and not optional:
                continue
            if typed == doubted or not self._warn_of_slip(typed):
                return typed
            doubted = typed
        if doubted is not None:
            return doubted
        raise _nothing_entered()

    def new_passphrase(self, question: str, kind: Kind = Kind.WORDS) -> str:
        """Make a passphrase and have it typed back, or take one of the person's own, twice.

        From a descriptor or a file it is taken as it stands there: whoever wrote it has it.

        Args:
            question: what it is for, translated, without a colon.
            kind: six words, 24 digits, or one's own.

        Raises:
            UsageError: nobody to ask, or no line left.
            VaultError: it was not typed back rightly.
        """
        source = self._lines()
        if source is not None:
            line = source.next_line()
            if not line:
                raise _nothing_entered()
            return line
        if kind is Kind.OWN:
            return self._own(question)
        return self._generated(question, kind)

    def _generated(self, question: str, kind: Kind) -> str:
        from vault.crypto.passphrases import digits_passphrase, words_passphrase

        make = words_passphrase if kind is Kind.WORDS else digits_passphrase
        made = make(self._surroundings.make_random())

        def show_and_ask(terminal: Terminal) -> str:
            # On a screen of its own: it must not be left to be scrolled back to.
            with own_screen(terminal, self._surroundings.environ):
                terminal.write(f"{question}:\n\n    {made}\n\n")
                terminal.write(
                    _("Write it down, or learn it by heart. It is shown only now.") + "\n"
                )
                for _try in range(TRIES):
                    if _same_code(_ask(terminal, _("Type it back"), secret=True), made):
                        return made
                    terminal.write(_("That is not the same. Look at it once more.") + "\n")
            raise VaultError(
                mark("The passphrase was not typed back."),
                hint=mark("Nothing was made. Start again, with time to write it down."),
            )

        return self._on_terminal(show_and_ask)

    def _own(self, question: str) -> str:
        def ask_twice(terminal: Terminal) -> str:
            for _try in range(TRIES):
                typed = _ask(terminal, question, secret=True)
                if not typed:
                    continue
                self._advise(terminal, typed)
                if _ask(terminal, _("Once more"), secret=True) == typed:
                    return typed
                terminal.write(_("The two are not the same.") + "\n")
            raise VaultError(
                mark("The passphrase was not typed twice in the same way."),
                hint=mark("Nothing was made. Start again."),
            )

        return self._on_terminal(ask_twice)

    def _advise(self, terminal: Terminal, passphrase: str) -> None:
        from vault.crypto.passphrases import advice

        found = advice(passphrase)
        if found.score >= _GOOD_SCORE:
            return
        guesses = round(found.guesses_log10)
        text = _("A program would find this after about 10^{power} guesses.").format(power=guesses)
        terminal.write(
            "\n".join([text, found.warning, *found.suggestions, ""]).replace("\n\n", "\n")
        )
        terminal.write(_("It is taken if you type it again; six random words are safer.") + "\n")

    def _warn_of_slip(self, typed: str) -> bool:
        from vault.crypto.passphrases import check_digits, is_code

        slip = check_digits(typed) if is_code(typed) else None
        if slip is None:
            return False
        self._output.warn(_slip_text(slip), digits=slip.digits, group=slip.group)
        return True

    @property
    def from_lines(self) -> bool:
        """Whether passphrases come from a descriptor or a file, so that nobody can mend a slip."""
        return self._lines() is not None

    def share_lines(self, other: Prompts) -> None:
        """Take passphrases from where another run takes them, after those that it took."""
        self._source = other._lines()

    def close(self) -> None:
        """Give up the file that passphrases were read from."""
        if self._source is not None:
            self._source.close()

    def _lines(self) -> LineSource | None:
        if self._source is None:
            if self._settings.passphrase_fd is not None:
                self._source = LineSource(self._settings.passphrase_fd, "--passphrase-fd")
            elif self._settings.passphrase_file is not None:
                self._source = source_from_file(self._settings.passphrase_file)
        return self._source

    # --- other questions ---

    @property
    def can_ask(self) -> bool:
        """Whether a person is there to answer: a terminal, and nothing that speaks for her."""
        if self._settings.no_input or self._lines() is not None:
            return False
        terminal = self._surroundings.open_terminal()
        if terminal is None:
            return False
        terminal.close()
        return True

    def line(self, question: str) -> str:
        """Ask for a line of text that may be seen.

        Args:
            question: translated, without a colon.

        Raises:
            UsageError: nobody to ask.
        """
        return self._on_terminal(lambda terminal: _ask(terminal, question, secret=False))

    def text(self, question: str, end: str) -> str:
        """Ask for lines of text, until a line says the end or the input ends.

        Args:
            question: translated; stands above.
            end: the line that ends it.

        Raises:
            UsageError: nobody to ask.
        """

        def ask(terminal: Terminal) -> str:
            terminal.write(question + "\n")
            lines: list[str] = []
            with suppress(EOFError):
                while (line := terminal.read_line("", secret=False)) != end:
                    lines.append(line)
            return "\n".join(lines)

        return self._on_terminal(ask)

    def choice(self, question: str, answers: Sequence[str]) -> str:
        """Ask until one of the answers is typed; digits of any script count as digits.

        Raises:
            UsageError: nobody to ask.
            VaultError: none of them was typed.
        """

        def ask(terminal: Terminal) -> str:
            for _try in range(TRIES):
                typed = _plain_digits(_ask(terminal, question, secret=False)).strip().casefold()
                if typed in answers:
                    return typed
                known = ", ".join(answers)
                terminal.write(_("Please type one of these: {known}").format(known=known) + "\n")
            raise VaultError(
                mark("None of the answers was given."), hint=mark("Nothing was changed.")
            )

        return self._on_terminal(ask)

    def confirm(self, question: str, word: str, *, given: bool = False) -> None:
        """Have a word typed before something leaves or disappears.

        Args:
            question: what is about to happen, translated; values in it are safe already.
            word: what has to be typed.
            given: an option of the command said it already.

        Raises:
            UsageError: nobody to ask.
            VaultError: something else was typed.
        """
        if given:
            return

        def ask(terminal: Terminal) -> str:
            terminal.write(question + "\n")
            wanted = filled(_("Type {word} to go on"), {"word": word})
            return _ask(terminal, wanted, secret=False)

        if unicodedata.normalize("NFC", self._on_terminal(ask)).strip() != word:
            raise VaultError(mark("It was not confirmed."), hint=mark("Nothing was changed."))

    def _on_terminal(
        self, conversation: Callable[[Terminal], Answer], refusal: UsageError | None = None
    ) -> Answer:
        terminal = None if self._settings.no_input else self._surroundings.open_terminal()
        if terminal is None:
            raise refusal or UsageError(
                mark("There is a question, and no terminal to ask it on."),
                hint=mark("Start it on a terminal, or give --passphrase-fd or --passphrase-file."),
            )
        try:
            return conversation(terminal)
        except EOFError:
            raise _nothing_entered() from None
        finally:
            terminal.close()


def _ask(terminal: Terminal, question: str, *, secret: bool) -> str:
    return terminal.read_line(question + ": ", secret=secret)


def _nothing_entered() -> VaultError:
    return VaultError(mark("Nothing was entered."), hint=mark("Nothing was changed."))


def _no_other_named() -> UsageError:
    return UsageError(
        mark("It asks for other passphrases whose volumes must survive, and there is no answer."),
        hint=mark(
            "Give them as the next lines of --passphrase-fd or --passphrase-file; "
            "an empty line means none."
        ),
    )


def _plain_digits(text: str) -> str:
    return "".join(
        str(unicodedata.decimal(character)) if character.isdecimal() else character
        for character in text
    )


def _same_code(typed: str, made: str) -> bool:
    """Whether what was typed will open what `made` opens: nothing more lenient than that."""
    from vault.container.passphrase import normalise

    try:
        return normalise(typed) == normalise(made)
    except UsageError:
        return False


def _slip_text(slip: Slip) -> str:
    if slip.kind == "length":
        return _("These are {digits} digits; a code has 24.")
    if slip.kind == "group":
        return _("Group {group} of the code does not have 4 digits.")
    return _("A digit is wrong, or two are exchanged: the check digits do not fit.")
