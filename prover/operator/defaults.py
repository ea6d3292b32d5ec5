"""The defaults of `zksettle pool new`: eight assets, their risk, and example prices.

The prices are invented for examples and dated so that nobody mistakes them for the market's.  The volatilities are
round numbers of the right size.  The option is a three-month call on ETH, strike 3,500, at 60 % volatility without
interest (Black and Scholes 1973): with S = 3,000 and d1 = −0.364,

    price = 187    delta = N(d1) = 0.358    gamma = φ(d1) / (σ√T) = 1.244 per unit of relative move
"""

from collections.abc import Iterable, Mapping

from settlement import amounts
from settlement.boardrules import BoardRules
from settlement.pool import Asset, Limits, Pool, Risk
from zk.curves.babyjubjub import Point
from zk.errors import FormatError

POOL_NAME = "zksettle example pool"
AS_OF = "2026-11-01"
ORACLES = 3
QUORUM = 3

BTC, ETH, SOL, GOLD = 1, 2, 3, 7

_ASSETS = {
    "USDC": ("cash", 6, Risk(factor=None, volatility_bps=0, delta_bps=0, gamma_bps=0, haircut_bps=0)),
    "BTC": ("spot", 8, Risk(factor=BTC, volatility_bps=250, delta_bps=10_000, gamma_bps=0, haircut_bps=0)),
    "ETH": ("spot", 9, Risk(factor=ETH, volatility_bps=350, delta_bps=10_000, gamma_bps=0, haircut_bps=0)),
    "SOL": ("spot", 9, Risk(factor=SOL, volatility_bps=450, delta_bps=10_000, gamma_bps=0, haircut_bps=0)),
    "TBILL": ("bill", 6, Risk(factor=None, volatility_bps=0, delta_bps=0, gamma_bps=0, haircut_bps=50)),
    "ETH-PERP": ("perpetual", 9, Risk(factor=ETH, volatility_bps=0, delta_bps=10_000, gamma_bps=0, haircut_bps=50)),
    "ETH-CALL": ("option", 9, Risk(factor=ETH, volatility_bps=0, delta_bps=3_580, gamma_bps=12_440, haircut_bps=0)),
    "XAU": ("commodity", 6, Risk(factor=GOLD, volatility_bps=100, delta_bps=10_000, gamma_bps=0, haircut_bps=0)),
    **{f"UNUSED{i}": ("perpetual", 9, Risk(factor=ETH, volatility_bps=0, delta_bps=10_000, gamma_bps=0, haircut_bps=0))
       for i in range(8, 16)},
}
"""Kind, decimals and risk.  Amounts: gold in troy ounces, the bill in units of one dollar at issue.  The first asset is
the numeraire."""

SYMBOLS = tuple(_ASSETS)

PRICES = {
    "USDC": "1",
    "BTC": "95000",
    "ETH": "3000",
    "SOL": "150",
    "TBILL": "1.0125",
    "ETH-PERP": "3004.5",
    "ETH-CALL": "187",
    "XAU": "4000",
    **dict.fromkeys((f"UNUSED{i}" for i in range(8, 16)), "1"),
}
"""USDC per whole unit, as of AS_OF."""

LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=10 * 60_000)
"""A grid is fresh for an hour, because the market moves whether or not prices are published.  The initial grid covers
the moves of two days, so a proof against it still has nearly all of that margin when the hour is over."""


def assets(custodians: Mapping[str, Point]) -> tuple[Asset, ...]:
    """The example assets; `custodians` has the public key of the custodian of each symbol in SYMBOLS."""
    return tuple(Asset(symbol, *terms, custodians[symbol]) for symbol, terms in _ASSETS.items())


BOARD = BoardRules(
    funds=(
        100 * 10**6,  # 100 USDC
        10**5,  # 0.001 BTC
        3 * 10**7,  # 0.03 ETH
        7 * 10**8,  # 0.7 SOL
        100 * 10**6,  # 100 TBILL
        0,
        0,
        25_000,  # 0.025 XAU
        *(0,) * 8,
    ),
    funds_required=False,
)
"""About 100 USDC of anything that is held backs an order: enough that to fill the board costs something, and little
enough for everybody.  Derivatives do not, because who is long may be owed by who cannot pay."""


def check_symbols(symbols: Iterable[str]) -> None:
    """Raises FormatError for a symbol that no example asset has."""
    for symbol in symbols:
        if symbol not in _ASSETS:
            raise FormatError(f"there is no asset {symbol} to name a custodian of: there are {', '.join(SYMBOLS)}")


def prices(pool: Pool) -> tuple[int | None, ...]:
    """The example price of each asset of a pool, in the unit of settlement.risk; None for an asset that has none."""
    numeraire = pool.assets[amounts.NUMERAIRE]
    return tuple(
        amounts.parse_price(PRICES[asset.symbol], asset, numeraire)
        if _ASSETS.get(asset.symbol) == (asset.kind, asset.decimals, asset.risk)
        else None
        for asset in pool.assets
    )
