"""The text is the one that snarkjs prints; our encoding of calls is the one of ethers."""

import json

import pytest

from tests import node
from tests.zk.contracts import calls
from tests.zk.groth16 import known
from zk.contracts import calldata
from zk.fields.prime import R
from zk.formats import snarkjs

INPUTS = [[], [5], [0, R - 1, 2**200]]
ENCODE = """
const { Interface } = require('ethers').utils;
const [type, text] = process.argv.slice(1);
const verifier = new Interface([`function verifyProof(uint256[2],uint256[2][2],uint256[2],${type})`]);
console.log(verifier.encodeFunctionData('verifyProof', JSON.parse(`[${text}]`)));
"""


@pytest.mark.parametrize("public", INPUTS, ids=len)
def test_the_text_is_snarkjs_s_byte_for_byte(tmp_path, public):
    proof = known.proof(public)
    (tmp_path / "public.json").write_text(snarkjs.encode_public(public))
    (tmp_path / "proof.json").write_text(snarkjs.encode_proof(proof))
    files = (str(tmp_path / name) for name in ("public.json", "proof.json"))
    code, printed = node.snarkjs("zkey", "export", "soliditycalldata", *files)
    assert (code, printed) == (0, calldata.text(proof, public) + "\n")


@pytest.mark.parametrize("public", INPUTS, ids=len)
def test_ethers_encodes_that_text_to_the_same_bytes(public):
    proof = known.proof(public)
    last = f"uint256[{len(public)}]" if public else "uint256[]"
    expected = node.run(ENCODE, last, calldata.text(proof, public)).strip()
    assert "0x" + calls.encode(proof, public).hex() == expected


def test_the_text_reads_as_json():
    proof = known.proof([5])
    a, b, c, inputs = json.loads(f"[{calldata.text(proof, [5])}]")
    assert [int(x, 16) for x in a] == [proof.a.x, proof.a.y] and [int(x, 16) for x in c] == [proof.c.x, proof.c.y]
    assert [[int(x, 16) for x in pair] for pair in b] == [[*proof.b.x[::-1]], [*proof.b.y[::-1]]]
    assert inputs == ["0x" + "0" * 63 + "5"]
