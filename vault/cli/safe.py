r"""Make a text from outside harmless on a terminal: what would act or hide becomes visible.

Escaped as `\x1b`, `\u202e` or `\U000e0001`: control characters (C0, DEL, C1; ESC, newline and
tab among them), line and paragraph separators, bidirectional controls, zero-width and other
default-ignorable characters, lone surrogates, private and unassigned code points.
A byte of a file name that was not valid UTF-8 shows as that byte.

The zero-width non-joiner stays where it does what Persian and Pashto orthography needs it for:
after a letter that would join and before another Arabic letter (the rule of RFC 5892, A.1).
Everywhere else it only hides, and is shown.
"""

from __future__ import annotations

import unicodedata

_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})

# Default_Ignorable_Code_Point (DerivedCoreProperties) outside category Cf and the unassigned:
# combining grapheme joiner, Hangul fillers, Khmer inherent vowels, Mongolian selectors,
# variation selectors.
_IGNORABLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x3164, 0xFFA0}
    | {*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)

_ZWNJ = "\u200c"
# Letters of Arabic, Dari, Pashto and Urdu that join to the one after them (Joining_Type D).
_JOIN_FORWARD = frozenset("ئبتثجحخسشصضطظعغفقكلمنهىيټٹپچځڅښکګگڼھہۍېیێ")
_ARABIC_LETTERS = range(0x0620, 0x06D6)

_FIRST_ESCAPED_BYTE = 0xDC80
_LAST_ESCAPED_BYTE = 0xDCFF
_BMP_END = 0xFFFF
_LATIN1_END = 0xFF


def safe(text: object, limit: int | None = None) -> str:
    """Return a text in which nothing acts on a terminal and nothing hides.

    Args:
        text: anything; what is no string is turned into one first.
        limit: most characters to return; a longer text ends in an ellipsis.

    Returns:
        Characters that only show themselves, in one line.
    """
    raw = str(text)
    cut = limit is not None and len(raw) > limit
    if cut:
        raw = raw[: limit - 1 if limit else 0]
    if raw.isascii() and raw.isprintable():
        return raw + "…" * cut
    shown = [_shown(raw, index) for index in range(len(raw))]
    return "".join(shown) + "…" * cut


def _shown(text: str, index: int) -> str:
    character = text[index]
    code = ord(character)
    if character == _ZWNJ and _separates_letters(text, index):
        return character
    if unicodedata.category(character) not in _UNSAFE_CATEGORIES and code not in _IGNORABLE:
        return character
    if _FIRST_ESCAPED_BYTE <= code <= _LAST_ESCAPED_BYTE:
        code -= _FIRST_ESCAPED_BYTE - 0x80
    if code in _NAMED:
        return _NAMED[code]
    if code <= _LATIN1_END:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BMP_END else f"\\U{code:08x}"


_NAMED = {0x09: "\\t", 0x0A: "\\n", 0x0D: "\\r"}


def _separates_letters(text: str, index: int) -> bool:
    if index == 0 or index + 1 == len(text):
        return False
    follower = text[index + 1]
    return (
        text[index - 1] in _JOIN_FORWARD
        and ord(follower) in _ARABIC_LETTERS
        and unicodedata.category(follower) == "Lo"
    )
