from __future__ import annotations

import pytest

from vault.errors import BadCheckpoint, BadProof, Inconsistent, LedgerError, MalformedRecord
from vault.ledger.checkpoint import open_checkpoint
from vault.ledger.keys import LogKeys
from vault.ledger.proof import InclusionProof, check_inclusion, parse_proof
from vault.ledger.proof_folder import proof_files


@pytest.fixture
def checkpoint(golden):
    keys = golden.keys
    return open_checkpoint(golden.checkpoint, keys.origin, keys.public.checkpoint)


def test_every_entry_of_the_stored_log_is_proven(golden, checkpoint):
    for seq, (leaf, raw) in enumerate(zip(golden.leaves, golden.proofs, strict=True)):
        proof = parse_proof(raw)
        assert raw == proof.encode()
        assert check_inclusion(checkpoint, leaf, proof).seq == seq


def test_proof_for_another_entry_is_refused(golden, checkpoint):
    for seq, leaf in enumerate(golden.leaves):
        for other, raw in enumerate(golden.proofs):
            if seq != other:
                proof = parse_proof(raw)
                for claimed in (proof, InclusionProof(seq, proof.hashes)):
                    with pytest.raises(BadProof):
                        check_inclusion(checkpoint, leaf, claimed)


def test_leaf_that_claims_another_place_than_its_own_is_refused(golden, checkpoint):
    # The tree says 3, the leaf says 4: a log that was signed so is still refused.
    from vault.crypto.hashes import sha256
    from vault.ledger.leaf import leaf_hash
    from vault.ledger.merkle import tree_root

    leaf = golden.leaves[4]
    hashes = [sha256(b"%d" % number) for number in range(3)] + [leaf_hash(leaf)]
    signed = type(checkpoint)(checkpoint.origin, 4, tree_root(hashes))
    from vault.ledger.merkle import inclusion_proof

    with pytest.raises(BadProof, match="entry 3"):
        check_inclusion(signed, leaf, InclusionProof(3, inclusion_proof(hashes, 3)))


def test_leaf_of_another_log_is_refused(golden, checkpoint):
    foreign = type(checkpoint)("amanat.invalid/" + "ab" * 32, checkpoint.size, checkpoint.root)
    with pytest.raises(BadProof, match="another log"):
        check_inclusion(foreign, golden.leaves[3], parse_proof(golden.proofs[3]))


def test_only_entry_needs_no_hashes():
    assert InclusionProof(0, ()).encode() == b"c2sp.org/tlog-proof@v1\nindex 0\n\n"
    assert parse_proof(b"c2sp.org/tlog-proof@v1\nindex 0\n\n") == InclusionProof(0, ())


def test_proof_that_the_reader_would_refuse_is_not_written():
    InclusionProof(0, (bytes(32),) * 63).encode()
    for index, hashes in (
        (-1, ()),
        (2**63, ()),
        (0, (bytes(31),)),
        (0, (bytes(33),)),
        (0, (bytes(32),) * 64),
    ):
        with pytest.raises(MalformedRecord):
            InclusionProof(index, hashes).encode()


def folder(golden, seq=3, **changes):
    parts = {
        "keys": golden.keys.public,
        "leaf": golden.leaves[seq],
        "proof": parse_proof(golden.proofs[seq]),
        "checkpoint": golden.checkpoint,
        "disclosures": list(golden.fields[seq].values()),
    }
    return proof_files(**(parts | changes))


def test_folder_holds_what_is_needed_to_check_one_entry(golden, vectors):
    files = folder(golden)
    fields = {f"fields/{name}": raw for name, raw in golden.fields[3].items()}
    assert set(files) == {"leaf", "proof", "checkpoint", "log.vkey", "log.keys", *fields}
    assert fields.items() <= files.items()
    assert files["leaf"] == golden.leaves[3]
    assert files["log.keys"] == (vectors / "log.keys").read_bytes()
    assert files["log.vkey"] in files["log.keys"]
    assert files["proof"] + files["checkpoint"] == golden.proofs[3] + golden.checkpoint


def test_folder_whose_parts_do_not_prove_each_other_is_not_made(golden):
    title = golden.fields[3]["title"]
    for changes, error in (
        ({"keys": LogKeys.from_seed(bytes(32)).public}, BadCheckpoint),
        ({"leaf": golden.leaves[4]}, BadProof),
        ({"proof": parse_proof(golden.proofs[4])}, BadProof),
        ({"checkpoint": golden.checkpoint[:-1]}, BadCheckpoint),
        ({"disclosures": [golden.fields[4]["title"]]}, BadProof),
        ({"disclosures": [title, title]}, Inconsistent),
    ):
        with pytest.raises(error):
            folder(golden, **changes)
    assert issubclass(Inconsistent, LedgerError)
