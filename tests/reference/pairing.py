"""Π e(P, Q) by py_ecc, an independent implementation, as twelve ints for w^0 … w^11 over Fp."""

from py_ecc import optimized_bn128 as ecc

CURVE_ORDER = ecc.curve_order


def lift_g1(x, y):
    return ecc.FQ(x), ecc.FQ(y), ecc.FQ(1)


def lift_g2(x, y):
    return ecc.FQ2(x), ecc.FQ2(y), ecc.FQ2.one()


def product(pairs):
    """The product over pairs ((x, y) of G1, (x, y) of G2), coordinates of the latter as (c0, c1)."""
    total = ecc.FQ12.one()
    for left, right in pairs:
        total *= ecc.pairing(lift_g2(*right), lift_g1(*left))
    return [int(c) for c in total.coeffs]
