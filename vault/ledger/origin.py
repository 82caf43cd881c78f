"""The name of a log, which pins its four public keys."""

from __future__ import annotations

import re

from vault.crypto import labels
from vault.crypto.hashes import sha256
from vault.encoding.refusal import malformed
from vault.errors import mark

ORIGIN_PREFIX = "amanat.invalid/"
"""A schema-less URL under a top-level domain that never exists (RFC 2606)."""

_ORIGIN = re.compile(r"amanat\.invalid/[0-9a-f]{64}")


def origin_of(
    checkpoint_ed25519: bytes,
    checkpoint_mldsa44: bytes,
    manifest_ed25519: bytes,
    manifest_mldsa44: bytes,
) -> str:
    """Return the origin of the log with these public keys (32, 1312, 32 and 1312 bytes)."""
    digest = sha256(
        labels.LOG_ORIGIN,
        checkpoint_ed25519,
        checkpoint_mldsa44,
        manifest_ed25519,
        manifest_mldsa44,
    )
    return ORIGIN_PREFIX + digest.hex()


def check_origin(origin: str) -> str:
    """Return `origin` if it is one: the prefix and 64 lower-case hexadecimal digits.

    Raises:
        MalformedRecord: it is not.
    """
    if _ORIGIN.fullmatch(origin) is None:
        shown = origin.encode("utf-8", "backslashreplace")
        raise malformed(mark("Not the name of a log: {found}"), shown)
    return origin


def read_origin(text: bytes) -> str:
    """Read an origin from a line of a record.

    Raises:
        MalformedRecord: it is none.
    """
    return check_origin(text.decode("ascii", "backslashreplace"))
