"""Bytes as text: lower-case hexadecimal and canonical base64 (RFC 4648)."""

from __future__ import annotations

import base64
import binascii

from vault.encoding.refusal import malformed
from vault.errors import mark

_HEX = b"0123456789abcdef"


def write_hex(data: bytes) -> bytes:
    """Write bytes as lower-case hexadecimal digits."""
    return data.hex().encode("ascii")


def read_hex(text: bytes, size: int) -> bytes:
    """Read exactly `size` bytes from lower-case hexadecimal digits.

    Raises:
        MalformedRecord: another length, an upper-case digit, anything else.
    """
    # unhexlify() alone would take upper case.
    if len(text) != 2 * size or text.translate(None, _HEX):
        raise malformed(mark("Not {size} bytes in lower-case digits: {found}"), text, size=size)
    return binascii.unhexlify(text)


def write_base64(data: bytes) -> bytes:
    """Write bytes in padded base64, the alphabet with `+` and `/` (RFC 4648, section 4)."""
    return base64.b64encode(data)


def read_base64(text: bytes, size: int | None = None) -> bytes:
    """Read padded base64 in its only form.

    Args:
        text: the encoded text without any white space.
        size: how many bytes there must be, or None for any number.

    Raises:
        MalformedRecord: white space, missing padding, bits after the end, another length.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise malformed(mark("Not base64: {found}"), text) from None
    # b64decode ignores the bits after the last byte: encode again to see whether they were zero.
    if base64.b64encode(data) != text:
        raise malformed(mark("Not base64 in its only form: {found}"), text)
    if size is not None and len(data) != size:
        raise malformed(
            mark("{length} bytes of base64 where {size} belong: {found}"),
            text,
            length=len(data),
            size=size,
        )
    return data


def write_base64_unpadded(data: bytes) -> bytes:
    """Write bytes in base64 without padding, as the header of an age file has it."""
    return base64.b64encode(data).rstrip(b"=")


def read_base64_unpadded(text: bytes, size: int | None = None) -> bytes:
    """Read base64 without padding in its only form; as `read_base64` otherwise."""
    if text.endswith(b"="):
        raise malformed(mark("Padding where base64 has none: {found}"), text)
    return read_base64(text + b"=" * (-len(text) % 4), size)
