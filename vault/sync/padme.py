"""Lengths: a bundle is as long as its content rounded up, so that its size says little.

Padmé (Nikitin et al., "Reducing Metadata Leakage from Encrypted Files and Communication with
PURBs", 2019) keeps of a length only so many leading bits as its logarithm has bits: at most
12 % more bytes, 0.7 % at 100 MB, and O(log log L) bits told.
"""

from __future__ import annotations

from vault.sync.age_stream import plaintext_size, sealed_size

MIN_BUNDLE_SIZE = 64 * 1024
"""Bytes of the shortest bundle."""

OVERHEAD_SIZE = 1627 + 16
"""Bytes before the payload: an age header with one `mlkem768x25519` stanza, then the nonce."""


def padme(length: int) -> int:
    """Return the smallest Padmé length that is not below `length` (1 or more)."""
    exponent = length.bit_length() - 1
    mask = (1 << max(0, exponent - exponent.bit_length())) - 1
    return (length + mask) & ~mask


def bundle_size(content: int) -> int:
    """Return the bytes of a whole bundle whose body has `content` bytes before its padding.

    It is the smallest Padmé length, of at least 64 KiB, that has room for the content and leaves
    a payload of a length that STREAM can have.
    """
    return _fit(content)[0]


def body_size(content: int) -> int:
    """Return the bytes of a whole body, padding included: a function of its content alone."""
    return _fit(content)[1]


def _fit(content: int) -> tuple[int, int]:
    total = padme(max(MIN_BUNDLE_SIZE, OVERHEAD_SIZE + sealed_size(content)))
    while (body := plaintext_size(total - OVERHEAD_SIZE)) is None:
        total = padme(total + 1)
    return total, body
