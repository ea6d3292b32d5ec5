"""Bits, choices between signals, and whether a signal is zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal


@dataclass(frozen=True)
class Bit:
    """A signal proved to be 0 or 1.  Only this module makes one."""

    signal: Signal


def bit(b: Builder, x: Signal, why: str) -> Bit:
    """x is 0 or 1: x(x - 1) = 0.  1 constraint."""
    b.require(x, x - 1, 0, why)
    return Bit(x)


def select(b: Builder, choice: Bit, when_zero: Signal, when_one: Signal, why: str = "choice of two") -> Signal:
    """when_one if the bit is 1, when_zero if it is 0.  1 constraint."""
    return when_zero + b.multiply(choice.signal, when_one - when_zero, why)


def select_among(b: Builder, bits: Sequence[Bit], choices: Sequence[Signal], why: str = "choice of several") -> Signal:
    """choices[n], where n has these bits, lowest first.  One constraint for each choice but the first."""
    assert len(choices) == 1 << len(bits)
    left = list(choices)
    for choice in bits:
        left = [select(b, choice, *pair, why) for pair in zip(left[::2], left[1::2], strict=True)]
    return left[0]


def is_zero(b: Builder, x: Signal, why: str) -> Bit:
    """1 when x is 0, else 0.  2 constraints.

    With n = x·y for a hinted y, x(1 - n) = 0 makes n 1 where x is not 0; where x is 0, n is 0 whatever y is.
    """
    is_other = b.multiply(x, b.hint_quotient(1, x), f"{why}: times its inverse")
    b.require(x, 1 - is_other, 0, why)
    return Bit(1 - is_other)


def not_zero(b: Builder, x: Signal, why: str) -> None:
    """x has an inverse, so it is not 0.  1 constraint."""
    b.require(x, b.hint_quotient(1, x), 1, why)
