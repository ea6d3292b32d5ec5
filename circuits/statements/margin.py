"""margin: the portfolio inside a commitment survives every scenario of a published risk grid.

    commitment = H[ACCOUNT](account)        every balance in [-2^63, 2^63)
    grid root  = H[GRID](columns)           column_i = H[GRID_ASSET](M[0][i], ..., M[15][i])
    epoch      = account.epoch, not 0       (a cash account has epoch 0)
    for every scenario s: Σ_i b_i M[s][i] >= 0
    guardian   = 0                          reserved for the guardian's ciphertext

M[s][i] is the worth of one unit of asset i in scenario s.  Publishers keep it to 64 unsigned bits, so the absolute
value of a sum is below 8·2^63·2^64 = 2^130 and cannot wrap: a sum that lies in [0, 2^131) is not negative.

Each public input is bound: commitment and grid root by their hashes, epoch by equality, guardian to 0.  A cheat would

    prove margin for another portfolio         "commitment"
    use a milder grid, or an old one           "grid root", "epoch"
    wrap a balance or a sum around the field   "balances", "scenario"
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean, poseidon, ranges
from circuits.records import ASSETS, BALANCE_BITS, SCENARIOS, Account, RiskGrid, T
from circuits.statements.statement import Statement, is_kind, of_kind
from zk.hashes import poseidon as host

SUM_BITS = 131


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a margin proof."""

    commitment: T = field(metadata=of_kind("field"))
    grid_root: T = field(metadata=of_kind("field"))
    epoch: T = field(metadata=of_kind("u64"))
    guardian: T = field(metadata=of_kind("field"))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The opened account, and the published grid: values[s][i]."""

    account: Account[T]
    values: tuple[tuple[T, ...], ...] = field(metadata=of_kind("u64", SCENARIOS, ASSETS))

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int]) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    account = private.account
    if public.commitment != account.commitment(host.hash):
        return "commitment"
    if not all(is_kind(balance, "i64") for balance in account.balances):
        return "balances"
    if public.epoch != account.epoch or public.epoch == 0:
        return "epoch"
    if public.guardian != 0:
        return "guardian"
    if public.grid_root != RiskGrid(public.epoch, private.values).root(host.hash):
        return "grid root"
    for s, scenario in enumerate(private.values):
        if not 0 <= worth(account.balances, scenario) < 1 << SUM_BITS:
            return f"scenario {s}"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    account, hash = private.account, poseidon.hasher(b)
    with b.scope("commitment"):
        b.equal(account.commitment(hash), public.commitment, "the commitment opens to the account")
    with b.scope("balances"):
        for i, balance in enumerate(account.balances):
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
    with b.scope("epoch"):
        b.equal(account.epoch, public.epoch, "the account's epoch is the grid's")
        boolean.not_zero(b, public.epoch, "the account is not a cash account")
    with b.scope("guardian"):
        b.equal(public.guardian, 0, "there is no guardian ciphertext")
    with b.scope("grid root"):
        root = RiskGrid(public.epoch, private.values).root(hash)
        b.equal(root, public.grid_root, "the grid root opens to the values")
    for s, scenario in enumerate(private.values):
        with b.scope(f"scenario {s}"):
            terms = [
                b.multiply(balance, price, f"worth of balance {i} in the scenario")
                for i, (balance, price) in enumerate(zip(account.balances, scenario, strict=True))
            ]
            total = b.combine([1] * len(terms), terms)
            ranges.ranged(b, total, width=SUM_BITS, why="the portfolio's worth is not negative")


def worth(balances: Sequence[int], scenario: Sequence[int]) -> int:
    """The worth of the balances in one scenario."""
    return sum(balance * value for balance, value in zip(balances, scenario, strict=True))


STATEMENT = Statement(
    "margin", "a portfolio survives every scenario of a risk grid", Public, Private, relation, constrain
)
