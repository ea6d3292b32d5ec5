"""The value of an option over the whole scan range of its underlying: two lines between which it must stay.

An option is worth its value by Black's formula, V(x; σ, T), when its underlying is at x.  V is convex in x and grows
with σ and T.  Over a scan range of ±m around the price F, over a move of ±h in its volatility, relative to it, and over
the scan's hours, it stays between

    above   the chord of V(x; σ(1 + h), T) through x = F(1 − m) and x = F(1 + m)
    below   a tangent of V(x; σ(1 − h), T − hours) that is not negative at either end: values are unsigned

Its own sign chooses the line, and the factor's sign the end.  Values at the ends alone would not do: whoever is long a
call and a put gains at both ends, and could borrow today against a move that never comes.

The tangent is that at F, unless it is negative at one end.  Then it is the one that is just not negative there, whose
point of contact lies nearer to that end.

Every line is moved away from the option by a share of F (`Scan.option_bps`), so that who owes what is nearly worthless
provides something for it, and so that the initial lines lie outside the maintenance lines by a fixed distance; a value
below zero is 0.  Where the initial tangent would still come nearer than BUFFER_BPS to the maintenance line, somewhere
in the maintenance range, it is scaled down.  So a small move of the market takes no portfolio that passed the initial
grid out of the maintenance grid (settlement.risk.coverage), and a line reaches zero in the initial grid well before it
does in the other: a value of exactly zero could only be a mixture of zeros.

That is enough where the options' signs meet in all combinations.  In a pool of more claims an option has the lines of
settlement.risk.proportional.
"""

from dataclasses import dataclass
from fractions import Fraction

from settlement.risk import black76

BPS = 10**4
HOUR_MS = 3_600_000
BUFFER_BPS = 20

Ends = tuple[int, int]
"""The values of a line at the lower and at the upper end of a scan range."""


@dataclass(frozen=True)
class Market:
    """What an option's value depends on.  `forward` and `strike` are prices of one smallest unit of the option.

    The volatility is that of a year.
    """

    is_call: bool
    forward: int
    strike: int
    volatility_bps: int
    remaining_ms: int


@dataclass(frozen=True)
class Lines:
    """The ends of the two lines of one grid."""

    above: Ends
    below: Ends


@dataclass(frozen=True)
class Moves:
    """The scan ranges of one grid, of the underlying and of the volatility relative to it; its hours and distance."""

    range_bps: int
    volatility_range_bps: int
    hours: int
    option_bps: int


def value(market: Market) -> int:
    """The option's value by Black's formula, rounded down."""
    s = black76.deviation(market.volatility_bps, market.remaining_ms)
    return black76.price(market.is_call, market.forward, market.strike, s)


def lines(market: Market, initial: Moves, maintenance: Moves) -> tuple[Lines, Lines]:
    """The initial and the maintenance lines."""
    inner = below(market, maintenance)
    outer = inside(below(market, initial), initial, inner, maintenance, market.forward)
    return Lines(above(market, initial), outer), Lines(above(market, maintenance), inner)


def above(market: Market, moves: Moves) -> Ends:
    """The ends of the upper line, rounded up."""
    volatility_bps = _ceil(market.volatility_bps * (BPS + moves.volatility_range_bps), BPS)
    s = black76.deviation(volatility_bps, market.remaining_ms)
    distance = _ceil(market.forward * moves.option_bps, BPS)
    lower, upper = (
        black76.bounds(market.is_call, forward, market.strike, s)[1] + distance for forward in ends_of(market, moves)
    )
    return lower, upper


def below(market: Market, moves: Moves) -> Ends:
    """The ends of the lower line, rounded down."""
    distance = _ceil(market.forward * moves.option_bps, BPS)
    lower, upper = nearest_tangent(market, moves)
    return max(0, lower - distance), max(0, upper - distance)


def least_deviation(market: Market, moves: Moves) -> int:
    """s at the end of the scan's hours, when the volatility has fallen as far as it goes."""
    volatility_bps = market.volatility_bps * max(0, BPS - moves.volatility_range_bps) // BPS
    return black76.deviation(volatility_bps, market.remaining_ms - moves.hours * HOUR_MS)


def inside(initial: Ends, moves: Moves, maintenance: Ends, inner: Moves, forward: int) -> Ends:
    """The initial lower line, scaled down until it is BUFFER_BPS of the forward below the maintenance lower line.

    The initial line's values at the ends ±m of the maintenance range are mixtures of those at its own ends ±M.
    """
    if not moves.range_bps:
        return initial
    near, far = moves.range_bps + inner.range_bps, moves.range_bps - inner.range_bps
    scale = Fraction(1)
    for end, limit in enumerate(maintenance):
        at_end = Fraction(near * initial[end] + far * initial[1 - end], 2 * moves.range_bps)
        room = max(0, limit - _ceil(forward * BUFFER_BPS, BPS))
        if at_end > room:
            scale = min(scale, room / at_end)
    return int(initial[0] * scale), int(initial[1] * scale)


def nearest_tangent(market: Market, moves: Moves) -> Ends:
    """The ends of the tangent at F, or else of the nearest one, in bps, that is not negative at the end.

    T(x*), the value at the lower end of a call's tangent at x*, falls as x* rises to F, and at the end itself it is the
    option's value: so the nearest is found by bisection.  A put is the mirror image.
    """
    ends, s, range_bps = ends_of(market, moves), least_deviation(market, moves), moves.range_bps

    def line(offset_bps: int) -> Ends:
        contact = market.forward * (BPS + (-offset_bps if market.is_call else offset_bps)) // BPS
        tangent = black76.tangent(market.is_call, contact, market.strike, s)
        return tangent.at(ends[0]), tangent.at(ends[1])

    bad, good = 0, range_bps
    best = line(0)
    if min(best) >= 0:
        return best
    best = line(range_bps)
    while good - bad > 1:
        middle = (good + bad) // 2
        at_middle = line(middle)
        if min(at_middle) >= 0:
            good, best = middle, at_middle
        else:
            bad = middle
    return max(0, best[0]), max(0, best[1])


def ends_of(market: Market, moves: Moves) -> Ends:
    """The underlying's prices at both ends of a scan range."""
    return market.forward * (BPS - moves.range_bps) // BPS, _ceil(market.forward * (BPS + moves.range_bps), BPS)


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
