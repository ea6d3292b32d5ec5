"""Options priced by Black's formula, two-sided in volatility, with their delta hedged: the second worked example.

The ledger knows options as claims: one smallest unit pays max(0, S − K), or max(0, K − S), when it expires, and whoever
is short owes it (settlement/risk/market.py).  Their value is settlement.risk.black76's, in integers with bounds on its
error: so a desk prices them as the pool's own grid does, and no float is anywhere.

    middle   σ' = σ − skew·q/m        q the position, m its bound: who is long asks for less volatility, and pays less
    offer    the value at σ' + spread/2, rounded up
    bid      the value at σ' − spread/2, rounded down, and at least nothing

Hedging.  The delta of the book, in units of the underlying, is

    Δ = Σ over options of q·(N(d1), less one for a put) + what is held of the hedge

Trading all the time to keep it at zero would cost more than it saves.  With costs, the best is to do nothing in a band
around it, and outside of it to trade to its nearest edge: Whalley and Wilmott, "An asymptotic analysis of an optimal
hedging model for option pricing with transaction costs" (Mathematical Finance 7, 1997).  A hedge is the underlying, or
a perpetual on it, which may be owed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from circuits import records
from prover.dealer.strategies import quoting
from prover.dealer.strategies.strategy import BPS, EVERYBODY, Answer, Standing, Wish
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.view import Enquiry, Inventory, Market, nothing
from prover.rfq import messages
from prover.rfq.messages import Line, Way
from settlement import amounts
from settlement.pool.assets import Asset, Option, Perpetual
from settlement.pool.pool import Pool
from settlement.risk import black76, fixedpoint, optionrisk
from settlement.risk import market as markets


@dataclass(frozen=True)
class Rules:
    """How one option is quoted; amounts in smallest units.  `volatility_bps` is None for the published one."""

    slot: int
    size: int
    most: int
    volatility_bps: int | None


@dataclass(frozen=True)
class Hedge:
    """What deltas are hedged with, and when; amounts in its smallest units."""

    slot: int
    band: int
    least: int
    most: int
    slippage_bps: int
    stands: bool


class Options:
    """Quotes options against one unit, on request and on the board, and hedges their delta."""

    def __init__(self, table: Table):
        """Reads the settings.  Raises FormatError."""
        pool = table.pool
        table.only(
            "name", "kind", "unit", "spread", "skew", "stop", "stands", "to", "life", "slack", "option", "hedge"
        )  # fmt: skip
        self._unit = table.asset("unit", pool.assets[amounts.NUMERAIRE].symbol)
        self._spread_bps, self._skew_bps = table.percent("spread"), table.percent("skew", "0%")
        self._stop_ms, self._stands = table.duration("stop", "1h"), table.flag("stands", default=True)
        self._readers, self._life_ms = table.texts("to", [EVERYBODY]), table.duration("life", "1h")
        self._slack_bps = table.percent("slack", "1%")
        self._rules = {each.slot: each for each in map(_rules, table.tables("option").values())}
        if not self._rules:
            raise table.wrong("option", "must name the options that are quoted")
        self._hedge = table.maybe("hedge", lambda key: _hedge(table.table(key), self._underlyings(pool)))

    def price(self, market: Market, inventory: Inventory, enquiry: Enquiry) -> Answer:
        """A bid and an offer for all lines that consist of its options, as one price."""
        return quoting.answer(
            enquiry, self._unit, self._rules, lambda way, lines: self._side(way, lines, market, inventory),
            lambda lines: self._where_all(lines, market, inventory),
        )  # fmt: skip

    def _where_all(self, lines: list[Line], market: Market, inventory: Inventory) -> str:
        asked = [slot for slot in self._rules if any(line.sizes[slot] for line in lines)]
        return "; ".join(self._where(self._rules[slot], market, inventory) for slot in asked)

    def standing(self, market: Market, inventory: Inventory) -> tuple[Standing, ...]:
        """A bid and an offer of each option; and an order for what is to be hedged, if hedges stand."""
        quotes = self._rules.values() if self._stands else ()
        return tuple(each for rules in quotes for each in self._of_option(rules, market, inventory)) + tuple(
            self._order("hedge", wish.asset, wish.amount, wish.amount * wish.limit, wish.why)
            for wish in self._due(market, inventory)
            if self._hedge is not None and self._hedge.stands
        )

    def wishes(self, market: Market, inventory: Inventory) -> tuple[Wish, ...]:
        """What is to be hedged now, unless hedges stand on the board."""
        return () if self._hedge is None or self._hedge.stands else tuple(self._due(market, inventory))

    def delta(self, market: Market, inventory: Inventory) -> Fraction | None:
        """The delta of the options and of the hedge, in smallest units of the hedge; None where a price is missing."""
        if self._hedge is None:
            return None
        hedge, total = self._hedge, Fraction(inventory.balances[self._hedge.slot])
        hedge_price = market.prices[hedge.slot]
        for rules in self._rules.values():
            position = inventory.balances[rules.slot]
            if not position:
                continue
            found = self._subject(rules, market)
            if found is None or not hedge_price:
                return None
            subject, volatility_bps = found
            s = black76.deviation(volatility_bps, subject.remaining_ms)
            slope = black76.tangent(subject.is_call, subject.forward, subject.strike, s).slope
            # What moves the forward by a part of it moves the hedge's price by the same part.
            total += position * Fraction(slope, fixedpoint.ONE) * Fraction(subject.forward, hedge_price)
        return total

    def _due(self, market: Market, inventory: Inventory) -> Iterator[Wish]:
        hedge, delta = self._hedge, self.delta(market, inventory)
        price = None if hedge is None else market.price(hedge.slot, self._unit)
        if hedge is None or delta is None or price is None:
            return
        beyond = max(Fraction(0), abs(delta) - hedge.band)
        amount = floor(beyond) if delta < 0 else -floor(beyond)
        has = inventory.balances[hedge.slot]
        least = max(-hedge.most, 0) if hedge.slot < records.HELD else -hedge.most
        amount = max(least - has, amount) if amount < 0 else min(hedge.most - has, amount)
        if abs(amount) < hedge.least or (amount > 0) != (delta < 0):
            return
        limit = price * (BPS + (hedge.slippage_bps if amount > 0 else -hedge.slippage_bps)) / BPS
        asset = market.pool.assets[hedge.slot]
        why = f"delta is {amounts.show(floor(delta), asset)}, beyond {amounts.show(hedge.band, asset)}"
        yield Wish("hedge", hedge.slot, amount, self._unit, limit, why)

    def _side(self, way: Way, lines: list[Line], market: Market, inventory: Inventory) -> int | str:
        """What is paid on one side for these lines together, or why it is not quoted."""
        paid = Fraction(0)
        for slot, rules in self._rules.items():
            asked = sum(line.sizes[slot] for line in lines)
            if not asked:
                continue
            symbol, change = market.pool.assets[slot].symbol, asked if way is Way.BID else -asked
            end = inventory.highest[slot] + change if change > 0 else inventory.lowest[slot] + change
            if abs(end) > rules.most and (end > 0) == (change > 0):
                return f"the position in {symbol} would go beyond its bound"
            price = self._price(rules, change > 0, market, inventory)
            if price is None:
                return f"{symbol} has no price or no volatility now, or expires"
            paid += asked * price
        payment = ceil(paid) if way is Way.OFFER else floor(paid)
        return payment if abs(payment) < messages.LIMIT else "the payment does not fit in 64 bits"

    def _price(self, rules: Rules, is_buying: bool, market: Market, inventory: Inventory) -> Fraction | None:
        """What the desk pays or asks for one smallest unit, in the unit's; None where it does not quote."""
        found, unit = self._subject(rules, market), market.prices[self._unit]
        if found is None or not unit:
            return None
        subject, middle_bps = found
        away = self._middle(rules, middle_bps, inventory) + Fraction(self._spread_bps, 2) * (-1 if is_buying else 1)
        s = black76.deviation(max(0, floor(away) if is_buying else ceil(away)), subject.remaining_ms)
        low, high = black76.bounds(subject.is_call, subject.forward, subject.strike, s)
        return Fraction(low if is_buying else high, unit)

    def _middle(self, rules: Rules, volatility_bps: int, inventory: Inventory) -> Fraction:
        part = Fraction(inventory.balances[rules.slot], rules.most)
        return volatility_bps - self._skew_bps * max(Fraction(-1), min(Fraction(1), part))

    def _subject(self, rules: Rules, market: Market) -> tuple[optionrisk.Market, int] | None:
        """What the option's value depends on now, and its volatility; None without a price or shortly before expiry."""
        asset = market.pool.assets[rules.slot]
        assert isinstance(asset.terms, Option), "the settings name options"
        published = market.volatilities[rules.slot] if rules.volatility_bps is None else rules.volatility_bps
        if market.prices[asset.terms.underlying] is None or not published:
            return None
        if asset.terms.expiry_ms - market.now_ms <= self._stop_ms:
            return None
        prices = [price or 0 for price in market.prices]
        return markets.option(market.pool, asset, prices, published, market.now_ms), published

    def _of_option(self, rules: Rules, market: Market, inventory: Inventory) -> Iterator[Standing]:
        for is_buying in (True, False):
            has, price = inventory.balances[rules.slot], self._price(rules, is_buying, market, inventory)
            size = min(rules.size, rules.most - has if is_buying else rules.most + has)
            if price is None or size <= 0:
                continue
            paid = floor(size * price) if is_buying else ceil(size * price)
            money = inventory.balances[self._unit]
            if not 0 < paid < messages.LIMIT or is_buying and self._unit < records.HELD and paid > money:
                continue
            name = f"{market.pool.assets[rules.slot].symbol} {'bid' if is_buying else 'offer'}"
            why = self._where(rules, market, inventory)
            yield self._order(
                name, rules.slot, size if is_buying else -size, Fraction(paid if is_buying else -paid), why
            )

    def _order(self, name: str, slot: int, amount: int, pays: Fraction, why: str) -> Standing:
        """An order that buys an amount, or sells when negative, and pays this, rounded in the desk's favour."""
        changes = list(nothing())
        changes[slot], changes[self._unit] = amount, -floor(pays)
        return Standing(name, tuple(changes), why, self._readers, self._life_ms, 1, self._slack_bps)

    def _where(self, rules: Rules, market: Market, inventory: Inventory) -> str:
        """The volatility, the position, and the middle that follows."""
        asset, found = market.pool.assets[rules.slot], self._subject(rules, market)
        published = 0 if found is None else found[1]
        middle = floor(self._middle(rules, published, inventory))
        has = amounts.show(inventory.balances[rules.slot], asset)
        return f"{asset.symbol} is at {published / 100:g}%, the desk has {has}, so its middle is {middle / 100:g}%"

    def _underlyings(self, pool: Pool) -> set[int]:
        terms = [pool.assets[slot].terms for slot in self._rules]
        return {each.underlying for each in terms if each is not None}


def _rules(table: Table) -> Rules:
    slot = table.slot(table.place.rpartition(".")[2])
    if not isinstance(table.pool.assets[slot].terms, Option):
        raise table.wrong(table.pool.assets[slot].symbol, "is no option")
    table.only("size", "most", "volatility")
    return Rules(
        slot, table.amount("size", slot), table.amount("most", slot), table.maybe("volatility", table.percent)
    )


def _hedge(table: Table, underlyings: set[int]) -> Hedge:
    table.only("asset", "band", "least", "most", "slippage", "stands")
    slot = table.asset("asset")
    band = table.amount("band", slot)
    if len(underlyings) != 1 or not _hedges(table.pool.assets[slot], slot, min(underlyings)):
        raise table.wrong("asset", "must be the one underlying of all options of this strategy, or a perpetual on it")
    least = table.maybe("least", lambda key: table.amount(key, slot))
    return Hedge(
        slot, band, max(1, band // 4) if least is None else least, table.amount("most", slot),
        table.percent("slippage", "0.5%"), table.flag("stands", default=False),
    )  # fmt: skip


def _hedges(asset: Asset, slot: int, underlying: int) -> bool:
    return slot == underlying or isinstance(asset.terms, Perpetual) and asset.terms.underlying == underlying
