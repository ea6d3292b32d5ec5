"""Malformed points and numbers, with the end of the sentence that refuses them, after the name of the field."""

from dataclasses import dataclass

from tests.reference import bn254 as reference
from tests.reference.bn254 import P, R

MOST = 2**256 - 1
OUTSIDE = reference.twist_points(1)[0]


@dataclass(frozen=True)
class PointLie:
    """A point in place of another: a flat list of coordinates, those of G2 in the order x.c0, x.c1, y.c0, y.c1.

    "not below the modulus" is said about the coordinate in formats that name coordinates, elsewhere about the point.
    """

    name: str
    coordinates: tuple[int, ...]
    said: str


def flat(point) -> tuple[int, ...]:
    """The coordinates of a point as a flat tuple."""
    return (point.x, point.y) if isinstance(point.x, int) else (*point.x, *point.y)


def of(point) -> list[PointLie]:
    """The lies about this point of G1 or G2."""
    honest = flat(point)
    group = f"G{len(honest) // 2}"
    zeros = (0,) * len(honest)
    lies = [
        PointLie("the identity", zeros, "is the identity"),
        PointLie("off the curve", (*honest[:-1], (honest[-1] + 1) % P), f"is not on the curve of {group}"),
        PointLie("the identity as (p, 0)", (P, *zeros[1:]), "not below the modulus"),
        PointLie("the identity as (0, p)", (*zeros[1:], P), "not below the modulus"),
    ]
    for i, coordinate in enumerate(honest):
        more = (*honest[:i], coordinate + P, *honest[i + 1 :])
        lies.append(PointLie(f"coordinate {i} and p", more, "not below the modulus"))
    lies.append(PointLie("the largest number", (*honest[:-1], MOST), "not below the modulus"))
    if group == "G2":
        exchanged = (honest[1], honest[0], honest[3], honest[2])
        outside = (*OUTSIDE[0], *OUTSIDE[1])
        lies.append(PointLie("real and imaginary exchanged", exchanged, "is not on the curve of G2"))
        lies.append(PointLie("outside the subgroup", outside, "is not in the subgroup of G2"))
    return lies


# Not canonical decimal strings, though most readers accept most of them.
NOT_NUMBERS = ["01", "00", "-1", "-0", "+1", " 1", "1 ", "1\n", "1_0", "1,0", "1.0", "1e3", "0x1", "", "١", "²",
               1, 0, True, None, ["1"], {"1": "1"}]  # fmt: skip
NOT_BELOW = {"r": [R, R + 5, 2 * R, MOST, 2**256, 10**1000], "p": [P, P + 1, MOST, 2**256, 10**1000]}
