"""The log's tree against the vectors of Certificate Transparency, and every lie about a proof against its verifier.

Leaves, roots and proofs are those that RFC 6962's reference implementation is tested with (google/certificate-
transparency, cpp/merkletree/merkle_tree_test.cc, and transparency-dev/merkle, testonly/constants.go).
"""

import hashlib
import itertools

import pytest

from settlement.log import tree
from zk.errors import InvalidProof

LEAVES = [bytes.fromhex(digits) for digits in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [bytes.fromhex(digits) for digits in (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
INCLUSION = {  # (index, size): the proof
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
}
CONSISTENCY = {  # (old, size): the proof
    (1, 1): [],
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
MOST = 40


def plain_root(leaves):
    """MTH as section 2.1 defines it."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0]).digest() if leaves else hashlib.sha256(b"").digest()
    half = max(1 << power for power in range(10) if 1 << power < len(leaves))
    return hashlib.sha256(b"\1" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def grown(leaves):
    nodes = {}
    for size, leaf in enumerate(leaves):
        nodes.update(tree.append(lambda level, index: nodes[level, index], size, tree.leaf_hash(leaf)))
    return lambda level, index: nodes[level, index]


READ = grown(LEAVES)
MANY = [bytes([number]) * number for number in range(MOST)]
READ_MANY = grown(MANY)


def test_roots_are_those_of_the_published_vectors():
    assert [tree.root(READ, size) for size in range(1, 9)] == ROOTS
    assert tree.root(READ, 0).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_roots_are_those_of_the_definition():
    assert [tree.root(READ_MANY, size) for size in range(MOST + 1)] == [plain_root(MANY[:n]) for n in range(MOST + 1)]


def test_proofs_are_those_of_the_published_vectors():
    for (index, size), proof in INCLUSION.items():
        assert [each.hex() for each in tree.inclusion_proof(READ, index, size)] == proof
    for (old, size), proof in CONSISTENCY.items():
        assert [each.hex() for each in tree.consistency_proof(READ, old, size)] == proof


def test_only_complete_subtrees_are_stored_and_each_once():
    stored = []
    nodes = {}
    for size, leaf in enumerate(MANY):
        new = tree.append(lambda level, index: nodes[level, index], size, tree.leaf_hash(leaf))
        stored += new
        nodes.update(new)
    expected = [(level, index) for level in range(6) for index in range(MOST >> level)]
    assert sorted(stored) == sorted(expected)


def test_every_leaf_is_proved_in_every_tree_and_in_no_other_place():
    for size in range(1, 18):
        root = tree.root(READ_MANY, size)
        for index in range(size):
            leaf, proof = tree.leaf_hash(MANY[index]), tree.inclusion_proof(READ_MANY, index, size)
            tree.verify_inclusion(leaf, index, size, proof, root)
            for other in {index - 1, index + 1, size, -1}:
                with pytest.raises(InvalidProof):
                    tree.verify_inclusion(leaf, other, size, proof, root)
            for lie in lies(proof):
                with pytest.raises(InvalidProof):
                    tree.verify_inclusion(leaf, index, size, lie, root)
            with pytest.raises(InvalidProof):
                tree.verify_inclusion(bytes(32), index, size, proof, root)
            with pytest.raises(InvalidProof):
                tree.verify_inclusion(leaf, index, size, proof, bytes(32))


def test_every_smaller_tree_is_the_beginning_of_every_larger_one_and_of_none_that_was_changed():
    for old, size in itertools.combinations_with_replacement(range(1, 18), 2):
        roots = tree.root(READ_MANY, old), tree.root(READ_MANY, size)
        proof = tree.consistency_proof(READ_MANY, old, size)
        tree.verify_consistency(old, size, *roots, proof)
        for wrong in ((bytes(32), roots[1]), (roots[0], bytes(32))):
            with pytest.raises(InvalidProof):
                tree.verify_consistency(old, size, *wrong, proof)
        for lie in lies(proof):
            with pytest.raises(InvalidProof):
                tree.verify_consistency(old, size, *roots, lie)
        with pytest.raises(InvalidProof):
            tree.verify_consistency(0, size, *roots, proof)
        with pytest.raises(InvalidProof):
            tree.verify_consistency(size + 1, size, *roots, proof)


def lies(proof):
    """The proof with a hash less, one more, and each changed."""
    yield (*proof, bytes(32))
    yield (bytes(32), *proof)
    if proof:
        yield proof[1:]
        yield proof[:-1]
    for place in range(len(proof)):
        yield (*proof[:place], bytes([proof[place][0] ^ 1]) + proof[place][1:], *proof[place + 1 :])
