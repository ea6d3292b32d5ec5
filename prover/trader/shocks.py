"""Markets that might be: today's prices, with some of them moved, and what follows from them.

    ETH=-20%     ETH, and with it its perpetual; its options are valued anew, at their volatility of today
    ETH-PERP=3%  the perpetual alone: its distance from ETH changes
    USDC=-1%     the numeraire, and with it what is lent in it
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from settlement.pool import pool as pools
from settlement.pool.assets import Option
from settlement.pool.pool import Pool
from settlement.risk import market as markets
from settlement.risk import optionrisk
from settlement.risk.market import Market
from zk.errors import FormatError

BPS = 10**4
MAX_MOVE_BPS = 100 * BPS

_SHOCK = re.compile(r"(?P<symbol>[^=]{1,32})=(?P<sign>[+\-−]?)(?P<percent>\d{1,5})(?:\.(?P<part>\d{1,2}))?%", re.ASCII)

Moves = Mapping[int, int]
"""{slot: how far its price moves, in bps}."""


def parse(texts: Sequence[str], pool: Pool) -> dict[int, int]:
    """The moves that texts such as "ETH=-20%" name.

    Raises FormatError for an unknown asset, one that is named twice, a malformed percentage, and a fall by more than
    100 % or a rise beyond 10,000 %.
    """
    moves: dict[int, int] = {}
    for text in texts:
        match = _SHOCK.fullmatch(text.strip().replace("−", "-"))
        if match is None:
            raise FormatError(f"{text[:64]!r} is not a shock: write an asset and a percentage, such as ETH=-20%")
        slot = pools.asset_index(pool, match["symbol"].strip())
        bps = int(match["percent"]) * 100 + int((match["part"] or "0").ljust(2, "0"))
        bps = -bps if match["sign"] == "-" else bps
        if slot in moves:
            raise FormatError(f"{pool.assets[slot].symbol} is shocked twice")
        if not -BPS <= bps <= MAX_MOVE_BPS:
            raise FormatError(f"{text[:64]!r} is out of range: a price falls by 100% and rises by 10000% at most")
        moves[slot] = bps
    return moves


def moved(pool: Pool, market: Market, moves: Moves) -> Market:
    """The market after these moves.  Prices are rounded down; what is settled follows the loan, at its rate.

    Raises FormatError when an option's own price is to move: it follows from its underlying.
    """
    prices = list(market.prices)
    for slot, asset in enumerate(pool.assets):
        if not asset.is_claim and slot in moves:
            prices[slot] = prices[slot] * (BPS + moves[slot]) // BPS
    for slot, asset in enumerate(pool.assets):
        if asset.is_unused or asset.terms is None or market.rates[slot] is not None:
            continue
        if isinstance(asset.terms, Option):
            if slot in moves:
                raise FormatError(f"the price of {asset.symbol} follows from its underlying's: move that")
            subject = markets.option(pool, asset, prices, market.volatilities[slot], market.time_ms)
            prices[slot] = optionrisk.value(subject)
        else:
            move_bps = moves.get(slot, moves.get(asset.terms.underlying, 0))
            prices[slot] = prices[slot] * (BPS + move_bps) // BPS
    loan = next((slot for slot, asset in enumerate(pool.assets) if asset.kind == "loan"), None)
    for slot, rate in enumerate(market.rates):
        if rate is not None and loan is not None:
            prices[slot] = rate * prices[loan]
    return replace(market, prices=tuple(prices))
