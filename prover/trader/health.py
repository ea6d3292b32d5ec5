"""The health of margined accounts: what they are worth, in every scenario, and what holding them has cost.

    worth         at the newest published prices
    initial       the worst of the initial grid's scenarios: below zero it can trade nothing before a top-up
    maintenance   the worst of the maintenance grid's: below zero the guardians may seize it

All values are in the unit of settlement.risk.risk: 10^-9 of the numeraire's smallest unit.

Interest and funding touch no balance: they are in the prices of claims, whose indices every epoch publishes.  While an
account holds b of a claim, an epoch in which the claim's index goes from I to I' adds b·price·(I' − I) / I' to it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from circuits import records
from prover.trader import keys, shocks
from prover.trader.wallets import Holding, Wallet
from settlement.checks import margins
from settlement.ledger import Ledger
from settlement.risk import risk
from settlement.risk.grids import PublishedGrids
from settlement.risk.market import Market

MAX_EPOCHS = 1_000
"""So many past epochs are looked at for interest and funding: six weeks of hours."""


@dataclass(frozen=True, repr=False)
class Carry(keys.Secret):
    """What a claim has cost (negative) or brought, in the unit of risk.risk; whole if no epoch is left out."""

    slot: int
    value: int
    is_whole: bool


@dataclass(frozen=True, repr=False)
class Health(keys.Secret):
    """The health of one account at one market.

    `initial` and `maintenance` are its worth in every scenario of the two grids.  `to_trade` and `to_be_safe` are the
    least amounts of the numeraire, in smallest units, that would bring all of them to zero.
    """

    holding: Holding
    prices: tuple[int, ...]
    worth: int
    initial: tuple[int, ...]
    maintenance: tuple[int, ...]
    to_trade: int
    to_be_safe: int

    @property
    def worst_initial(self) -> int:
        """The scenario of the initial grid in which the account is worth least."""
        return min(range(records.SCENARIOS), key=self.initial.__getitem__)

    @property
    def worst_maintenance(self) -> int:
        """The scenario of the maintenance grid in which the account is worth least."""
        return min(range(records.SCENARIOS), key=self.maintenance.__getitem__)

    @property
    def is_breached(self) -> bool:
        """Whether the guardians may seize the account."""
        return min(self.maintenance) < 0

    @property
    def can_trade(self) -> bool:
        """Whether the account could take a leg that is not a top-up, as it is."""
        return min(self.initial) >= 0


@dataclass(frozen=True, repr=False)
class Report(keys.Secret):
    """The health of a wallet's margined accounts at the newest epoch, and after a shock when one was asked for.

    `carries` is what claims have cost or brought the live accounts and those of the archive that were given.
    """

    epoch: int
    published_ms: int
    is_in_force: bool
    accounts: tuple[Health, ...]
    shocked: tuple[Health, ...]
    carries: tuple[Carry, ...]


def report(
    ledger: Ledger, wallet: Wallet, now_ms: int, moves: shocks.Moves | None = None, spent: Iterable[Holding] = ()
) -> Report | None:
    """The report, or None before the first publication.  With `moves` it has the health after them too.

    `spent` are accounts of the archive, for what claims have cost or brought in all.

    Raises FormatError as shocks.moved, and OverflowError when a shocked price does not fit.
    """
    published = ledger.reader.grids(1)
    if not published:
        return None
    newest, parameters = published[0].publication, ledger.parameters(now_ms)
    owing = [holding for holding in wallet.live if holding.account.guard]
    grids = newest.initial, newest.maintenance
    accounts = tuple(_health(holding, newest.market, grids) for holding in owing)
    shocked: tuple[Health, ...] = ()
    if moves is not None:
        market = shocks.moved(ledger.pool, newest.market, moves)
        shocked_grids = risk.grids(ledger.pool, parameters, market)
        shocked = tuple(_health(holding, market, shocked_grids) for holding in owing)
    is_in_force = margins.maintenance(ledger, now_ms) is not None
    carries = carry(ledger, (*spent, *wallet.live))
    return Report(newest.epoch, published[0].published_ms, is_in_force, accounts, shocked, carries)


def warnings(ledger: Ledger, wallet: Wallet) -> tuple[Health, ...]:
    """The accounts that are in breach, or can trade nothing until they are topped up, at the newest epoch."""
    return tuple(each for each in accounts(ledger, wallet) if each.is_breached or not each.can_trade)


def accounts(ledger: Ledger, wallet: Wallet) -> tuple[Health, ...]:
    """The health of the wallet's margined accounts at the newest epoch; none before the first."""
    published = ledger.reader.grids(1)
    if not published:
        return ()
    newest = published[0].publication
    owing = [holding for holding in wallet.live if holding.account.guard]
    return tuple(_health(holding, newest.market, (newest.initial, newest.maintenance)) for holding in owing)


def missing(values: Sequence[int], grid: Sequence[Sequence[int]]) -> int:
    """The least amount of the numeraire, in smallest units, that lifts every one of these scenario values to zero."""
    needed = 0
    for value, row in zip(values, grid, strict=True):
        if value < 0:
            assert row[0] > 0, "the numeraire is worth something in every scenario"
            needed = max(needed, -(value // row[0]))
    return needed


def carry(ledger: Ledger, accounts: Iterable[Holding]) -> tuple[Carry, ...]:
    """What claims have cost or brought these accounts, live or spent, each while it was as it is: by claim."""
    totals: dict[int, int] = {}
    epochs: list[PublishedGrids] | None = None
    is_whole = True
    for holding in accounts:
        owed = [slot for slot in range(records.HELD, records.ASSETS) if holding.account.balances[slot]]
        if not owed:
            continue
        epochs = _newest(ledger) if epochs is None else epochs
        made_ms, ended_ms = _lifetime(ledger, holding)
        seen = _between(epochs, made_ms, ended_ms)
        is_whole = is_whole and (len(epochs) < MAX_EPOCHS or bool(seen) and seen[0].published_ms <= made_ms)
        for slot in owed:
            balance = holding.account.balances[slot]
            value = sum(_accrued(balance, slot, *pair) for pair in zip(seen, seen[1:], strict=False))
            totals[slot] = totals.get(slot, 0) + value
    return tuple(Carry(slot, value, is_whole) for slot, value in sorted(totals.items()) if value)


def _accrued(balance: int, slot: int, before: PublishedGrids, after: PublishedGrids) -> int:
    """What the index of a claim added to an account from one epoch to the next.  Rounded down: it is for showing."""
    index, market = after.publication.market.indices[slot], after.publication.market
    return balance * market.prices[slot] * (index - before.publication.market.indices[slot]) // index


def _lifetime(ledger: Ledger, holding: Holding) -> tuple[int, int | None]:
    """The times of the events that made the account and that spent it, None while it is live."""
    output, *_ = ledger.reader.outputs(holding.position, 1)
    made = ledger.reader.event(output.height)
    spend = None if holding.nullifier is None else ledger.reader.spend(holding.nullifier)
    ended = None if spend is None else ledger.reader.event(spend.height)
    assert made is not None, "a leaf has an event"
    return made.created_ms, None if ended is None else ended.created_ms


def _newest(ledger: Ledger) -> list[PublishedGrids]:
    """The newest MAX_EPOCHS epochs, oldest first."""
    return ledger.reader.grids(MAX_EPOCHS)[::-1]


def _between(epochs: Sequence[PublishedGrids], made_ms: int, ended_ms: int | None) -> list[PublishedGrids]:
    """The epochs from the one in force when an account was made to the last before it ended."""
    known = [each for each in epochs if ended_ms is None or each.published_ms <= ended_ms]
    first = max((i for i, each in enumerate(known) if each.published_ms <= made_ms), default=0)
    return known[first:]


def _health(holding: Holding, market: Market, grids: tuple[records.RiskGrid, records.RiskGrid]) -> Health:
    balances, (initial, maintenance) = holding.account.balances, grids
    at_first, held_up = risk.scenario_values(balances, initial), risk.scenario_values(balances, maintenance)
    return Health(
        holding, market.prices, risk.equity(balances, market.prices), at_first, held_up,
        missing(at_first, initial.values), missing(held_up, maintenance.values),
    )  # fmt: skip

