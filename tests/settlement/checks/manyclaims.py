"""Pools of five to eight claims of every kind, what is observed of them, and ordinary moves of their markets."""

from dataclasses import dataclass, replace

from settlement.pool.assets import NOTHING, Asset, Option, Perpetual
from settlement.pool.parameters import NO_RISK, Risk
from settlement.pool.pool import Pool
from settlement.risk import market
from settlement.risk.market import Market, Observation
from tests.settlement.bundles import samples
from tests.settlement.risk.markets import DAY_MS, HOUR_MS, NOW_MS

SLOTS = {"BTC": 1, "ETH": 2, "SOL": 3, "XAU": 5}
SPOT = {"BTC": 95_000, "ETH": 3_000, "SOL": 150, "XAU": 4_000}
VOLATILITY_BPS = {"BTC": 5_000, "ETH": 6_000, "SOL": 8_000, "XAU": 2_000}
LOAN = samples.ASSETS[8], samples.RISK[8], 0, 0

Claim = tuple[Asset, Risk, int, int]
"""The claim, its risk, its quoted price and its quoted volatility."""


def perpetual(symbol: str, own_bps: int = 10) -> Claim:
    """A perpetual, 3 bps above its underlying."""
    asset = Asset(f"{symbol}-P", "perpetual", 4, None, Perpetual(SLOTS[symbol]))
    return asset, Risk(SLOTS[symbol], own_bps, 0), SPOT[symbol] * 10_003 * 10**7, 0


def option(symbol: str, is_call: bool, strike_percent: int, days: float, own_bps: int = 500) -> Claim:
    """An option struck at this share of the price."""
    strike = SPOT[symbol] * strike_percent * 10**9
    terms = Option(SLOTS[symbol], strike, is_call, NOW_MS + int(days * DAY_MS))
    risk = Risk(SLOTS[symbol], own_bps, 0)
    return Asset(f"{symbol}-{'CP'[not is_call]}", "option", 4, None, terms), risk, 0, VOLATILITY_BPS[symbol]


def call(symbol: str, strike_percent: int, days: float, own_bps: int = 500) -> Claim:
    """A call."""
    return option(symbol, True, strike_percent, days, own_bps)


def put(symbol: str, strike_percent: int, days: float, own_bps: int = 500) -> Claim:
    """A put."""
    return option(symbol, False, strike_percent, days, own_bps)


PERPETUALS = [perpetual(symbol) for symbol in SLOTS]
POOLS = {
    "5: 4 perpetuals": PERPETUALS,
    "6: 2 perpetuals, 2 calls, put":
        [perpetual("ETH"), call("ETH", 117, 90), put("ETH", 117, 90), perpetual("BTC"), call("BTC", 110, 30)],
    "6: 5 options on one underlying":
        [call("ETH", 100, 30), call("ETH", 120, 30), put("ETH", 100, 30), put("ETH", 80, 30), call("ETH", 110, 7)],
    "6: 4 perpetuals, put": [*PERPETUALS, put("ETH", 90, 14)],
    "7: 3 perpetuals, 3 options": [*PERPETUALS[:3], call("ETH", 110, 30), call("BTC", 110, 30), put("SOL", 90, 30)],
    "7: 6 options on one underlying":
        [call("ETH", 100, 30), call("ETH", 120, 30), put("ETH", 100, 30), put("ETH", 80, 30), call("ETH", 110, 7),
         put("ETH", 90, 7)],
    "8: 4 perpetuals, 3 options": [*PERPETUALS, call("ETH", 110, 30), put("BTC", 90, 30), call("SOL", 100, 30)],
    "8: 7 options on two underlyings":
        [call("ETH", 100, 30), call("ETH", 120, 90), put("ETH", 100, 7), put("ETH", 80, 30), call("BTC", 110, 7),
         put("BTC", 90, 7), call("BTC", 100, 60)],
    "8: 7 options on four underlyings":
        [call("ETH", 100, 30), put("ETH", 90, 30), call("BTC", 110, 30), put("BTC", 100, 30), call("SOL", 120, 30),
         put("SOL", 80, 30), call("XAU", 105, 30)],
    "8: 2 perpetuals, 5 options about to expire":
        [perpetual("ETH"), perpetual("BTC"), call("ETH", 100, 3), put("ETH", 100, 3), call("ETH", 105, 1.5),
         put("BTC", 95, 3), call("BTC", 100, 1)],
    "8: 7 perpetuals": [perpetual(symbol) for symbol in ("ETH", "ETH", "BTC", "BTC", "SOL", "XAU", "XAU")],
    "8: worthless options, deep ones, and all sizes of own moves":
        [perpetual("ETH", 5), perpetual("BTC", 300), call("ETH", 200, 30, 0), put("ETH", 50, 30, 2_000),
         call("BTC", 150, 180, 100), put("BTC", 60, 90, 1_000), put("ETH", 200, 90, 1_000)],
    "8: 7 options from deep in to far out":
        [call("ETH", 70, 60), call("ETH", 100, 60), call("ETH", 130, 60), call("ETH", 160, 60), put("ETH", 70, 60),
         put("ETH", 100, 60), put("ETH", 130, 60)],
}  # fmt: skip
"""The claims of each beside the loan."""


def pool(name: str) -> tuple[Pool, Observation]:
    """The pool of this name, and what is observed first."""
    claims = [LOAN, *POOLS[name]]
    rest = 8 - len(claims)
    listed = [replace(asset, symbol=f"{asset.symbol}{n or ''}") for n, (asset, *_) in enumerate(claims)]
    risks, prices, volatilities = ([claim[part] for claim in claims] for part in (1, 2, 3))
    parameters = replace(samples.PARAMETERS, risk=(*samples.RISK[:8], *risks, *[NO_RISK] * rest))
    made = replace(samples.pool(), assets=(*samples.ASSETS[:8], *listed, *[NOTHING] * rest), parameters=parameters)
    observed = Observation(
        (*samples.OBSERVED.prices[:8], *prices, *[0] * rest),
        (*samples.OBSERVED.volatilities[:8], *volatilities, *[0] * rest),
    )
    return made, observed


@dataclass(frozen=True)
class Move:
    """What moves, in bps, in so much time.

    `basis` is each perpetual's distance from its underlying, `volatility` an option's: in even slots the other way.
    """

    passed_ms: int
    factors: dict[str, int]
    basis: int = 0
    volatility: int = 0


UNCHANGED = {
    "same 1 s": Move(1_000, {}), "same 1 min": Move(60_000, {}), "same 1 h": Move(HOUR_MS, {}),
}  # fmt: skip
ORDINARY = {
    "1 min": Move(60_000, {"ETH": 5, "BTC": -4, "SOL": 8, "XAU": -1}, 1, 20),
    "5 min": Move(300_000, {"ETH": -20, "BTC": 15, "SOL": -30, "XAU": 4}, -2, -50),
    "1 h quiet": Move(HOUR_MS, {"ETH": 10, "BTC": -10, "SOL": 20, "XAU": -5}, 2, 100),
    "1 h down": Move(HOUR_MS, {"ETH": -50, "BTC": -50, "SOL": -50, "XAU": -30, "USDC": -1, "TBILL": -1}, -4, 200),
    "1 h up": Move(HOUR_MS, {"ETH": 50, "BTC": 30, "SOL": -40, "XAU": 20, "USDC": 1, "TBILL": 1}, 4, -200),
    "1 h wild": Move(HOUR_MS, {"ETH": 100, "BTC": -80, "SOL": 120, "XAU": 30}, 3, 300),
    "1 h fall": Move(HOUR_MS, {"ETH": -100, "BTC": -100, "SOL": -150, "XAU": -40}, -3, -300),
}


def first(made: Pool, observed: Observation) -> Market:
    """The market of the first epoch."""
    return market.advance(made, made.parameters, observed, {}, None, NOW_MS)


def after(made: Pool, observed: Observation, before: Market, move: Move) -> Market:
    """The market after the move."""
    prices, volatilities = map(list, (observed.prices, observed.volatilities))
    for slot, asset in enumerate(made.assets):
        way = 1 if slot % 2 else -1
        if asset.kind == "perpetual":
            factor = move.factors.get(made.assets[asset.terms.underlying].symbol, 0)
            prices[slot] = prices[slot] * (10**4 + factor) * (10**4 + way * move.basis) // 10**8
        else:
            prices[slot] = prices[slot] * (10**4 + move.factors.get(asset.symbol, 0)) // 10**4
        volatilities[slot] = volatilities[slot] * (10**4 + way * move.volatility) // 10**4
    rates = {slot: rate for slot, rate in enumerate(before.rates) if rate is not None}
    moved = Observation(tuple(prices), tuple(volatilities))
    return market.advance(made, made.parameters, moved, rates, before, before.time_ms + move.passed_ms)
