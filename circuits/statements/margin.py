"""margin: the portfolio inside a commitment survives every scenario of a published risk grid.

    commitment = H[ACCOUNT](account)        every balance in [-2^63, 2^63)
    for every scenario s: Σ_i b_i grid[s][i] >= 0

grid[s][i] is the worth of one unit of asset i in scenario s.  Publishers keep it to 64 signed bits, so the absolute
value of a sum is at most 16·2^63·2^63 < 2^131 and cannot wrap: a sum that lies in [0, 2^131) is not negative.

Both public inputs are bound, the commitment by its hash, the grid because it is what the portfolio is valued with: a
verifier puts in the grid that it has published.  Nothing is hashed for it, and it comes last, so that a verifier can
fold it into the key (`zk.groth16.verifier.fix`).  The claim names no epoch and no key, so whoever can open the
commitment can prove it again for a new grid.  A cheat would

    prove margin for another portfolio         "commitment"
    wrap a balance or a sum around the field   "balances", "scenario"
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import poseidon, ranges
from circuits.records import ASSETS, BALANCE_BITS, SCENARIOS, Account, Hash, T
from circuits.statements.statement import Statement, is_kind, of_kind
from zk.hashes import poseidon as host

SUM_BITS = 131


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a margin proof: grid[s][i]."""

    commitment: T = field(metadata=of_kind("field"))
    grid: tuple[tuple[T, ...], ...] = field(metadata=of_kind("i64", SCENARIOS, ASSETS))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The opened account."""

    account: Account[T]

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int], hash: Hash[int] = host.hash) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    account = private.account
    if public.commitment != account.commitment(hash):
        return "commitment"
    if not all(is_kind(balance, "i64") for balance in account.balances):
        return "balances"
    for s, scenario in enumerate(public.grid):
        if not 0 <= worth(account.balances, scenario) < 1 << SUM_BITS:
            return f"scenario {s}"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    account = private.account
    with b.scope("commitment"):
        expected = account.commitment(poseidon.hasher(b))
        b.equal(expected, public.commitment, "the commitment opens to the account")
    with b.scope("balances"):
        for i, balance in enumerate(account.balances):
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
    for s, scenario in enumerate(public.grid):
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
