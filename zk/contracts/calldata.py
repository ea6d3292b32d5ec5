"""The call of a verifier contract, as text to paste into a tool.

    verifyProof(uint256[2] a, uint256[2][2] b, uint256[2] c, uint256[N] publicInputs)

In b the imaginary part of a coordinate comes first (EIP-197).  For no public inputs the last type is `uint256[]`: see
zk/contracts/solidity.py.
"""

from collections.abc import Sequence

from zk.groth16.keys import Proof


def text(proof: Proof, public: Sequence[int]) -> str:
    """The arguments as `snarkjs zkey export soliditycalldata` prints them: one line, without its end."""
    a, c = (_pair(point.x, point.y) for point in (proof.a, proof.c))
    b = ",".join(_pair(imaginary, real) for real, imaginary in (proof.b.x, proof.b.y))
    inputs = ",".join(map(_quoted, public))
    return f"{a},[{b}],{c},[{inputs}]"


def _quoted(number: int) -> str:
    return f'"0x{number:064x}"'


def _pair(first: int, second: int) -> str:
    return f"[{_quoted(first)}, {_quoted(second)}]"
