"""X-Wing: one key made of ML-KEM-768 and X25519, and HPKE sealing to it.

Whoever wants what is sealed must break both. The key encapsulation is X-Wing
(draft-connolly-cfrg-xwing-kem), which HPKE calls MLKEM768-X25519 (0x647a); the suite is that
KEM with HKDF-SHA256 (0x0001) and ChaCha20-Poly1305 (0x0003) in base mode (RFC 9180), as age's
`mlkem768x25519` recipients use it. Encapsulation draws its randomness inside `cryptography`:
what is sealed here cannot be reproduced from a seed, only opened.
"""

from __future__ import annotations

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from vault.crypto.aead import AuthenticationFailed
from vault.crypto.signatures import BadPublicKey
from vault.crypto.types import Buffer

SEED_SIZE = 32
"""Bytes of a secret key: everything else is expanded from them."""

PUBLIC_KEY_SIZE = 1216
"""Bytes of a public key: ML-KEM-768 encapsulation key (1,184), then X25519 point (32)."""

ENCAPSULATION_SIZE = 1120
"""Bytes of `enc`: ML-KEM-768 ciphertext (1,088), then ephemeral X25519 point (32)."""

_MLKEM_SEED_SIZE = 64
_MLKEM_PUBLIC_SIZE = 1184

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)

# Any scalar does: a point of low order gives the all-zero secret with every one of them.
_PROBE = X25519PrivateKey.from_private_bytes(bytes(range(SEED_SIZE)))


class HybridRecipient:
    """A public key that things can be sealed to.

    Args:
        encoded: 1,216 bytes.

    Raises:
        BadPublicKey: wrong length, ML-KEM coefficients that are not reduced (FIPS 203,
            section 7.2), or an X25519 point of low order, with which nobody's secret counts.
    """

    __slots__ = ("_key", "encoded")

    def __init__(self, encoded: bytes) -> None:
        if len(encoded) != PUBLIC_KEY_SIZE:
            raise BadPublicKey
        try:
            point = X25519PublicKey.from_public_bytes(encoded[_MLKEM_PUBLIC_SIZE:])
            _PROBE.exchange(point)
            lattice = MLKEM768PublicKey.from_public_bytes(encoded[:_MLKEM_PUBLIC_SIZE])
        except ValueError:
            raise BadPublicKey from None
        self._key = hpke.MLKEM768X25519PublicKey(lattice, point)
        self.encoded = encoded

    def seal(self, plaintext: Buffer, info: bytes) -> tuple[bytes, bytes]:
        """Seal one message in base mode, without associated data.

        Returns:
            `enc` (1,120 bytes) and the ciphertext (16 bytes longer than `plaintext`).
        """
        sealed = _SUITE.encrypt(plaintext, self._key, info=info)
        return sealed[:ENCAPSULATION_SIZE], sealed[ENCAPSULATION_SIZE:]


class HybridIdentity:
    """A secret key, expanded from 32 bytes.

    SHAKE256(seed) gives 96 bytes: the ML-KEM-768 seed d ‖ z (64) and the X25519 scalar (32)
    (draft-connolly-cfrg-xwing-kem, expandDecapsulationKey).

    Args:
        seed: 32 bytes.
    """

    __slots__ = ("_key", "recipient")

    def __init__(self, seed: Buffer) -> None:
        if len(seed) != SEED_SIZE:
            message = f"an X-Wing seed is {SEED_SIZE} bytes, not {len(seed)}"
            raise ValueError(message)
        expanded = hashlib.shake_256(seed).digest(_MLKEM_SEED_SIZE + SEED_SIZE)
        lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE])
        scalar = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:])
        self._key = hpke.MLKEM768X25519PrivateKey(lattice, scalar)
        self.recipient = HybridRecipient(
            lattice.public_key().public_bytes_raw() + scalar.public_key().public_bytes_raw()
        )

    def open(self, enc: Buffer, sealed: Buffer, info: bytes) -> bytes:
        """Open one message that was sealed to this key.

        Raises:
            AuthenticationFailed: sealed to another key, or altered; a wrong length of `enc`
                and an ephemeral point of low order end here too.
        """
        if len(enc) != ENCAPSULATION_SIZE:
            raise AuthenticationFailed
        try:
            return _SUITE.decrypt(bytes(enc) + bytes(sealed), self._key, info=info)
        except InvalidTag:
            raise AuthenticationFailed from None
