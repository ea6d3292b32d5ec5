"""A trade before it is proved: what it would do to the wallet's account, for the owner to agree to.

Nothing is proved, posted or submitted before the function `agree` that an action is given has returned; it stops the
action by raising.
"""

from collections.abc import Callable
from dataclasses import dataclass

from circuits.records import Position
from prover.trader import keys
from prover.trader.plan import Changes, LegPlan
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.pool import Pool
from zk.errors import Unsatisfied


@dataclass(frozen=True, repr=False)
class Trade(keys.Secret):
    """The balances of one account before and after a trade.

    `position` is the account's, and `expiry_ms` the time from which the order can no longer be taken.
    """

    pool: Pool
    position: Position
    before: Changes
    after: Changes
    expiry_ms: int

    @property
    def changes(self) -> Changes:
        """The change of each balance, in smallest units."""
        return tuple(after - before for before, after in zip(self.before, self.after, strict=True))

    @property
    def sells(self) -> str:
        """The amounts that the account gives, in one line."""
        return amounts.show_trade(self.changes, self.pool)[0]

    @property
    def buys(self) -> str:
        """The amounts that the account receives, in one line."""
        return amounts.show_trade(self.changes, self.pool)[1]

    @property
    def new_debts(self) -> Changes:
        """By how much more the account would owe of each asset than it owes now; 0 for every other asset."""
        pairs = zip(self.before, self.after, strict=True)
        return tuple(max(min(before, 0) - min(after, 0), 0) for before, after in pairs)

    @property
    def owes(self) -> str | None:
        """One sentence about what the account would owe that it does not owe now; None when that is nothing."""
        debts = amounts.show_all(self.new_debts, self.pool)
        if not debts:
            return None
        return f"The account at position {self.position} would owe {', '.join(debts)} that it does not owe now."


Agree = Callable[[Trade], None]


def of(pool: Pool, holding: Holding, plan: LegPlan, expiry_ms: int) -> Trade:
    """The trade of a planned leg that starts from this holding."""
    return Trade(pool, holding.position, holding.account.balances, plan.account.balances, expiry_ms)


def refuse_new_debts(trade: Trade) -> None:
    """Agrees to every trade but one that makes the account owe more: raises Unsatisfied, naming the debt."""
    if trade.owes:
        raise Unsatisfied(f"{trade.owes} If that is what you want, say so: may_owe=True in Python, --yes in a command")


def allow_new_debts(trade: Trade) -> None:
    """Agrees to every trade."""
