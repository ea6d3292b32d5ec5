"""The value of a European option by Black's formula (Black 1976, "The pricing of commodity contracts"), in integers.

    call = F·N(d1) − K·N(d2)        d1 = ln(F/K)/s + s/2        F forward, K strike
    put  = K·N(−d2) − F·N(−d1)      d2 = d1 − s                 s = σ·√T, the deviation of ln F until expiry

The forward is the underlying's price, and nothing is discounted: margin is in the numeraire, which pays no interest.
Put-call parity, call − put = F − K, holds exactly before rounding, because N(−d) = 1 − N(d) does.

Error.  F and K are below 2^64, s is 0 or at least 2^-34 (1 bp for a millisecond).  Where |d| matters, below 16, its
error is at most LOG_ERROR/s + 2^6 ulp < 2^(17 + 34 − 160 + 1), N's slope is below 0.4, and NORMAL_ERROR is less: both N
are within 2^-108, and a value within 2^65·2^-108 < 2^-43 of a unit.  `bounds` adds and subtracts ERROR = 2^-40, so the
exact value lies between them, and they differ by one unit, or by two where it is almost whole.
"""

from dataclasses import dataclass

from settlement.risk import fixedpoint
from settlement.risk.fixedpoint import BITS, ONE

BPS = 10**4
YEAR_MS = 365 * 24 * 3_600_000
LIMIT = 1 << 64
ERROR = ONE >> 40


@dataclass(frozen=True)
class Line:
    """value(x) = slope·x + constant at a price x of the underlying; both are in units of 2^-160 (fixedpoint.ONE)."""

    slope: int
    constant: int

    def at(self, forward: int) -> int:
        """The value at this forward, rounded down by more than its error."""
        return (self.slope * forward + self.constant - ERROR) // ONE


def deviation(volatility_bps: int, duration_ms: int) -> int:
    """s = σ·√T in fixed point, rounded down, for a volatility a year and a duration; a year has 365 days."""
    return fixedpoint.sqrt(volatility_bps**2 * max(0, duration_ms), BPS**2 * YEAR_MS)


def price(is_call: bool, forward: int, strike: int, s: int) -> int:
    """The option's value in whole units, rounded down: whoever is long loses less than a unit.  Never negative."""
    return bounds(is_call, forward, strike, s)[0]


def bounds(is_call: bool, forward: int, strike: int, s: int) -> tuple[int, int]:
    """Two whole numbers of units, the nearest that are surely not above and not below the exact value."""
    value = _value(tangent(is_call, forward, strike, s), forward)
    if forward == 0 or s == 0:
        return value // ONE, value // ONE
    return max(0, (value - ERROR) // ONE), -(-(value + ERROR) // ONE)


def tangent(is_call: bool, forward: int, strike: int, s: int) -> Line:
    """The tangent of the option's value, as a function of the forward, at this forward.

    The value is a homogeneous function of F and K, so the tangent is x·N(d1) − K·N(d2) with d1 and d2 at F (Euler).
    It is convex, so the tangent lies below it everywhere.  Without time or volatility it is that of max(0, F − K), or
    of max(0, K − F), and flat at the strike.
    """
    assert 0 <= forward < LIMIT and 0 < strike < LIMIT and s >= 0, "the bound is for prices below 2^64"
    if forward == 0:
        n1 = n2 = 0
    elif s == 0:
        n1 = n2 = ONE if forward > strike or (forward == strike and not is_call) else 0
    else:
        d1 = (fixedpoint.log(forward, strike) << BITS) // s + (s >> 1)
        n1, n2 = fixedpoint.normal(d1), fixedpoint.normal(d1 - s)
    return Line(n1, -strike * n2) if is_call else Line(n1 - ONE, strike * (ONE - n2))


def _value(line: Line, forward: int) -> int:
    return max(0, line.slope * forward + line.constant)
