"""Which margined account needs a top-up, how large, and from which account of the reserve.

    [reserve]
    addresses = [7]              # the numbers of own addresses: what their accounts hold is the reserve
    below = "10%"                # an account that has less to spare is topped up …
    to = "30%"                   # … until it has this much to spare
    day = "20,000 USDC"          # the most that is paid in on a day of UTC; without it, whatever the reserve holds

What an account has to spare is the worth of its worst scenario in the *initial* grid, as a share of its risk, which is
how much worse that scenario is than the published prices.  At zero the account can trade nothing more.  The guardians
seize only what is below zero in the *maintenance* grid, whose moves are half as wide (settlement/risk/risk.py): so an
account is topped up long before, and a desk that is asleep for an epoch loses nothing by it.

Amounts are rounded up, so that what was wanted is reached.  The worst come first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from circuits import records
from prover.dealer.strategies.tables import Table
from prover.trader import health, keys
from prover.trader.health import Health
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.pool.pool import Pool
from zk.errors import FormatError

BPS = 10_000
MAX_ADDRESS = 1 << 16


@dataclass(frozen=True)
class Rules:
    """When to top up and how far, in bps of the risk; from the accounts of which addresses; and the most in a day."""

    addresses: frozenset[int]
    below_bps: int
    to_bps: int
    day: int | None


@dataclass(frozen=True, repr=False)
class TopUp(keys.Secret):
    """An amount of the numeraire, from the account at one position into the margined one at another."""

    position: int
    from_position: int
    amount: int
    why: str


def decode(values: object, pool: Pool, place: str) -> Rules:
    """The rules in a table of DESK.toml.  Raises FormatError."""
    table = Table(values, pool, place)
    table.only("addresses", "below", "to", "day")
    addresses = table.numbers("addresses", 1, MAX_ADDRESS)
    found = Rules(
        frozenset(addresses), table.percent("below", "10%"), table.percent("to", "30%"), table.maybe("day", table.money)
    )
    if not found.addresses:
        raise FormatError(f"{place}: addresses names none, so there is no reserve")
    if found.to_bps < found.below_bps:
        raise FormatError(f"{place}: to must be at least below")
    return found


def due(
    rules: Rules, accounts: Sequence[Health], initial: records.RiskGrid, reserve: Sequence[Holding], today: int,
    fee: int, pool: Pool,
) -> tuple[TopUp, ...]:  # fmt: skip
    """The top-ups that should be made now, the most urgent first; `today` is what was paid in already.

    `reserve` are cash accounts, each of which pays for one of them at most, and `fee` for its bundle besides.
    """
    left = None if rules.day is None else rules.day - today
    payers = sorted(reserve, key=_money, reverse=True)
    wanted = [(each, _needed(rules, each, initial)) for each in sorted(accounts, key=_spare_bps)]
    found = []
    for each, needed in wanted:
        if not needed or not payers:
            continue
        enough = [payer for payer in payers if _money(payer) - fee >= needed]
        payer = enough[-1] if enough else payers[0]
        most = _money(payer) - fee
        amount = min(needed, most) if left is None else min(needed, most, left)
        if amount <= 0:
            continue
        payers.remove(payer)
        left = None if left is None else left - amount
        found.append(TopUp(each.holding.position, payer.position, amount, _why(each, needed, amount, pool)))
    return tuple(found)


def _needed(rules: Rules, account: Health, initial: records.RiskGrid) -> int:
    """What would bring the account to where it should be, if it is below where it is topped up."""
    if _spare_bps(account) >= rules.below_bps:
        return 0
    wanted = -(-_risk(account) * rules.to_bps // BPS)
    return health.missing([value - wanted for value in account.initial], initial.values)


def _risk(account: Health) -> int:
    return max(0, account.worth - min(account.initial))


def _spare_bps(account: Health) -> int:
    """Rounded down.  An account without risk has everything to spare, unless it is worth less than nothing."""
    worst, risk = min(account.initial), _risk(account)
    if risk:
        return worst * BPS // risk
    return BPS if worst >= 0 else -BPS


def _money(holding: Holding) -> int:
    return holding.account.balances[amounts.NUMERAIRE]


def _why(account: Health, needed: int, amount: int, pool: Pool) -> str:
    asset = pool.assets[amounts.NUMERAIRE]
    bps = _spare_bps(account)
    spare = f"{abs(bps) / 100:g}% of its risk {'is missing' if bps < 0 else 'to spare'}"
    state = "the guardians may seize it" if account.is_breached else spare
    short = "" if amount == needed else f"; it needs {amounts.show(needed, asset)}, which the reserve or the day lacks"
    return f"the account at position {account.holding.position} has too little margin: {state}{short}"
