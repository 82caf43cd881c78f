"""Write the vectors of bundles: `python tests/vectors/sync/generate.py`.

What is deterministic is written each time; the golden bundle, which HPKE and ML-DSA randomise,
only where it is missing.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from vault.contacts.card import make_card
from vault.crypto.entropy import random_bytes
from vault.ledger.keys import LogKeys
from vault.ledger.merkle import EMPTY_ROOT
from vault.ledger.tree_head import Checkpoint
from vault.sync.age_identity import AgeIdentity, write_identity_file
from vault.sync.bundle import BundleFile, open_bundle, seal_bundle
from vault.sync.manifest import Manifest, ManifestFile, recipient_digest
from vault.sync.padme import body_size, bundle_size, padme

HERE = Path(__file__).parent
SENDER_SEED = b"\x01" * 32
RECIPIENT_SEED = b"\x02" * 32
MADE = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

LENGTHS = [1, 2, 3, 8, 9, 15, 16, 17, 100, 1000, 65535, 65536, 65537, 100_000, 10**6, 10**8, 2**40]
CONTENTS = [5, 5000, 63_877, 63_878, 65_536, 200_000, 1_000_000, 100_000_000, 2**33, 27_640_851_968]


def main() -> None:
    lengths = {
        "padme": {str(length): padme(length) for length in LENGTHS},
        "bundle": {str(size): [bundle_size(size), body_size(size)] for size in CONTENTS},
    }
    (HERE / "padme.json").write_text(json.dumps(lengths, indent=2) + "\n", encoding="ascii")
    keys = LogKeys.from_seed(SENDER_SEED)
    identity = AgeIdentity(RECIPIENT_SEED)
    (HERE / "golden-identity.txt").write_bytes(write_identity_file(identity, MADE))
    base = Checkpoint(keys.origin, 0, EMPTY_ROOT)
    head = Checkpoint(keys.origin, 1, hashlib.sha256(b"\x00leaf").digest())
    parts = {
        "entries/0/fields/text": "رسید\n".encode(),
        "entries/0/leaf": b"leaf",
        "media/" + hashlib.sha256(bytes(300)).hexdigest(): bytes(300),
        "zz/unknown": b"",
    }
    listed = tuple(
        ManifestFile(name, len(data), hashlib.sha256(data).digest()) for name, data in parts.items()
    )
    manifest = Manifest(recipient_digest(identity.recipient), 1, MADE, base, head, listed)
    (HERE / "manifest.txt").write_bytes(manifest.text())
    if not (HERE / "golden.age").exists():
        write_golden(keys, identity, base, head, parts)


def write_golden(keys, identity, base, head, parts) -> None:
    parts = {**parts, "card": make_card(keys, AgeIdentity(keys.age_seed).recipient)}
    sealed = seal_bundle(
        recipient=identity.recipient,
        seq=1,
        made=MADE,
        base=base,
        head=head,
        files=[
            BundleFile(name, len(data), hashlib.sha256(data).digest(), lambda data=data: [data])
            for name, data in parts.items()
        ],
        keys=keys,
        random=random_bytes,
    )
    (HERE / "golden.age").write_bytes(b"".join(bytes(piece) for piece in sealed.stream()))
    (HERE / "golden.manifest").write_bytes(sealed.manifest_note)
    with (HERE / "golden.age").open("rb") as bundle:
        body = len(sealed.manifest_note).to_bytes(4, "big") + sealed.manifest_note
        for file in open_bundle(bundle.read, [identity]).files():
            body += b"".join(bytes(piece) for piece in file)
    (HERE / "golden.body").write_bytes(body)


if __name__ == "__main__":
    main()
