"""Every domain-separation label of Amanat, in one list.

Two uses of one key with the same label would be a defect; `tests/crypto/test_labels.py`
checks that no label is a prefix of another within a family.
"""

# Container, docs/format/container.md
BLOCK = b"block"
ROOT = b"root"
CELL = b"cell"
SLOT = b"slot"

# Open bundles: the labels of the age specification, docs/format/sync.md
AGE_HEADER = b"header"
AGE_PAYLOAD = b"payload"
AGE_HYBRID = b"age-encryption.org/mlkem768x25519"

# Ledger, docs/format/ledger.md: seeds derived from the log seed
SEED_CHECKPOINT_ED25519 = b"amanat/v1/checkpoint-ed25519"
SEED_CHECKPOINT_MLDSA44 = b"amanat/v1/checkpoint-mldsa44"
SEED_MANIFEST_ED25519 = b"amanat/v1/manifest-ed25519"
SEED_MANIFEST_MLDSA44 = b"amanat/v1/manifest-mldsa44"
SEED_AGE = b"amanat/v1/age"

# Ledger, in what is hashed or signed
LOG_ORIGIN = b"amanat-log/v1\n"
GENESIS = b"amanat-genesis/v1\n"
MERKLE_LEAF = b"\x00"  # RFC 6962, section 2.1
MERKLE_NODE = b"\x01"
SUBTREE = b"subtree/v1\n\x00"  # C2SP tlog-cosignature, ML-DSA-44 signed message
MLDSA44_NOTE = b"amanat-mldsa44/v1"  # follows the note signature type 0xff
