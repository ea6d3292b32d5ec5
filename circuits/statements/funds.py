"""funds: an account in the tree owes nothing and holds at least some thresholds; nothing moves.

    account.owner = H[OWNER](AK, nk)
    account in the tree under root at position
    nullifier = 0, or H[NULLIFIER](kappa, H[ACCOUNT](account), position)
    every b_i - thresholds[i] in [0, 2^63)
    tag = H[FUNDS](kappa, H[ACCOUNT](account), position, context)

Thresholds have 63 unsigned bits, which the verifier sees to, so no balance is negative, not even where the threshold
is 0.  kappa is nk for a cash account and rho for a margined one, both bound by the commitment: an account has one tag
in each context, and its tags in different contexts have nothing in common for whoever does not know kappa.  The proof
is about a root of the past: it says that the account existed, not that it has not been spent since.  A verifier who
is shown the nullifier can look that up.

Each public input is bound: root by membership, nullifier and tag by their hashes, thresholds by comparison, and the
context because it is hashed into the tag: a proof for one context is none for another.  A cheat would

    show another's account                     "owner": nk opens it
    back two things with one account           "tag": one for each account and context
    show more than there is                    "thresholds"
    show a debt as funds                       "thresholds": none is negative
    name the nullifier of another account      "nullifier"
"""

from dataclasses import dataclass, field
from typing import Generic

from circuits import merkle, records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import boolean, poseidon, ranges
from circuits.gadgets import merkle as tree
from circuits.records import ARITY, ASSETS, DEPTH, Account, Hash, T
from circuits.statements.statement import POSITION_BITS, Statement, is_kind, of_kind
from zk.hashes import poseidon as host

AMOUNT_BITS = 63
UNDISCLOSED = 0
"""Stands for the nullifier of an account that stays hidden."""


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a proof of funds."""

    root: T = field(metadata=of_kind("field"))
    nullifier: T = field(metadata=of_kind("field"))
    context: T = field(metadata=of_kind("field"))
    thresholds: tuple[T, ...] = field(metadata=of_kind("u63", ASSETS))
    tag: T = field(metadata=of_kind("field"))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The keys of the owner that the account names, the account, and its place."""

    ak: tuple[T, T] = field(metadata=of_kind("field", 2))
    nk: T = field(metadata=of_kind("field"))
    account: Account[T]
    position: T = field(metadata=of_kind("position"))
    path: tuple[tuple[T, ...], ...] = field(metadata=of_kind("field", DEPTH, ARITY))

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int], hash: Hash[int] = host.hash) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    account = private.account
    if account.owner != records.owner(hash, private.ak, private.nk):
        return "owner"
    if not is_kind(private.position, "position"):
        return "position"
    commitment = account.commitment(hash)
    root = merkle.root(commitment, private.position, private.path, hash)
    if root is None:
        return "path"
    if root != public.root:
        return "root"
    kappa = records.kappa(account, private.nk)
    if public.nullifier not in (UNDISCLOSED, records.nullifier(hash, kappa, commitment, private.position)):
        return "nullifier"
    pairs = zip(account.balances, public.thresholds, strict=True)
    if not all(0 <= balance - threshold < 1 << AMOUNT_BITS for balance, threshold in pairs):
        return "thresholds"
    if public.tag != records.funds_tag(hash, kappa, commitment, private.position, public.context):
        return "tag"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    account, hash = private.account, poseidon.hasher(b)
    with b.scope("owner"):
        b.equal(records.owner(hash, private.ak, private.nk), account.owner, "the owner hashes the two keys")
    with b.scope("position"):
        position = ranges.ranged(b, private.position, width=POSITION_BITS, why="the position has 32 bits")
    with b.scope("account commitment"):
        commitment = account.commitment(hash)
    with b.scope("path"):
        root = tree.root(b, commitment, position.bits, private.path, hash=hash)
    with b.scope("root"):
        b.equal(root, public.root, "the account is in the tree")
    with b.scope("nullifier"):
        is_cash = boolean.is_zero(b, account.guard, "whether the account is a cash account")
        kappa = boolean.select(b, is_cash, account.rho, private.nk, "rho, or the nullifier key of a cash account")
        expected = records.nullifier(hash, kappa, commitment, private.position)
        b.require(public.nullifier, public.nullifier - expected, 0, "the nullifier is the account's, or 0")
    with b.scope("thresholds"):
        for i, (balance, threshold) in enumerate(zip(account.balances, public.thresholds, strict=True)):
            ranges.ranged(b, balance - threshold, width=AMOUNT_BITS, why=f"balance {i} is at least the threshold")
    with b.scope("tag"):
        tag = records.funds_tag(hash, kappa, commitment, private.position, public.context)
        b.equal(tag, public.tag, "the tag is the account's in this context")


STATEMENT = Statement(
    "funds", "an account owes nothing and holds at least the thresholds", Public, Private, relation, constrain
)
