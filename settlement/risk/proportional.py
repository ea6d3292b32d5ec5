"""An option's lines in a pool of many claims: the maintenance lines are the initial ones, drawn nearer to their middle.

Let M be the mean of the four ends of the initial lines (settlement.risk.optionrisk).  Then in both lines and at both
ends

    maintenance end = M + RATIO·(initial end − M)          RATIO = 3/4·√(24 h/48 h), as it is for all other ranges

So today's maintenance rows are mixtures of today's initial rows, whatever the claims and whichever of their signs meet:
RATIO parts of the same row, and of all 32 rows as much as is left.  settlement.risk.risk says what that is for.

The initial lines must be wide enough for it.

    above   the chord, moved up; the maintenance line is its own chord, moved up, where that is higher
    below   φ·tangent − distance − y: the tangent that is not negative at either end, made flatter by a φ <= 1 until the
            maintenance line is below the option everywhere in the maintenance range, and where a flat line is not low
            enough, y below

A lower line may end below zero, though no option is worth less: who holds what is nearly worthless provides something,
as who owes it does.  Were it cut off at zero there would be rows that only rows of zeros can be mixed for.
"""

from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from settlement.risk import black76, optionrisk
from settlement.risk.optionrisk import BPS, Ends, Lines, Market, Moves

RATIO = Fraction(5_304, BPS)
"""3/(4·√2) = 0.53033..., rounded up."""

CONTACTS = (-2, -1, 0, 1, 2)
"""Where tangents touch the option in the maintenance range, in halves of the range."""


def lines(market: Market, initial: Moves, maintenance: Moves) -> tuple[Lines, Lines]:
    """The initial and the maintenance lines.  Upper ones are rounded up, lower ones down."""
    upper, chord = optionrisk.above(market, initial), optionrisk.above(market, maintenance)
    lower = _below(market, initial, maintenance, upper)
    rest = (1 - RATIO) * Fraction(sum(upper) + sum(lower), 4)
    near_upper = [max(ceil(rest + RATIO * end), least) for end, least in zip(upper, chord, strict=True)]
    near_lower = [floor(rest + RATIO * end) for end in lower]
    return Lines(upper, lower), Lines((near_upper[0], near_upper[1]), (near_lower[0], near_lower[1]))


def _below(market: Market, initial: Moves, maintenance: Moves, upper: Ends) -> Ends:
    """The ends of the initial lower line.

    At the part t of the range, −1 at its lower end and 1 at its upper, the maintenance line is

        (1 − RATIO)·(upper ends + lower ends)/4 + RATIO·((1 − t)·lower end + (1 + t)·upper end)/2

    which grows with φ, as the tangent is not negative, and falls by (1 + RATIO)/2 for each unit of y.
    """
    tangent = optionrisk.nearest_tangent(market, initial)
    distance = _distance(market, initial)
    flat = (1 - RATIO) * Fraction(sum(upper) - 2 * distance, 4) - RATIO * distance
    flatness, lowered = Fraction(1), 0
    for part, limit in _limits(market, maintenance):
        steep = (1 - RATIO) * Fraction(sum(tangent), 4) + RATIO * (
            (1 - part) * tangent[0] + (1 + part) * tangent[1]
        ) / 2
        room = limit - flat
        if room < 0:
            flatness, lowered = Fraction(0), max(lowered, ceil(-room / ((1 + RATIO) / 2)))
        elif steep * flatness > room:
            flatness = room / steep
    least, most = (floor(end * flatness) - distance - lowered for end in tangent)
    return least, most


def _limits(market: Market, moves: Moves) -> list[tuple[Fraction, int]]:
    """(part t of the range, limit): a line that is above none of the limits is below the option in the whole range.

    The option is convex in the price, so it is nowhere below the highest of its tangents.  Where that has a corner, two
    tangents meet, and a line that is not above it at the corners and at both ends is nowhere above it.
    """
    s, (lowest, highest) = optionrisk.least_deviation(market, moves), optionrisk.ends_of(market, moves)
    touching = (market.forward * (2 * BPS + halves * moves.range_bps) // (2 * BPS) for halves in CONTACTS)
    tangents = [black76.tangent(market.is_call, price, market.strike, s) for price in touching]
    corners = [
        (one.constant - other.constant) // (other.slope - one.slope)
        for one, other in pairwise(tangents) if one.slope != other.slope
    ]  # fmt: skip
    result = []
    for price in (lowest, *(min(max(corner, lowest), highest) for corner in corners), highest):
        part = Fraction(2 * (price - lowest), highest - lowest) - 1 if highest > lowest else Fraction(0)
        # No tangent changes by more than a unit between a corner and the whole number below it.
        result.append((part, max(line.at(price) for line in tangents) - 1 - _distance(market, moves)))
    return result


def _distance(market: Market, moves: Moves) -> int:
    return -(-market.forward * moves.option_bps // BPS)
