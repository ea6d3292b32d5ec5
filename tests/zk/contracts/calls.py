"""ABI-encoded calls of a verifier contract's `verifyProof`.

Source: "Contract ABI Specification" of Solidity, section "Formal specification of encoding".
"""

from collections.abc import Sequence

from vyper.utils import method_id

from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Proof

SELECTOR_BYTES = 4


def encode(proof: Proof, public: Sequence[int]) -> bytes:
    """Selector and arguments of the call, for public inputs in [0, 2^256)."""
    inputs = b"".join(map(prime.to_bytes, public))
    if not public:  # a dynamic array: its offset, behind the proof and this word, and its length
        inputs = prime.to_bytes(keys.PROOF_BYTES + 32) + prime.to_bytes(0)
    return selector(len(public)) + keys.encode_proof(proof) + inputs


def selector(inputs: int) -> bytes:
    """The function's four-byte selector for this number of public inputs."""
    return method_id(f"verifyProof(uint256[2],uint256[2][2],uint256[2],uint256[{inputs or ''}])")
