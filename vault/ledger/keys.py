"""The keys of a log: all derived from one seed, and all pinned by the log's origin."""

from __future__ import annotations

from dataclasses import dataclass, field

from vault.crypto import labels
from vault.crypto.kdf import hkdf_sha512
from vault.crypto.signatures import ed25519_public_key, mldsa44_public_key
from vault.encoding.refusal import malformed
from vault.errors import mark
from vault.ledger.origin import check_origin, origin_of
from vault.ledger.vkey import SignatureType, SigningKey, VerifierKey, parse_vkey

LOG_SEED_SIZE = 32
"""Bytes of the random seed that a volume keeps for its log."""

MANIFEST_SUFFIX = "/manifest"
"""Follows the origin in the name of the manifest keys."""

_HEADER = b"amanat-keys/v1"


@dataclass(frozen=True)
class LogPublicKeys:
    """The four public keys of a log, under names that follow from them.

    Attributes:
        origin: the name of the log, which is also the name of its checkpoint keys.
        checkpoint: Ed25519 (0x01) and ML-DSA-44 (0x06) keys; sign checkpoints, nothing else.
        manifest: Ed25519 (0x01) and ML-DSA-44 (0xff) keys; sign manifests and cards.

    Raises:
        MalformedRecord: types or names that do not fit, or an origin that is not the one of
            these keys.
    """

    origin: str
    checkpoint: tuple[VerifierKey, VerifierKey]
    manifest: tuple[VerifierKey, VerifierKey]

    def __post_init__(self) -> None:
        check_origin(self.origin)
        manifest_name = self.origin + MANIFEST_SUFFIX
        found = [(key.name, key.type) for key in (*self.checkpoint, *self.manifest)]
        wanted = [
            (self.origin, SignatureType.ED25519),
            (self.origin, SignatureType.MLDSA44_CHECKPOINT),
            (manifest_name, SignatureType.ED25519),
            (manifest_name, SignatureType.MLDSA44_NOTE),
        ]
        if found != wanted:
            raise malformed(mark("These are not the four keys of one log."))
        keys = (*self.checkpoint, *self.manifest)
        if origin_of(*(key.public_key for key in keys)) != self.origin:
            raise malformed(mark("The log {origin} has other keys than these."), origin=self.origin)

    @classmethod
    def from_vkeys(
        cls, origin: str, checkpoint: tuple[str, str], manifest: tuple[str, str]
    ) -> LogPublicKeys:
        """Read the four vkeys, each pair in the order Ed25519, ML-DSA-44.

        Raises:
            MalformedRecord: a vkey is none, or as for the class.
        """
        return cls(
            origin,
            (parse_vkey(checkpoint[0]), parse_vkey(checkpoint[1])),
            (parse_vkey(manifest[0]), parse_vkey(manifest[1])),
        )

    def encode(self) -> bytes:
        """Return the file `log.keys`: what a third party needs to see that the origin pins them."""
        lines = [_HEADER.decode(), f"log {self.origin}"]
        lines += [f"checkpoint {key.encode()}" for key in self.checkpoint]
        lines += [f"manifest {key.encode()}" for key in self.manifest]
        return ("\n".join(lines) + "\n").encode("ascii")


@dataclass(frozen=True)
class LogKeys:
    """Everything that a log's seed yields; no repr shows a secret.

    Attributes:
        public: the four public keys and the origin.
        checkpoint_signers: Ed25519 (0x01) and ML-DSA-44 (0x06).
        manifest_signers: Ed25519 (0x01) and ML-DSA-44 (0xff).
        age_seed: 32 bytes, the seed of the age identity (X-Wing).
    """

    public: LogPublicKeys
    checkpoint_signers: tuple[SigningKey, SigningKey] = field(repr=False)
    manifest_signers: tuple[SigningKey, SigningKey] = field(repr=False)
    age_seed: bytes = field(repr=False)

    @property
    def origin(self) -> str:
        """The name of the log."""
        return self.public.origin

    @classmethod
    def from_seed(cls, seed: bytes) -> LogKeys:
        """Derive the keys from the 32-byte log seed: HKDF-SHA-512, no salt, one label each.

        Raises:
            MalformedRecord: a seed of another length.
        """
        if len(seed) != LOG_SEED_SIZE:
            raise malformed(mark("A log seed of {length} bytes instead of 32."), length=len(seed))
        seeds = [
            hkdf_sha512(seed, label)
            for label in (
                labels.SEED_CHECKPOINT_ED25519,
                labels.SEED_CHECKPOINT_MLDSA44,
                labels.SEED_MANIFEST_ED25519,
                labels.SEED_MANIFEST_MLDSA44,
            )
        ]
        # The origin hashes the public keys; their names hold the origin.
        origin = origin_of(
            ed25519_public_key(seeds[0]),
            mldsa44_public_key(seeds[1]),
            ed25519_public_key(seeds[2]),
            mldsa44_public_key(seeds[3]),
        )
        manifest = origin + MANIFEST_SUFFIX
        checkpoint_signers = (
            SigningKey.from_seed(origin, SignatureType.ED25519, seeds[0]),
            SigningKey.from_seed(origin, SignatureType.MLDSA44_CHECKPOINT, seeds[1]),
        )
        manifest_signers = (
            SigningKey.from_seed(manifest, SignatureType.ED25519, seeds[2]),
            SigningKey.from_seed(manifest, SignatureType.MLDSA44_NOTE, seeds[3]),
        )
        public = LogPublicKeys(
            origin,
            (checkpoint_signers[0].key, checkpoint_signers[1].key),
            (manifest_signers[0].key, manifest_signers[1].key),
        )
        return cls(public, checkpoint_signers, manifest_signers, hkdf_sha512(seed, labels.SEED_AGE))
