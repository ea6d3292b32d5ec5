"""Desks that a dealer runs (prover/dealer): it answers, keeps what its strategy wants on the board, and journals."""

from dataclasses import dataclass
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from prover.dealer.dealer import Dealer, Settings
from prover.dealer.journal import Journal
from prover.dealer.limits import limits
from prover.dealer.limits.exposures import Exposures
from prover.dealer.strategies import kinds
from prover.dealer.strategies.strategy import Answer, Standing, Strategy
from prover.dealer.strategies.view import Enquiry, Inventory, Market
from prover.operator import oracles
from prover.rfq.answering import Prices
from prover.rfq.messages import Way
from settlement.ledger import Ledger
from tests.simulation.desks.scripts import BTC, DOLLAR, ETH, LOAN, USDC, Trader

BPS = 10_000
BOUNDS = {"ETH": (ETH, 9, "2.6", "4.1"), "BTC": (BTC, 8, "0.09", "0.12")}
"""Of each asset its slot, its decimals, and how little and how much a strict desk may have."""


class FromLedger:
    """Prices of the newest publication."""

    def read(self, ledger: Ledger, now_ms: int) -> Any:
        newest = oracles.newest_publication(ledger)
        assert newest is not None
        prices = tuple(price or None for price in newest.prices)
        market = Market(ledger.pool, now_ms, prices, (None,) * len(prices), newest.epoch)
        return SimpleNamespace(market=market, problems=())


@dataclass
class Around:
    """Both sides around what everything is worth: of whatever is asked about, and of two coins on the board."""

    spread_bps: int

    def price(self, market: Market, inventory: Inventory, enquiry: Enquiry) -> Answer:
        """Each line apart; a loan it only takes."""
        found = []
        for number, line in enumerate(enquiry.lines):
            value, unit = market.value(line.sizes), market.prices[line.paid_in]
            if value is None or not unit:
                continue
            paid = value // unit
            spread = max(1, abs(paid) * self.spread_bps // BPS)
            sides = {Way.BID: {line.paid_in: paid - spread}, Way.OFFER: {line.paid_in: paid + spread}}
            if line.sizes[LOAN]:
                sides.pop(Way.OFFER)
            found.append(Prices(frozenset([number]), sides))
        return Answer(tuple(found), "around what it is worth")

    def standing(self, market: Market, inventory: Inventory) -> list[Standing]:
        """A bid and an offer of two coins, in two lots each."""
        found = []
        for name, slot in (("ETH", ETH), ("BTC", BTC)):
            price = market.price(slot, USDC)
            if price is None:
                continue
            amount = int(300 * DOLLAR / price)
            for way, sign in (("bid", 1), ("offer", -1)):
                paid = int(300 * DOLLAR) * (BPS - sign * self.spread_bps) // BPS
                if inventory.balances[USDC if sign > 0 else slot] < 3 * (paid if sign > 0 else amount):
                    continue
                changes = tuple(
                    sign * amount if each == slot else -sign * paid if each == USDC else 0 for each in range(16)
                )
                found.append(Standing(f"{name} {way}", changes, "around", lots=2, life_ms=600_000, slack_bps=60))
        return found

    def wishes(self, market: Market, inventory: Inventory) -> tuple[()]:
        """None."""
        return ()


@dataclass
class DealerTrader(Trader):
    """A desk whose dealer makes its prices; it still asks others by itself."""

    spread_bps: int = 20
    is_strict: bool = False
    _dealer: tuple[Any, Dealer] | None = None

    def answer(self) -> None:
        """One round of the dealer."""
        self.does(self._step)

    def _step(self) -> None:
        post = self.member.post
        if self._dealer is None or self._dealer[0] is not post:
            session = self.member.session
            journal = Journal(self.member.path.with_suffix(".journal"))
            allowed = limits.decode(self._limits(), session.ledger.pool, "limits")
            exposures = Exposures(session, allowed, lambda: self.house.now_ms)
            strategies = [("desk", self._strategy())]
            made = Dealer(session, post, journal, strategies, FromLedger(), exposures, Settings())
            self._dealer = post, made
        self.house.counts["rounds of dealers"] += 1
        self._dealer[1].step(self.now_ms)

    def _strategy(self) -> Strategy:
        """The worked example with two sides, or one that quotes claims too."""
        if not self.is_strict:
            return Around(self.spread_bps)
        markets = {
            symbol: {"size": f"{size} {symbol}", "levels": 2, "spread": "0.1%", "step": "0.1%", "skew": "0.5%",
                     "target": f"{target} {symbol}", "most": f"{most} {symbol}"}
            for symbol, size, target, most in (("ETH", "0.1", "3", "1"), ("BTC", "0.003", "0.1", "0.03"))
        }  # fmt: skip
        table = {"name": "spot", "kind": "two-sided", "life": "20m", "slack": "0.3%", "market": markets}
        return kinds.decode(table, self.member.ledger.pool, "strategy[0]").strategy

    def _limits(self) -> dict[str, Any]:
        """As in DESK.toml."""
        if not self.is_strict:
            return {"open": "500000 USDC"}
        return {"asset": {
            symbol: {"least": f"{least} {symbol}", "most": f"{most} {symbol}"}
            for symbol, (_, _, least, most) in BOUNDS.items()
        }}  # fmt: skip

    def bind(self) -> None:
        """The book is told of the limits too."""
        for slot, decimals, least, most in BOUNDS.values() if self.is_strict else ():
            low, high = (int(Fraction(each) * 10**decimals) for each in (least, most))
            self.house.clerk.book.bound(self.member.name, slot, low, high)

    def cancel_all(self) -> None:
        """The kill switch."""

        def cancelled() -> None:
            if self._dealer is not None and self._dealer[0] is self.member.post:
                self._dealer[1].cancel_all(self.now_ms)
                self.house.counts["kill switches"] += 1

        self.does(cancelled)
