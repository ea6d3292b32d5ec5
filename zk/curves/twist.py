"""Whether points of the twist are in G2, in a kernel: (x + 1) Q + ψ(x Q) + ψ^2(x Q) = ψ^3(2 x Q).

x is the parameter of the curve and ψ the Frobenius, as in zk/curves/bn254.py, where the source is and the same in
Python, which takes fifteen times as long.  x Q costs 63 doublings and 27 additions.
"""

import numpy as np

from zk.curves import bn254, coordinates, g2, weierstrass
from zk.curves.bn254 import G2Point
from zk.fields import fp2
from zk.fields.prime import BN_X
from zk.runtime.jit import inner, kernel

_BITS = np.array([int(bit) for bit in f"{BN_X:b}"[1:]], np.uint8)
_TWIST_X, _TWIST_Y = fp2.encode(bn254.TWIST_X), fp2.encode(bn254.TWIST_Y)


@inner
def frobenius(point):
    """ψ of an XYZZ point.  2 mul, 4 add."""
    x = fp2.mul(fp2.conjugate(point[0]), fp2.constant(_TWIST_X, point[0]))
    y = fp2.mul(fp2.conjugate(point[1]), fp2.constant(_TWIST_Y, point[1]))
    return x, y, fp2.conjugate(point[2]), fp2.conjugate(point[3])


@kernel
def _first_outside(points: np.ndarray, bits: np.ndarray) -> int:
    """The first row that is not in G2, or -1.  The rows must be on the twist."""
    for i in range(points.shape[0]):
        point = weierstrass.from_affine(weierstrass.load(points, i))
        multiple = point
        for k in range(bits.shape[0]):
            multiple = weierstrass.double(multiple)
            if bits[k]:
                multiple = weierstrass.add(multiple, point)
        once = frobenius(multiple)
        twice = frobenius(once)
        x, y, zz, zzz = weierstrass.double(frobenius(twice))
        left = weierstrass.add(weierstrass.add(multiple, point), weierstrass.add(once, twice))
        difference = weierstrass.add(left, (x, coordinates.neg(y), zz, zzz))
        if not coordinates.is_zero(difference[2]):
            return i
    return -1


def is_in_g2(point: G2Point) -> bool:
    """Whether a point of the twist is in G2."""
    return _first_outside(g2.encode([point]), _BITS) < 0
