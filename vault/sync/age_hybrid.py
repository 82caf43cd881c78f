"""The stanza `mlkem768x25519`: a file key sealed to a post-quantum recipient.

    -> mlkem768x25519 <enc, 1,120 bytes in base64>
    <sealed file key, 32 bytes in base64>

`enc` and body are the two parts of one HPKE message (X-Wing, HKDF-SHA256, ChaCha20-Poly1305)
whose info is the label of this stanza (C2SP age.md, "The mlkem768x25519 recipient type").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vault.crypto.aead import TAG_SIZE, AuthenticationFailed
from vault.crypto.hybrid_kem import ENCAPSULATION_SIZE
from vault.crypto.labels import AGE_HYBRID
from vault.encoding.binary import write_base64_unpadded
from vault.errors import MalformedBundle, mark
from vault.sync.age_header import FILE_KEY_SIZE, Stanza, decode_base64

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vault.crypto.hybrid_kem import HybridIdentity, HybridRecipient

STANZA_TYPE = "mlkem768x25519"

_ARGUMENTS = 2  # the type, and `enc`


def wrap_file_key(recipient: HybridRecipient, file_key: bytes) -> Stanza:
    """Seal a file key of 16 bytes; the randomness is that of HPKE, inside the library."""
    enc, sealed = recipient.seal(file_key, AGE_HYBRID)
    return Stanza((STANZA_TYPE, write_base64_unpadded(enc).decode("ascii")), sealed)


def unwrap_file_key(identity: HybridIdentity, stanzas: Sequence[Stanza]) -> bytes | None:
    """Return the file key from the first stanza that this identity opens, or None.

    Raises:
        MalformedBundle: a stanza of this type, before one that opens, breaks its grammar.
    """
    for stanza in stanzas:
        if stanza.args[0] != STANZA_TYPE:
            continue
        if len(stanza.args) != _ARGUMENTS:
            raise _malformed()
        enc = decode_base64(stanza.args[1].encode("ascii"))
        # A body of another length could hold a longer key that means two files to two readers.
        if len(enc) != ENCAPSULATION_SIZE or len(stanza.body) != FILE_KEY_SIZE + TAG_SIZE:
            raise _malformed()
        try:
            return identity.open(enc, stanza.body, AGE_HYBRID)
        except AuthenticationFailed:
            continue
    return None


def _malformed() -> MalformedBundle:
    return MalformedBundle(mark("The header of this bundle is malformed."))
