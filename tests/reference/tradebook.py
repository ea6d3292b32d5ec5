"""A book of what everybody has, in plain numbers: what a bundle must do to each desk, from what desks promised.

Nothing here knows accounts, commitments or proofs.  A *promise* is what a maker gave away: a quote's side, an order or
a lot; it can be used once, until it expires, and excludes what stands in the same place (`instead_of`).  Whoever
submits a bundle gets what is left:

    change of a maker      = what it promised, less the fee of one leg
    change of a payee      = what it is paid
    change of the seized   = − its portfolio + what the rule leaves
    change of the rest     = all flows into the bundle − the changes of all others

So a desk never says what it has; only what it wants.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil

ASSETS, HELD, NUMERAIRE, BPS = 16, 8, 0, 10**4
NOTHING = (0,) * ASSETS
OUTSIDE, FEE, INSURANCE = "outside", "fee", "insurance"

Changes = tuple[int, ...]


class Wrong(AssertionError):
    """Something happened that the book forbids."""


@dataclass
class Promise:
    """What a maker's account changes by if somebody takes it, without the fee; `group` names an order in lots."""

    maker: str
    changes: Changes
    expires_ms: int
    instead_of: str
    group: str | None = None
    is_filled: bool = False


@dataclass(frozen=True)
class Flow:
    """`amount` goes into the bundle from `account`, or out of it when it is negative; outside it has a reference."""

    asset: int
    amount: int
    account: str
    reference: str = ""


@dataclass(frozen=True)
class Seized:
    """A portfolio that the guardians took: whose, what it was, what they left, and the figures that they went by."""

    owner: str
    balances: Changes
    left: int
    prices: Sequence[int]
    rows: Sequence[Sequence[int]]
    penalty_bps: int


@dataclass(frozen=True)
class Settled:
    """A bundle in plain words: who submitted it, which promises it used, whom it paid, and how many legs pay a fee."""

    time_ms: int
    submitter: str
    promises: tuple[str, ...]
    flows: tuple[Flow, ...]
    legs: int
    payment: tuple[str, int, int] | None = None
    seized: tuple[Seized, ...] = ()


@dataclass
class Book:
    """What each desk has, what is in the public accounts, and what was promised.  `fee` is what a leg pays."""

    fee: int
    has: dict[str, list[int]] = field(default_factory=dict)
    public: dict[str, list[int]] = field(default_factory=lambda: {FEE: [0] * ASSETS, INSURANCE: [0] * ASSETS})
    outside: list[int] = field(default_factory=lambda: [0] * ASSETS)
    promises: dict[str, Promise] = field(default_factory=dict)
    places: Counter = field(default_factory=Counter)
    sizes: dict[str, Changes] = field(default_factory=dict)
    filled: dict[str, Changes] = field(default_factory=dict)
    intended: dict[str, tuple[str, int, int]] = field(default_factory=dict)
    holders: set[str] = field(default_factory=set)
    bounds: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def join(self, name: str, *, is_holder: bool = False) -> None:
        """Somebody with nothing; a holder never owes."""
        self.has[name] = [0] * ASSETS
        if is_holder:
            self.holders.add(name)

    def promise(
        self, name: str, maker: str, changes: Changes, expires_ms: int, instead_of: str, group: str | None = None
    ) -> None:
        """Notes what a maker is about to give away."""
        self.promises[name] = Promise(maker, changes, expires_ms, instead_of, group)

    def order(self, group: str, size: Changes) -> None:
        """Notes the size of an order, of which the promises of this group are parts."""
        self.sizes[group], self.filled[group] = size, self.filled.get(group, NOTHING)

    def intend(self, reference: str, owner: str, asset: int, amount: int) -> None:
        """Notes that a desk means to pay in, or out when it is negative, under this reference."""
        self.intended[reference] = owner, asset, amount

    def bound(self, name: str, asset: int, least: int, most: int) -> None:
        """Notes that a desk's promises must never bring what it has of an asset below this, or above that."""
        self.bounds[name, asset] = least, most

    def settle(self, one: Settled) -> dict[str, Changes]:
        """Enters a bundle, and returns by how much each desk's balances must have changed."""
        changes: dict[str, list[int]] = {}
        for name in one.promises:
            promise = self._use(name, one.time_ms)
            _add(changes, promise.maker, promise.changes)
            _add(changes, promise.maker, _single(NUMERAIRE, -self.fee))
        if one.payment is not None:
            payee, asset, amount = one.payment
            _add(changes, payee, _single(asset, amount))
        for seized in one.seized:
            _add(changes, seized.owner, self._left(seized))
        self._check_flows(one)
        into = [sum(flow.amount for flow in one.flows if flow.asset == asset) for asset in range(ASSETS)]
        rest = [amount - sum(each[asset] for each in changes.values()) for asset, amount in enumerate(into)]
        _add(changes, one.submitter, rest)
        for flow in one.flows:
            self._flow(flow)
        for name, change in changes.items():
            self.has[name] = _plus(self.has[name], change)
            if min(self.has[name][:HELD]) < 0:
                raise Wrong(f"{name} lacks what is held: {self.has[name]}")
            self._check_bounds(name, change)
            if name in self.holders and min(self.has[name]) < 0:
                raise Wrong(f"{name}, who only holds, owes: {self.has[name]}")
        return {name: tuple(change) for name, change in changes.items()}

    def check_conservation(self) -> None:
        """What is held adds up to what came from outside, and claims to nothing, exactly."""
        parts = [*self.has.values(), *self.public.values()]
        for asset in range(ASSETS):
            total = sum(part[asset] for part in parts)
            expected = self.outside[asset] if asset < HELD else 0
            if total != expected:
                raise Wrong(f"there is {total} of asset {asset}, and there should be {expected}")

    def _check_bounds(self, name: str, change: Sequence[int]) -> None:
        for asset, moved in enumerate(change):
            least, most = self.bounds.get((name, asset), (None, None))
            has = self.has[name][asset]
            if least is not None and moved and not (has <= most if moved > 0 else has >= least):
                raise Wrong(f"{name} has {has} of asset {asset}, beyond the limits that it was given")

    def _use(self, name: str, time_ms: int) -> Promise:
        promise = self.promises[name]
        if promise.is_filled:
            raise Wrong(f"{promise.maker}'s promise {name[:16]} is used twice")
        if promise.expires_ms <= time_ms:
            raise Wrong(f"{promise.maker}'s promise {name[:16]} is used after it expired")
        self.places[promise.instead_of] += 1
        if self.places[promise.instead_of] > 1:
            raise Wrong(f"{promise.maker}'s promise {name[:16]} excludes one that is used already")
        promise.is_filled = True
        if promise.group is not None:
            filled = tuple(_plus(self.filled[promise.group], promise.changes))
            if any(abs(part) > abs(whole) for part, whole in zip(filled, self.sizes[promise.group], strict=True)):
                raise Wrong(f"{promise.maker}'s order {promise.group} is filled beyond its size")
            self.filled[promise.group] = filled
        return promise

    def _left(self, seized: Seized) -> Changes:
        """The change of whose portfolio is seized, by the rule, in fractions."""
        value = _worth(seized.balances, seized.prices)
        worst = min(_worth(seized.balances, row) for row in seized.rows)
        if min(seized.balances) >= 0:
            raise Wrong(f"{seized.owner} owes nothing, and is seized")
        if worst >= 0:
            raise Wrong(f"{seized.owner} is seized, and survives every scenario")
        risk = max(0, value - worst)
        left = max(Fraction(0), value - Fraction(seized.penalty_bps, BPS) * risk)
        amount = ceil(left / seized.prices[NUMERAIRE])
        if amount != seized.left:
            raise Wrong(f"{seized.owner} is left {seized.left}, and should be left {amount}")
        return tuple(_plus(_single(NUMERAIRE, amount), [-balance for balance in seized.balances]))

    def _check_flows(self, one: Settled) -> None:
        paid = -sum(flow.amount for flow in one.flows if flow.account == FEE and flow.amount < 0)
        if paid != self.fee * one.legs:
            raise Wrong(f"{one.legs} legs pay {paid}, and the fee is {self.fee} each")
        for flow in one.flows:
            if flow.account == OUTSIDE and self.intended.pop(flow.reference, None) != (
                one.submitter,
                flow.asset,
                flow.amount,
            ):
                raise Wrong(f"a payment from outside that nobody meant: {flow}")

    def _flow(self, flow: Flow) -> None:
        if flow.account == OUTSIDE:
            self.outside[flow.asset] += flow.amount
            return
        self.public[flow.account][flow.asset] -= flow.amount
        if self.public[flow.account][flow.asset] < 0:
            raise Wrong(f"the public account {flow.account} is overdrawn")


def check_margin(name: str, balances: Sequence[int], grids: Sequence[Sequence[Sequence[int]]]) -> None:
    """Whoever owes survives every row of one of these grids."""
    if min(balances) < 0 and not any(all(_worth(balances, row) >= 0 for row in rows) for rows in grids):
        raise Wrong(f"{name} owes more than its margin allows: {balances}")


def _worth(balances: Sequence[int], prices: Sequence[int]) -> int:
    return sum(balance * price for balance, price in zip(balances, prices, strict=True))


def _single(asset: int, amount: int) -> Changes:
    return tuple(amount if i == asset else 0 for i in range(ASSETS))


def _plus(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


def _add(changes: Mapping[str, list[int]], name: str, more: Sequence[int]) -> None:
    changes[name] = _plus(changes.get(name, NOTHING), more)  # type: ignore[index]
