"""How much a desk may trade: of each asset, with each counterparty, in a day, and altogether.

    [limits]                       # of everything, in the numeraire
    order = "50,000 USDC"          # one order or quote
    open = "500,000 USDC"          # all that others could take now
    day = "2,000,000 USDC"         # all that was traded today, and could still be

    [limits.asset.ETH]
    order = "5 ETH"
    day = "100 ETH"                # bought and sold, both counted
    least = "-20 ETH"              # the position, whatever is taken
    most = "50 ETH"

    [limits.counterparty.alice]    # order, open and day, as above; anybody: whoever nobody knows
    day = "100,000 USDC"

What is not named is not limited.  A day is one of UTC.  The numeraire counts at par, other assets at the prices when a
trade was offered; where an asset has no price, nothing that is limited by its worth is traded.  A position beyond its
limit, by a deposit perhaps, may be reduced and not be increased.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prover.dealer.limits.exposure import Exposure, Open
from prover.dealer.strategies.tables import Table
from prover.dealer.strategies.view import ANYBODY, SCALE
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import Unsatisfied

ANYBODY_NAME = "anybody"
"""What the counterparty is called that nobody knows."""


class LimitReached(Unsatisfied):
    """A trade would go beyond a limit of the desk's own."""


@dataclass(frozen=True)
class Worth:
    """The most that one order, all open ones, and all of a day are worth, in the pool's unit; None for no limit."""

    order: int | None = None
    open: int | None = None
    day: int | None = None

    @property
    def is_none(self) -> bool:
        """Whether nothing is limited."""
        return self == Worth()


@dataclass(frozen=True)
class Sizes:
    """The limits of one asset, in smallest units; None for no limit."""

    order: int | None = None
    day: int | None = None
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Limits:
    """All limits of a desk: of everything, by counterparty, and by slot."""

    every: Worth = Worth()
    counterparties: Mapping[str, Worth] = field(default_factory=dict)
    assets: Mapping[int, Sizes] = field(default_factory=dict)


def decode(table: Mapping[str, object], pool: Pool, place: str) -> Limits:
    """The limits in a table of DESK.toml.  Raises FormatError, which names the place."""
    found = Table(table, pool, place)
    every = _worth(found, "asset", "counterparty")
    assets = {each.slot(symbol): _sizes(each, each.slot(symbol)) for symbol, each in found.tables("asset").items()}
    counterparties = {
        ANYBODY if name == ANYBODY_NAME else name: _worth(each)
        for name, each in found.tables("counterparty").items()
    }
    return Limits(every, counterparties, assets)


def check(limits: Limits, exposure: Exposure, leg: Open, pool: Pool, *, is_priced: bool = True) -> None:
    """Raises LimitReached when one more open leg would go beyond a limit; `is_priced` says that its worth is known."""
    after = exposure.plus(leg)
    _check_worth(limits.every, after, None, leg, pool, "", is_priced=is_priced)
    counterparty = limits.counterparties.get(leg.counterparty, Worth())
    with_whom = f" with {leg.counterparty or 'somebody unknown'}"
    _check_worth(counterparty, after, leg.counterparty, leg, pool, with_whom, is_priced=is_priced)
    for slot, sizes in limits.assets.items():
        _check_sizes(sizes, exposure, after, leg, pool, slot)


def _check_worth(
    worth: Worth, after: Exposure, counterparty: str | None, leg: Open, pool: Pool, with_whom: str, *, is_priced: bool
) -> None:
    if worth.is_none:
        return
    if not is_priced:
        raise LimitReached("one of the assets has no price now, so what the trade is worth cannot be compared")
    for limit, value, what in (
        (worth.order, leg.worth, "this trade"),
        (worth.open, after.worth_open(counterparty), "everything that would stand open"),
        (worth.day, after.worth_today(counterparty), "everything of today that is or could be traded"),
    ):
        if limit is not None and value > limit:
            raise LimitReached(f"{what}{with_whom} is worth {_money(value, pool)}: the limit is {_money(limit, pool)}")


def _check_sizes(sizes: Sizes, before: Exposure, after: Exposure, leg: Open, pool: Pool, slot: int) -> None:
    size = abs(leg.changes[slot])
    if not size:
        return
    asset = pool.assets[slot]
    for limit, value, what in (
        (sizes.order, size, "this trade"), (sizes.day, after.traded(slot), "what is or could be traded today"),
    ):  # fmt: skip
        if limit is not None and value > limit:
            raise LimitReached(f"{what} is {amounts.show(value, asset)}: the limit is {amounts.show(limit, asset)}")
    lowest, highest = after.lowest(slot), after.highest(slot)
    if sizes.least is not None and lowest < min(sizes.least, before.lowest(slot)):
        raise LimitReached(
            f"the desk could end with {amounts.show(lowest, asset)}: the least is {amounts.show(sizes.least, asset)}"
        )
    if sizes.most is not None and highest > max(sizes.most, before.highest(slot)):
        raise LimitReached(
            f"the desk could end with {amounts.show(highest, asset)}: the most is {amounts.show(sizes.most, asset)}"
        )


def _worth(table: Table, *others: str) -> Worth:
    """The limits in a table that may have other keys beside them."""
    table.only("order", "open", "day", *others)
    order, stands, day = (table.maybe(name, table.money) for name in ("order", "open", "day"))
    return Worth(_scaled(order), _scaled(stands), _scaled(day))


def _scaled(amount: int | None) -> int | None:
    return None if amount is None else amount * SCALE


def _sizes(table: Table, slot: int) -> Sizes:
    table.only("order", "day", "least", "most")
    order, day = (table.maybe(name, lambda key: table.amount(key, slot)) for name in ("order", "day"))
    least, most = (table.maybe(name, lambda key: table.signed(key, slot)) for name in ("least", "most"))
    return Sizes(order, day, least, most)


def _money(worth: int, pool: Pool) -> str:
    numeraire = pool.assets[amounts.NUMERAIRE]
    return f"{amounts.show_value(worth, numeraire)} {numeraire.symbol}"
