"""Every hash formula of the system, written once for integers and for circuit signals alike.

Each formula takes `hash(inputs, tag)`: zk.hashes.poseidon.hash outside a circuit, a Poseidon gadget inside.  So wallet,
ledger and circuit cannot disagree.  Of our own modules this one imports only the domain tags.

    owner       H[OWNER](AK.x, AK.y, nk)
    commitment  H[ACCOUNT](owner, H[BALANCES](b_0, ..., b_15), guard, rho)
    kappa       nk of a cash account (guard = 0), rho of a margined one
    nullifier   H[NULLIFIER](kappa, commitment, position)
    residual    H[RESIDUAL](rho, commitment): the rho of what a seizure leaves
    escrow      H[ESCROW](GK.x, GK.y, E.x, E.y, c_1, ..., c_8): a ciphertext, and whom it is for (circuits/escrow.py)
    funds       H[FUNDS](kappa, commitment, position, context): the tag of a proof of funds
    top-up      H[TOPUP](nk, period): the tag of a top-up, of which an owner has one in each period
    node        H[NODE](child_0, ..., child_3)

A field's metadata describes its values outside a circuit: `kind` names a range of circuits.statements.statement, and
`shape` gives the lengths of the nested tuples that hold them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, NewType, TypeVar

from zk import domains

ASSETS = 16
HELD = 8  # assets 0 to 7 are held: no balance is ever negative.  The others are claims, which may be owed
NUMERAIRE = 0  # the slot in which prices are stated, and in which an owner is left what a seizure leaves
SCENARIOS = 32
DEPTH = 16
ARITY = 4
BALANCE_BITS = 64
BPS = 10_000  # basis points in the whole

# Integers that must not be mixed.  The formulas below are for signals too, so callers convert a result to its type.
Commitment = NewType("Commitment", int)
Nullifier = NewType("Nullifier", int)
Root = NewType("Root", int)  # of the tree
Position = NewType("Position", int)  # the index of a leaf
Amount = NewType("Amount", int)  # in an asset's smallest unit

T = TypeVar("T")
"""int outside a circuit, Signal inside."""

Hash = Callable[[Sequence[T], int], T]
"""hash(inputs, tag): integers to an integer, or signals to a signal."""


def owner(hash: Hash[T], spending_key: tuple[T, T], nullifier_key: T) -> T:
    """The owner of an account: its spending key AK = (x, y) bound to its nullifier key nk."""
    return hash((*spending_key, nullifier_key), domains.TAG_OWNER)


def nullifier(hash: Hash[T], kappa: T, commitment: T, position: T) -> T:
    """The number published when an account is spent.  The position distinguishes equal commitments."""
    return hash((kappa, commitment, position), domains.TAG_NULLIFIER)


def kappa(account: "Account[int]", nullifier_key: int) -> int:
    """What an account's nullifier is keyed with: its owner's nullifier key, or its rho when a guardian can open it.

    Both are bound by the commitment, so an account has one nullifier at each position.  Whoever can open a margined
    account can recognise the end of this state, and of no other.
    """
    return account.rho if account.guard else nullifier_key


def residual_rho(hash: Hash[T], rho: T, commitment: T) -> T:
    """The rho of the account that a seizure leaves to the owner, who can therefore find it without help."""
    return hash((rho, commitment), domains.TAG_RESIDUAL)


def escrow_digest(hash: Hash[T], guard_key: tuple[T, T], ephemeral: tuple[T, T], ciphertext: Sequence[T]) -> T:
    """The digest of an account's encrypted opening and of the guardians' key that it is encrypted to."""
    return hash((*guard_key, *ephemeral, *ciphertext), domains.TAG_ESCROW)


def funds_tag(hash: Hash[T], kappa: T, commitment: T, position: T, context: T) -> T:
    """The number that an account shows in one context: the same each time, and another in every other context."""
    return hash((kappa, commitment, position, context), domains.TAG_FUNDS)


def top_up_tag(hash: Hash[T], nullifier_key: T, period: T) -> T:
    """The number published with a top-up: an owner has one in each period, and nobody else can connect two of them."""
    return hash((nullifier_key, period), domains.TAG_TOPUP)


def node(hash: Hash[T], children: Sequence[T]) -> T:
    """The parent of four children in the tree."""
    return hash(children, domains.TAG_NODE)


@dataclass(frozen=True)
class Account(Generic[T]):
    """The balances of one owner.

    `balances` are signed, in each asset's smallest unit.  `guard` is the number of the guardian key that can open the
    account, 0 for a cash account, which owes nothing.  `rho` is random and hides everything else.
    """

    owner: T = field(metadata={"kind": "field"})
    balances: tuple[T, ...] = field(metadata={"kind": "i64", "shape": (ASSETS,)})
    guard: T = field(metadata={"kind": "u32"})
    rho: T = field(metadata={"kind": "field"})

    def __repr__(self) -> str:
        return "Account(...)"

    def commitment(self, hash: Hash[T]) -> T:
        """The leaf of the tree that represents this account."""
        balances = hash(self.balances, domains.TAG_BALANCES)
        return hash((self.owner, balances, self.guard, self.rho), domains.TAG_ACCOUNT)


@dataclass(frozen=True)
class RiskGrid(Generic[T]):
    """values[s][i]: the worth of one unit of asset i in scenario s, signed 64-bit fixed point, haircuts included."""

    values: tuple[tuple[T, ...], ...]
