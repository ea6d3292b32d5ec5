"""Bits, choices between signals, and signals that are not zero."""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal


@dataclass(frozen=True)
class Bit:
    """A signal proved to be 0 or 1.  Only `bit` makes one."""

    signal: Signal


def bit(b: Builder, x: Signal, why: str) -> Bit:
    """x is 0 or 1: x(x - 1) = 0.  1 constraint."""
    b.require(x, x - 1, 0, why)
    return Bit(x)


def select(b: Builder, choice: Bit, when_zero: Signal, when_one: Signal, why: str = "choice of two") -> Signal:
    """when_one if the bit is 1, when_zero if it is 0.  1 constraint."""
    return when_zero + b.multiply(choice.signal, when_one - when_zero, why)


def select_four(b: Builder, low: Bit, high: Bit, choices: Sequence[Signal], why: str = "choice of four") -> Signal:
    """choices[low + 2 high].  3 constraints."""
    first = select(b, low, choices[0], choices[1], why)
    second = select(b, low, choices[2], choices[3], why)
    return select(b, high, first, second, why)


def not_zero(b: Builder, x: Signal, why: str) -> None:
    """x has an inverse, so it is not 0.  1 constraint."""
    b.require(x, b.hint_quotient(1, x), 1, why)
