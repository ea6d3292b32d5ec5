"""The number-theoretic transform by its definition: every value on its own.  Ints only."""

from tests.reference.qap import R, root, value


def reversed_bits(index: int, bits: int) -> int:
    """The low `bits` bits of an index, reversed."""
    return int(f"{index:0{bits}b}"[::-1], 2) if bits else 0


def values(coefficients: list[int], bits: int) -> list[int]:
    """The values at the 2^bits-th roots of unity, in bit-reversed order."""
    w = root(1 << bits)
    return [value(coefficients, pow(w, reversed_bits(i, bits), R)) for i in range(1 << bits)]


def odd_values(coefficients: list[int], bits: int) -> list[int]:
    """The values at the odd powers of a root of twice that order, in bit-reversed order."""
    w = root(2 << bits)
    return [value(coefficients, pow(w, 2 * reversed_bits(i, bits) + 1, R)) for i in range(1 << bits)]


def _cyclic(coefficients: list[int], w: int) -> list[int]:
    """The values at w^0, w^1, …, from those of the even and the odd coefficients (Cooley, Tukey 1965)."""
    if len(coefficients) == 1:
        return coefficients
    even, odd = (_cyclic(coefficients[i::2], w * w % R) for i in (0, 1))
    twiddled, power = [], 1
    for x in odd:
        twiddled.append(x * power % R)
        power = power * w % R
    pairs = list(zip(even, twiddled, strict=True))
    return [(x + y) % R for x, y in pairs] + [(x - y) % R for x, y in pairs]


def values_by_halves(coefficients: list[int], bits: int) -> list[int]:
    """As `values`, fast enough for thousands."""
    ordered = _cyclic(coefficients, root(1 << bits))
    return [ordered[reversed_bits(i, bits)] for i in range(1 << bits)]


def odd_values_by_halves(coefficients: list[int], bits: int) -> list[int]:
    """As `odd_values`: the values of the polynomial with its k-th coefficient multiplied by w^k."""
    w = root(2 << bits)
    return values_by_halves([x * pow(w, k, R) % R for k, x in enumerate(coefficients)], bits)
