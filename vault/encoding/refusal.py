"""How the strict readers refuse: one error, with a short and printable excerpt."""

from __future__ import annotations

from vault.errors import MalformedRecord

EXCERPT_LENGTH = 60
"""Bytes of the refused text that an error carries; a record may be megabytes long."""


def malformed(message: str, found: bytes = b"", **values: object) -> MalformedRecord:
    """Make the error that a strict reader raises.

    Args:
        message: an English msgid; may name `{found}` and the keys of `values`.
        found: the bytes that were refused; only the first 60 are kept, as ASCII with escapes.
        values: further placeholders of the message.
    """
    excerpt = found[:EXCERPT_LENGTH].decode("ascii", "backslashreplace")
    if len(found) > EXCERPT_LENGTH:
        excerpt += "..."
    return MalformedRecord(message, hint="", **{"found": excerpt, **values})
