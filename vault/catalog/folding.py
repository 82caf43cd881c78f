"""Spelling-folding for search: what a reader takes for the same word becomes the same word.

Text is folded before it is indexed, and queries before they are asked. SQLite's tokenizer
folds Latin letters; it knows nothing of two keyboards that type one Persian word with
different code points. The fold is coarse on purpose: it finds more, never less.
"""

from __future__ import annotations

import unicodedata

_LETTERS = {
    # Arabic yeh, alef maksura, Pashto yeh with tail, Pashto e: Persian yeh
    "\u064a": "\u06cc",
    "\u0649": "\u06cc",
    "\u06cd": "\u06cc",
    "\u06d0": "\u06cc",
    "\u06d2": "\u06cc",
    # Arabic kaf, swash kaf, Pashto kaf with ring: Persian keheh; Pashto gaf with ring: gaf
    "\u0643": "\u06a9",
    "\u06aa": "\u06a9",
    "\u06ab": "\u06af",
    # heh goal, ae, teh marbuta, heh doachashmee: heh
    "\u06c1": "\u0647",
    "\u06d5": "\u0647",
    "\u0629": "\u0647",
    "\u06be": "\u0647",
    # alef wasla: alef
    "\u0671": "\u0627",
}
_DROPPED = (
    "\u0640\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e"
    "\u2066\u2067\u2068\u2069\ufeff\u00ad"
)
"""Tatweel, joiners and non-joiners, marks of direction, byte-order mark, soft hyphen."""

_TABLE = str.maketrans({**_LETTERS, **dict.fromkeys(_DROPPED, "")})
_MARKS = ((0x0300, 0x036F), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED))
"""Combining marks of Latin and of Arabic script; those of other scripts carry vowels."""

PREFIX_LENGTH = 3
"""A word of a query with at least so many characters also finds words that begin with it."""

MAX_QUERY_WORDS = 32


def _is_dropped_mark(char: str) -> bool:
    code = ord(char)
    # The ranges hold a few letters (U+06E5, U+06E6) and signs; only marks go.
    return unicodedata.category(char) == "Mn" and any(low <= code <= high for low, high in _MARKS)


def _folded_digit(char: str) -> str:
    return str(unicodedata.digit(char)) if unicodedata.category(char) == "Nd" else char


def fold_text(text: str) -> str:
    """Fold spelling variants of Latin, Persian, Pashto and Arabic text.

    Compatibility forms are decomposed; marks, tatweel and invisible characters dropped; yeh,
    kaf and heh made one; digits of all scripts become ASCII; letters lose their case.

    Returns:
        The folded text; folding it again changes nothing.
    """
    folded = text
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        bare = "".join(char for char in decomposed if not _is_dropped_mark(char))
        digits = "".join(map(_folded_digit, bare))
        folded = unicodedata.normalize("NFC", digits.translate(_TABLE))
    folded = folded.casefold()
    if folded.isascii() or folded == text:
        return folded
    # Case folding may uncover a compatibility form, and dropping a letter another mark.
    return fold_text(folded)


def match_expression(query: str) -> str:
    """Turn what a person typed into an FTS5 expression: all words, in any order.

    Every word stands in quotation marks, so that no character of it is an operator.

    Returns:
        The expression; empty when the query holds no letter or digit.
    """
    words = [word for word in fold_text(query).split() if any(map(str.isalnum, word))]
    return " ".join(
        '"' + word.replace('"', '""') + '"' + ("*" if len(word) >= PREFIX_LENGTH else "")
        for word in words[:MAX_QUERY_WORDS]
    )
