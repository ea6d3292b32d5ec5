"""leg: an account moves from its old state to a new one, and the public learns only a commitment to the change.

    old.owner = H[OWNER](AK, nk)            AK on the curve
    old in the tree under root at position, or genesis and old.balances = 0
    nullifier = H[NULLIFIER](nk, H[ACCOUNT](old), position)
    commitment = H[ACCOUNT](new)            every balance of new in [-2^63, 2^63)
    value = sum_i (new.b_i - old.b_i) G_i + blinding H
    rk = AK + alpha B8
    cash = 1 implies new.b_i >= 0 and new.epoch = 0

Bound: root by membership (by nothing in a genesis leg, which spends zeros), nullifier and commitment by their hashes,
value and rk by the curve's arithmetic, cash by the last line.  A cheat would

    spend an account that is not his           "old owner": AK, nk open its owner, and rk's signature needs AK's scalar
    spend one twice under two nullifiers       "position", "path": one position, hashed with the commitment
    create money in a genesis leg              "genesis": it starts from zeros
    wrap a balance around the field            "new balances", "change": 64 and 65 bits
    commit to another change than was made     "value"
    go short without a margin proof            "cash account"
"""

from dataclasses import dataclass

from circuits import generators, merkle, records
from circuits.frontend.builder import Builder
from circuits.gadgets import babyjubjub as curve
from circuits.gadgets import boolean, poseidon, ranges
from circuits.gadgets import merkle as gadgets
from circuits.gadgets.ranges import Ranged
from circuits.records import ARITY, ASSETS, BALANCE_BITS, DEPTH, Account
from circuits.statements.statement import POSITION_BITS, SCALAR_BITS, Statement, is_kind, value
from zk.curves import babyjubjub
from zk.hashes import poseidon as host

HALF = 1 << (BALANCE_BITS - 1)
CHANGE_BITS = BALANCE_BITS + 1


@dataclass(frozen=True)
class Public:
    """What everybody sees of a leg."""

    root: int = value("field")
    nullifier: int = value("field")
    commitment: int = value("field")
    value_x: int = value("field")
    value_y: int = value("field")
    rk_x: int = value("field")
    rk_y: int = value("field")
    cash: int = value("bit")


@dataclass(frozen=True, repr=False)
class Private:
    """What the prover knows.  `path[k]` are the four children at level k, leaves first, our own among them."""

    ak: tuple = value("field", 2)
    nk: int = value("field")
    old: Account
    genesis: int = value("bit")
    position: int = value("position")
    path: tuple = value("field", DEPTH, ARITY)
    new: Account
    blinding: int = value("scalar")
    alpha: int = value("scalar")

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public, private: Private) -> str | None:
    """None when the claim holds, else a phrase for the first line of it that does not."""
    old, new = private.old, private.new
    changes = [after - before for before, after in zip(old.balances, new.balances)]
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


def constrain(b: Builder, public: Public, private: Private) -> None:
    """The same claim as constraints."""
    old, new, hash = private.old, private.new, poseidon.hasher(b)
    with b.scope("cash flag"):
        cash = boolean.bit(b, public.cash, "cash is 0 or 1")
    with b.scope("spending key"):
        spending_key = curve.on_curve(b, *private.ak, "the spending key is on the curve")
    with b.scope("old owner"):
        b.equal(records.owner(hash, private.ak, private.nk), old.owner, "the owner is made of the two keys")
    commitment = _old_commitment(b, public, private, hash)
    with b.scope("nullifier"):
        expected = records.nullifier(hash, private.nk, commitment, private.position)
        b.equal(expected, public.nullifier, "the nullifier is that of the old account")
    with b.scope("new balances"):
        shifted = [
            ranges.ranged(b, balance + HALF, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
            for i, balance in enumerate(new.balances)
        ]
    with b.scope("commitment"):
        b.equal(new.commitment(hash), public.commitment, "the commitment opens to the new account")
    _constrain_value(b, public, private)
    with b.scope("alpha"):
        alpha = ranges.ranged(b, private.alpha, width=SCALAR_BITS, why="alpha has 251 bits")
    with b.scope("re-randomised key"):
        rk = curve.add_fixed(b, spending_key, alpha.bits, babyjubjub.BASE8)
        curve.equal(b, rk, public.rk_x, public.rk_y, "rk is the spending key moved by alpha")
    with b.scope("cash account"):
        for i, balance in enumerate(shifted):
            sign = balance.bits[-1].signal
            b.require(cash.signal, 1 - sign, 0, f"balance {i} is not negative")
        b.require(cash.signal, new.epoch, 0, "its epoch is 0")


def _old_commitment(b: Builder, public: Public, private: Private, hash: records.Hash):
    """The old account's commitment, proved to be in the tree at the position, or to hold nothing."""
    with b.scope("old commitment"):
        commitment = private.old.commitment(hash)
    with b.scope("position"):
        position = ranges.ranged(b, private.position, width=POSITION_BITS, why="the position has 32 bits")
    with b.scope("path"):
        root = gadgets.root(b, commitment, position.bits, private.path, hash=hash)
    with b.scope("genesis"):
        genesis = boolean.bit(b, private.genesis, "genesis is 0 or 1")
        for i, balance in enumerate(private.old.balances):
            b.require(genesis.signal, balance, 0, f"balance {i} starts from zero")
    with b.scope("root"):
        b.require(1 - genesis.signal, public.root - root, 0, "the old account is in the tree")
    return commitment


def _constrain_value(b: Builder, public: Public, private: Private) -> None:
    """value = sum_i change_i G_i + blinding H.

    Each change is made positive by 2^64; the sum starts from the point that takes the eight shifts away again.
    """
    shift = 1 << BALANCE_BITS
    with b.scope("change"):
        changes: list[Ranged] = [
            ranges.ranged(b, after - before + shift, width=CHANGE_BITS, why=f"change {i} has 65 bits")
            for i, (before, after) in enumerate(zip(private.old.balances, private.new.balances))
        ]
    with b.scope("blinding"):
        blinding = ranges.ranged(b, private.blinding, width=SCALAR_BITS, why="the blinding has 251 bits")
    with b.scope("value"):
        total = curve.constant(b, generators.commit([-shift] * ASSETS, 0))
        for change, base in zip(changes, generators.assets()):
            total = curve.add_fixed(b, total, change.bits, base)
        total = curve.add_fixed(b, total, blinding.bits, generators.blinding())
        curve.equal(b, total, public.value_x, public.value_y, "the value commits to new minus old")


STATEMENT = Statement(
    "leg", "an account moves to a new state that it can pay for", Public, Private, relation, constrain
)
