"""Recipients: the public keys `age1pq1…` that bundles are sealed to."""

from __future__ import annotations

from vault.crypto.hybrid_kem import HybridRecipient
from vault.crypto.signatures import BadPublicKey
from vault.encoding.bech32 import decode_bech32, encode_bech32
from vault.errors import BadCard, MalformedRecord, mark

RECIPIENT_PREFIX = "age1pq"
"""The human-readable part of age's post-quantum recipients."""

RECIPIENT_LENGTH = 1959
"""Characters of a recipient: prefix, `1`, 1,216 bytes in groups of five bits, checksum."""


def write_recipient(key: HybridRecipient) -> str:
    """Return the recipient as age writes it: `age1pq1…`, lower case, 1,959 characters."""
    return encode_bech32(RECIPIENT_PREFIX, key.encoded)


def parse_recipient(text: str) -> HybridRecipient:
    """Read a recipient.

    Raises:
        BadCard: another kind of recipient, upper case, a wrong checksum, or a key that cannot
            be sealed to.
    """
    if not text.startswith(RECIPIENT_PREFIX + "1"):
        raise BadCard(
            mark("This is not a key that bundles can be sealed to: it must begin with “age1pq1”.")
        )
    if len(text) != RECIPIENT_LENGTH:
        raise BadCard(mark("The key that begins with “age1pq1” is incomplete, or too long."))
    try:
        # Beginning and length leave no room for another prefix before 1,216 bytes.
        _, encoded = decode_bech32(text)
    except MalformedRecord:
        raise BadCard(mark("The key that begins with “age1pq1” has a copying error.")) from None
    try:
        return HybridRecipient(encoded)
    except BadPublicKey:
        raise BadCard(mark("The key that begins with “age1pq1” cannot be used.")) from None
