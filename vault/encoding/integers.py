"""Whole numbers: decimal text for lines, big-endian bytes for binary structures."""

from __future__ import annotations

import re

from vault.encoding.refusal import malformed
from vault.errors import mark

MAX_U32 = 2**32 - 1
MAX_U64 = 2**64 - 1
MAX_I63 = 2**63 - 1
"""Largest size, index or time in any record: fits a signed 64-bit integer everywhere."""

_DECIMAL = re.compile(rb"0|[1-9][0-9]{0,19}")  # 20 digits hold every 64-bit number


def read_decimal(text: bytes, maximum: int = MAX_I63) -> int:
    """Read a number without sign, space or leading zero.

    Args:
        text: the digits and nothing else.
        maximum: the largest value accepted, at most 2**64 - 1.

    Raises:
        MalformedRecord: any other spelling, or a larger number.
    """
    # The pattern bounds the length before int() sees it: int() is quadratic.
    if _DECIMAL.fullmatch(text) is None:
        raise malformed(mark("Not a decimal number in its only form: {found}"), text)
    value = int(text)
    if value > maximum:
        raise malformed(mark("The number {found} is above {maximum}."), text, maximum=maximum)
    return value


def write_decimal(value: int, maximum: int = MAX_I63) -> bytes:
    """Write a number from 0 to `maximum` as decimal digits.

    Raises:
        MalformedRecord: the number is negative or above `maximum`.
    """
    if not 0 <= value <= maximum:
        raise malformed(
            mark("The number {value} is not between 0 and {maximum}."), value=value, maximum=maximum
        )
    return b"%d" % value


def u32(value: int) -> bytes:
    """Write an unsigned 32-bit number as 4 bytes, most significant first."""
    write_decimal(value, MAX_U32)
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Write an unsigned 64-bit number as 8 bytes, most significant first."""
    write_decimal(value, MAX_U64)
    return value.to_bytes(8, "big")
