"""Exact division of integers that are known to be small, with a stated rounding."""

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean, ranges


def rounded_up(
    b: Builder, quotient: Signal, dividend: Signal, divisor: Signal, *, excess_bits: int, divisor_bits: int, why: str
) -> None:
    """quotient = ⌈max(0, dividend) / divisor⌉, and the divisor is not 0.  excess_bits + divisor_bits + 7 constraints.

    The caller has proved: 0 <= quotient, divisor <= 2^divisor_bits, and quotient·divisor - dividend lies in
    (-modulus/2, 2^excess_bits) as an integer.  It is the rounded quotient exactly when

        quotient·divisor - dividend >= 0                        it is not too little
        quotient = 0, or quotient·divisor - dividend < divisor  a unit less would be too little

    A dividend that is not positive leaves 0, because then the second line refuses everything else.
    """
    boolean.not_zero(b, divisor, f"{why}: there is something to divide by")
    excess = b.multiply(quotient, divisor, f"{why}: times the divisor") - dividend
    ranges.ranged(b, excess, width=excess_bits, why=f"{why} is not too little")
    is_nothing = boolean.is_zero(b, quotient, f"{why}: whether it is nothing")
    room = b.multiply(1 - is_nothing.signal, divisor - 1 - excess, f"{why}: how much less a unit less would be")
    ranges.ranged(b, room, width=divisor_bits, why=f"{why} is not a unit too much")
