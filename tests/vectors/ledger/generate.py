"""Make the vectors of the ledger: `python tests/vectors/ledger/generate.py`.

Everything follows from fixed seeds and comes out the same each time, except ML-DSA-44
signatures, which are randomised: `checkpoint` is kept where it still verifies.
"""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2]))

from vault.crypto.hashes import sha256  # noqa: E402
from vault.encoding.binary import read_base64, write_base64  # noqa: E402
from vault.errors import LedgerError  # noqa: E402
from vault.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint  # noqa: E402
from vault.ledger.entry import build_entry, file_value  # noqa: E402
from vault.ledger.keys import LogKeys  # noqa: E402
from vault.ledger.leaf import genesis, leaf_hash  # noqa: E402
from vault.ledger.merkle import Tree  # noqa: E402
from vault.ledger.proof import InclusionProof  # noqa: E402

SEED = bytes(range(32))
MEDIA = b"not really a photograph\n"
TREE_SIZES = 17


class Counter:
    """Deterministic bytes: SHA-256 of a counter."""

    def __init__(self, label):
        self._label = label
        self._count = 0

    def __call__(self, length):
        self._count += 1
        return sha256(self._label, b"%d" % self._count)[:length]


def fields_of(seq):
    """Fields of the entry `seq` of the golden log: from none to more than eight."""
    if seq == 0:
        return {}
    fields = {
        "title": f"Entry {seq}".encode(),
        "description": "یک یادداشت\nin two lines\n".encode(),
        "empty": b"",
        "bytes": bytes(range(256)),
    }
    if seq % 2:
        fields["file"] = file_value(sha256(MEDIA), len(MEDIA), "image/jpeg")
    for number in range(3 * seq):
        fields[f"extra-{number}"] = b"%d" % number
    return fields


def golden_log():
    """Return keys, leaves and disclosures of the golden log: seven entries."""
    keys = LogKeys.from_seed(SEED)
    random = Counter(b"ledger vectors ")
    prev = genesis(keys.origin)
    entries = []
    for seq in range(7):
        entry = build_entry(keys.origin, seq, prev, fields_of(seq), random)
        entries.append(entry)
        prev = entry.leaf_hash
    return keys, entries


def trees():
    """Return roots and proofs of all trees up to 17 leaves; leaf i is the decimal i."""
    hashes = [leaf_hash(b"%d" % number) for number in range(TREE_SIZES)]
    tree = Tree(hashes)
    return {
        "leaf_hashes": [hash_.hex() for hash_ in hashes],
        "roots": [tree.root(size).hex() for size in range(TREE_SIZES + 1)],
        "inclusion": [
            {
                "index": index,
                "size": size,
                "proof": [hash_.hex() for hash_ in tree.inclusion_proof(index, size)],
            }
            for size in range(1, TREE_SIZES + 1)
            for index in range(size)
        ],
        "consistency": [
            {
                "old": old,
                "new": new,
                "proof": [hash_.hex() for hash_ in tree.consistency_proof(old, new)],
            }
            for new in range(TREE_SIZES + 1)
            for old in range(new + 1)
        ],
    }


def checkpoint_of(keys, entries):
    """Return the stored checkpoint if it verifies, else a new one."""
    root = Tree(entry.leaf_hash for entry in entries).root()
    wanted = Checkpoint(keys.origin, len(entries), root)
    path = HERE / "checkpoint"
    if path.exists():
        raw = path.read_bytes()
        try:
            if open_checkpoint(raw, keys.origin, keys.public.checkpoint) == wanted:
                return raw
        except LedgerError:
            pass
    return sign_checkpoint(wanted, keys)


def replace_line(raw, number, line):
    """Return `raw` with line `number` replaced, or taken out where `line` is None."""
    lines = raw.split(b"\n")
    lines[number : number + 1] = [] if line is None else [line]
    return b"\n".join(lines)


def swap_lines(raw, first, second):
    """Return `raw` with two lines exchanged."""
    lines = raw.split(b"\n")
    lines[first], lines[second] = lines[second], lines[first]
    return b"\n".join(lines)


def refused_leaves(leaf):
    """Return leaves with one failure each, by its name."""
    lines = leaf.split(b"\n")
    first, second = lines[5], lines[6]
    return {
        "bom": b"\xef\xbb\xbf" + leaf,
        "c-above-64": leaf + b"".join(b"c ff%062x\n" % number for number in range(57)),
        "c-descending": swap_lines(leaf, 5, 6),
        "c-doubled": replace_line(leaf, 6, first),
        "c-equals-file": replace_line(leaf, 4, b"file " + first[2:]),
        "c-seven": replace_line(leaf, 12, None),
        "c-nine": leaf + b"c " + b"f" * 64 + b"\n",
        "c-none": b"\n".join(lines[:5]) + b"\n",
        "crlf": leaf.replace(b"\n", b"\r\n"),
        "field-doubled": replace_line(leaf, 2, lines[2] + b"\n" + lines[2]),
        "field-missing": replace_line(leaf, 3, None),
        "field-unknown": replace_line(leaf, 2, lines[2] + b"\ntime 2026-03-04T05:06:07Z"),
        "file-31-bytes": replace_line(leaf, 4, lines[4][:-2]),
        "file-33-bytes": replace_line(leaf, 4, lines[4] + b"00"),
        "hex-upper-case": replace_line(leaf, 6, b"c " + second[2:].upper()),
        "line-empty-at-end": leaf + b"\n",
        "newline-missing-at-end": leaf[:-1],
        "nul-at-end": leaf + b"\0",
        "order": swap_lines(leaf, 1, 2),
        "origin-other-prefix": leaf.replace(b"amanat.invalid/", b"example.invalid/", 1),
        "origin-short": replace_line(leaf, 1, lines[1][:-1]),
        "seq-above-63-bits": replace_line(leaf, 2, b"seq 9223372036854775808"),
        "seq-leading-zero": replace_line(leaf, 2, b"seq 01"),
        "seq-negative": replace_line(leaf, 2, b"seq -1"),
        "seq-plus": replace_line(leaf, 2, b"seq +1"),
        "space-doubled": replace_line(leaf, 2, b"seq  1"),
        "space-trailing": replace_line(leaf, 2, lines[2] + b" "),
        "tab": replace_line(leaf, 2, b"seq\t1"),
        "version-2": leaf.replace(b"amanat-entry/v1", b"amanat-entry/v2"),
    }


def refused_disclosures(raw):
    """Return disclosures with one failure each, by its name; the value has 7 bytes."""
    lines = raw.split(b"\n")
    return {
        "bom": b"\xef\xbb\xbf" + raw,
        "crlf": raw.replace(b"\n", b"\r\n"),
        "empty-line-missing": replace_line(raw, 6, None),
        "field-doubled": replace_line(raw, 3, lines[3] + b"\n" + lines[3]),
        "field-missing": replace_line(raw, 4, None),
        "name-empty": replace_line(raw, 3, b"name "),
        "name-33-bytes": replace_line(raw, 3, b"name " + b"a" * 33),
        "name-slash": replace_line(raw, 3, b"name ../title"),
        "name-upper-case": replace_line(raw, 3, b"name Title"),
        "order": swap_lines(raw, 2, 3),
        "origin-upper-case": replace_line(raw, 1, b"log " + lines[1][4:].upper()),
        "salt-31-bytes": replace_line(raw, 4, lines[4][:-2]),
        "salt-33-bytes": replace_line(raw, 4, lines[4] + b"00"),
        "salt-upper-case": replace_line(raw, 4, b"salt " + lines[4][5:].upper()),
        "seq-leading-zero": replace_line(raw, 2, b"seq 01"),
        "size-above-limit": replace_line(raw, 5, b"size 16777217"),
        "size-huge": replace_line(raw, 5, b"size 18446744073709551615"),
        "size-leading-zero": replace_line(raw, 5, b"size 07"),
        "size-too-large": replace_line(raw, 5, b"size 8"),
        "size-too-small": replace_line(raw, 5, b"size 6"),
        "trailing": raw + b"\n",
        "version-2": raw.replace(b"amanat-field/v1", b"amanat-field/v2"),
    }


def refused_proofs(raw):
    """Return proofs with one failure each, by its name."""
    lines = raw.split(b"\n")
    hash_ = read_base64(lines[2])
    return {
        "base64-url-alphabet": replace_line(raw, 2, b"-" + lines[2][1:]),
        "base64-unpadded": replace_line(raw, 2, lines[2].rstrip(b"=")),
        "bom": b"\xef\xbb\xbf" + raw,
        "crlf": raw.replace(b"\n", b"\r\n"),
        "empty-line-missing": raw[:-1],
        "extra": replace_line(raw, 0, lines[0] + b"\nextra QQ=="),
        "hash-31-bytes": replace_line(raw, 2, write_base64(hash_[:31])),
        "hash-33-bytes": replace_line(raw, 2, write_base64(hash_ + b"\0")),
        "hashes-64": b"\n".join([*lines[:2], *[lines[2]] * 64]) + b"\n\n",
        "index-leading-zero": replace_line(raw, 1, b"index 03"),
        "index-missing": replace_line(raw, 1, None),
        "index-negative": replace_line(raw, 1, b"index -1"),
        "trailing": raw + b"more\n",
        "version-2": raw.replace(b"@v1", b"@v2"),
    }


def signature_line(keys, number, *, name=None, data=None):
    """Return a signature line made of parts of the golden ones."""
    key = keys.public.checkpoint[number]
    return b"\xe2\x80\x94 %s %s" % (name or key.name.encode(), write_base64(data))


def refused_checkpoints(keys, raw):
    """Return checkpoints with one failure each, by its name."""
    text, _, block = raw.rpartition(b"\n\n")
    ed25519, mldsa44 = block[:-1].split(b"\n")
    data = read_base64(ed25519.rpartition(b" ")[2])
    pq_data = read_base64(mldsa44.rpartition(b" ")[2])
    ed25519_id = keys.public.checkpoint[0].key_id
    origin, size, root = text.split(b"\n")
    other = LogKeys.from_seed(bytes(32))
    foreign = sign_unrandomised(other, Checkpoint(keys.origin, 7, read_base64(root)).text())

    def note(*lines, body=text):
        return body + b"\n\n" + b"".join(line + b"\n" for line in lines)

    unknown = b"\xe2\x80\x94 example.com/w " + write_base64(b"idid" + bytes(64))
    wrong = signature_line(keys, 0, data=data[:-1] + bytes([data[-1] ^ 1]))
    order = 2**252 + 27742317777372353535851937790883648493
    large_s = (int.from_bytes(data[36:], "little") + order).to_bytes(32, "little")
    return {
        "attackers-signature": note(foreign, mldsa44),
        "bom": b"\xef\xbb\xbf" + raw,
        "crlf": raw.replace(b"\n", b"\r\n"),
        "dash-hyphen": note(b"- " + ed25519.partition(b" ")[2], mldsa44),
        "ed25519-as-cosignature": note(
            signature_line(keys, 0, data=b"\0\0\0\x04" + bytes(8) + data[4:]), mldsa44
        ),
        "ed25519-r-identity": note(
            signature_line(keys, 0, data=ed25519_id + b"\1" + bytes(63)), mldsa44
        ),
        "ed25519-r-not-canonical": note(
            signature_line(keys, 0, data=ed25519_id + b"\xee" + b"\xff" * 30 + b"\x7f" + data[36:]),
            mldsa44,
        ),
        "ed25519-s-above-order": note(signature_line(keys, 0, data=data[:36] + large_s), mldsa44),
        "ed25519-short": note(signature_line(keys, 0, data=data[:-1]), mldsa44),
        "ed25519-long": note(signature_line(keys, 0, data=data + b"\0"), mldsa44),
        "ed25519-wrong": note(wrong, mldsa44),
        "extension-line": note(ed25519, mldsa44, body=text + b"\nextension"),
        "line-empty-at-end": raw + b"\n",
        "mldsa44-short": note(ed25519, signature_line(keys, 1, data=pq_data[:-1])),
        "mldsa44-time": note(
            ed25519, signature_line(keys, 1, data=pq_data[:11] + b"\1" + pq_data[12:])
        ),
        "mldsa44-time-above-63-bits": note(
            ed25519, signature_line(keys, 1, data=pq_data[:4] + b"\xff" * 8 + pq_data[12:])
        ),
        "mldsa44-without-time": note(
            ed25519, signature_line(keys, 1, data=pq_data[:4] + pq_data[12:])
        ),
        "newline-missing-at-end": raw[:-1],
        "origin-other": note(ed25519, mldsa44, body=text.replace(b"amanat", b"bmanat")),
        "root-31-bytes": note(
            ed25519, mldsa44, body=b"\n".join([origin, size, write_base64(bytes(31))])
        ),
        "signature-doubled": note(ed25519, ed25519, mldsa44),
        "signature-doubled-one-wrong": note(ed25519, wrong, mldsa44),
        "signatures-none": text + b"\n\n",
        "signatures-17": note(ed25519, mldsa44, *[unknown] * 15),
        "size-leading-zero": note(ed25519, mldsa44, body=text.replace(b"\n7\n", b"\n07\n")),
        "size-zero-with-root": note(ed25519, mldsa44, body=text.replace(b"\n7\n", b"\n0\n")),
        "stripped-ed25519": note(mldsa44),
        "stripped-mldsa44": note(ed25519),
        "text-appended-after": raw + b"appended\n",
        "text-prepended": b"prepended\n\n" + raw,
    }


def sign_unrandomised(keys, text):
    """Return an Ed25519 signature line that claims the name in `text`."""
    signer = keys.checkpoint_signers[0]
    name = text.partition(b"\n")[0]
    data = write_base64(LogKeys.from_seed(SEED).public.checkpoint[0].key_id + signer.sign(text))
    return b"\xe2\x80\x94 %s %s" % (name, data)


def write(name, content):
    """Write one vector."""
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def main():
    """Write all vectors."""
    keys, entries = golden_log()
    checkpoint = checkpoint_of(keys, entries)
    tree = Tree(entry.leaf_hash for entry in entries)
    proof = InclusionProof(3, tree.inclusion_proof(3)).encode()
    facts = {
        "seed": SEED.hex(),
        "origin": keys.origin,
        "age_seed": keys.age_seed.hex(),
        "genesis": genesis(keys.origin).hex(),
        "key_ids": [key.key_id.hex() for key in (*keys.public.checkpoint, *keys.public.manifest)],
        "leaf_hashes": [entry.leaf_hash.hex() for entry in entries],
        "root": base64.b64encode(tree.root()).decode(),
    }
    write("log.json", (json.dumps(facts, indent=2) + "\n").encode())
    write("log.keys", keys.public.encode())
    write("trees.json", (json.dumps(trees(), indent=1) + "\n").encode())
    write("checkpoint", checkpoint)
    write("media", MEDIA)
    for seq, entry in enumerate(entries):
        write(f"entries/{seq}/leaf", entry.leaf)
        write(f"entries/{seq}/proof", InclusionProof(seq, tree.inclusion_proof(seq)).encode())
        for name, raw in zip(sorted(fields_of(seq)), entry.disclosures, strict=True):
            write(f"entries/{seq}/fields/{name}", raw)
    title = entries[1].disclosures[sorted(fields_of(1)).index("title")]
    for kind, refused in (
        ("leaf", refused_leaves(entries[1].leaf)),
        ("disclosure", refused_disclosures(title)),
        ("proof", refused_proofs(proof)),
        ("checkpoint", refused_checkpoints(keys, checkpoint)),
    ):
        for name, raw in refused.items():
            write(f"refused/{kind}/{name}", raw)


if __name__ == "__main__":
    main()
