"""Cards: the public keys of a person in one text, signed by the keys that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.contacts.fingerprint import fingerprint
from vault.contacts.recipient import parse_recipient
from vault.encoding.lines import LineReader
from vault.errors import BadCard, BadCheckpoint, MalformedRecord, mark
from vault.ledger.keys import LogPublicKeys
from vault.ledger.note import open_note, sign_note, split_note

if TYPE_CHECKING:
    from vault.ledger.keys import LogKeys

MAX_CARD_SIZE = 64 * 1024
"""Bytes of a card; one with both signatures takes about 10 KiB."""

_HEADER = b"amanat-card/v1"


@dataclass(frozen=True, slots=True)
class Card:
    """A card whose signatures and origin were checked, or a bare recipient.

    Whether the keys belong to the person is not said by the card: people compare its
    fingerprint.

    Attributes:
        text: what the fingerprint is made from: the signed lines, or the recipient and an LF.
        recipient: `age1pq1…`.
        keys: of the log; None for a bare recipient, who signs nothing.
    """

    text: bytes
    recipient: str
    keys: LogPublicKeys | None

    @property
    def origin(self) -> str | None:
        """The origin of the log, or None for a bare recipient."""
        return self.keys.origin if self.keys else None

    @property
    def fingerprint(self) -> str:
        """Eight groups of five digits, to be compared by voice or in person."""
        return fingerprint(self.text)


def make_card(keys: LogKeys, recipient: str) -> bytes:
    """Return the card of a log, signed by both its manifest keys.

    Args:
        keys: of the log.
        recipient: what bundles for its owner are sealed to, `age1pq1…`.

    Returns:
        The note. A second one differs in its ML-DSA signature, not in text or fingerprint.

    Raises:
        BadCard: not a recipient.
    """
    parse_recipient(recipient)
    lines = [_HEADER.decode("ascii"), f"age {recipient}", f"log {keys.origin}"]
    lines += [f"checkpoint {key.encode()}" for key in keys.public.checkpoint]
    lines += [f"manifest {key.encode()}" for key in keys.public.manifest]
    return sign_note(("\n".join(lines) + "\n").encode("ascii"), keys.manifest_signers)


def parse_card(raw: bytes) -> Card:
    """Read a card, or a bare recipient with or without an end of line.

    Raises:
        BadCard: anything else; a key that is not valid; an origin that is not the one of the
            four keys; a signature that is missing or wrong.
    """
    if len(raw) > MAX_CARD_SIZE:
        raise BadCard(mark("This card is too long."))
    if raw.startswith(b"age1"):  # of other kinds too: `parse_recipient` says what is wrong
        return _parse_bare(raw)
    try:
        text, _ = split_note(raw)
        reader = LineReader(text)
        reader.expect(_HEADER)
        recipient, origin = _value(reader, b"age"), _value(reader, b"log")
        checkpoint = _value(reader, b"checkpoint"), _value(reader, b"checkpoint")
        manifest = _value(reader, b"manifest"), _value(reader, b"manifest")
        reader.end()
        keys = LogPublicKeys.from_vkeys(origin, checkpoint, manifest)
        open_note(raw, keys.manifest)
    except (MalformedRecord, BadCheckpoint) as error:
        raise BadCard(error.message, hint=error.hint, **error.values) from None
    parse_recipient(recipient)
    return Card(text, recipient, keys)


def _parse_bare(raw: bytes) -> Card:
    # Written by other programs and by hand, on Windows too: one end of line of either kind.
    bare = raw.removesuffix(b"\r\n") if raw.endswith(b"\r\n") else raw.removesuffix(b"\n")
    recipient = bare.decode("ascii", "backslashreplace")
    parse_recipient(recipient)
    return Card(bare + b"\n", recipient, None)


def _value(reader: LineReader, key: bytes) -> str:
    return reader.value(key).decode("ascii")
