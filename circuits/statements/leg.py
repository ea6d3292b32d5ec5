"""leg: an account moves from its old state to a new one, and the public learns only a commitment to the change.

    old.owner = H[OWNER](AK, nk)            AK on the curve
    old in the tree under root at position, or genesis and old.balances = 0
    nullifier = H[NULLIFIER](nk, H[ACCOUNT](old), position)
    commitment = H[ACCOUNT](new)            every balance of new in [-2^63, 2^63)
    value = Σ_i (new.b_i - old.b_i) G_i + blinding H
    rk = AK + alpha B8
    cash = 1 implies new.b_i >= 0 and new.epoch = 0

Each public input is bound: root by membership (by nothing in a genesis leg, which spends zeros), nullifier and
commitment by their hashes, value and rk by the curve's arithmetic, cash by the last line.  A cheat would

    spend another's account                    "old owner": AK and nk open its owner, and signing under rk needs AK's
                                               scalar
    spend one account under two nullifiers     "position", "path": one position, hashed with the commitment
    create money in a genesis leg              "genesis": it starts from zeros
    wrap a balance around the field            "new balances", "change": 64 and 65 bits
    commit to a change that was not made       "value"
    go short without a margin proof            "cash account"
"""

from dataclasses import dataclass, field
from typing import Generic

from circuits import generators, merkle, records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import babyjubjub as curve
from circuits.gadgets import boolean, poseidon, ranges
from circuits.gadgets import merkle as tree
from circuits.records import ARITY, ASSETS, BALANCE_BITS, DEPTH, Account, Hash, T
from circuits.statements.statement import POSITION_BITS, SCALAR_BITS, Statement, is_kind, of_kind
from zk.curves import babyjubjub
from zk.hashes import poseidon as host

CHANGE_BITS = BALANCE_BITS + 1


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a leg."""

    root: T = field(metadata=of_kind("field"))
    nullifier: T = field(metadata=of_kind("field"))
    commitment: T = field(metadata=of_kind("field"))
    value_x: T = field(metadata=of_kind("field"))
    value_y: T = field(metadata=of_kind("field"))
    rk_x: T = field(metadata=of_kind("field"))
    rk_y: T = field(metadata=of_kind("field"))
    cash: T = field(metadata=of_kind("bit"))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The prover's secrets.  `path[k]` has the four children at level k, leaves first, our own among them."""

    ak: tuple[T, T] = field(metadata=of_kind("field", 2))
    nk: T = field(metadata=of_kind("field"))
    old: Account[T]
    genesis: T = field(metadata=of_kind("bit"))
    position: T = field(metadata=of_kind("position"))
    path: tuple[tuple[T, ...], ...] = field(metadata=of_kind("field", DEPTH, ARITY))
    new: Account[T]
    blinding: T = field(metadata=of_kind("scalar"))
    alpha: T = field(metadata=of_kind("scalar"))

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int]) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    old, new = private.old, private.new
    changes = [after - before for before, after in zip(old.balances, new.balances, strict=True)]
    if public.cash not in (0, 1):
        return "cash flag"
    if not babyjubjub.is_on_curve(private.ak):
        return "spending key"
    if old.owner != records.owner(host.hash, private.ak, private.nk):
        return "old owner"
    if not is_kind(private.position, "position"):
        return "position"
    commitment = old.commitment(host.hash)
    root = merkle.root(commitment, private.position, private.path)
    if root is None:
        return "path"
    if private.genesis not in (0, 1) or (private.genesis and any(old.balances)):
        return "genesis"
    if not private.genesis and root != public.root:
        return "root"
    if public.nullifier != records.nullifier(host.hash, private.nk, commitment, private.position):
        return "nullifier"
    if not all(is_kind(balance, "i64") for balance in new.balances):
        return "new balances"
    if public.commitment != new.commitment(host.hash):
        return "commitment"
    if not all(-(1 << BALANCE_BITS) <= change < 1 << BALANCE_BITS for change in changes):
        return "change"
    if not is_kind(private.blinding, "scalar"):
        return "blinding"
    if (public.value_x, public.value_y) != generators.commit(changes, private.blinding):
        return "value"
    if not is_kind(private.alpha, "scalar"):
        return "alpha"
    shift = babyjubjub.multiply(private.alpha, babyjubjub.BASE8)
    if (public.rk_x, public.rk_y) != babyjubjub.add(private.ak, shift):
        return "re-randomised key"
    if public.cash and (new.epoch or min(new.balances) < 0):
        return "cash account"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    old, new, hash = private.old, private.new, poseidon.hasher(b)
    with b.scope("cash flag"):
        cash = boolean.bit(b, public.cash, "cash is 0 or 1")
    with b.scope("spending key"):
        spending_key = curve.on_curve(b, *private.ak, "the spending key is on the curve")
    with b.scope("old owner"):
        b.equal(records.owner(hash, private.ak, private.nk), old.owner, "the owner hashes the two keys")
    commitment = _old_commitment(b, public, private, hash)
    with b.scope("nullifier"):
        expected = records.nullifier(hash, private.nk, commitment, private.position)
        b.equal(expected, public.nullifier, "the nullifier belongs to the old account")
    with b.scope("new balances"):
        new_balances = [
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
            for i, balance in enumerate(new.balances)
        ]
    with b.scope("commitment"):
        b.equal(new.commitment(hash), public.commitment, "the commitment opens to the new account")
    _constrain_value(b, public, private)
    with b.scope("alpha"):
        alpha = ranges.ranged(b, private.alpha, width=SCALAR_BITS, why="alpha has 251 bits")
    with b.scope("re-randomised key"):
        rk = curve.add_fixed(b, spending_key, alpha.bits, babyjubjub.BASE8)
        curve.equal(b, rk, public.rk_x, public.rk_y, "rk is the spending key shifted by alpha")
    with b.scope("cash account"):
        for i, balance in enumerate(new_balances):
            is_not_negative = balance.bits[-1].signal
            b.require(cash.signal, 1 - is_not_negative, 0, f"balance {i} is not negative")
        b.require(cash.signal, new.epoch, 0, "its epoch is 0")


def _old_commitment(b: Builder, public: Public[Signal], private: Private[Signal], hash: Hash[Signal]) -> Signal:
    """The old account's commitment, proved to be in the tree at the position, or to be empty."""
    with b.scope("old commitment"):
        commitment = private.old.commitment(hash)
    with b.scope("position"):
        position = ranges.ranged(b, private.position, width=POSITION_BITS, why="the position has 32 bits")
    with b.scope("path"):
        root = tree.root(b, commitment, position.bits, private.path, hash=hash)
    with b.scope("genesis"):
        genesis = boolean.bit(b, private.genesis, "genesis is 0 or 1")
        for i, balance in enumerate(private.old.balances):
            b.require(genesis.signal, balance, 0, f"balance {i} starts from zero")
    with b.scope("root"):
        b.require(1 - genesis.signal, public.root - root, 0, "the old account is in the tree")
    return commitment


def _constrain_value(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """value = Σ_i change_i G_i + blinding H.

    Adding 2^64 makes every change positive; the sum starts from the point that subtracts the eight shifts again.
    """
    shift = 1 << BALANCE_BITS
    with b.scope("change"):
        changes = [
            ranges.ranged(b, after - before + shift, width=CHANGE_BITS, why=f"change {i} has 65 bits")
            for i, (before, after) in enumerate(zip(private.old.balances, private.new.balances, strict=True))
        ]
    with b.scope("blinding"):
        blinding = ranges.ranged(b, private.blinding, width=SCALAR_BITS, why="the blinding has 251 bits")
    with b.scope("value"):
        total = curve.constant(b, generators.commit([-shift] * ASSETS, 0))
        for change, base in zip(changes, generators.assets(), strict=True):
            total = curve.add_fixed(b, total, change.bits, base)
        total = curve.add_fixed(b, total, blinding.bits, generators.blinding())
        curve.equal(b, total, public.value_x, public.value_y, "the value commits to new minus old")


STATEMENT = Statement(
    "leg", "an account moves to a new state that it can pay for", Public, Private, relation, constrain
)
