"""Bech32 (BIP 173) without its limit of 90 characters, as age writes keys.

The prefix tells the case: `age1…` is lower case throughout, `AGE-SECRET-KEY-1…` upper case.
"""

from __future__ import annotations

from vault.encoding.refusal import malformed
from vault.errors import mark

CHECKSUM_LENGTH = 6
"""Characters of the checksum at the end."""

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_FIRST_PRINTABLE, _LAST_PRINTABLE = 33, 126
_BITS = 5  # of one character


def encode_bech32(prefix: str, data: bytes) -> str:
    """Write `data` with `prefix` (the human-readable part) and checksum.

    Args:
        prefix: all lower or all upper case; its case is the case of the result.
        data: any number of bytes.

    Raises:
        MalformedRecord: an empty prefix, mixed case, or a character outside 33 to 126.
    """
    _check_prefix(prefix)
    lower = prefix.lower()
    values = _regroup(data, 8, _BITS)
    spare = -len(data) * 8 % _BITS
    if spare:
        used = _BITS - spare
        values.append((data[-1] & ((1 << used) - 1)) << spare)
    checksum = _polymod(_expand(lower) + values + [0] * CHECKSUM_LENGTH) ^ 1
    values += [(checksum >> 5 * (5 - place)) & 31 for place in range(CHECKSUM_LENGTH)]
    text = lower + "1" + "".join(_ALPHABET[value] for value in values)
    return text if prefix == lower else text.upper()


def decode_bech32(text: str) -> tuple[str, bytes]:
    """Read a text of `encode_bech32`.

    Returns:
        The prefix in the case it was written in, and the bytes.

    Raises:
        MalformedRecord: mixed case, a foreign character, a wrong checksum, padding that is
            longer than needed or not zero.
    """
    shown = text.encode("utf-8", "backslashreplace")
    if text not in (text.lower(), text.upper()):
        raise malformed(mark("Upper and lower case in one key: {found}"), shown)
    prefix, separator, encoded = text.rpartition("1")
    if not separator or len(encoded) < CHECKSUM_LENGTH:
        raise malformed(mark("Not a key, or cut off: {found}"), shown)
    _check_prefix(prefix)
    values = [_VALUES.get(character, -1) for character in encoded.lower()]
    if -1 in values:
        raise malformed(mark("A character that no key has: {found}"), shown)
    if _polymod(_expand(prefix.lower()) + values) != 1:
        raise malformed(mark("A mistyped or damaged key, its checksum is wrong: {found}"), shown)
    values = values[:-CHECKSUM_LENGTH]
    spare = len(values) * _BITS % 8
    if spare >= _BITS or (spare and values[-1] & ((1 << spare) - 1)):
        raise malformed(mark("A key that is not in its only form: {found}"), shown)
    return prefix, bytes(_regroup(values, _BITS, 8))


def _check_prefix(prefix: str) -> None:
    shown = prefix.encode("utf-8", "backslashreplace")
    if not prefix or not all(_FIRST_PRINTABLE <= ord(char) <= _LAST_PRINTABLE for char in prefix):
        raise malformed(mark("Not the prefix of a key: {found}"), shown)
    if prefix not in (prefix.lower(), prefix.upper()):
        raise malformed(mark("Upper and lower case in one key: {found}"), shown)


def _expand(prefix: str) -> list[int]:
    codes = [ord(character) for character in prefix]
    return [code >> 5 for code in codes] + [0] + [code & 31 for code in codes]


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            if top >> place & 1:
                checksum ^= generator
    return checksum


def _regroup(values: bytes | list[int], width: int, new_width: int) -> list[int]:
    """Regroup bits, most significant first; bits that fill no whole group are left out."""
    regrouped = []
    window = bits = 0
    for value in values:
        window = (window << width | value) & 0xFFF
        bits += width
        while bits >= new_width:
            bits -= new_width
            regrouped.append(window >> bits & ((1 << new_width) - 1))
    return regrouped
