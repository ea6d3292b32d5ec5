"""Points of a complete twisted Edwards curve over the circuit's own field: Baby Jubjub, and toy curves in tests.

Complete addition has no exceptions: for points of the curve no denominator is zero, so one product determines a hinted
quotient.  This relies on both points being on the curve, which the type CurvePoint promises.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean
from circuits.gadgets.boolean import Bit
from zk.curves import babyjubjub, edwards
from zk.curves.edwards import Edwards

WINDOW_BITS = 3  # of a fixed base, whose table costs nothing
VARIABLE_WINDOW_BITS = 2


@dataclass(frozen=True)
class CurvePoint:
    """Coordinates proved to be a point of the curve, in any subgroup.  Only this module makes one."""

    x: Signal
    y: Signal


def on_curve(b: Builder, x: Signal, y: Signal, why: str, *, curve: Edwards = babyjubjub.CURVE) -> CurvePoint:
    """a x^2 + y^2 = 1 + d x^2 y^2.  3 constraints."""
    xx, yy = b.multiply(x, x, "x squared"), b.multiply(y, y, "y squared")
    b.require(xx * curve.d, yy, xx * curve.a + yy - 1, why)
    return CurvePoint(x, y)


def constant(b: Builder, point: edwards.Point, *, curve: Edwards = babyjubjub.CURVE) -> CurvePoint:
    """A fixed point.  No constraints."""
    assert edwards.is_on_curve(curve, point)
    return CurvePoint(b.constant(point[0]), b.constant(point[1]))


def add(b: Builder, left: CurvePoint, right: CurvePoint, *, curve: Edwards = babyjubjub.CURVE) -> CurvePoint:
    """left + right.  6 constraints, 3 when one point is fixed, none when both are.

    With s = x1 y2, t = y1 x2: x (1 + d s t) = s + t and y (1 - d s t) = (y1 - a x1)(x2 + y2) + a s - t.
    """
    s = b.multiply(left.x, right.y, "x1 y2")
    t = b.multiply(left.y, right.x, "y1 x2")
    d_s_t = b.multiply(s, t, "x1 x2 y1 y2") * curve.d
    product = b.multiply(left.y - left.x * curve.a, right.x + right.y, "(y1 - a x1)(x2 + y2)")
    x = _quotient(b, s + t, d_s_t + 1, "x of the sum")
    y = _quotient(b, product + s * curve.a - t, -d_s_t + 1, "y of the sum")
    return CurvePoint(x, y)


def double(b: Builder, point: CurvePoint, *, curve: Edwards = babyjubjub.CURVE) -> CurvePoint:
    """2 point.  5 constraints.

    On the curve 1 + d x^2 y^2 = a x^2 + y^2, so the sum of a point and itself is

        x' (a x^2 + y^2) = 2 x y                y' (2 - a x^2 - y^2) = y^2 - a x^2
    """
    xx, yy = b.multiply(point.x, point.x, "x squared"), b.multiply(point.y, point.y, "y squared")
    xy = b.multiply(point.x, point.y, "x y")
    a_xx = xx * curve.a
    x = _quotient(b, 2 * xy, a_xx + yy, "x of the sum")
    y = _quotient(b, yy - a_xx, 2 - a_xx - yy, "y of the sum")
    return CurvePoint(x, y)


def _quotient(b: Builder, numerator: Signal, denominator: Signal, why: str) -> Signal:
    """numerator / denominator, for a denominator that is never 0.  1 constraint, or none if it is constant."""
    divisor = denominator.constant()
    if divisor is not None:
        return numerator * pow(divisor, -1, b.modulus)
    quotient = b.hint_quotient(numerator, denominator)
    b.require(quotient, denominator, numerator, why)
    return quotient


def _lookup(b: Builder, bits: Sequence[Bit], table: Sequence[edwards.Point]) -> CurvePoint:
    """table[bits], lowest bit first, for one to three bits: the multilinear polynomial with these values.

    3 constraints for three bits, 1 for two, none for one.
    """
    signals = [bit.signal for bit in bits]
    monomials = [b.one, signals[0]]
    if len(bits) > 1:
        monomials += [signals[1], b.multiply(signals[0], signals[1], "both low bits of a window")]
    coordinates = []
    for axis, name in enumerate("xy"):
        low = _interpolate(b, [point[axis] for point in table[:4]], monomials)
        if len(bits) == WINDOW_BITS:
            high = _interpolate(b, [point[axis] for point in table[4:]], monomials)
            low = boolean.select(b, bits[2], low, high, f"{name} of the window's point")
        coordinates.append(low)
    return CurvePoint(*coordinates)


def _interpolate(b: Builder, values: Sequence[int], monomials: Sequence[Signal]) -> Signal:
    """The combination of 1, s0 (and s1, s0 s1) whose value is values[s0 + 2 s1]."""
    factors = [values[0], values[1] - values[0]]
    if len(values) > 2:
        factors += [values[2] - values[0], values[3] - values[2] - values[1] + values[0]]
    return b.combine(factors, monomials)


def add_fixed(
    b: Builder, start: CurvePoint, bits: Sequence[Bit], base: edwards.Point, *, curve: Edwards = babyjubjub.CURVE
) -> CurvePoint:
    """start + n base, where n has these bits, lowest first.  9 constraints for three bits."""
    assert edwards.is_on_curve(curve, base)
    total = start
    for first in range(0, len(bits), WINDOW_BITS):
        window = bits[first : first + WINDOW_BITS]
        table = [edwards.IDENTITY]
        for _ in range((1 << len(window)) - 1):
            table.append(edwards.add(curve, table[-1], base))
        total = add(b, total, _lookup(b, window, table), curve=curve)
        base = edwards.add(curve, table[-1], base)
    return total


def multiply(b: Builder, bits: Sequence[Bit], point: CurvePoint, *, curve: Edwards = babyjubjub.CURVE) -> CurvePoint:
    """n point, where n has these bits, lowest first.  22 constraints for two bits, and 11 for the table.

    From the highest window: double twice, and add 0, 1, 2 or 3 times the point.  251 bits cost 2,763 constraints.
    """
    doubled = double(b, point, curve=curve)
    table = [constant(b, edwards.IDENTITY, curve=curve), point, doubled, add(b, doubled, point, curve=curve)]
    windows = [bits[first : first + VARIABLE_WINDOW_BITS] for first in range(0, len(bits), VARIABLE_WINDOW_BITS)]
    total = _choice(b, windows.pop(), table)
    for window in reversed(windows):
        for _ in window:
            total = double(b, total, curve=curve)
        total = add(b, total, _choice(b, window, table), curve=curve)
    return total


def _choice(b: Builder, bits: Sequence[Bit], table: Sequence[CurvePoint]) -> CurvePoint:
    """table[n], where n has these bits.  6 constraints for two bits, 2 for one."""
    choices = table[: 1 << len(bits)]
    x = boolean.select_among(b, bits, [point.x for point in choices], "x of the window's point")
    y = boolean.select_among(b, bits, [point.y for point in choices], "y of the window's point")
    return CurvePoint(x, y)


def equal(b: Builder, left: CurvePoint, x: Signal, y: Signal, why: str) -> None:
    """The point has these coordinates.  2 constraints."""
    b.equal(left.x, x, f"{why}: x")
    b.equal(left.y, y, f"{why}: y")
