"""The call of a verifier contract: as the text that people paste into a tool, and as the bytes of a transaction.

    verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[N] publicInputs)

In b the imaginary part of a coordinate comes first (EIP-197).  For no public inputs the last type is `uint256[]`: see
zk/contracts/solidity.py.  Source: "Contract ABI Specification" of Solidity, section "Formal specification of encoding".
"""

from collections.abc import Sequence

from zk.fields import prime
from zk.groth16 import keys
from zk.groth16.keys import Proof
from zk.hashes import keccak

SELECTOR_BYTES = 4


def text(proof: Proof, public: Sequence[int]) -> str:
    """The arguments as `snarkjs zkey export soliditycalldata` prints them: one line, without its end."""
    a, c = (_pair(point.x, point.y) for point in (proof.a, proof.c))
    b = ",".join(_pair(imaginary, real) for real, imaginary in (proof.b.x, proof.b.y))
    inputs = ",".join(map(_quoted, public))
    return f"{a},[{b}],{c},[{inputs}]"


def abi(proof: Proof, public: Sequence[int]) -> bytes:
    """The call's data for integers in [0, 2^256): selector and arguments."""
    inputs = b"".join(map(prime.to_bytes, public))
    if not public:
        head = keys.PROOF_BYTES + 32  # where the array begins: behind the proof and this number
        inputs = prime.to_bytes(head) + prime.to_bytes(0)
    return selector(len(public)) + keys.encode_proof(proof) + inputs


def selector(inputs: int) -> bytes:
    """The four bytes that name the function for so many public inputs."""
    last = f"uint256[{inputs or ''}]"
    return keccak.digest(f"verifyProof(uint256[2],uint256[2][2],uint256[2],{last})".encode())[:SELECTOR_BYTES]


def _quoted(number: int) -> str:
    return f'"0x{number:064x}"'


def _pair(first: int, second: int) -> str:
    return f"[{_quoted(first)}, {_quoted(second)}]"
