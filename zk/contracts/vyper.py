"""A Vyper contract that verifies the proofs of one key, with the function and the answers of zk/contracts/solidity.py.

Vyper has no custom errors, so a revert gives its reason in a sentence.  Vyper's `ecadd`, `ecmul` and `raw_call` revert
when a precompile fails.  Vyper has no arrays of length zero either: for a key without public inputs the last argument
is a list with room for one, which must be empty.

Each public input costs about 118 bytes of code, and Ethereum's limit (EIP-170) is reached at about 190 of them.
"""

from collections.abc import Iterable
from string import Template

from zk.curves.bn254 import G1Point, G2Point
from zk.fields.prime import P, R
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

_CONTRACT = Template("""\
# pragma version ~=0.4.0
# SPDX-License-Identifier: MIT
\"\"\"
@title Verifies Groth16 proofs over BN254 under one key, whose numbers are those of its verification_key.json
@notice Reverts when there is nothing to verify: a public input that is not below R, a point of the proof that is the
        identity, a precompile that refuses a point or has too little gas.  zksettle calls the key
        $digest.
\"\"\"

P: constant(uint256) = $p
R: constant(uint256) = $r
PAIRING: constant(address) = 0x0000000000000000000000000000000000000008


@external
@view
def verifyProof(a: uint256[2], b: uint256[2][2], c: uint256[2], publicInputs: $inputs) -> bool:
    \"\"\"
    @notice Whether e(a, b) = e(alpha, beta) e(S, gamma) e(c, delta), where S = ic_0 + the sum of
            publicInputs[j] ic_(j+1)
    @param b A point of G2, the imaginary part of a coordinate first, as in EIP-197
    \"\"\"
$length_check    assert (a[0] | a[1]) != 0, "the proof has the identity"
    assert (b[0][0] | b[0][1] | b[1][0] | b[1][1]) != 0, "the proof has the identity"
    assert (c[0] | c[1]) != 0, "the proof has the identity"
    total: uint256[2] = [$ic0_x, $ic0_y]
$sum    pairs: uint256[24] = [
        a[0], a[1], b[0][0], b[0][1], b[1][0], b[1][1],
        $alpha_x,
        $alpha_y,
$beta
        total[0], total[1],
$gamma
        c[0], c[1],
$delta
    ]
    answer: Bytes[32] = raw_call(PAIRING, abi_encode(pairs), max_outsize=32, is_static_call=True)
    assert len(answer) == 32, "this chain has no pairing"
    return convert(answer, uint256) == 1
$add_product""")

_ADD_PRODUCT = """

@internal
@view
def add_product(total: uint256[2], scalar: uint256, point: uint256[2]) -> uint256[2]:
    assert scalar < R, "a public input is not below R"
    return ecadd(total, ecmul(point, scalar))
"""

_LENGTH_CHECK = '    assert len(publicInputs) == 0, "the statement has no public inputs"\n'


def contract(key: VerifyingKey) -> str:
    """The source of a contract that verifies proofs under this key; the name of its file is the contract's."""
    has_inputs = key.num_public > 0
    return _CONTRACT.substitute(
        digest=keys.digest(key).hex(),
        p=P,
        r=R,
        inputs=f"uint256[{key.num_public}]" if has_inputs else "DynArray[uint256, 1]",
        length_check="" if has_inputs else _LENGTH_CHECK,
        ic0_x=key.ic[0].x,
        ic0_y=key.ic[0].y,
        sum="".join(_product(index, point) for index, point in enumerate(key.ic[1:])),
        alpha_x=key.alpha_g1.x,
        alpha_y=key.alpha_g1.y,
        beta=_lines(_negated(key.beta_g2)),
        gamma=_lines(_negated(key.gamma_g2)),
        delta=_lines(_negated(key.delta_g2)),
        add_product=_ADD_PRODUCT if has_inputs else "",
    )


def _product(index: int, point: G1Point) -> str:
    """The statement that adds a public input's part to S."""
    indent = " " * 8
    lines = [f"total, publicInputs[{index}],", f"[{point.x},", f" {point.y}],"]
    return "    total = self.add_product(\n" + "".join(f"{indent}{line}\n" for line in lines) + "    )\n"


def _negated(point: G2Point) -> list[object]:
    """The words of -point in the order of EIP-197, written so that a reader sees the numbers of the point."""
    return [point.x[1], point.x[0], f"P - {point.y[1]}", f"P - {point.y[0]}"]


def _lines(words: Iterable[object]) -> str:
    return "\n".join(f"        {word}," for word in words)
