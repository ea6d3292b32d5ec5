"""Numbers of a given width in bits.

A field element has only one decomposition into `width` bits as long as 2^width is at most the modulus.  A hint of the
builder proposes the bits, and the constraints here leave no other choice.
"""

from dataclasses import dataclass

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean
from circuits.gadgets.boolean import Bit


@dataclass(frozen=True)
class Ranged:
    """A signal proved to lie in [0, 2^len(bits)), with its bits, lowest first.  Only this module makes one."""

    signal: Signal
    bits: tuple[Bit, ...]


def ranged(b: Builder, x: Signal, *, width: int, why: str) -> Ranged:
    """x is in [0, 2^width).  width + 1 constraints."""
    assert 1 << width <= b.modulus, "two decompositions of one number would fit"
    bits = tuple(boolean.bit(b, signal, f"{why}: bit {i}") for i, signal in enumerate(b.hint_bits(x, width)))
    total = b.combine([1 << i for i in range(width)], [bit.signal for bit in bits])
    b.equal(x, total, why)
    return Ranged(x, bits)


def signed(b: Builder, x: Signal, *, width: int, why: str) -> Ranged:
    """x is in [-2^(width-1), 2^(width-1)).  width + 1 constraints.

    Returns x + 2^(width-1) with its bits; the highest is 1 exactly when x is not negative.
    """
    return ranged(b, x + (1 << width - 1), width=width, why=why)
