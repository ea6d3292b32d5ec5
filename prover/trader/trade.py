"""A trade before it is proved: what it would do to the wallet's account, for the owner to agree to.

Nothing is proved, posted or submitted before the function `agree` that an action is given has returned; it stops the
action by raising.
"""

from collections.abc import Callable
from dataclasses import dataclass

from circuits.records import Position
from prover.trader import keys
from prover.trader.owing import Setting
from prover.trader.plan import Changes, LegPlan
from prover.trader.wallets import Holding
from settlement import amounts
from settlement.pool.parameters import Guardians
from settlement.pool.pool import Pool
from zk.errors import Unsatisfied


@dataclass(frozen=True, repr=False)
class Trade(keys.Secret):
    """The balances of one account before and after a trade.

    `position` is the account's, and `expiry_ms` the time from which the order can no longer be taken.  `fee` is what
    the pool takes for it, of the numeraire, in smallest units.  `seen_by` says who can see the account afterwards, None
    when nobody can.
    """

    pool: Pool
    position: Position
    before: Changes
    after: Changes
    expiry_ms: int
    fee: int = 0
    seen_by: str | None = None

    @property
    def changes(self) -> Changes:
        """What is traded of each asset, in smallest units: the change of each balance, without the fee."""
        paid = (self.fee, *(0,) * (len(self.before) - 1))
        return tuple(after - before + fee for before, after, fee in zip(self.before, self.after, paid, strict=True))

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
        sentence = f"The account at position {self.position} would owe {', '.join(debts)} that it does not owe now."
        return sentence if self.seen_by is None else f"{sentence} {self.seen_by}"


Agree = Callable[[Trade], None]


def of(setting: Setting, holding: Holding, plan: LegPlan, expiry_ms: int) -> Trade:
    """The trade of a planned leg that starts from this holding."""
    guardians, fee = setting.parameters.guardians, plan.num_fees * setting.parameters.fees.leg
    seen_by = guardians_see(guardians) if plan.account.guard and guardians else None
    before, after = holding.account.balances, plan.account.balances
    return Trade(setting.pool, holding.position, before, after, expiry_ms, fee, seen_by)


def guardians_see(guardians: Guardians) -> str:
    """One sentence about who can see a margined account."""
    if guardians.members == 1:
        return "The pool's one guardian can see this account, and seizes it if it falls below its maintenance margin."
    if guardians.threshold == 1:
        who = f"Any one of the pool's {guardians.members} guardians"
    else:
        who = f"Any {guardians.threshold} of the pool's {guardians.members} guardians together"
    return f"{who} can see this account, and seize it if it falls below its maintenance margin."


def refuse_new_debts(trade: Trade) -> None:
    """Agrees to every trade but one that makes the account owe more: raises Unsatisfied, naming the debt."""
    if trade.owes:
        raise Unsatisfied(f"{trade.owes} If that is what you want, say so: may_owe=True in Python, --yes in a command")


def allow_new_debts(trade: Trade) -> None:
    """Agrees to every trade."""
