"""Every hash formula of the system, written once for integers and for circuit signals alike.

Each formula takes `hash(inputs, tag)`: zk.hashes.poseidon.hash outside a circuit, a Poseidon gadget inside.  So wallet,
ledger and circuit cannot disagree.  Of our own modules this one imports only the domain tags.

    owner       H[OWNER](AK.x, AK.y, nk)
    commitment  H[ACCOUNT](owner, b_0, ..., b_7, epoch, rho)
    nullifier   H[NULLIFIER](nk, commitment, position)
    node        H[NODE](child_0, ..., child_3)
    grid root   H[GRID](column_0, ..., column_7),  column_i = H[GRID_ASSET](M[0][i], ..., M[15][i])

A field's metadata describes its values outside a circuit: `kind` names a range of circuits.statements.statement, and
`shape` gives the lengths of the nested tuples that hold them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NewType, TypeVar

from zk import domains

ASSETS = 8
SCENARIOS = 16
DEPTH = 16
ARITY = 4
BALANCE_BITS = 64

# Integers that must not be mixed.  The formulas below are for signals too, so callers convert a result to its type.
Commitment = NewType("Commitment", int)
Nullifier = NewType("Nullifier", int)
Root = NewType("Root", int)  # of the tree
GridRoot = NewType("GridRoot", int)  # of a risk grid
Position = NewType("Position", int)  # the index of a leaf
Amount = NewType("Amount", int)  # in an asset's smallest unit

T = TypeVar("T")
"""int outside a circuit, Signal inside."""

Hash = Callable[[Sequence[T], int], T]
"""hash(inputs, tag): integers to an integer, or signals to a signal."""


def owner(hash: Hash[T], spending_key: tuple[T, T], nullifier_key: T) -> T:
    """The owner of an account: its spending key AK = (x, y) bound to its nullifier key nk."""
    return hash((*spending_key, nullifier_key), domains.TAG_OWNER)


def nullifier(hash: Hash[T], nullifier_key: T, commitment: T, position: T) -> T:
    """The number published when an account is spent.  The position distinguishes equal commitments."""
    return hash((nullifier_key, commitment, position), domains.TAG_NULLIFIER)


def node(hash: Hash[T], children: Sequence[T]) -> T:
    """The parent of four children in the tree."""
    return hash(children, domains.TAG_NODE)


@dataclass(frozen=True)
class Account(Generic[T]):
    """The balances of one owner.

    `balances` are signed, in each asset's smallest unit.  `epoch` is the epoch of the account's margin grid, 0 for a
    cash account.  `rho` is random and hides everything else.
    """

    owner: T = field(metadata={"kind": "field"})
    balances: tuple[T, ...] = field(metadata={"kind": "i64", "shape": (ASSETS,)})
    epoch: T = field(metadata={"kind": "u64"})
    rho: T = field(metadata={"kind": "field"})

    def __repr__(self) -> str:
        return "Account(...)"

    def commitment(self, hash: Hash[T]) -> T:
        """The leaf of the tree that represents this account."""
        return hash((self.owner, *self.balances, self.epoch, self.rho), domains.TAG_ACCOUNT)


@dataclass(frozen=True)
class RiskGrid(Generic[T]):
    """values[s][i]: the worth of one unit of asset i in scenario s, unsigned 64-bit fixed point, haircuts included."""

    epoch: T
    values: tuple[tuple[T, ...], ...]

    def root(self, hash: Hash[T]) -> T:
        """The digest of the values.  It does not cover the epoch, which a margin proof names separately."""
        columns = tuple(hash(column, domains.TAG_GRID_ASSET) for column in zip(*self.values, strict=True))
        return hash(columns, domains.TAG_GRID)
