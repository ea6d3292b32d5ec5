"""Every hash formula of the system, once, for integers and for circuit signals alike.

Each formula takes `hash(inputs, tag)`: zk.hashes.poseidon.hash outside, a Poseidon gadget inside a circuit.  So wallet,
ledger and circuit cannot disagree.  Of our own modules it imports only the tags.

    owner       H[OWNER](AK.x, AK.y, nk)
    commitment  H[ACCOUNT](owner, b_0, ..., b_7, epoch, rho)
    nullifier   H[NULLIFIER](nk, commitment, position)
    node        H[NODE](child_0, ..., child_3)
    grid root   H[GRID](column_0, ..., column_7),  column_i = H[GRID_ASSET](M[0][i], ..., M[15][i])

A field's metadata says how its value looks from outside: `kind` is the name of a range (circuits.statements.statement
has the list) and `shape` the lengths of the nested tuples that hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from zk import domains

ASSETS = 8
SCENARIOS = 16
DEPTH = 16
ARITY = 4
BALANCE_BITS = 64

Hash = Callable[[Any, int], Any]
"""hash(inputs, tag): integers to an integer, or signals to a signal."""


def owner(hash: Hash, spending_key: tuple, nullifier_key: Any) -> Any:
    """Who may spend an account: its spending key AK = (x, y) bound to its nullifier key nk."""
    return hash((*spending_key, nullifier_key), domains.TAG_OWNER)


def nullifier(hash: Hash, nullifier_key: Any, commitment: Any, position: Any) -> Any:
    """What is published when an account is spent.  The position keeps two equal commitments apart."""
    return hash((nullifier_key, commitment, position), domains.TAG_NULLIFIER)


def node(hash: Hash, children: tuple) -> Any:
    """The parent of four children of the tree."""
    return hash(children, domains.TAG_NODE)


@dataclass(frozen=True)
class Account:
    """A basket of balances.  Integers outside a circuit, signals inside.

    `balances` are signed, in each asset's smallest unit.  `epoch` is that of the margin grid, 0 for a cash account.
    `rho` is random and hides the rest.
    """

    owner: Any = field(metadata={"kind": "field"})
    balances: tuple = field(metadata={"kind": "i64", "shape": (ASSETS,)})
    epoch: Any = field(metadata={"kind": "u64"})
    rho: Any = field(metadata={"kind": "field"})

    def __repr__(self) -> str:
        return "Account(...)"

    def commitment(self, hash: Hash) -> Any:
        """What the tree holds of this account."""
        return hash((self.owner, *self.balances, self.epoch, self.rho), domains.TAG_ACCOUNT)


@dataclass(frozen=True)
class RiskGrid:
    """values[s][i]: what one unit of asset i is worth in scenario s, unsigned 64-bit fixed point, haircuts included."""

    epoch: int
    values: tuple

    def root(self, hash: Hash) -> Any:
        """The digest that a margin proof names; the epoch is named beside it."""
        columns = tuple(hash(column, domains.TAG_GRID_ASSET) for column in zip(*self.values, strict=True))
        return hash(columns, domains.TAG_GRID)
