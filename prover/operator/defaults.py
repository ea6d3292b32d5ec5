"""The defaults of `zksettle pool new`: six held assets, four claims on them, and the first parameters.

The prices are invented for examples and dated so that nobody mistakes them for the market's.  The volatilities are
round numbers of the right size.  The options are on one ETH each, with a strike of 3,500, and expire ninety days after
the pool was founded.  Claims other than the loan have four decimals: a whole option is then paid out in steps of a cent
when it is converted at a constant rate (settlement.bundles.conversion).
"""

from collections.abc import Iterable, Mapping, Sequence

from settlement import amounts
from settlement.pool import rules, validators
from settlement.pool.assets import NOTHING, NUMERAIRE, Asset, Loan, Option, Perpetual
from settlement.pool.boardrules import BoardRules
from settlement.pool.parameters import NO_RISK, Fees, Guardians, Limits, Parameters, Risk
from settlement.pool.pool import Pool
from settlement.risk.market import Observation
from zk.curves.babyjubjub import Point
from zk.errors import FormatError

POOL_NAME = "zksettle example pool"
AS_OF = "2026-11-01"
ORACLES, QUORUM = 5, 4
GUARDIANS, GUARDIAN_THRESHOLD = 3, 2
GOVERNORS, GOVERNANCE_DELAY_MS = 3, 3_600_000
OPTION_LIFE_MS = 90 * 24 * 3_600_000

USDC, BTC, ETH, SOL, TBILL, XAU = range(6)

_HELD = {
    "USDC": ("cash", 6),
    "BTC": ("spot", 8),
    "ETH": ("spot", 9),
    "SOL": ("spot", 9),
    "TBILL": ("bill", 6),
    "XAU": ("commodity", 6),
}
"""Kind and decimals.  Amounts: gold in troy ounces, the bill in units of one dollar at issue.  The first asset is the
numeraire."""

CLAIM_DECIMALS = 4
STRIKE = "3500"

SYMBOLS = tuple(_HELD)
"""Of the assets that custodians hold."""

PRICES = {
    "USDC": "1",
    "BTC": "95000",
    "ETH": "3000",
    "SOL": "150",
    "TBILL": "1.0125",
    "XAU": "4000",
    "ETH-PERP": "3004.5",
}
"""USDC per whole unit, as of AS_OF."""

VOLATILITIES_BPS = {"BTC": 250, "ETH": 350, "SOL": 450, "XAU": 100, "ETH-CALL": 6_000, "ETH-PUT": 6_000}
"""A factor's over a day, an option's over a year."""

LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=10 * 60_000)
"""A grid is fresh for an hour, because the market moves whether or not prices are published.  The initial grid covers
the moves of two days, so a proof against it still has nearly all of that margin when the hour is over."""

RISK = (
    Risk(factor=None, own_move_bps=10, least_volatility_bps=0),
    Risk(factor=BTC, own_move_bps=0, least_volatility_bps=150),
    Risk(factor=ETH, own_move_bps=0, least_volatility_bps=200),
    Risk(factor=SOL, own_move_bps=0, least_volatility_bps=250),
    Risk(factor=None, own_move_bps=10, least_volatility_bps=0),
    Risk(factor=XAU, own_move_bps=0, least_volatility_bps=60),
    NO_RISK,
    NO_RISK,
    Risk(factor=None, own_move_bps=1, least_volatility_bps=0),
    Risk(factor=ETH, own_move_bps=10, least_volatility_bps=0),
    Risk(factor=ETH, own_move_bps=500, least_volatility_bps=0),
    Risk(factor=ETH, own_move_bps=500, least_volatility_bps=0),
    *[NO_RISK] * 4,
)
"""In the order of the slots: a day's standard deviations, an option's of its volatility and relative to it."""

BOARD_FUNDS = (
    100 * 10**6,  # 100 USDC
    10**5,  # 0.001 BTC
    3 * 10**7,  # 0.03 ETH
    7 * 10**8,  # 0.7 SOL
    100 * 10**6,  # 100 TBILL
    25_000,  # 0.025 XAU
    *[0] * 10,
)
"""About 100 USDC of anything that is held backs an order: enough that to fill the board costs something, and little
enough for everybody.  Claims do not, because who is long may be owed by who cannot pay."""

FEES = Fees(leg=0, order=0)
PENALTY_BPS = 1_000
GRACE_EPOCHS = 3
LOAN_RATE_BPS = 500


def assets(custodians: Mapping[str, Point], now_ms: int) -> tuple[Asset, ...]:
    """The example assets; `custodians` has the public key of the custodian of each symbol in SYMBOLS."""
    held = [Asset(symbol, *terms, custodians[symbol]) for symbol, terms in _HELD.items()]
    expiry_ms = now_ms + OPTION_LIFE_MS
    strike = amounts.scale_price(STRIKE, CLAIM_DECIMALS, held[NUMERAIRE])
    call, put = (Option(ETH, strike, is_call, expiry_ms) for is_call in (True, False))
    claims = [
        Asset("dUSDC", "loan", held[USDC].decimals, None, Loan(USDC)),
        Asset("ETH-PERP", "perpetual", CLAIM_DECIMALS, None, Perpetual(ETH)),
        Asset("ETH-CALL", "option", CLAIM_DECIMALS, None, call),
        Asset("ETH-PUT", "option", CLAIM_DECIMALS, None, put),
    ]
    return (*held, NOTHING, NOTHING, *claims, *[NOTHING] * 4)


def parse_numeraire(text: str) -> int:
    """An amount of the numeraire, such as "0.01 USDC", in smallest units.  Raises FormatError."""
    symbol, (_, decimals) = next(iter(_HELD.items()))
    return amounts.parse_one(text, symbol, decimals)


def parameters(
    oracle_keys: Sequence[Point], guardians: Guardians | None
) -> Parameters:
    """The first parameters of a pool of the example assets."""
    return Parameters(
        version=1,
        rules=rules.NEWEST,
        oracle_keys=tuple(oracle_keys),
        quorum=QUORUM,
        limits=LIMITS,
        risk=RISK,
        board=BoardRules(BOARD_FUNDS, funds_required=False),
        fees=FEES,
        penalty_bps=PENALTY_BPS,
        grace_epochs=GRACE_EPOCHS,
        loan_rate_bps=LOAN_RATE_BPS,
        guardians=guardians,
        validators=validators.NOBODY,
    )


def check_symbols(symbols: Iterable[str]) -> None:
    """Raises FormatError for a symbol that no held example asset has."""
    for symbol in symbols:
        if symbol not in _HELD:
            raise FormatError(f"there is no asset {symbol} to name a custodian of: there are {', '.join(SYMBOLS)}")


def observation(pool: Pool) -> Observation:
    """The example prices and volatilities of a pool's assets; 0 for an asset that has none."""
    numeraire = pool.assets[NUMERAIRE]
    return Observation(
        tuple(
            amounts.parse_price(PRICES[asset.symbol], asset, numeraire) if asset.symbol in PRICES else 0
            for asset in pool.assets
        ),
        tuple(VOLATILITIES_BPS.get(asset.symbol, 0) for asset in pool.assets),
    )
