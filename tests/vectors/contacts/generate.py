"""Write the vectors of cards: `python tests/vectors/contacts/generate.py`.

ML-DSA randomises its signature: `card.txt` is written only where it is missing, and verified.
"""

from __future__ import annotations

import json
from pathlib import Path

from vault.contacts.card import make_card, parse_card
from vault.contacts.fingerprint import fingerprint
from vault.contacts.recipient import write_recipient
from vault.crypto.hybrid_kem import HybridIdentity
from vault.ledger.keys import LogKeys

HERE = Path(__file__).parent
LOG_SEED = b"\x01" * 32


def main() -> None:
    keys = LogKeys.from_seed(LOG_SEED)
    recipient = write_recipient(HybridIdentity(keys.age_seed).recipient)
    raw = make_card(keys, recipient)
    text = parse_card(raw).text
    (HERE / "card-text.txt").write_bytes(text)
    (HERE / "recipient.txt").write_bytes(recipient.encode("ascii") + b"\n")
    if not (HERE / "card.txt").exists():
        (HERE / "card.txt").write_bytes(raw)
    texts = [text, recipient.encode("ascii") + b"\n", b"", b"amanat\n"]
    names = ["card-text.txt", "recipient.txt", "", "amanat\n"]
    digits = dict(zip(names, map(fingerprint, texts), strict=True))
    (HERE / "fingerprints.json").write_text(json.dumps(digits, indent=2) + "\n", encoding="ascii")


if __name__ == "__main__":
    main()
