"""Passphrases that the program makes, and what can be said about one before it is used.

Generated: six words of the EFF's large list (77.5 bits), or 24 digits in groups of four, of
which the last two check the rest by ISO 7064 MOD 97-10 (73.1 bits). Own ones are taken as they
are, with advice. Normalising for the key derivation belongs to the container's format.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from importlib.resources import files

from vault.crypto.entropy import Random

WORDS = 6
"""Words of a generated passphrase."""

LIST_SIZE = 7776
"""Words of the list: 6⁵, five throws of a die for each."""

RANDOM_DIGITS = 22
"""Digits that are drawn at random."""

CHECK_DIGITS = 2
"""Digits computed from those before them."""

CODE_DIGITS = RANDOM_DIGITS + CHECK_DIGITS
"""Digits of a generated code."""

GROUP = 4
"""Digits that are written together."""

ADVISED_CHARACTERS = 100
"""What zxcvbn looks at; its time grows with the square of the length."""

_MODULUS = 97  # ISO 7064:2003, MOD 97-10
_SEPARATORS = frozenset(" -\t")

# Those that the container's format folds to 0 to 9: ASCII, Arabic-Indic, extended Arabic-Indic.
_DIGITS = frozenset(chr(zero + value) for zero in (0x30, 0x660, 0x6F0) for value in range(10))


@dataclass(frozen=True)
class Slip:
    """What is wrong with a code as it was typed.

    Attributes:
        kind: "character" (something is no digit), "length" (digits are missing or too many),
            "group" (one group has another length; `group` tells which), or "digit" (a digit is
            wrong, or two are exchanged).
        digits: how many digits there are.
        group: the first group whose length is wrong, counted from 1; 0 where that is not it.
    """

    kind: str
    digits: int
    group: int = 0


@dataclass(frozen=True)
class Advice:
    """What zxcvbn says of a passphrase of one's own.

    Attributes:
        score: 0 (guessed at once) to 4 (strong).
        guesses_log10: decimal logarithm of the guesses that its estimate needs.
        warning: one line in English, or empty.
        suggestions: lines in English.
    """

    score: int
    guesses_log10: float
    warning: str
    suggestions: tuple[str, ...]


def uniform(below: int, random: Random) -> int:
    """Return a number from 0 to `below` - 1, each with the same chance.

    Args:
        below: 1 to 65,536.
        random: source of bytes; drawn from until a number fits (rejection, no remainder).
    """
    span = 1 << 16
    limit = span - span % below
    while True:
        number = int.from_bytes(random(2), "big")
        if number < limit:
            return number % below


def word_list() -> tuple[str, ...]:
    """Return the 7,776 words of the EFF's large list, in its order."""
    text = files("vault.crypto").joinpath("eff_large_wordlist.txt").read_text("ascii")
    return tuple(line.split("\t")[1] for line in text.splitlines())


def words_passphrase(random: Random) -> str:
    """Return six words with spaces between them: 77.5 bits."""
    words = word_list()
    return " ".join(words[uniform(LIST_SIZE, random)] for _ in range(WORDS))


def digits_passphrase(random: Random) -> str:
    """Return 24 digits in groups of four with spaces between them: 73.1 bits."""
    drawn = "".join(str(uniform(10, random)) for _ in range(RANDOM_DIGITS))
    check = _MODULUS + 1 - int(drawn) * 100 % _MODULUS
    code = f"{drawn}{check:02}"
    return " ".join(code[start : start + GROUP] for start in range(0, CODE_DIGITS, GROUP))


def is_code(text: str) -> bool:
    """Return whether a text is meant as a code: digits of the three sets, spaces, hyphens."""
    digits = sum(character in _DIGITS for character in text)
    others = sum(not _is_code_character(character) for character in text)
    return others == 0 and digits > CODE_DIGITS // 2


def _is_code_character(character: str) -> bool:
    return character in _DIGITS or character in _SEPARATORS


def check_digits(code: str) -> Slip | None:
    """Name a slip in a typed code before the costly derivation; None where it checks.

    One wrong digit and one exchange of neighbours are always found (ISO 7064 MOD 97-10), any
    other slip with a chance of 96 in 97.

    Args:
        code: digits of the three sets, in groups or in one.
    """
    groups = "".join(" " if character in _SEPARATORS else character for character in code).split()
    digits = "".join(groups)
    if not all(character in _DIGITS for character in digits):
        return Slip("character", sum(character in _DIGITS for character in digits))
    if len(digits) != CODE_DIGITS:
        wrong = [number for number, group in enumerate(groups, 1) if len(group) != GROUP]
        if len(groups) == CODE_DIGITS // GROUP and len(wrong) == 1:
            return Slip("group", len(digits), wrong[0])
        return Slip("length", len(digits))
    number = int("".join(str(unicodedata.decimal(digit)) for digit in digits))
    return None if number % _MODULUS == 1 else Slip("digit", len(digits))


def advice(passphrase: str) -> Advice:
    """Return zxcvbn's estimate for the first 100 characters; it advises and never forbids."""
    from zxcvbn import zxcvbn  # noqa: PLC0415  30 ms that only a passphrase of one's own needs

    if not passphrase:
        return Advice(0, 0.0, "", ())
    result = zxcvbn(passphrase[:ADVISED_CHARACTERS], max_length=ADVISED_CHARACTERS)
    feedback = result["feedback"]
    return Advice(
        score=int(result["score"]),
        guesses_log10=float(result["guesses_log10"]),
        warning=str(feedback["warning"] or ""),
        suggestions=tuple(str(line) for line in feedback["suggestions"]),
    )
