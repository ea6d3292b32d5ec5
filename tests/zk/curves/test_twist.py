"""The kernel that tells points of G2 agrees with the check in Python, inside, outside and in small subgroups."""

import sys

import pytest

from tests.reference import bn254 as reference
from zk.curves import bn254, jacobian, twist
from zk.curves.bn254 import G2, G2Point
from zk.errors import FormatError
from zk.fields.prime import P, R
from zk.groth16 import keys
from zk.groth16.keys import Proof

COFACTOR = 2 * P - R
PROOF = Proof(bn254.G1, G2, bn254.G1)


def lift(point):
    return point[0], point[1], jacobian.FP2.one


def multiples(point, factors):
    for factor in factors:
        x_y = jacobian.affine(jacobian.FP2, jacobian.multiply(jacobian.FP2, factor, lift(point)))
        if x_y is not None:
            (x0, x1), (y0, y1) = x_y
            yield G2Point((int(x0), int(x1)), (int(y0), int(y1)))


def test_multiples_of_the_generator_are_in_g2():
    for scalar in (1, 2, 3, R - 1, 2**64, 0xC0FFEE << 200):
        assert twist.is_in_g2(bn254.multiply(scalar, G2))


def test_the_kernel_agrees_with_python_on_points_of_every_kind():
    divisors = [d for d in range(2, 20_000) if COFACTOR % d == 0]
    small = [R * (COFACTOR // divisors[0]), COFACTOR // divisors[0], COFACTOR // divisors[-1]]
    verdicts = []
    for point in reference.twist_points(3):
        for other in multiples(point, [1, R, COFACTOR, *small]):
            verdicts.append(twist.is_in_g2(other))
            assert verdicts[-1] == bn254.is_in_subgroup(lift((other.x, other.y)))
    assert verdicts.count(True) == 3 and verdicts.count(False) > 9


@pytest.mark.parametrize("has_kernels", [True, False])
def test_a_proof_is_decoded_alike_with_kernels_and_without(monkeypatch, has_kernels):
    asked = []
    is_in_g2 = twist.is_in_g2
    monkeypatch.setattr(twist, "is_in_g2", lambda point: asked.append(point) or is_in_g2(point))
    if not has_kernels:
        monkeypatch.delitem(sys.modules, "zk.runtime.jit")
    data = keys.encode_proof(PROOF)
    assert keys.decode_proof(data) == PROOF
    (x, y) = reference.twist_points(1)[0]
    outside = G2Point(x, y)
    b = bn254.encode_g2(outside)
    with pytest.raises(FormatError, match="the proof: b is not in the subgroup of G2"):
        keys.decode_proof(data[: bn254.G1_BYTES] + b + data[bn254.G1_BYTES + len(b) :])
    assert asked == ([G2, outside] if has_kernels else [])
