"""Fingerprints: eight groups of five digits, short enough to be read out and compared."""

from __future__ import annotations

from vault.crypto.hashes import sha256

GROUPS = 8
GROUP_SIZE = 4
"""Bytes of the digest that each group is made from."""

_GROUP_VALUES = 100_000


def fingerprint(text: bytes) -> str:
    """Return the fingerprint of a card's text: SHA-256, four bytes (big-endian) mod 10^5 each.

    About 132 bits: nobody finds a second card with the same digits.
    """
    digest = sha256(text)
    groups = (
        int.from_bytes(digest[start : start + GROUP_SIZE], "big") % _GROUP_VALUES
        for start in range(0, GROUPS * GROUP_SIZE, GROUP_SIZE)
    )
    return " ".join(f"{group:05}" for group in groups)
