"""C2SP signed notes: a text, an empty line, signature lines.

A note is taken apart at its last empty line. Signatures of unknown keys are ignored; one bad
signature of a known key fails the whole note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vault.crypto.signatures import BadSignature
from vault.encoding.binary import read_base64, write_base64
from vault.encoding.refusal import malformed
from vault.errors import BadCheckpoint, mark
from vault.ledger.vkey import KEY_ID_SIZE, SigningKey, VerifierKey, check_key_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_SIGNATURES = 16
"""Signature lines of one note; as many as the specification obliges a reader to accept."""

_DASH = "— ".encode()  # U+2014 and a space begin every signature line
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True)
class SignatureLine:
    """One line under a note: key name, 4-byte key ID, signature."""

    name: str
    key_id: bytes
    signature: bytes


def sign_note(text: bytes, signers: Sequence[SigningKey]) -> bytes:
    """Sign a text with one or more keys.

    Args:
        text: ends in LF; may hold empty lines.
        signers: 1 to 16 keys, in the order of their lines.

    Returns:
        The note. ML-DSA signatures are randomised: a second note differs.

    Raises:
        MalformedRecord: a text that no note can carry, or no or too many signers.
    """
    if not 0 < len(signers) <= MAX_SIGNATURES:
        raise malformed(mark("A note has 1 to 16 signatures, not {count}."), count=len(signers))
    _check_text(text)
    lines = [text, b"\n"]
    for signer in signers:
        encoded = write_base64(signer.key.key_id + signer.sign(text))
        lines.append(b"%s%s %s\n" % (_DASH, signer.key.name.encode("utf-8"), encoded))
    return b"".join(lines)


def split_note(raw: bytes) -> tuple[bytes, tuple[SignatureLine, ...]]:
    """Take a note apart at its last empty line; nothing is verified.

    Raises:
        MalformedRecord: not UTF-8, control characters, no signatures, more than 16, or a
            signature line that is not in its only form.
    """
    at = raw.rfind(b"\n\n")
    if at < 0:
        raise malformed(mark("Not a signed note: no empty line before signatures."), raw)
    text = raw[: at + 1]
    _check_text(text)
    return text, tuple(_signature_lines(raw[at + 2 :]))


def open_note(raw: bytes, verifiers: Sequence[VerifierKey]) -> bytes:
    """Verify a note that each of `verifiers` must have signed, and return its text.

    Lines of other keys are ignored.

    Args:
        raw: the note.
        verifiers: one or more keys; a note that lacks one of them is refused, so that no
            signature can be stripped in silence.

    Raises:
        MalformedRecord: not a note in its only form.
        BadCheckpoint: a signature is missing, doubled or wrong.
    """
    text, lines = split_note(raw)
    if not verifiers:
        raise BadCheckpoint(mark("There is no key to check the signatures with."))
    for verifier in verifiers:
        _verify(text, lines, verifier)
    return text


def _verify(text: bytes, lines: Sequence[SignatureLine], verifier: VerifierKey) -> None:
    # A name with another ID, or an ID with another name, is another key.
    own = [line for line in lines if (line.name, line.key_id) == (verifier.name, verifier.key_id)]
    if not own:
        raise BadCheckpoint(mark("A signature of {name} is missing."), name=verifier.name)
    if len(own) > 1:
        raise BadCheckpoint(mark("Two signatures of one key of {name}."), name=verifier.name)
    try:
        verifier.verify(text, own[0].signature)
    except BadSignature:
        raise BadCheckpoint(mark("A signature of {name} is wrong."), name=verifier.name) from None


def _check_text(text: bytes) -> None:
    if not text.endswith(b"\n"):
        raise malformed(
            mark("The text of a note ends in a newline; this one does not: {found}"), text
        )
    _check_characters(text)


def _check_characters(raw: bytes) -> None:
    if _CONTROL.search(raw) is not None:
        raise malformed(mark("A control character in a signed note."))
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        raise malformed(mark("A signed note that is not UTF-8.")) from None


def _signature_lines(block: bytes) -> Iterator[SignatureLine]:
    _check_characters(block)
    if not block.endswith(b"\n"):
        raise malformed(mark("The signatures of a note are missing or cut off."), block)
    lines = block[:-1].split(b"\n")
    if len(lines) > MAX_SIGNATURES:
        raise malformed(mark("A note has 1 to 16 signatures, not {count}."), count=len(lines))
    for line in lines:
        name, space, encoded = line.removeprefix(_DASH).partition(b" ")
        if not line.startswith(_DASH) or not space:
            raise malformed(mark("Not a signature line: {found}"), line)
        data = read_base64(encoded)
        if len(data) <= KEY_ID_SIZE:
            raise malformed(mark("A signature line without a signature: {found}"), line)
        key_name = check_key_name(name.decode("utf-8"))
        yield SignatureLine(key_name, data[:KEY_ID_SIZE], data[KEY_ID_SIZE:])
