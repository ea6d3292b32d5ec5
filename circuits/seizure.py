"""What a seizure takes and leaves: formulas that guardians, owners and the circuit's claim share.

    V   = Σ_i b_i p_i               the account's worth at published prices p
    V_s = Σ_i b_i M[s][i]           its worth in scenario s of the maintenance grid M
    x   = ⌈max(0, 10^4 V - π max(0, V - V_s)) / (10^4 p_0)⌉

The owner keeps x of the numeraire, asset 0.  The penalty is π basis points of the risk V - V_s: a share of the equity V
would vanish just when seizing is urgent.  Where the scenario is better than the present there is no risk to charge for
(and none to pay a bonus for: V_s > V would otherwise leave more than the account is worth).  x is rounded up, in favour
of the owner, who gains less than one smallest unit of the numeraire from whoever takes the portfolio over.
"""

from collections.abc import Sequence

from circuits import records
from circuits.records import ASSETS, BPS, Account
from zk.hashes import poseidon


def worth(balances: Sequence[int], prices: Sequence[int]) -> int:
    """Σ_i balance_i price_i: at published prices, or in one scenario."""
    return sum(balance * price for balance, price in zip(balances, prices, strict=True))


def worst_scenario(balances: Sequence[int], grid: Sequence[Sequence[int]]) -> int:
    """The first scenario in which the portfolio is worth least.  The account is in breach when that is below 0."""
    values = [worth(balances, scenario) for scenario in grid]
    return values.index(min(values))


def residual_amount(balances: Sequence[int], prices: Sequence[int], scenario: Sequence[int], penalty_bps: int) -> int:
    """x: what a seizure by this scenario leaves, in the numeraire's smallest unit.  Asset 0's price is not 0."""
    value = worth(balances, prices)
    risk = max(0, value - worth(balances, scenario))
    left = max(0, BPS * value - penalty_bps * risk)
    return -(-left // (BPS * prices[0]))


def residual(account: Account[int], amount: int) -> Account[int]:
    """The cash account that a seizure leaves to the account's owner."""
    rho = records.residual_rho(poseidon.hash, account.rho, account.commitment(poseidon.hash))
    return Account(account.owner, (amount, *[0] * (ASSETS - 1)), 0, rho)


def changes(account: Account[int], amount: int) -> list[int]:
    """The change that a seizure's value commits to: everything leaves, and x of the numeraire comes."""
    return [amount - account.balances[0], *(-balance for balance in account.balances[1:])]
