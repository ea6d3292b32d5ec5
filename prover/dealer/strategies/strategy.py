"""The interface of a strategy, and what it answers.

    class Mine:
        def __init__(self, settings: Mapping[str, object], pool: Pool): …
        def price(self, market, inventory, enquiry): return Answer((prices,), "why")
        def standing(self, market, inventory): return (Standing(…), …)
        def wishes(self, market, inventory): return ()

The desk compares what should stand with what stands, proves, sends, and keeps the limits; a strategy says what it would
trade at which price, whatever the limits are.  Its methods depend on their arguments alone, so each of its answers can
be had again from what the journal has.  They must be quick: nothing else happens meanwhile.

Amounts are integers in smallest units.  A strategy that computes with floats rounds once, at the end, so that the desk
gets more or pays less: a taker who is asked one smallest unit too much loses nothing, a desk that rounds the other way
loses it at each trade.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from prover.dealer.strategies.view import Enquiry, Inventory, Market
from prover.rfq.answering import Prices
from prover.trader import keys
from prover.trader.plan import Changes

BPS = 10_000
EVERYBODY = "everybody"


@dataclass(frozen=True, repr=False)
class Answer(keys.Secret):
    """At which prices the desk would trade what a request asks about; none where it does not want to.

    `why` is one sentence for the journal.
    """

    prices: tuple[Prices, ...]
    why: str


@dataclass(frozen=True, repr=False)
class Standing(keys.Secret):
    """An order that should stand on the board now.

    `name` is its own within the strategy and stays the same from round to round: "ETH bid 1".  `changes` are those of
    the desk's account, and `readers` addresses, names of contacts, or EVERYBODY.  It is divided into so many `lots` of
    the same price.  An order that stands may stay while no amount differs by more than `slack_bps`.
    """

    name: str
    changes: Changes
    why: str
    readers: tuple[str, ...] = (EVERYBODY,)
    life_ms: int = 3_600_000
    lots: int = 1
    slack_bps: int = 0


@dataclass(frozen=True, repr=False)
class Wish(keys.Secret):
    """A trade that should be done now, by taking what others offer.

    It buys `amount` of an asset, or sells when that is negative, and is paid in `unit`.  `limit` is the worst price, in
    smallest units for a smallest unit.
    """

    name: str
    asset: int
    amount: int
    unit: int
    limit: Fraction
    why: str


class Strategy(Protocol):
    """What a desk would trade.  Nothing here may touch a wallet, a carrier, a file or a clock."""

    def price(self, market: Market, inventory: Inventory, enquiry: Enquiry) -> Answer:
        """The prices for a request."""

    def standing(self, market: Market, inventory: Inventory) -> Sequence[Standing]:
        """The orders that should stand on the board now, and no others of this strategy."""

    def wishes(self, market: Market, inventory: Inventory) -> Sequence[Wish]:
        """The trades that should be done now."""


def stays(wanted: Standing, changes: Changes) -> bool:
    """Whether an order that stands, with these changes, may stay where this one is wanted.

    No amount may differ by more than the slack, as a share of what is wanted.
    """
    return all(
        abs(have - want) * BPS <= abs(want) * wanted.slack_bps
        for have, want in zip(changes, wanted.changes, strict=True)
    )
