"""A Solidity contract that verifies the proofs of one key, for `zkey export solidityverifier`.

The contract has three answers, so that a failure is never mistaken for a verdict.  It returns true for a valid proof,
and false when the pairing was computed and is not one.  It reverts with a custom error when the pairing cannot be
computed: a public input is not below r, a point of the proof is the identity, or a precompile refuses a point or runs
out of gas.  The contract reverts where zk/groth16 raises FormatError.

The function is that of snarkjs's contracts, so calldata is interchangeable.  Solidity has no arrays of length zero: for
a key without public inputs the last argument is `uint256[]` and must be empty; the text of the arguments is the same.

Each public input costs about 82 bytes of code, and Ethereum's limit of 24,576 (EIP-170) is reached at about 280 of
them.  Sources: EIP-196, EIP-197 and EIP-1108 for the precompiles.
"""

import re
from collections.abc import Iterable
from string import Template

from zk.curves.bn254 import G1Point, G2Point
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}", re.ASCII)
_WORD = 32

_CONTRACT = Template("""\
// SPDX-License-Identifier: MIT
pragma solidity >=0.8.4 <0.9.0;

/// Verifies Groth16 proofs over BN254 under one key, whose numbers are those of its verification_key.json.
/// zksettle calls this key $digest.
contract $name {
    /// This public input is not below R.  The precompiles would reduce it, and one proof would serve many inputs.
    error PublicInputNotBelowR(uint256 index);

    /// A point of the proof is the identity, which no prover makes.
    error ProofHasIdentity();

    /// A precompile did not do its work: a coordinate is not below P, a point is not on its curve or not in its
    /// group, the gas was not enough, or this chain lacks the precompile.  It says nothing about the statement.
    error PrecompileFailed();
$length_error
    uint256 private constant P = $p;
    uint256 private constant R = $r;

    /// Whether e(a, b) = e(alpha, beta) e(S, gamma) e(c, delta), where S = ic_0 + the sum of publicInputs[j] ic_(j+1).
    /// In b the imaginary part of a coordinate comes first, as in EIP-197.
    function verifyProof(
        uint256[2] calldata a,
        uint256[2][2] calldata b,
        uint256[2] calldata c,
        $inputs calldata publicInputs
    ) external view returns (bool isValid) {
$length_check        if ((a[0] | a[1]) == 0 || (b[0][0] | b[0][1] | b[1][0] | b[1][1]) == 0 || (c[0] | c[1]) == 0) {
            revert ProofHasIdentity();
        }

        // What the pairing precompile reads: (S, -gamma), (a, b), (alpha, -beta), (c, -delta), six words each.
        uint256[24] memory pairs;
        pairs[0] = $ic0_x;
        pairs[1] = $ic0_y;
$sum
        bool isDone;
        assembly ("memory-safe") {
$gamma
            calldatacopy(add(pairs, 0xc0), a, 0xc0) // a and b, which follow each other
$alpha_beta
            calldatacopy(add(pairs, 0x240), c, 0x40)
$delta
            // The answer is one word and replaces the first; where there is no precompile, no word comes back.
            isDone := staticcall(gas(), 8, pairs, 0x300, pairs, 0x20)
            isDone := and(isDone, eq(returndatasize(), 0x20))
            isValid := eq(mload(pairs), 1)
        }
        if (!isDone) revert PrecompileFailed();
    }
$add_product}
""")

_ADD_PRODUCT = """
    /// Adds scalar (x, y) to the point in the first two words of `sum`.  The next three are used up.
    function addProduct(uint256[24] memory sum, uint256 index, uint256 scalar, uint256 x, uint256 y) private view {
        if (scalar >= R) revert PublicInputNotBelowR(index);
        bool isDone;
        assembly ("memory-safe") {
            let point := add(sum, 0x40)
            mstore(point, x)
            mstore(add(point, 0x20), y)
            mstore(add(point, 0x40), scalar)
            isDone := staticcall(gas(), 7, point, 0x60, point, 0x40) // the product replaces the point
            isDone := and(isDone, eq(returndatasize(), 0x40))
            isDone := and(isDone, staticcall(gas(), 6, sum, 0x80, sum, 0x40)) // the sum replaces the sum
            isDone := and(isDone, eq(returndatasize(), 0x40))
        }
        if (!isDone) revert PrecompileFailed();
    }
"""

_LENGTH_ERROR = """
    /// The statement of this key has no public inputs.
    error TooManyPublicInputs();
"""

_LENGTH_CHECK = "        if (publicInputs.length != 0) revert TooManyPublicInputs();\n"


def contract(key: VerifyingKey, name: str = "Groth16Verifier") -> str:
    """The source of a contract called `name` that verifies proofs under this key.

    Raises FormatError when Solidity does not allow the name.
    """
    if not _NAME.fullmatch(name):
        raise FormatError("the contract's name must be a letter or _ followed by at most 79 letters, digits and _")
    has_inputs = key.num_public > 0
    return _CONTRACT.substitute(
        name=name,
        digest=keys.digest(key).hex(),
        p=P,
        r=R,
        inputs=f"uint256[{key.num_public}]" if has_inputs else "uint256[]",
        length_error="" if has_inputs else _LENGTH_ERROR,
        length_check="" if has_inputs else _LENGTH_CHECK,
        ic0_x=key.ic[0].x,
        ic0_y=key.ic[0].y,
        sum="".join(_product(index, point) for index, point in enumerate(key.ic[1:])),
        gamma=_store(2, _negated(key.gamma_g2)),
        alpha_beta=_store(12, [key.alpha_g1.x, key.alpha_g1.y, *_negated(key.beta_g2)]),
        delta=_store(20, _negated(key.delta_g2)),
        add_product=_ADD_PRODUCT if has_inputs else "",
    )


def _product(index: int, point: G1Point) -> str:
    """The statement that adds a public input's part to S."""
    indent = " " * 12
    lines = [f"pairs, {index}, publicInputs[{index}],", f"{point.x},", f"{point.y}"]
    return "        addProduct(\n" + "".join(f"{indent}{line}\n" for line in lines) + "        );\n"


def _negated(point: G2Point) -> list[object]:
    """The words of -point in the order of EIP-197, written so that a reader sees the numbers of the point."""
    return [point.x[1], point.x[0], f"sub(P, {point.y[1]})", f"sub(P, {point.y[0]})"]


def _store(start: int, words: Iterable[object]) -> str:
    """Assembly that writes these words into `pairs` from word `start` on."""
    lines = (f"mstore(add(pairs, {(start + i) * _WORD:#x}), {word})" for i, word in enumerate(words))
    return "\n".join(f"            {line}" for line in lines)
