"""Each rule of the format taken out, to see that a stored failure would then get through."""

from __future__ import annotations

import pytest

from vault.crypto import labels, signatures
from vault.errors import VaultError
from vault.ledger import disclosure, entry, leaf, merkle, note, proof, tree_head, vkey
from vault.ledger.checkpoint import open_checkpoint


def accepted(vectors, kind, name, parse):
    try:
        parse((vectors / "refused" / kind / name).read_bytes())
    except VaultError:
        return False
    return True


def lax_hex(text, size):
    return bytes.fromhex(text.decode())


def lax_decimal(text, maximum=0):
    return int(text)


class LaxReader(leaf.LineReader):
    def end(self):
        pass


class ReaderOfCarriageReturns(leaf.LineReader):
    def line(self):
        end = self._raw.find(b"\n", self._at)
        found = self._raw[self._at : end].rstrip(b"\r")
        self._at = end + 1
        return found


def nothing(*_arguments):
    return None


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        (("_check_commitments", nothing), "c-descending"),
        (("_check_commitments", nothing), "c-doubled"),
        (("_check_commitments", nothing), "c-equals-file"),
        (("_check_commitments", nothing), "c-none"),
        (("_check_commitments", nothing), "c-seven"),
        (("_check_commitments", nothing), "c-nine"),
        (("COMMITMENT_COUNTS", (8, 65)), "c-above-64"),
        (("read_hex", lax_hex), "hex-upper-case"),
        (("read_hex", lax_hex), "file-31-bytes"),
        (("read_hex", lax_hex), "file-33-bytes"),
        (("read_decimal", lax_decimal), "seq-leading-zero"),
        (("read_decimal", lax_decimal), "seq-plus"),
        (("read_decimal", lax_decimal), "seq-negative"),
        (("read_decimal", lax_decimal), "seq-above-63-bits"),
        (("read_decimal", lax_decimal), "space-doubled"),
        (("read_decimal", lax_decimal), "space-trailing"),
        (("read_origin", bytes.decode), "origin-short"),
        (("read_origin", bytes.decode), "origin-other-prefix"),
        (("LineReader", ReaderOfCarriageReturns), "crlf"),
        (("_HEADER", b"amanat-entry/v2"), "version-2"),
    ],
)
def test_without_this_rule_a_bad_leaf_would_pass(vectors, monkeypatch, mutant, name):
    assert not accepted(vectors, "leaf", name, leaf.parse_leaf)
    if name == "c-above-64":
        monkeypatch.setattr(leaf, "_check_commitments", nothing)
    monkeypatch.setattr(leaf, *mutant)
    assert accepted(vectors, "leaf", name, leaf.parse_leaf)


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        (("check_field_name", str), "name-slash"),
        (("check_field_name", str), "name-upper-case"),
        (("check_field_name", str), "name-33-bytes"),
        (("read_hex", lax_hex), "salt-31-bytes"),
        (("read_hex", lax_hex), "salt-33-bytes"),
        (("read_hex", lax_hex), "salt-upper-case"),
        (("read_decimal", lax_decimal), "seq-leading-zero"),
        (("read_decimal", lax_decimal), "size-leading-zero"),
        (("read_origin", bytes.decode), "origin-upper-case"),
        (("len", lambda _value: 7), "trailing"),
        (("len", lambda _value: 8), "size-too-large"),
        (("len", lambda _value: 6), "size-too-small"),
        (("_HEADER", b"amanat-field/v2"), "version-2"),
    ],
)
def test_without_this_rule_a_bad_disclosure_would_pass(vectors, monkeypatch, mutant, name):
    assert not accepted(vectors, "disclosure", name, disclosure.parse_disclosure)
    monkeypatch.setattr(disclosure, *mutant, raising=False)
    assert accepted(vectors, "disclosure", name, disclosure.parse_disclosure)


def lax_base64(text, size=None):
    import base64

    return base64.b64decode(text + b"===")


@pytest.mark.parametrize(
    ("mutant", "name"),
    [
        (("read_base64", lax_base64), "hash-31-bytes"),
        (("read_base64", lax_base64), "hash-33-bytes"),
        (("read_base64", lax_base64), "base64-unpadded"),
        (("read_base64", lax_base64), "base64-url-alphabet"),
        (("read_decimal", lax_decimal), "index-leading-zero"),
        (("read_decimal", lax_decimal), "index-negative"),
        (("MAX_PROOF_LENGTH", 64), "hashes-64"),
        (("LineReader", LaxReader), "trailing"),
        (("LineReader", ReaderOfCarriageReturns), "crlf"),
        (("_HEADER", b"c2sp.org/tlog-proof@v2"), "version-2"),
    ],
)
def test_without_this_rule_a_bad_proof_would_pass(vectors, monkeypatch, mutant, name):
    assert not accepted(vectors, "proof", name, proof.parse_proof)
    monkeypatch.setattr(proof, *mutant)
    assert accepted(vectors, "proof", name, proof.parse_proof)


def open_lenient(original):
    """Return an `open_note` that wants one signature of the keys it knows, not all of them."""

    def open_note(raw, verifiers):
        signed = [(line.name, line.key_id) for line in note.split_note(raw)[1]]
        known = [key for key in verifiers if (key.name, key.key_id) in signed]
        return original(raw, known)

    return open_note


def ignore_the_time(self, text, signature):
    if self.type is vkey.SignatureType.MLDSA44_CHECKPOINT:
        signature = bytes(8) + signature[8:]
    ORIGINAL_VERIFY(self, text, signature)


ORIGINAL_VERIFY = vkey.VerifierKey.verify


def lax_ed25519(public_key, message, signature):
    """What libsodium would say of a signature cut to its length, S taken modulo the order."""
    s = int.from_bytes(signature[32:64], "little") % (
        2**252 + 27742317777372353535851937790883648493
    )
    STRICT(public_key, message, signature[:32] + s.to_bytes(32, "little"))


STRICT = signatures.ed25519_verify


@pytest.mark.parametrize(
    ("target", "mutant", "name"),
    [
        ("vault.ledger.checkpoint.open_note", open_lenient(note.open_note), "stripped-ed25519"),
        ("vault.ledger.checkpoint.open_note", open_lenient(note.open_note), "stripped-mldsa44"),
        ("vault.ledger.note.MAX_SIGNATURES", 17, "signatures-17"),
        ("vault.ledger.vkey.VerifierKey.verify", ignore_the_time, "mldsa44-time"),
        ("vault.ledger.vkey.VerifierKey.verify", ignore_the_time, "mldsa44-time-above-63-bits"),
        ("vault.crypto.signatures.ed25519_verify", lax_ed25519, "ed25519-s-above-order"),
        ("vault.crypto.signatures.ed25519_verify", lax_ed25519, "ed25519-long"),
        ("vault.crypto.signatures.ed25519_verify", nothing, "attackers-signature"),
        ("vault.crypto.signatures.ed25519_verify", nothing, "ed25519-wrong"),
        ("vault.crypto.signatures.ed25519_verify", nothing, "ed25519-r-identity"),
    ],
)
def test_without_this_rule_a_bad_checkpoint_would_pass(
    golden, vectors, monkeypatch, target, mutant, name
):
    keys = golden.keys

    def parse(raw):
        open_checkpoint(raw, keys.origin, keys.public.checkpoint)

    assert not accepted(vectors, "checkpoint", name, parse)
    monkeypatch.setattr(target, mutant)
    assert accepted(vectors, "checkpoint", name, parse)


def test_without_its_prefix_a_node_would_pass_for_a_leaf(monkeypatch):
    hashes = [merkle.leaf_hash(b"%d" % number) for number in range(4)]
    forged = hashes[0] + hashes[1]
    upper = (merkle.node_hash(hashes[2], hashes[3]),)
    root = merkle.tree_root(hashes)
    monkeypatch.setattr(labels, "MERKLE_LEAF", labels.MERKLE_NODE)
    merkle.verify_inclusion(merkle.leaf_hash(forged), 0, 2, upper, root)


def test_without_the_check_of_log_and_number_a_transplant_would_pass(golden):
    # The same commitment in a leaf with another number: the digest alone is found there.
    raw = golden.fields[1]["title"]
    home = leaf.parse_leaf(golden.leaves[1])
    elsewhere = leaf.Leaf(home.log, 2, home.prev, home.file, home.commitments)
    assert disclosure.commitment(raw) in elsewhere.commitments
    with pytest.raises(VaultError):
        entry.check_disclosure(elsewhere, raw)


def test_without_its_rule_an_empty_log_would_have_any_root(monkeypatch):
    text = b"o\n0\n" + tree_head.write_base64(bytes(32)) + b"\n"
    with pytest.raises(VaultError):
        tree_head.parse_checkpoint_text(text)
    monkeypatch.setattr(tree_head, "_check_root", nothing)
    assert tree_head.parse_checkpoint_text(text).size == 0
