"""Normalisation of passphrases: a frozen function of container format 1.

docs/format/container.md, "Passphrases". The same words typed on another keyboard, with another
input method or pasted from a message must open the same slot; nothing here may ever change
without a new format version.
"""

from __future__ import annotations

import unicodedata

from vault.errors import UsageError, mark

MAX_PASSPHRASE = 4096
"""Most characters that a passphrase may have, as typed."""

_INVISIBLE = dict.fromkeys(
    [
        0x00AD,  # soft hyphen
        0x0640,  # tatweel
        0x061C,  # Arabic letter mark
        0x200B,  # zero-width space
        0x200C,  # zero-width non-joiner
        0x200D,  # zero-width joiner
        0x200E,  # left-to-right mark
        0x200F,  # right-to-left mark
        *range(0x202A, 0x202F),  # embeddings and overrides
        0x2060,  # word joiner
        *range(0x2066, 0x206A),  # isolates
        0xFEFF,  # byte order mark
    ]
)

_CODE_CHARACTERS = frozenset("0123456789 -")

_FOLDED = {
    0x0649: 0x06CC,  # alef maksura → Farsi yeh
    0x064A: 0x06CC,  # Arabic yeh → Farsi yeh
    0x0643: 0x06A9,  # Arabic kaf → keheh
    **{0x0660 + digit: 0x30 + digit for digit in range(10)},  # Arabic-Indic digits
    **{0x06F0 + digit: 0x30 + digit for digit in range(10)},  # extended Arabic-Indic digits
}


def normalise(passphrase: str) -> bytes:
    """Return the bytes that Argon2id gets for what somebody typed.

    Unassigned code points are refused (a later Unicode version might normalise them
    otherwise); invisible marks and tatweel are dropped; runs of white space become one space,
    none at the ends; NFKC; Arabic yeh and kaf become the Persian letters, Arabic-Indic and
    extended digits become 0 to 9; NFC; in a passphrase of digits alone the spaces and
    hyphens between groups are dropped; UTF-8.

    Raises:
        UsageError: empty, longer than 4,096 characters, or with characters that cannot be
            typed the same way everywhere.
    """
    if len(passphrase) > MAX_PASSPHRASE:
        raise UsageError(
            mark("This passphrase is too long: at most {limit} characters."), limit=MAX_PASSPHRASE
        )
    text = unicodedata.normalize("NFKC", passphrase.translate(_INVISIBLE))
    text = " ".join(text.translate(_INVISIBLE).translate(_FOLDED).split())
    text = unicodedata.normalize("NFC", text)
    if set(text) <= _CODE_CHARACTERS:
        text = text.replace(" ", "").replace("-", "")
    if not text:
        raise UsageError(mark("The passphrase is empty."))
    if any(unicodedata.category(character) in {"Cn", "Cs", "Cc"} for character in text):
        raise UsageError(
            mark("This passphrase holds a character that cannot be typed reliably."),
            hint=mark("Type it again, without control characters."),
        )
    return text.encode("utf-8")
