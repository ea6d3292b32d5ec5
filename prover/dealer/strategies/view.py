"""What a strategy is shown: what every asset is worth now, and what the desk has.

A price is an integer in the pool's unit (settlement.risk.risk): what one smallest unit of the asset is worth, in 10^-9
of the numeraire's smallest unit.  The numeraire has a price like any other.  None stands for an asset that nobody
prices now, or whose price is too old: nothing is quoted in it.

What is signed follows from these integers by fractions, without a float.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from circuits import records
from prover.rfq.messages import Line
from prover.trader import keys
from prover.trader.plan import Changes
from settlement.pool.pool import Pool
from settlement.risk import risk

ANYBODY = ""
"""The counterparty of a request whose asker nobody knows."""


@dataclass(frozen=True)
class Market:
    """What is known of every asset at one time.

    `volatilities` are in bps: of an option over a year, of a held asset over a day; None where nobody says.  `epoch` is
    that of the newest publication, if the prices are its.
    """

    pool: Pool
    now_ms: int
    prices: tuple[int | None, ...]
    volatilities: tuple[int | None, ...]
    epoch: int | None = None

    def price(self, slot: int, unit: int) -> Fraction | None:
        """What one smallest unit of an asset costs in smallest units of another; None unless both have a price."""
        of_asset, of_unit = self.prices[slot], self.prices[unit]
        return Fraction(of_asset, of_unit) if of_asset is not None and of_unit else None

    def value(self, changes: Sequence[int]) -> int | None:
        """What these amounts are worth together, in the pool's unit; None when one of them has no price."""
        total = 0
        for slot, amount in enumerate(changes):
            price = self.prices[slot]
            if amount and price is None:
                return None
            total += amount * (price or 0)
        return total


@dataclass(frozen=True, repr=False)
class Inventory(keys.Secret):
    """What the desk has of every asset, in smallest units: all accounts that it trades with, together.

    `balances` is what was settled.  `lowest` and `highest` are what it could become when whatever stands open is taken
    or not, at the worst for each asset.
    """

    balances: Changes
    lowest: Changes
    highest: Changes

    @classmethod
    def settled(cls, balances: Changes) -> "Inventory":
        """An inventory of which nothing stands open."""
        return cls(balances, balances, balances)


@dataclass(frozen=True, repr=False)
class Enquiry(keys.Secret):
    """What a request asks about: lines, each of which has a price of its own, and who asks, or ANYBODY.

    A request hides its asker.  What is known is the own address that it came to; a counterparty is known by the address
    that was given to nobody else.
    """

    lines: tuple[Line, ...]
    counterparty: str = ANYBODY


def whole(market: Market, slot: int) -> int:
    """The smallest units in a whole one."""
    return int(10 ** market.pool.assets[slot].decimals)


def nothing() -> Changes:
    """No change of any asset."""
    return (0,) * records.ASSETS


SCALE = risk.SCALE
"""The price of the numeraire where nobody says another: one of its smallest units is worth one."""
