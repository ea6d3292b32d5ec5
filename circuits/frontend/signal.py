"""Signals: linear combinations of wires, the values of the circuit language.

A signal is Σ coefficient·wire over the prime field of its modulus, stored as {wire: coefficient} with canonical,
non-zero coefficients; wire 0 is the constant one.  Adding, subtracting and scaling cost no constraint.  The product of
two signals costs one, so it is not an operator but `Builder.multiply`.
"""

from collections.abc import Iterable

Terms = dict[int, int]


class Signal:
    """An immutable linear combination.

    The constructor trusts its terms: canonical, non-zero, and never changed afterwards.  So a dictionary computed
    elsewhere becomes a signal without another pass over it.
    """

    __slots__ = ("modulus", "terms")

    def __init__(self, terms: Terms, modulus: int):
        self.terms = terms
        self.modulus = modulus

    def constant(self) -> int | None:
        """The number this signal always equals, or None when it depends on a wire."""
        if not self.terms:
            return 0
        return self.terms.get(0) if len(self.terms) == 1 else None

    def wire(self) -> int | None:
        """The wire this signal is, or None when it is anything but one wire with coefficient 1."""
        if len(self.terms) == 1:
            ((wire, coefficient),) = self.terms.items()
            return wire if coefficient == 1 else None
        return None

    def __add__(self, other: "Signal | int") -> "Signal":
        if isinstance(other, int):
            other = Signal(_constant(other, self.modulus), self.modulus)
        elif not isinstance(other, Signal):
            return NotImplemented
        long, short = self.terms, other.terms
        if len(long) < len(short):
            long, short = short, long
        terms = dict(long)
        for wire, coefficient in short.items():
            total = terms.get(wire, 0) + coefficient
            if total >= self.modulus:
                total -= self.modulus
            if total:
                terms[wire] = total
            else:
                del terms[wire]
        return Signal(terms, self.modulus)

    __radd__ = __add__

    def __neg__(self) -> "Signal":
        p = self.modulus
        return Signal({wire: p - coefficient for wire, coefficient in self.terms.items()}, p)

    def __sub__(self, other: "Signal | int") -> "Signal":
        return self + -other

    def __rsub__(self, other: int) -> "Signal":
        return -self + other

    def __mul__(self, factor: int) -> "Signal":
        if not isinstance(factor, int):
            return NotImplemented
        p = self.modulus
        factor %= p
        if factor == 1:
            return self
        if factor == 0:
            return Signal({}, p)
        return Signal({wire: coefficient * factor % p for wire, coefficient in self.terms.items()}, p)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        raise TypeError("a signal has no truth value while its circuit is built")

    def __repr__(self) -> str:
        return f"Signal({self.terms})"


def _constant(value: int, modulus: int) -> Terms:
    value %= modulus
    return {0: value} if value else {}


def constant(value: int, modulus: int) -> Signal:
    """The signal that always equals `value`."""
    return Signal(_constant(value, modulus), modulus)


def combine(parts: Iterable[tuple[int, Signal]], modulus: int) -> Signal:
    """Σ factor·signal over the (factor, signal) parts, reduced once at the end."""
    totals: Terms = {}
    for factor, signal in parts:
        for wire, coefficient in signal.terms.items():
            totals[wire] = totals.get(wire, 0) + factor * coefficient
    residues = ((wire, total % modulus) for wire, total in totals.items())
    return Signal({wire: total for wire, total in residues if total}, modulus)
