"""Two sides around a published price, moved by what the desk has: the first worked example.

With price S, position q, target t, and q within ±m of t:

    middle   r = S·(1 − skew·(q − t)/m)               what the desk would rather sell is cheaper
    offer    r·(1 + spread/2 + level·step)            rounded up: a taker pays the fraction of a unit
    bid      r·(1 − spread/2 − level·step)            rounded down

A middle that is linear in the position is the *reservation price* r = S − q·γ·σ²·(T − t) of Avellaneda and Stoikov,
"High-frequency trading in a limit order book" (Quantitative Finance 8, 2008): so skew/m stands for γ·σ²·(T − t)/S.
That no side is quoted at a bound of the position, and that neither spread nor skew depends on the time of day, is
Guéant, Lehalle and Fernandez-Tapia, "Dealing with the inventory risk" (Mathematics and Financial Economics 7, 2013).

Standing quotes follow what was settled, level by level, until a bound is reached.  A request counts what stands open as
well, at the worst; it is priced at the level to which it would reach if it took the standing sizes one after another.
Nothing here is a float.
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
from settlement.pool.pool import Pool
from zk.errors import FormatError

MAX_LEVELS = 16
LIMIT = messages.LIMIT


@dataclass(frozen=True)
class Rules:
    """How one asset is quoted, in smallest units and bps; `most` is how far the position may be from the target."""

    slot: int
    size: int
    levels: int
    spread_bps: int
    step_bps: int
    skew_bps: int
    target: int
    most: int


class TwoSided:
    """Quotes assets against one unit, on the board and on request."""

    def __init__(self, table: Table):
        """Reads the settings.  Raises FormatError."""
        table.only("name", "kind", "unit", "to", "life", "lots", "slack", "market")
        self._unit = table.asset("unit", table.pool.assets[amounts.NUMERAIRE].symbol)
        self._readers = table.texts("to", [EVERYBODY])
        self._life_ms, self._lots = table.duration("life", "1h"), table.number("lots", 1, 31, 1)
        self._slack_bps = table.percent("slack", "0.1%")
        self._rules = {each.slot: each for each in map(_rules, table.tables("market").values())}
        if not self._rules or self._unit in self._rules:
            raise table.wrong("market", "must name the assets that are quoted, and the unit is none of them")

    def standing(self, market: Market, inventory: Inventory) -> tuple[Standing, ...]:
        """A bid and an offer of each level, as far as the position and what is held allow."""
        return tuple(each for rules in self._rules.values() for each in self._of_asset(rules, market, inventory))

    def wishes(self, market: Market, inventory: Inventory) -> tuple[Wish, ...]:
        """None: it waits for others."""
        return ()

    def price(self, market: Market, inventory: Inventory, enquiry: Enquiry) -> Answer:
        """A bid and an offer for all lines that it quotes, as one price."""
        return quoting.answer(
            enquiry, self._unit, self._rules, lambda way, lines: self._side(way, lines, market, inventory),
            lambda lines: self._why(lines, market, inventory),
        )  # fmt: skip

    def _side(self, way: Way, lines: list[Line], market: Market, inventory: Inventory) -> int | str:
        """What is paid on one side for these lines together, or why it is not quoted."""
        total = [sum(line.sizes[slot] for line in lines) for slot in range(records.ASSETS)]
        paid = Fraction(0)
        for slot, asked in enumerate(total):
            if not asked:
                continue
            rules, symbol = self._rules[slot], market.pool.assets[slot].symbol
            change = asked if way is Way.BID else -asked
            if abs(asked) > rules.levels * rules.size:
                return f"it is more {symbol} than is quoted"
            if not self._has_room(rules, change, inventory):
                return f"the position in {symbol} would go beyond its bound"
            price = self._price(rules, change > 0, -(-abs(asked) // rules.size) - 1, market, inventory)
            if price is None:
                return f"{symbol} has no price now"
            paid += asked * price
        payment = ceil(paid) if way is Way.OFFER else floor(paid)
        return payment if abs(payment) < LIMIT else "the payment does not fit in 64 bits"

    def _has_room(self, rules: Rules, change: int, inventory: Inventory) -> bool:
        if change > 0:
            return inventory.highest[rules.slot] + change <= rules.target + rules.most
        return inventory.lowest[rules.slot] + change >= rules.target - rules.most

    def _price(
        self, rules: Rules, is_buying: bool, level: int, market: Market, inventory: Inventory
    ) -> Fraction | None:  # fmt: skip
        """The price of a level, at which the desk buys or sells; None without a published one."""
        middle = self._middle(rules, market, inventory)
        if middle is None:
            return None
        away = Fraction(rules.spread_bps, 2 * BPS) + Fraction(level * rules.step_bps, BPS)
        return middle * max(Fraction(0), 1 - away if is_buying else 1 + away)

    def _middle(self, rules: Rules, market: Market, inventory: Inventory) -> Fraction | None:
        published = market.price(rules.slot, self._unit)
        if published is None:
            return None
        away = Fraction(inventory.balances[rules.slot] - rules.target, rules.most)
        return published * (1 - Fraction(rules.skew_bps, BPS) * max(Fraction(-1), min(Fraction(1), away)))

    def _of_asset(self, rules: Rules, market: Market, inventory: Inventory) -> Iterator[Standing]:
        for is_buying in (True, False):
            room = self._room(rules, is_buying, inventory)
            money = inventory.balances[self._unit]
            for level in range(rules.levels):
                price, size = self._price(rules, is_buying, level, market, inventory), min(rules.size, room)
                if price is None or size <= 0:
                    break
                paid = floor(size * price) if is_buying else ceil(size * price)
                if not 0 < paid < LIMIT or is_buying and self._unit < records.HELD and paid > money:
                    break
                room, money = room - size, money - paid
                yield self._order(rules, is_buying, level, size, paid, market, inventory)

    def _room(self, rules: Rules, is_buying: bool, inventory: Inventory) -> int:
        """How much may be bought or sold until the position reaches its bound; nothing that is held is ever owed."""
        has = inventory.balances[rules.slot]
        if is_buying:
            return rules.target + rules.most - has
        room = has - (rules.target - rules.most)
        return min(room, has) if rules.slot < records.HELD else room

    def _order(
        self, rules: Rules, is_buying: bool, level: int, size: int, paid: int, market: Market, inventory: Inventory
    ) -> Standing:  # fmt: skip
        changes, sign = list(nothing()), 1 if is_buying else -1
        changes[rules.slot], changes[self._unit] = sign * size, -sign * paid
        name = f"{market.pool.assets[rules.slot].symbol} {'bid' if is_buying else 'offer'} {level + 1}"
        why = self._where(rules, market, inventory)
        return Standing(name, tuple(changes), why, self._readers, self._life_ms, self._lots, self._slack_bps)

    def _why(self, lines: list[Line], market: Market, inventory: Inventory) -> str:
        asked = [rules for rules in self._rules.values() if any(line.sizes[rules.slot] for line in lines)]
        return "; ".join(self._where(rules, market, inventory) for rules in asked)

    def _where(self, rules: Rules, market: Market, inventory: Inventory) -> str:
        """The published price, the position, and the middle that follows."""
        asset, unit = market.pool.assets[rules.slot], market.pool.assets[self._unit]
        published, middle = market.price(rules.slot, self._unit), self._middle(rules, market, inventory)
        shown = [
            amounts.number(floor(price * 10**asset.decimals), unit.decimals) if price is not None else "unknown"
            for price in (published, middle)
        ]
        has = amounts.show(inventory.balances[rules.slot], asset)
        return f"{asset.symbol} is at {shown[0]} {unit.symbol}, the desk has {has}, so its middle is {shown[1]}"


def _rules(table: Table) -> Rules:
    slot = table.slot(table.place.rpartition(".")[2])
    table.only("size", "levels", "spread", "step", "skew", "target", "most")
    rules = Rules(
        slot, table.amount("size", slot), table.number("levels", 1, MAX_LEVELS, 1), table.percent("spread"),
        table.percent("step", "0%"), table.percent("skew", "0%"), table.signed("target", slot, _zero(table.pool, slot)),
        table.amount("most", slot),
    )  # fmt: skip
    if rules.skew_bps >= BPS or rules.spread_bps + 2 * rules.levels * rules.step_bps >= 2 * BPS:
        raise FormatError(f"{table.place}: spread, steps and skew must leave a bid above zero")
    return rules


def _zero(pool: Pool, slot: int) -> str:
    return f"0 {pool.assets[slot].symbol}"
