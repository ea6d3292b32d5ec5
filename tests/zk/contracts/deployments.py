"""Verifier contracts of known keys, ready to be deployed: ours in both languages, and snarkjs's own."""

import json

from tests import evm, node
from tests.zk.groth16 import known
from zk.contracts import solidity, vyper
from zk.formats import snarkjs
from zk.groth16.keys import VerifyingKey

# Reasons to revert, and how the answers of our contracts begin.
SOLIDITY = {
    "input": evm.error("PublicInputNotBelowR(uint256)"),
    "identity": evm.error("ProofHasIdentity()"),
    "precompile": evm.error("PrecompileFailed()"),
    "count": evm.error("TooManyPublicInputs()"),
}
VYPER = {
    "input": b"a public input is not below R",
    "identity": b"the proof has the identity",
    "precompile": b"",
    "count": b"",
}

_RENDER = """
const ejs = require('ejs'), fs = require('fs');
const template = fs.readFileSync('node_modules/snarkjs/templates/verifier_groth16.sol.ejs', 'utf8');
console.log(ejs.render(template, JSON.parse(process.argv[1])));
"""


def ours(language: str, key: VerifyingKey) -> bytes:
    """The creation code of our contract for a key."""
    return evm.solidity(solidity.contract(key)) if language == "solidity" else evm.vyper(vyper.contract(key))


def is_about(answer: evm.Answer, language: str, why: str) -> bool:
    """Whether a contract of ours reverted, and for this reason."""
    if language == "solidity":
        return not answer.is_done and answer.data.startswith(SOLIDITY[why])
    return not answer.is_done and VYPER[why] in answer.data and bool(VYPER[why]) == bool(answer.data)


def render(key: dict) -> str:
    """The source of the contract that snarkjs's template makes of a verification_key.json."""
    return node.run(_RENDER, json.dumps(key))


def source_of_snarkjs(inputs: int) -> str:
    """What `snarkjs zkey export solidityverifier` writes for the known key."""
    return render(json.loads(snarkjs.encode_verifying_key(known.key(inputs))))
