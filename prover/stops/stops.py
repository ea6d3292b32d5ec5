"""A stop order, and which of a wallet's stops are due.

    waiting      no publication after it was made has had the asset's price at or beyond the trigger
    triggered    one has; it acts until it has traded once, whatever the price does then
    done         it has taken from the board, or placed its order
    expired      its time is over, and it has done nothing

Only the newest publication counts: it is what the ledger would settle against now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Literal

from circuits import records
from prover.trader import durations, keys
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import FormatError
from zk.formats import dataclassjson

WAITING: Literal["waiting"] = "waiting"
TRIGGERED: Literal["triggered"] = "triggered"
DONE: Literal["done"] = "done"
EXPIRED: Literal["expired"] = "expired"
MAX_WHY = 300
_LARGE = 1 << 128
_Slot = Annotated[int, dataclassjson.integer(0, records.ASSETS - 1)]
_Time = Annotated[int, dataclassjson.integer(0, (1 << 63) - 1)]
_Large = Annotated[int, dataclassjson.decimal(0, _LARGE)]
_Id = Annotated[str, dataclassjson.text("[0-9a-f]{8}", "8 hexadecimal digits")]
_Made = Annotated[str, dataclassjson.text("([0-9a-f]{64})?", "an id, or nothing")]


@dataclass(frozen=True, repr=False)
class Stop(keys.Secret):
    """A stop order.

    It watches the published price of `watched`, and sells or buys `amount` of `asset` for `other`, at `price` of it per
    smallest unit at worst.  Without `readers` it takes from the board, `minimum` at least; with them it places an order
    that they can read, good for `life_ms`.  Publications after `since_epoch` count, until `until_ms` (0: for ever).
    `made` is what it did: a bundle's or an order's id.  `why` says what kept it from acting the last time.
    """

    stop_id: _Id
    watched: _Slot
    is_above: bool
    trigger: _Large
    sells: bool
    asset: _Slot
    amount: _Large
    minimum: _Large
    other: _Slot
    price_numerator: _Large
    price_denominator: Annotated[int, dataclassjson.decimal(1, _LARGE)]
    readers: tuple[str, ...]
    life_ms: Annotated[int, dataclassjson.integer(0, durations.MAX_DAYS * durations.UNITS_MS["d"])]
    may_owe: bool
    made_ms: _Time
    until_ms: _Time
    since_epoch: _Time
    state: Literal["waiting", "triggered", "done", "expired"] = WAITING
    epoch: _Time = 0
    made: _Made = ""
    why: str = ""

    @property
    def price(self) -> Fraction:
        """The worst price, in smallest units of the other asset for a smallest unit."""
        return Fraction(self.price_numerator, self.price_denominator)

    @property
    def key(self) -> str:
        """The --once of what it does."""
        return f"stop {self.stop_id}"

    @property
    def is_open(self) -> bool:
        """Whether it may act yet."""
        return self.state in (WAITING, TRIGGERED)


@dataclass(frozen=True)
class Prices:
    """The newest publication: its epoch, and the price of each asset in the pool's unit, 0 where it has none."""

    epoch: int
    values: tuple[int, ...]


def is_beyond(stop: Stop, prices: Prices) -> bool:
    """Whether the price is at the trigger or beyond it.  An asset without a price triggers nothing."""
    value = prices.values[stop.watched]
    return value > 0 and (value >= stop.trigger if stop.is_above else value <= stop.trigger)


def due(kept: Sequence[Stop], prices: Prices | None, now_ms: int) -> tuple[Stop, ...]:
    """The waiting stops that this publication triggers."""
    if prices is None:
        return ()
    return tuple(
        stop for stop in kept
        if stop.state == WAITING and prices.epoch > stop.since_epoch and not is_over(stop, now_ms)
        and is_beyond(stop, prices)
    )  # fmt: skip


def is_over(stop: Stop, now_ms: int) -> bool:
    """Whether its time is over."""
    return bool(stop.until_ms) and now_ms >= stop.until_ms


def check(stop: Stop, prices: Prices | None, pool: Pool, now_ms: int) -> None:
    """Raises FormatError for a new stop that makes no sense, or that would act at once."""
    if stop.asset == stop.other:
        raise FormatError("a stop exchanges two different assets")
    if not stop.amount or stop.minimum > stop.amount:
        raise FormatError("the minimum is more than the amount" if stop.amount else "the amount must be above 0")
    if not all(amount for side in sides(stop) for amount in side.values()):
        raise FormatError("at this limit it would trade for nothing: the limit or the amount is too small")
    if stop.readers and stop.minimum:
        raise FormatError("a minimum is for what is taken from the board: an order says its own with --lots")
    if is_over(stop, now_ms):
        raise FormatError("the stop would be over before it begins")
    if prices is None:
        raise FormatError("no prices are published yet, so nobody knows on which side of the trigger they are")
    if is_beyond(stop, prices):
        asset, numeraire = pool.assets[stop.watched], pool.assets[amounts.NUMERAIRE]
        shown = amounts.show_price(prices.values[stop.watched], asset, numeraire)
        raise FormatError(f"the price of {asset.symbol} is {shown} now, so the stop would act at once: trade instead")


def sides(stop: Stop) -> tuple[dict[int, int], dict[int, int]]:
    """What the order of a stop sells and buys: the price is rounded in its owner's favour."""
    exact = stop.amount * stop.price
    if stop.sells:
        return {stop.asset: stop.amount}, {stop.other: -(-exact.numerator // exact.denominator)}
    return {stop.other: exact.numerator // exact.denominator}, {stop.asset: stop.amount}
