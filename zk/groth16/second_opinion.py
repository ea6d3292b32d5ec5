"""A second opinion: the equation of verifier.py, computed with py_ecc's curves and pairing instead of ours.

Takes about a second.  It shares nothing with the verifier but the types of its arguments.
"""

from collections.abc import Sequence
from typing import Any

from py_ecc import optimized_bn128 as ecc

from zk.curves.bn254 import G1Point, G2Point
from zk.errors import InvalidProof
from zk.groth16.keys import Proof, VerifyingKey

_Point = tuple[Any, Any, Any]  # py_ecc's projective coordinates, FQ or FQ2


def verify(key: VerifyingKey, public: Sequence[int], proof: Proof) -> None:
    """Verifies a proof for these public inputs by py_ecc.

    Raises InvalidProof when it does not verify, when a point is not on its curve or not of order r, when the number of
    inputs is wrong, or one is not in [0, r).
    """
    if len(public) != key.num_public or not all(0 <= value < ecc.curve_order for value in public):
        raise InvalidProof(f"py_ecc: the public inputs are not {key.num_public} integers below the modulus")
    input_sum = _g1(key.ic[0])
    for value, point in zip(public, key.ic[1:], strict=True):
        input_sum = ecc.add(input_sum, ecc.multiply(_g1(point), value))
    product = ecc.FQ12.one()
    for left, right in (
        (_g1(proof.a), _g2(proof.b)),
        (ecc.neg(_g1(key.alpha_g1)), _g2(key.beta_g2)),
        (ecc.neg(input_sum), _g2(key.gamma_g2)),
        (ecc.neg(_g1(proof.c)), _g2(key.delta_g2)),
    ):
        product *= ecc.pairing(right, left, final_exponentiate=False)
    if ecc.final_exponentiate(product) != ecc.FQ12.one():
        raise InvalidProof("py_ecc: the proof does not verify")


def _check(point: _Point, b: Any) -> _Point:
    """Returns the point.  Raises InvalidProof unless py_ecc finds it on the curve y^2 = x^3 + b and of order r."""
    if not ecc.is_on_curve(point, b) or not ecc.is_inf(ecc.multiply(point, ecc.curve_order)):
        raise InvalidProof("py_ecc: a point is not in its group")
    return point


def _g1(point: G1Point) -> _Point:
    return _check((ecc.FQ(point.x), ecc.FQ(point.y), ecc.FQ.one()), ecc.b)


def _g2(point: G2Point) -> _Point:
    return _check((ecc.FQ2(point.x), ecc.FQ2(point.y), ecc.FQ2.one()), ecc.b2)
