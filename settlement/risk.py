"""Risk grids: the value of one unit of every asset in each of sixteen scenarios.

Prices.  A price is an unsigned 64-bit integer: the value of one smallest unit of the asset, in 10^-9 of a smallest
unit of the numeraire (SCALE).  With USDC at six decimals that is 10^-15 dollar, so the dollar price of an asset with
eight decimals is exact to seven places, and 64 bits hold up to 18,446 dollars per smallest unit.  Assets with more than
about twelve decimals would be priced too coarsely.

The box.  Four risk factors (here BTC, ETH, SOL and gold) may each move by ± its scan range.  In addition, an asset may
have a move of its own that no factor explains: its haircut (the credit risk of a bill, the basis of a perpetual) and
the convexity of an option.  Scenario s gives each of these moves a sign.  A factor's sign is one bit of s, so the
sixteen scenarios are all corners of the box of factors.  The sign of an asset's own move is a product of the factors'
signs, a different product for each asset: the two-level fractional design 2^(8-4) of resolution IV (Box, Hunter and
Hunter, "Statistics for Experimenters", chapter 6), in which any three moves meet in all eight combinations.

Why corners.  The value of a portfolio is linear in the factor moves, and a linear function on a box has its minimum at
a corner: a portfolio that survives every corner survives everything inside.  An option is not linear, so two lines
bound it (see `envelope`), and its own move chooses the lower or the upper: that covers both long and short.  Sixteen
scenarios cannot give four moves and an own move tied to them every combination: such a portfolio may miss twice the
least of those moves.  But since every sign adds up to zero over the sixteen, the mean of a portfolio's scenario values
is its value now (with an option between its lines), so a portfolio that passes is not insolvent now.

A haircut that lowered every scenario would be a gift to a short position, whose owner could withdraw the difference and
leave.  So it lowers the price in eight scenarios and raises it in eight.  Where an asset has a move of its own,
rounding follows that move: down where it falls, against the holder, and up where it rises, against the debtor.
Elsewhere values are rounded down, and a debtor gains less than 10^-9 of the numeraire per unit.
"""

from dataclasses import dataclass
from math import isqrt

from circuits import records
from settlement.pool import Pool
from zk.errors import FormatError

SCALE = 10**9
BPS = 10**4
FACTORS = 4
HOURS_PER_DAY = 24
MAX_VALUE = 2**64 - 1

# The factors whose signs an asset's own move multiplies, one bit per factor.  The four products of three give
# resolution IV; further own moves use the product of four, then of two, and meet any other move in all combinations.
OWN_SIGNS = (0b0111, 0b1011, 0b1101, 0b1110, 0b1111, 0b0011, 0b1100, 0b0101)


Ends = tuple[tuple[int, int], tuple[int, int]]
"""The values (low, high) of an asset at the lower end of its factor's scan range, and at the upper."""


@dataclass(frozen=True)
class Scan:
    """How far a factor moves: `multiple_bps` / 10^4 standard deviations over `hours`."""

    multiple_bps: int
    hours: int


INITIAL = Scan(multiple_bps=40_000, hours=48)
MAINTENANCE = Scan(multiple_bps=30_000, hours=24)


def range_bps(scan: Scan, volatility_bps: int) -> int:
    """The scan range of a factor with this daily volatility, in bps: multiple · volatility · √days, rounded up.

    It is at most 10^4: nothing falls by more than 100 %.
    """
    square = scan.multiple_bps**2 * volatility_bps**2 * scan.hours
    return min(BPS, _ceil_sqrt(_ceil(square, BPS**2 * HOURS_PER_DAY)))


def sign(scenario: int, factors: int) -> int:
    """The product of the signs of `factors` (one bit each) in a scenario: a factor falls where its bit is 1."""
    return -1 if (scenario & factors).bit_count() % 2 else 1


def envelope(price: int, underlying: int, delta_bps: int, gamma_bps: int, move_bps: int) -> Ends:
    """Two lines that bound an asset while its factor moves by x in [-m, m], as ((low, high) at -m, (low, high) at +m).

        V(x) = max(0, p + δ·S·x + ½·γ·S·x²)        p price, S price of the underlying, γ ≥ 0

    V is convex.  So the line through its ends V(-m), V(m) lies above it, and any tangent below it: the tangent at 0,
    p ± δSm, unless that is negative at one end (values are unsigned); then the tangent that is 0 at that end.
    With a = V and b = |V'| at that end it rises over the box to 2m·(bS + √(2aγS)); where a or b is not positive the
    asset may be worthless in the box, and the line is 0.  For γ = 0 both lines are V itself.  The lower line is
    rounded down and the upper one up.
    """
    # All values below are multiples of 1 / unit; slope and bend are δSm and ½γSm² in this unit.
    unit = 2 * BPS**3
    slope = 2 * BPS * delta_bps * move_bps * underlying
    bend = gamma_bps * move_bps**2 * underlying
    high = [_ceil(max(0, price * unit + side * slope + bend), unit) for side in (-1, 1)]
    low = [(price * unit + side * slope) // unit for side in (-1, 1)]
    if min(low) < 0:
        steepness = (BPS * abs(delta_bps) - gamma_bps * move_bps) * underlying
        end = price * unit - abs(slope) + bend
        rise = 0
        if end > 0 and steepness >= 0:
            rise = 2 * move_bps * (steepness + isqrt(end * gamma_bps * underlying)) // BPS**3
        low = [0, rise] if delta_bps > 0 else [rise, 0]
    return (low[0], high[0]), (low[1], high[1])


def factors(pool: Pool) -> tuple[int, ...]:
    """The assets whose prices are the pool's risk factors, in the order of the bits of a scenario.

    Raises FormatError when there are more than four, or when an asset and its factor differ in decimals, because delta
    and gamma relate smallest units.
    """
    indices = sorted({asset.risk.factor for asset in pool.assets if asset.risk.factor is not None})
    if len(indices) > FACTORS:
        raise FormatError(f"the pool has {len(indices)} risk factors, more than the {FACTORS} of sixteen scenarios")
    for asset in pool.assets:
        if asset.risk.factor is not None and asset.decimals != pool.assets[asset.risk.factor].decimals:
            raise FormatError(f"asset {asset.symbol} must have as many decimals as the asset that moves it")
    return tuple(indices)


def grids(pool: Pool, prices: tuple[int, ...], epoch: int) -> tuple[records.RiskGrid, records.RiskGrid]:
    """The initial and the maintenance grid of a pool at these prices.

    Raises OverflowError when a scenario value does not fit in 64 bits, and FormatError as `factors` does.
    """
    return _grid(pool, prices, epoch, INITIAL), _grid(pool, prices, epoch, MAINTENANCE)


def equity(balances: tuple[int, ...], prices: tuple[int, ...]) -> int:
    """The value of a portfolio at these prices, in 10^-9 of the numeraire's smallest unit; negative for debt."""
    return sum(balance * price for balance, price in zip(balances, prices, strict=True))


def scenario_values(balances: tuple[int, ...], grid: records.RiskGrid) -> tuple[int, ...]:
    """The value of a portfolio in each scenario of a grid, in the unit of `equity`."""
    return tuple(equity(balances, row) for row in grid.values)


def margin_shortfall(balances: tuple[int, ...], grid: records.RiskGrid) -> int:
    """The amount that the portfolio lacks in its worst scenario, in the unit of `equity`; 0 when it survives all."""
    return max(0, -min(scenario_values(balances, grid)))


def _grid(pool: Pool, prices: tuple[int, ...], epoch: int, scan: Scan) -> records.RiskGrid:
    bits = {asset: 1 << place for place, asset in enumerate(factors(pool))}
    own_signs = iter(OWN_SIGNS)
    columns = []
    for asset, price in zip(pool.assets, prices, strict=True):
        terms = asset.risk
        own = next(own_signs) if terms.haircut_bps or terms.gamma_bps else 0
        ends, bit = ((price, price), (price, price)), 0
        if terms.factor is not None:
            move = range_bps(scan, pool.assets[terms.factor].risk.volatility_bps)
            ends = envelope(price, prices[terms.factor], terms.delta_bps, terms.gamma_bps, move)
            bit = bits[terms.factor]
        columns.append(_column(ends, bit, own, terms.haircut_bps))
        if max(columns[-1]) > MAX_VALUE:
            raise OverflowError(f"one unit of {asset.symbol} is worth more than 64 bits hold in some scenario")
    return records.RiskGrid(tuple(zip(*columns, strict=True)))


def _column(ends: Ends, factor: int, own: int, haircut_bps: int) -> list[int]:
    """The value of one asset in every scenario, from its envelope at the two ends of its factor's scan range."""
    column = []
    for scenario in range(records.SCENARIOS):
        low, high = ends[sign(scenario, factor) > 0]
        if own and sign(scenario, own) > 0:
            column.append(_ceil(high * (BPS + haircut_bps), BPS))
        else:
            column.append(low * (BPS - haircut_bps) // BPS)
    return column


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _ceil_sqrt(square: int) -> int:
    return isqrt(square - 1) + 1 if square else 0
