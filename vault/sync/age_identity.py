"""Identities: the secret keys `AGE-SECRET-KEY-PQ-1…`, and the files that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.contacts.recipient import write_recipient
from vault.crypto.hybrid_kem import SEED_SIZE, HybridIdentity
from vault.encoding.bech32 import decode_bech32, encode_bech32
from vault.encoding.times import write_time
from vault.errors import MalformedRecord, SyncError, mark
from vault.sync.age_hybrid import unwrap_file_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from vault.crypto.types import Buffer
    from vault.sync.age_header import Stanza

IDENTITY_PREFIX = "AGE-SECRET-KEY-PQ-"

MAX_IDENTITY_FILE_SIZE = 1 << 20
"""Bytes that an identity file may have; one identity with its recipient takes about 2 KiB."""

_OTHER_KINDS = ("AGE-SECRET-KEY-1", "AGE-PLUGIN-")


class AgeIdentity:
    """One secret key that opens bundles.

    Args:
        seed: 32 bytes.

    Attributes:
        recipient: the text `age1pq1…` that belongs to it.
    """

    __slots__ = ("_key", "_seed", "recipient")

    def __init__(self, seed: Buffer) -> None:
        self._seed = bytes(seed)
        self._key = HybridIdentity(self._seed)
        self.recipient = write_recipient(self._key.recipient)

    def secret(self) -> str:
        """Return the text `AGE-SECRET-KEY-PQ-1…`, upper case."""
        return encode_bech32(IDENTITY_PREFIX, self._seed)

    def unwrap(self, stanzas: Sequence[Stanza]) -> bytes | None:
        """Return the file key if one of the stanzas is for this identity.

        Raises:
            MalformedBundle: a stanza that might be for it breaks its grammar.
        """
        return unwrap_file_key(self._key, stanzas)


def parse_identity(text: str) -> AgeIdentity:
    """Read one identity.

    Raises:
        SyncError: another kind of key, lower case, a wrong checksum or length.
    """
    try:
        prefix, seed = decode_bech32(text)
    except MalformedRecord:
        raise _bad_identity() from None
    if prefix != IDENTITY_PREFIX or len(seed) != SEED_SIZE:
        raise _bad_identity()
    return AgeIdentity(seed)


def write_identity_file(identity: AgeIdentity, made: datetime) -> bytes:
    """Return an identity file as `age-keygen -pq` writes one."""
    return b"# created: %s\n# public key: %s\n%s\n" % (
        write_time(made),
        identity.recipient.encode("ascii"),
        identity.secret().encode("ascii"),
    )


def parse_identity_file(raw: bytes) -> tuple[AgeIdentity, ...]:
    """Read the identities of a file: one to a line, `#` begins a comment, empty lines count not.

    Lines may end in CRLF, for files written by an editor on Windows. Identities of other kinds
    (X25519, plugins) are passed over: no bundle is sealed to them.

    Raises:
        SyncError: too large, not text, a line that is no identity, or none that can be used.
    """
    if len(raw) > MAX_IDENTITY_FILE_SIZE:
        raise SyncError(mark("This key file is too large."))
    try:
        lines = raw.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise SyncError(mark("This is not a key file.")) from None
    identities = tuple(
        parse_identity(line)
        for line in (line.removesuffix("\r") for line in lines)
        if line and not line.startswith(("#", *_OTHER_KINDS))
    )
    if not identities:
        raise SyncError(
            mark("This key file holds no key that opens bundles."),
            hint=mark("The key must begin with AGE-SECRET-KEY-PQ-1; `amanat keygen` makes one."),
        )
    return identities


def _bad_identity() -> SyncError:
    # The text itself is a secret, mistyped or not: it is never part of a message.
    return SyncError(mark("This key file has a line that is not a key, or a key with an error."))
