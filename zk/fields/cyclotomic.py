"""The final exponentiation of the pairing: f to the power (p^12 - 1) / r, exactly.

The easy part, (p^6 - 1)(p^2 + 1), is cheap and maps into the cyclotomic subgroup, where the inverse is the conjugate
and squarings cost half.  The hard part, (p^4 - p^2 + 1) / r, is a short vector in powers of p and of the curve's
parameter x.

The chain is data, a list of steps on named registers that one kernel executes: an element of Fp12 is 48 words, and a
kernel that held twenty of them in variables would take longer to compile than everything else.

Sources: Granger, Scott, "Faster squaring in the cyclotomic subgroup of sixth degree extensions" (ePrint 2009/565),
section 3.2; Scott, Benger, Charlemagne, Dominguez Perez, Kachisa, "On the final exponentiation for calculating
pairings on ordinary elliptic curves" (ePrint 2008/490), section 5, for the chain.
"""

import numpy as np

from zk.fields import fp2, fp12
from zk.fields.prime import BN_X
from zk.runtime.jit import inner, kernel

INVERSE, CONJUGATE, FROBENIUS, SQUARE, MULTIPLY = range(5)

Step = tuple[int, str, str, str]  # operation, result, operands; only MULTIPLY reads the second operand


def non_adjacent_form(value: int, width: int = 2) -> list[int]:
    """The width-w non-adjacent form of a positive integer, highest digit first.

    Digits are zero, or odd and below 2^(width - 1) in magnitude; among `width` neighbours at most one is not zero.
    """
    digits = []
    while value:
        digit = value % (1 << width) if value & 1 else 0
        if digit >> (width - 1):
            digit -= 1 << width
        digits.append(digit)
        value = (value - digit) >> 1
    return digits[::-1]


_WIDTH = 4  # of the digits of x: the width that takes the fewest products


def _power_x(result: str, base: str) -> list[Step]:
    """Steps for result = base^x in the cyclotomic subgroup.  63 squarings and 16 products."""
    powers = {1: base}
    steps = [(SQUARE, "square", base, base)]
    for exponent in range(3, 1 << (_WIDTH - 1), 2):
        powers[exponent] = f"power {exponent}"
        steps.append((MULTIPLY, powers[exponent], powers[exponent - 2], "square"))
    first, *digits = non_adjacent_form(BN_X, _WIDTH)
    current = powers[first]
    for digit in digits:
        steps.append((SQUARE, result, current, current))
        current = result
        if digit < 0:
            steps.append((CONJUGATE, "inverse", powers[-digit], powers[-digit]))
        if digit:
            steps.append((MULTIPLY, result, result, powers[digit] if digit > 0 else "inverse"))
    return steps


_INTO_SUBGROUP = [
    (INVERSE, "inverse", "f", "f"),
    (CONJUGATE, "f", "f", "f"),
    (MULTIPLY, "f", "f", "inverse"),
    (FROBENIUS, "b", "f", "f"),
    (FROBENIUS, "b", "b", "b"),
    (MULTIPLY, "b", "b", "f"),
]

# y0 y1^2 y2^6 y3^12 y4^18 y5^30 y6^36 by Olivos' vectorial addition chain, with bx for b^x and bp for b^p.
_HARD_PART = [
    *_power_x("bx", "b"),
    *_power_x("bxx", "bx"),
    *_power_x("bxxx", "bxx"),
    (FROBENIUS, "bp", "b", "b"),
    (FROBENIUS, "bpp", "bp", "bp"),
    (FROBENIUS, "y0", "bpp", "bpp"),
    (MULTIPLY, "y0", "y0", "bpp"),
    (MULTIPLY, "y0", "y0", "bp"),
    (CONJUGATE, "y1", "b", "b"),
    (FROBENIUS, "bxxp", "bxx", "bxx"),
    (FROBENIUS, "y2", "bxxp", "bxxp"),
    (FROBENIUS, "y3", "bx", "bx"),
    (CONJUGATE, "y3", "y3", "y3"),
    (MULTIPLY, "y4", "bx", "bxxp"),
    (CONJUGATE, "y4", "y4", "y4"),
    (CONJUGATE, "y5", "bxx", "bxx"),
    (FROBENIUS, "y6", "bxxx", "bxxx"),
    (MULTIPLY, "y6", "y6", "bxxx"),
    (CONJUGATE, "y6", "y6", "y6"),
    (SQUARE, "t0", "y6", "y6"),
    (MULTIPLY, "t0", "t0", "y4"),
    (MULTIPLY, "t0", "t0", "y5"),
    (MULTIPLY, "t1", "y3", "y5"),
    (MULTIPLY, "t1", "t1", "t0"),
    (MULTIPLY, "t0", "t0", "y2"),
    (SQUARE, "t1", "t1", "t1"),
    (MULTIPLY, "t1", "t1", "t0"),
    (SQUARE, "t1", "t1", "t1"),
    (MULTIPLY, "t0", "t1", "y1"),
    (MULTIPLY, "t1", "t1", "y0"),
    (SQUARE, "t0", "t0", "t0"),
    (MULTIPLY, "f", "t0", "t1"),
]


def _assemble(steps: list[Step]) -> tuple[np.ndarray, int]:
    """The steps as rows (operation, result, left, right) of register numbers, and the number of registers; "f" is 0."""
    numbers = {"f": 0}
    rows = [(step[0], *(numbers.setdefault(name, len(numbers)) for name in step[1:])) for step in steps]
    return np.array(rows, np.int64), len(numbers)


_CHAIN, REGISTERS = _assemble(_INTO_SUBGROUP + _HARD_PART)


@inner
def _square_fp4(a, b):
    """(a + b y)^2 with y^2 = ξ.  2 mul of Fp2."""
    cross = fp2.mul(a, b)
    both = fp2.mul(fp2.add(a, b), fp2.add(a, fp2.mul_by_xi(b)))
    return fp2.sub(fp2.sub(both, cross), fp2.mul_by_xi(cross)), fp2.double(cross)


@inner
def _triple_minus_double(a, b):
    """3a - 2b."""
    return fp2.add(fp2.double(fp2.sub(a, b)), a)


@inner
def _triple_plus_double(a, b):
    """3a + 2b."""
    return fp2.add(fp2.double(fp2.add(a, b)), a)


@inner
def square(a):
    """a^2 for a in the cyclotomic subgroup.  6 mul of Fp2."""
    even, odd = a
    t0, t1 = _square_fp4(even[0], odd[1])
    t2, t3 = _square_fp4(odd[0], even[2])
    t4, t5 = _square_fp4(even[1], odd[2])
    return (
        (_triple_minus_double(t0, even[0]), _triple_minus_double(t2, even[1]), _triple_minus_double(t4, even[2])),
        (
            _triple_plus_double(fp2.mul_by_xi(t5), odd[0]),
            _triple_plus_double(t1, odd[1]),
            _triple_plus_double(t3, odd[2]),
        ),
    )


@kernel
def final_exponentiation(values: np.ndarray, registers: np.ndarray) -> None:
    """registers[0] = (product of the values)^((p^12 - 1) / r); the chain uses the other registers."""
    product = fp12.reload_like(values, 0, fp2.ONE)
    for i in range(1, values.shape[0]):
        product = fp12.mul(product, fp12.reload_like(values, i, fp2.ONE))
    fp12.spill(registers, 0, product)
    for i in range(_CHAIN.shape[0]):
        operation, a = _CHAIN[i, 0], fp12.reload_like(registers, _CHAIN[i, 2], fp2.ONE)
        if operation == SQUARE:
            a = square(a)
        elif operation == MULTIPLY:
            a = fp12.mul(a, fp12.reload_like(registers, _CHAIN[i, 3], fp2.ONE))
        elif operation == CONJUGATE:
            a = fp12.conjugate(a)
        elif operation == FROBENIUS:
            a = fp12.frobenius(a)
        else:
            a = fp12.inverse(a)
        fp12.spill(registers, _CHAIN[i, 1], a)
