from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault.errors import BadProof, LedgerError, MalformedRecord
from vault.ledger.merkle import (
    EMPTY_ROOT,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

SIZES = st.integers(1, 70)


def hashes_of(size):
    return [leaf_hash(b"%d" % number) for number in range(size)]


def split(size):
    power = 1
    while power * 2 < size:
        power *= 2
    return power


# RFC 9162, section 2.1, as it stands there, recursive.
def naive_root(hashes):
    if not hashes:
        return hashlib.sha256().digest()
    if len(hashes) == 1:
        return hashes[0]
    k = split(len(hashes))
    pair = naive_root(hashes[:k]) + naive_root(hashes[k:])
    return hashlib.sha256(b"\x01" + pair).digest()


def naive_path(m, hashes):
    if len(hashes) == 1:
        return []
    k = split(len(hashes))
    if m < k:
        return [*naive_path(m, hashes[:k]), naive_root(hashes[k:])]
    return [*naive_path(m - k, hashes[k:]), naive_root(hashes[:k])]


def naive_subproof(m, hashes, known):
    if m == len(hashes):
        return [] if known else [naive_root(hashes)]
    k = split(len(hashes))
    if m <= k:
        return [*naive_subproof(m, hashes[:k], known), naive_root(hashes[k:])]
    return [*naive_subproof(m - k, hashes[k:], known=False), naive_root(hashes[:k])]


def test_root_of_nothing_is_the_hash_of_nothing():
    assert hashlib.sha256(b"").digest() == EMPTY_ROOT
    assert tree_root([]) == EMPTY_ROOT
    assert EMPTY_ROOT.hex().startswith("e3b0c442")


# RFC 6962 test tree of certificate-transparency: inputs and the root of all eight.
def test_root_known_to_other_implementations():
    inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    inputs.append("606162636465666768696a6b6c6d6e6f")
    assert tree_root(leaf_hash(bytes.fromhex(text)) for text in inputs) == bytes.fromhex(
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(st.integers(0, 300))
@settings(max_examples=40)
def test_root_equals_the_recursive_definition(size):
    assert tree_root(hashes_of(size)) == naive_root(hashes_of(size))


@given(SIZES, st.data())
def test_inclusion_proof_equals_the_recursive_definition_and_verifies(size, data):
    index = data.draw(st.integers(0, size - 1))
    hashes = hashes_of(size)
    proof = inclusion_proof(hashes, index)
    assert list(proof) == naive_path(index, hashes)
    verify_inclusion(hashes[index], index, size, proof, naive_root(hashes))


@given(SIZES, st.data())
def test_consistency_proof_equals_the_recursive_definition_and_verifies(size, data):
    old = data.draw(st.integers(1, size))
    hashes = hashes_of(size)
    proof = consistency_proof(hashes, old)
    assert list(proof) == naive_subproof(old, hashes, known=True)
    verify_consistency(old, size, naive_root(hashes[:old]), naive_root(hashes), proof)


def test_a_tree_answers_for_each_of_its_earlier_sizes():
    hashes = hashes_of(40)
    tree = Tree(hashes)
    assert len(tree) == 40
    for size in range(41):
        assert tree.root(size) == naive_root(hashes[:size])
        for index in range(size):
            assert tree.inclusion_proof(index, size) == inclusion_proof(hashes[:size], index)
            assert tree.consistency_proof(index, size) == consistency_proof(hashes[:size], index)


def refuse_inclusion(*arguments):
    with pytest.raises(BadProof):
        verify_inclusion(*arguments)


@given(SIZES, st.data())
@settings(max_examples=60)
def test_altered_inclusion_proof_is_refused(size, data):
    index = data.draw(st.integers(0, size - 1))
    hashes = hashes_of(size)
    proof, root = list(inclusion_proof(hashes, index)), naive_root(hashes)
    refuse_inclusion(hashes[index], index, size, [*proof, root], root)
    refuse_inclusion(hashes[index], index, size, [*proof, *proof, root, root], root)
    refuse_inclusion(leaf_hash(b"another"), index, size, proof, root)
    refuse_inclusion(hashes[index], index, size, proof, leaf_hash(b"another"))
    for at in range(len(proof)):
        refuse_inclusion(hashes[index], index, size, proof[:at] + proof[at + 1 :], root)
        wrong = [*proof]
        wrong[at] = bytes([wrong[at][0] ^ 1]) + wrong[at][1:]
        refuse_inclusion(hashes[index], index, size, wrong, root)
        for length in (0, 31, 33):
            wrong[at] = proof[at].ljust(33, b"\0")[:length]
            refuse_inclusion(hashes[index], index, size, wrong, root)
    for other in range(size):
        if other != index:
            refuse_inclusion(hashes[index], other, size, proof, root)


def test_index_outside_the_tree_is_refused():
    hashes = hashes_of(8)
    for index, size in ((8, 8), (-1, 8), (0, 0), (0, -1), (2**63, 2**63 + 1)):
        refuse_inclusion(hashes[0], index, size, inclusion_proof(hashes, 0), tree_root(hashes))


def test_leaf_or_root_of_another_length_is_refused():
    hash_ = leaf_hash(b"one")
    verify_inclusion(hash_, 0, 1, (), hash_)
    for wrong in (hash_[:31], hash_ + b"\0", b""):
        refuse_inclusion(wrong, 0, 1, (), wrong)


def test_node_is_not_taken_for_a_leaf():
    # An inner node's two hashes, offered as the bytes of a leaf in a smaller tree.
    hashes = hashes_of(4)
    forged = hashes[0] + hashes[1]
    proof = (node_hash(hashes[2], hashes[3]),)
    verify_inclusion(node_hash(hashes[0], hashes[1]), 0, 2, proof, tree_root(hashes))
    refuse_inclusion(leaf_hash(forged), 0, 2, proof, tree_root(hashes))


def refuse_consistency(*arguments):
    with pytest.raises(BadProof):
        verify_consistency(*arguments)


@given(st.integers(2, 70), st.data())
@settings(max_examples=60)
def test_altered_consistency_proof_is_refused(size, data):
    old = data.draw(st.integers(1, size - 1))
    hashes = hashes_of(size)
    old_root, root = naive_root(hashes[:old]), naive_root(hashes)
    proof = list(consistency_proof(hashes, old))
    refuse_consistency(old, size, root, old_root, proof)
    refuse_consistency(old, size, leaf_hash(b"another"), root, proof)
    refuse_consistency(old, size, old_root, leaf_hash(b"another"), proof)
    refuse_consistency(old, size, old_root, root, [*proof, root])
    refuse_consistency(old, size, old_root, root, [old_root, *proof])
    refuse_consistency(old, size, old_root, root, [])
    for at in range(len(proof)):
        refuse_consistency(old, size, old_root, root, proof[:at] + proof[at + 1 :])
        wrong = [*proof]
        wrong[at] = bytes([wrong[at][0] ^ 1]) + wrong[at][1:]
        refuse_consistency(old, size, old_root, root, wrong)
        for length in (31, 33):
            wrong[at] = proof[at].ljust(33, b"\0")[:length]
            refuse_consistency(old, size, old_root, root, wrong)


@given(st.integers(2, 70), st.data())
@settings(max_examples=60)
def test_rewritten_history_is_refused(size, data):
    old = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, old - 1))
    hashes = hashes_of(size)
    other = [*hashes]
    other[changed] = leaf_hash(b"rewritten")
    for proof in (consistency_proof(hashes, old), consistency_proof(other, old)):
        refuse_consistency(old, size, naive_root(hashes[:old]), naive_root(other), proof)


def test_second_size_is_not_free():
    # A proof from 4 to 7 with 7 called something that needs more hashes. (5, 6 and 8 need one
    # hash too: a root alone does not tell its size, the signed checkpoint does.)
    hashes = hashes_of(7)
    proof = consistency_proof(hashes, 4)
    for claimed in (9, 13, 1 << 40):
        refuse_consistency(4, claimed, naive_root(hashes[:4]), naive_root(hashes), proof)


def test_empty_log_is_the_beginning_of_every_log_and_of_no_other_root():
    root = tree_root(hashes_of(5))
    verify_consistency(0, 5, EMPTY_ROOT, root, ())
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, ())
    refuse_consistency(0, 5, root, root, ())
    refuse_consistency(0, 5, EMPTY_ROOT, root, (root,))
    refuse_consistency(0, 0, EMPTY_ROOT, root, ())
    refuse_consistency(0, 0, root, root, ())
    assert consistency_proof(hashes_of(5), 0) == ()


def test_equal_sizes_need_equal_roots_and_no_proof():
    root = tree_root(hashes_of(5))
    verify_consistency(5, 5, root, root, ())
    refuse_consistency(5, 5, root, leaf_hash(b"another"), ())
    refuse_consistency(5, 5, root, root, (root,))


def test_sizes_that_shrink_or_leave_the_range_are_refused():
    root = tree_root(hashes_of(5))
    for old, new in ((5, 4), (-1, 5), (0, 2**63), (2**63, 2**63)):
        refuse_consistency(old, new, root, root, ())


def test_there_is_no_proof_of_what_the_tree_does_not_hold():
    tree = Tree(hashes_of(5))
    for size in (-1, 6):
        with pytest.raises(BadProof):
            tree.root(size)
    for index, size in ((5, 5), (3, 3), (-1, 5), (0, 0)):
        with pytest.raises(BadProof):
            tree.inclusion_proof(index, size)
    for old, size in ((4, 3), (-1, 3), (6, None)):
        with pytest.raises(BadProof):
            tree.consistency_proof(old, size)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_leaf_hash_of_another_length_does_not_enter_a_tree(length):
    with pytest.raises(MalformedRecord):
        Tree([bytes(length)])


def test_hundred_thousand_leaves_are_no_burden():
    tree = Tree(hashes_of(100_000))
    root = tree.root()
    for index in (0, 1, 65_535, 65_536, 99_999):
        proof = tree.inclusion_proof(index)
        assert len(proof) <= 17
        verify_inclusion(leaf_hash(b"%d" % index), index, 100_000, proof, root)
        verify_consistency(
            index + 1, 100_000, tree.root(index + 1), root, tree.consistency_proof(index + 1)
        )


def test_stored_trees(vectors):
    stored = json.loads((vectors / "trees.json").read_bytes())
    hashes = [bytes.fromhex(text) for text in stored["leaf_hashes"]]
    roots = [bytes.fromhex(text) for text in stored["roots"]]
    assert hashes == hashes_of(17)
    assert roots == [naive_root(hashes[:size]) for size in range(18)]
    for case in stored["inclusion"]:
        proof = [bytes.fromhex(text) for text in case["proof"]]
        verify_inclusion(
            hashes[case["index"]], case["index"], case["size"], proof, roots[case["size"]]
        )
    for case in stored["consistency"]:
        proof = [bytes.fromhex(text) for text in case["proof"]]
        old, new = case["old"], case["new"]
        verify_consistency(old, new, roots[old], roots[new], proof)


@given(
    st.binary(max_size=40),
    st.integers(-2, 40),
    st.integers(-2, 40),
    st.lists(st.binary(min_size=30, max_size=34), max_size=8),
    st.binary(min_size=31, max_size=33),
)
def test_whatever_is_offered_only_our_error_is_raised(hash_, first, second, proof, root):
    for check in (
        lambda: verify_inclusion(hash_, first, second, proof, root),
        lambda: verify_consistency(first, second, hash_, root, proof),
    ):
        with pytest.raises(LedgerError):
            check()
