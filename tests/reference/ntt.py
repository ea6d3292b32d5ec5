"""The number-theoretic transform as its definition: every value by itself.  Ints only."""

from tests.reference.qap import R, root, value


def reversed_bits(index: int, bits: int) -> int:
    """The low `bits` bits of an index in the opposite order."""
    return int(f"{index:0{bits}b}"[::-1], 2) if bits else 0


def values(coefficients: list[int], bits: int) -> list[int]:
    """The values at the 2^bits-th roots of unity, in bit-reversed order."""
    w = root(1 << bits)
    return [value(coefficients, pow(w, reversed_bits(i, bits), R)) for i in range(1 << bits)]


def odd_values(coefficients: list[int], bits: int) -> list[int]:
    """The values at the odd powers of a root of twice that order, in bit-reversed order."""
    w = root(2 << bits)
    return [value(coefficients, pow(w, 2 * reversed_bits(i, bits) + 1, R)) for i in range(1 << bits)]
