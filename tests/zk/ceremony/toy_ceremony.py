"""A small circuit and powers of a known τ, so that every point of a key has a known discrete logarithm."""

import struct
from functools import cache

import numpy as np

from tests.zk.formats import iden3
from zk.fields import array
from zk.fields.prime import FR, P, R
from zk.msm import fixed_base

TAU, ALPHA, BETA = (pow(5, k, R) for k in (1001, 2002, 3003))
POWER = 4

Row = list[tuple[int, int]]

# Each constraint is three lists of (wire, coefficient), including repeated wires, zeros, halves and empty lists.
CONSTRAINTS: list[tuple[Row, Row, Row]] = [
    ([(5, 1), (3, 7), (5, R - 9)], [(4, R - 1), (0, 3)], [(1, 1)]),
    ([(6, 0), (2, 2)], [(2, 2), (6, R - 2)], [(7, (R - 1) // 2), (3, (R + 1) // 2)]),
    ([], [(0, 1)], []),
    ([(7, R - 1)], [(7, 1), (7, R - 1)], [(0, 5), (4, 5), (4, R - 5)]),
    ([(1, 1), (2, 1)], [(3, 12345)], [(3, 12345)]),
]
WIRES, PUBLIC = 9, 2  # wire 8 occurs nowhere


def r1cs(constraints: list = CONSTRAINTS, wires: int = WIRES, public: int = PUBLIC) -> bytes:
    """CIRCUIT.r1cs; the last public wire is an input, the others are outputs."""
    outputs = max(public - 1, 0)
    header = iden3.u32(32) + iden3.field(R) + iden3.u32(wires, outputs, public - outputs, 0)
    header += struct.pack("<QI", wires, len(constraints))
    rows = b"".join(iden3.combination(row) for triple in constraints for row in triple)
    return iden3.container(b"r1cs", 1, {1: header, 2: rows, 3: struct.pack(f"<{wires}Q", *range(wires))})


def lagrange(log_size: int) -> list[int]:
    """L_i(τ) over the domain of size 2^log_size."""
    size, root = 1 << log_size, FR.root_of_unity(log_size)
    factor = (pow(TAU, size, R) - 1) * pow(size, -1, R)
    nodes = [pow(root, i, R) for i in range(size)]
    return [factor * node * pow(TAU - node, -1, R) % R for node in nodes]


def _without_last(log_size: int) -> list[int]:
    """The same without the last power: the coefficient of τ^(N - 1) in L_i is w^i / N."""
    size, root = 1 << log_size, FR.root_of_unity(log_size)
    last = pow(TAU, size - 1, R) * pow(size, -1, R)
    return [(value - last * pow(root, i, R)) % R for i, value in enumerate(lagrange(log_size))]


def quotients(log_size: int, power: int) -> list[int]:
    """The logarithms of h: the odd Lagrange points over the domain of twice the size."""
    return (lagrange if log_size < power else _without_last)(log_size + 1)[1::2]


@cache
def ptau(power: int = POWER) -> bytes:
    """POWERS.ptau, prepared, without contributions."""
    return iden3.container(b"ptau", 1, ptau_sections(power))


@cache
def ptau_sections(power: int = POWER) -> iden3.Sections:
    size = 1 << power
    powers = [pow(TAU, i, R) for i in range(2 * size - 1)]
    prepared = [value for level in range(power + 1) for value in lagrange(level)]
    return {
        1: iden3.u32(32) + iden3.field(P) + iden3.u32(power, power),
        2: _points(fixed_base.g1, powers),
        3: _points(fixed_base.g2, powers[:size]),
        4: _points(fixed_base.g1, powers[:size], ALPHA),
        5: _points(fixed_base.g1, powers[:size], BETA),
        6: _points(fixed_base.g2, [BETA]),
        7: iden3.u32(0),
        12: _points(fixed_base.g1, prepared + _without_last(power + 1)),
        13: _points(fixed_base.g2, prepared),
        14: _points(fixed_base.g1, prepared, ALPHA),
        15: _points(fixed_base.g1, prepared, BETA),
    }


def _points(make, logarithms: list[int], factor: int = 1) -> bytes:
    return points(make, [value * factor for value in logarithms]).tobytes()


def points(make, logarithms: list[int]) -> np.ndarray:
    """The points with these discrete logarithms; `make` is `fixed_base.g1` or `g2`."""
    return make(array.plain([value % R for value in logarithms]))
