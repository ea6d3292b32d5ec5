"""Risk grids: the value of one unit of every asset in each of 32 scenarios.

Prices.  A price is an unsigned 64-bit integer: the value of one smallest unit of the asset, in 10^-9 of a smallest
unit of the numeraire (SCALE).  With USDC at six decimals that is 10^-15 dollar, so the dollar price of an asset with
eight decimals is exact to seven places.  A value in a scenario has 63 bits and a sign, so it is up to 9,223 dollars for
a smallest unit.

Moves.  At most four factors, such as BTC and ETH, move by ± their scan range: a multiple of their volatility, times the
root of the scan's time.  Every other asset may have a move of its own, which no factor explains: the credit risk of a
bill, the distance of a perpetual from its underlying, the volatility of an option.  Its range is counted in the same
way, so all ranges of the initial grid are 1.88 (√2·4/3) times as wide as those of the maintenance grid.

    held asset     price·(1 + f·m − h)     m its factor's range, f its sign · h its own range
    numeraire      price·(1 + g·h)         g the loan's sign, and −1 in a pool without a loan
    loan           price·(1 + g·h)         h with the numeraire's own range: who owes what he holds is hedged but for
                                           the difference
    perpetual      price·(1 + f·m + g·h)   h with its underlying's own range
    option         a line above its value or a line below it, as g says, at the end of the range that f says
                   (settlement.risk.optionrisk); below zero where who holds it must provide something
    settled claim  its rate, a constant, times the value of the loan; an unused claim is settled from the first epoch,
                   at a rate of 1 (settlement.risk.market)
    suspended      in the initial grid 0 where g falls, and ruinous where it rises; in the other one as it is otherwise
    unused claim   in a pool without a loan, huge in one scenario of its own, else 0: nobody can owe it

Signs stand only where both of them matter.  Nobody can owe a held asset, so only its fall can hurt: its own move always
falls, and so does a factor that moves no claim.  That leaves one sign for each factor that moves a claim and one for
each claim, twelve at most.  Up to five of them meet in all 2^5 combinations.  Of six, any five do: the sixth is the
product of the five.  Of more, each is a product of an odd number of the first five: a fractional design of resolution
IV, in which any three of them meet in all eight combinations (Box, Hunter and Hunter, "Statistics for Experimenters",
chapter 6).  So whoever has risks in four claims or more, in such a pool, may meet a worse corner than any of the grid.

Why a grid covers the next one.  Every sign falls as often as it rises, so the mean of all rows is the middle of the
box.  Every maintenance range is the same part of its initial range, RATIO, and in a pool with more than five signs an
option's lines are made so (settlement.risk.proportional).  So a maintenance row is a mixture of RATIO parts of its
initial row, and of all 32 rows as much as is left: each has a share, so it stays a mixture when everything moves a
little, whichever signs meet (settlement.risk.coverage).  A claim worth 0 in most rows would spoil it: only those rows
could be mixed for a 0.  Up to five signs are free, and their options need no more than their own lines
(settlement.risk.optionrisk).

Why corners.  The value of a portfolio is linear in the moves, an option's being held between two lines, and a linear
function on a box has its minimum at a corner: a portfolio that survives every corner survives everything inside.

Rounding.  The value of a claim is rounded up where its own move rises, against whoever owes it.  All others are rounded
down, against the holder.

The audit computes every published grid again, so a change to any of this is new rules (settlement.pool.rules).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from circuits import records
from settlement.pool import assets as slots
from settlement.pool.assets import NUMERAIRE, Asset
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.risk import market as markets
from settlement.risk import optionrisk, proportional
from settlement.risk.market import Market

SCALE = 10**9
BPS = 10**4
HOURS_PER_DAY = 24
MAX_VALUE = 2**63 - 1

SIGNS = (1, 2, 4, 8, 16, 31, 7, 11, 13, 14, 19, 21, 22, 25, 26, 28)
"""The bits of a scenario whose signs each move multiplies, move by move: all the odd products of five."""

FREE_SIGNS = 5
"""So many signs meet in all combinations."""

RUINOUS = 2**62
"""The value of an unused claim of a pool without a loan, in one scenario: 4,611 USDC for a smallest unit."""


@dataclass(frozen=True)
class Scan:
    """How far an asset moves: `multiple_bps` / 10^4 standard deviations over `hours`.

    `ruinous` is the value of an unused claim, and `option_bps` the distance of an option's lines from it, as a share of
    its underlying.
    """

    multiple_bps: int
    hours: int
    option_bps: int
    ruinous: int


INITIAL = Scan(multiple_bps=40_000, hours=48, option_bps=25, ruinous=RUINOUS)
# A mixture of initial rows is this row with the weight 2^-10, and 1023 parts of others.
MAINTENANCE = Scan(multiple_bps=30_000, hours=24, option_bps=5, ruinous=RUINOUS >> 10)


def range_bps(scan: Scan, volatility_bps: int) -> int:
    """The scan range for this daily volatility, in bps: multiple · volatility · √days, rounded up.

    It is at most 10^4: nothing falls by more than 100 %.
    """
    square = scan.multiple_bps**2 * volatility_bps**2 * scan.hours
    return min(BPS, _ceil_sqrt(_ceil(square, BPS**2 * HOURS_PER_DAY)))


def sign(scenario: int, bits: int) -> int:
    """The product of the signs of these bits in a scenario: a move falls where it is −1.  Without bits it is 1."""
    return -1 if (scenario & bits).bit_count() % 2 else 1


def factors(parameters: Parameters) -> tuple[int, ...]:
    """The slots whose prices are the risk factors, in ascending order."""
    return tuple(sorted({risk.factor for risk in parameters.risk if risk.factor is not None}))


def factor_moves(pool: Pool, parameters: Parameters, market: Market, scan: Scan) -> tuple[dict[int, int], ...]:
    """{slot of a factor: its move in bps} in every scenario, for showing them."""
    signs = _signs(pool, parameters)
    ranges = {factor: _factor_range(parameters, market, scan, factor) for factor in factors(parameters)}
    return tuple(
        {factor: move * _factor_sign(signs, scenario, factor) for factor, move in ranges.items()}
        for scenario in range(records.SCENARIOS)
    )


def grids(pool: Pool, parameters: Parameters, market: Market) -> tuple[records.RiskGrid, records.RiskGrid]:
    """The initial and the maintenance grid of a pool in this market.

    Raises OverflowError when a scenario value does not fit in 64 bits, of which one is its sign.
    """
    lines = {
        slot: _lines(pool, parameters, market, slot)
        for slot, asset in enumerate(pool.assets)
        if asset.kind == "option" and market.rates[slot] is None
    }
    initial = _grid(pool, parameters, market, INITIAL, {slot: both[0] for slot, both in lines.items()})
    return initial, _grid(pool, parameters, market, MAINTENANCE, {slot: both[1] for slot, both in lines.items()})


def equity(balances: Sequence[int], prices: Sequence[int]) -> int:
    """The value of a portfolio at these prices, in 10^-9 of the numeraire's smallest unit; negative for debt."""
    return sum(balance * price for balance, price in zip(balances, prices, strict=True))


def scenario_values(balances: Sequence[int], grid: records.RiskGrid) -> tuple[int, ...]:
    """The value of a portfolio in each scenario of a grid, in the unit of `equity`."""
    return tuple(equity(balances, row) for row in grid.values)


def margin_shortfall(balances: Sequence[int], grid: records.RiskGrid) -> int:
    """The amount that the portfolio lacks in its worst scenario, in the unit of `equity`; 0 when it survives all."""
    return max(0, -min(scenario_values(balances, grid)))


def _signs(pool: Pool, parameters: Parameters) -> dict[int, int]:
    """{slot: bits of its sign} of every factor that moves a claim, and of every claim."""
    claims = [slot for slot, asset in enumerate(pool.assets) if asset.is_claim]
    moving = sorted({factor for slot in claims if (factor := parameters.risk[slot].factor) is not None})
    return dict(zip((*moving, *claims), SIGNS, strict=False))


def _factor_sign(signs: dict[int, int], scenario: int, factor: int) -> int:
    return sign(scenario, signs[factor]) if factor in signs else -1


def _factor_range(parameters: Parameters, market: Market, scan: Scan, factor: int | None) -> int:
    if factor is None:
        return 0
    return range_bps(scan, max(market.volatilities[factor], parameters.risk[factor].least_volatility_bps))


def _grid(
    pool: Pool, parameters: Parameters, market: Market, scan: Scan, lines: Mapping[int, optionrisk.Lines]
) -> records.RiskGrid:
    """The grid of a scan; `lines` are those of the options that have not expired."""
    columns: list[list[int]] = []
    signs, loan = _signs(pool, parameters), slots.loan_slot(pool.assets)
    for slot, asset in enumerate(pool.assets):
        if asset.is_unused:
            ruined = slot - slots.HELD if loan is None else -1
            column = [scan.ruinous * (scenario == ruined) for scenario in range(records.SCENARIOS)]
        elif slot in lines:
            column = _option(lines[slot], signs, slot, parameters.risk[slot].factor)
        else:
            column = _linear(pool, parameters, market, scan, slot, signs, loan)
        columns.append(column)
    for slot, rate in enumerate(market.rates):
        if rate is not None:
            assert loan is not None, "only a pool with a loan settles claims"
            columns[slot] = [rate * value for value in columns[loan]]
    for slot in market.suspended:
        if scan is INITIAL:
            columns[slot] = [RUINOUS * (sign(scenario, signs[slot]) > 0) for scenario in range(records.SCENARIOS)]
    for asset, column in zip(pool.assets, columns, strict=True):
        if max(map(abs, column)) > MAX_VALUE:
            raise OverflowError(f"one unit of {asset.symbol} is worth more than 64 bits hold in some scenario")
    return records.RiskGrid(tuple(zip(*columns, strict=True)))


def _linear(
    pool: Pool, parameters: Parameters, market: Market, scan: Scan, slot: int, signs: dict[int, int], loan: int | None
) -> list[int]:
    """The values of a held asset, a loan or a perpetual."""
    asset, risk = pool.assets[slot], parameters.risk[slot]
    factor_bps = _factor_range(parameters, market, scan, risk.factor)
    own_bps = range_bps(scan, risk.own_move_bps)
    own = loan if slot == NUMERAIRE else slot if asset.is_claim else None
    if asset.terms is not None:
        own_bps += range_bps(scan, parameters.risk[asset.terms.underlying].own_move_bps)
    column = []
    for scenario in range(records.SCENARIOS):
        move_bps = 0 if risk.factor is None else factor_bps * _factor_sign(signs, scenario, risk.factor)
        own_sign = -1 if own is None else sign(scenario, signs[own])
        value = max(0, BPS + move_bps + own_bps * own_sign) * market.prices[slot]
        column.append(_ceil(value, BPS) if asset.is_claim and own_sign > 0 else value // BPS)
    return column


def _lines(pool: Pool, parameters: Parameters, market: Market, slot: int) -> tuple[optionrisk.Lines, optionrisk.Lines]:
    """The initial and the maintenance lines of an option."""
    asset = pool.assets[slot]
    subject = markets.option(pool, asset, market.prices, market.volatilities[slot], market.time_ms)
    outer, inner = (_option_moves(parameters, market, scan, asset, slot) for scan in (INITIAL, MAINTENANCE))
    if len(_signs(pool, parameters)) <= FREE_SIGNS:
        return optionrisk.lines(subject, outer, inner)
    return proportional.lines(subject, outer, inner)


def _option(lines: optionrisk.Lines, signs: dict[int, int], slot: int, factor: int | None) -> list[int]:
    column = []
    for scenario in range(records.SCENARIOS):
        line = lines.above if sign(scenario, signs[slot]) > 0 else lines.below
        column.append(line[factor is None or _factor_sign(signs, scenario, factor) > 0])
    return column


def _option_moves(parameters: Parameters, market: Market, scan: Scan, asset: Asset, slot: int) -> optionrisk.Moves:
    assert asset.terms is not None, "an option has terms"
    underlying = parameters.risk[asset.terms.underlying]
    reach = _factor_range(parameters, market, scan, underlying.factor) + range_bps(scan, underlying.own_move_bps)
    own_bps = range_bps(scan, parameters.risk[slot].own_move_bps)
    return optionrisk.Moves(min(BPS, reach), own_bps, scan.hours, scan.option_bps)


def _ceil(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)


def _ceil_sqrt(square: int) -> int:
    return isqrt(square - 1) + 1 if square else 0
