"""leg: an account moves from its old state to a new one, and the public learns only a commitment to the change.

    old.owner = H[OWNER](AK, nk)            AK on the curve
    old in the tree under root at position, or genesis and old.balances = 0
    nullifier = H[NULLIFIER](kappa, H[ACCOUNT](old), position)    kappa = nk if old.guard = 0, else old.rho
    commitment = H[ACCOUNT](new)            every balance of a held asset in [0, 2^63), of a claim in [-2^63, 2^63)
    guard = new.guard, and guard = 0 implies new.b_i >= 0
    value = Σ_i (new.b_i - old.b_i) G_i + blinding H
    rk = AK + alpha B8
    adds = 1 implies new.owner = old.owner and new.b_i >= old.b_i
    tag = H[TOPUP](nk, period) if adds = 1, else 0, and then period = 0

Each public input is bound: root by membership (by nothing in a genesis leg, which spends zeros), nullifier and
commitment by their hashes, guard by equality, value and rk by the curve's arithmetic, adds, period and tag by the last
two lines.  A cheat would

    spend another's account                    "old owner": AK and nk open its owner, and signing under rk needs AK's
                                               scalar
    spend one account under two nullifiers     "position", "path", "nullifier": one position and one kappa, both bound
                                               by the commitment
    create money in a genesis leg              "genesis": it starts from zeros
    owe what is held in custody                "held balances": so whoever holds can withdraw, whatever claims are worth
    owe a claim where no guardian sees it      "cash account"
    wrap a balance around the field            "claims", "change": 64 and 65 bits
    commit to a change that was not made       "value"
    call a trade a top-up, to need no margin   "top-up"
    top up more often than once a period       "tag": one owner has one nk, and so one tag in a period
    call a top-up a trade, to keep its tag     nothing to gain: without adds the ledger demands margin
    leave a word in a leg that is no top-up    "tag": period and tag are 0
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from circuits import generators, merkle, records
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import babyjubjub as curve
from circuits.gadgets import boolean, poseidon, ranges
from circuits.gadgets import merkle as tree
from circuits.gadgets.ranges import Ranged
from circuits.records import ARITY, ASSETS, BALANCE_BITS, DEPTH, HELD, Account, Hash, T
from circuits.statements.statement import POSITION_BITS, SCALAR_BITS, Statement, is_kind, of_kind
from zk.curves import babyjubjub
from zk.hashes import poseidon as host

HELD_BITS = BALANCE_BITS - 1
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
    guard: T = field(metadata=of_kind("u32"))
    adds: T = field(metadata=of_kind("bit"))
    period: T = field(metadata=of_kind("u64"))
    tag: T = field(metadata=of_kind("field"))


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


def relation(public: Public[int], private: Private[int], hash: Hash[int] = host.hash) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    return _false_about_old(public, private, hash) or _false_about_new(public, private, hash)


def _false_about_old(public: Public[int], private: Private[int], hash: Hash[int]) -> str | None:
    """A phrase for the first false line about the old account, or None."""
    old = private.old
    if public.adds not in (0, 1):
        return "adds flag"
    if not babyjubjub.is_on_curve(private.ak):
        return "spending key"
    if old.owner != records.owner(hash, private.ak, private.nk):
        return "old owner"
    if not is_kind(private.position, "position"):
        return "position"
    commitment = old.commitment(hash)
    root = merkle.root(commitment, private.position, private.path, hash)
    if root is None:
        return "path"
    if private.genesis not in (0, 1) or (private.genesis and any(old.balances)):
        return "genesis"
    if not private.genesis and root != public.root:
        return "root"
    kappa = records.kappa(old, private.nk)
    if public.nullifier != records.nullifier(hash, kappa, commitment, private.position):
        return "nullifier"
    return None


def _false_about_new(public: Public[int], private: Private[int], hash: Hash[int]) -> str | None:
    """A phrase for the first false line about the new account or the change, or None."""
    new, changes = private.new, _changes(private)
    if not all(0 <= balance < 1 << HELD_BITS for balance in new.balances[:HELD]):
        return "held balances"
    if not all(is_kind(balance, "i64") for balance in new.balances[HELD:]):
        return "claims"
    if public.commitment != new.commitment(hash):
        return "commitment"
    if public.guard != new.guard:
        return "guard"
    if new.guard == 0 and min(new.balances) < 0:
        return "cash account"
    if not all(-(1 << BALANCE_BITS) <= change < 1 << BALANCE_BITS for change in changes):
        return "change"
    if public.adds and (new.owner != private.old.owner or min(changes) < 0):
        return "top-up"
    period, tag = (public.period, records.top_up_tag(hash, private.nk, public.period)) if public.adds else (0, 0)
    if (public.period, public.tag) != (period, tag):
        return "tag"
    if not is_kind(private.blinding, "scalar"):
        return "blinding"
    if (public.value_x, public.value_y) != generators.commit(changes, private.blinding):
        return "value"
    if not is_kind(private.alpha, "scalar"):
        return "alpha"
    shift = babyjubjub.multiply_base(private.alpha, babyjubjub.BASE8)
    if (public.rk_x, public.rk_y) != babyjubjub.add(private.ak, shift):
        return "re-randomised key"
    return None


def _changes(private: Private[int]) -> list[int]:
    return [after - before for before, after in zip(private.old.balances, private.new.balances, strict=True)]


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    old, new, hash = private.old, private.new, poseidon.hasher(b)
    with b.scope("adds flag"):
        adds = boolean.bit(b, public.adds, "adds is 0 or 1")
    with b.scope("spending key"):
        spending_key = curve.on_curve(b, *private.ak, "the spending key is on the curve")
    with b.scope("old owner"):
        b.equal(records.owner(hash, private.ak, private.nk), old.owner, "the owner hashes the two keys")
    commitment = _old_commitment(b, public, private, hash)
    with b.scope("nullifier"):
        is_cash = boolean.is_zero(b, old.guard, "whether the old account is a cash account")
        kappa = boolean.select(b, is_cash, old.rho, private.nk, "rho, or the nullifier key of a cash account")
        expected = records.nullifier(hash, kappa, commitment, private.position)
        b.equal(expected, public.nullifier, "the nullifier belongs to the old account")
    claims = _new_balances(b, private)
    with b.scope("commitment"):
        b.equal(new.commitment(hash), public.commitment, "the commitment opens to the new account")
    with b.scope("guard"):
        b.equal(new.guard, public.guard, "the new account's guard is the public one")
    with b.scope("cash account"):
        is_cash = boolean.is_zero(b, new.guard, "whether the new account is a cash account")
        for i, claim in enumerate(claims, HELD):
            is_not_negative = claim.bits[-1].signal
            b.require(is_cash.signal, 1 - is_not_negative, 0, f"balance {i} is not negative")
    changes = _shifted_changes(b, private)
    with b.scope("top-up"):
        b.require(adds.signal, new.owner - old.owner, 0, "the owner stays the same")
        for i, change in enumerate(changes):
            b.require(adds.signal, 1 - change.bits[-1].signal, 0, f"change {i} is not negative")
    with b.scope("tag"):
        tag = records.top_up_tag(hash, private.nk, public.period)
        b.require(adds.signal, tag, public.tag, "the tag is the owner's in this period, or 0")
        b.require(1 - adds.signal, public.period, 0, "a leg that is no top-up has period 0")
    _constrain_value(b, public, private, changes)
    with b.scope("alpha"):
        alpha = ranges.ranged(b, private.alpha, width=SCALAR_BITS, why="alpha has 251 bits")
    with b.scope("re-randomised key"):
        rk = curve.add_fixed(b, spending_key, alpha.bits, babyjubjub.BASE8)
        curve.equal(b, rk, public.rk_x, public.rk_y, "rk is the spending key shifted by alpha")


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


def _new_balances(b: Builder, private: Private[Signal]) -> list[Ranged]:
    """Proves the ranges of the new balances.  Returns claim + 2^63 of each claim, whose highest bit is its sign."""
    balances = private.new.balances
    with b.scope("held balances"):
        for i, balance in enumerate(balances[:HELD]):
            ranges.ranged(b, balance, width=HELD_BITS, why=f"balance {i} has 63 bits")
    with b.scope("claims"):
        return [
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
            for i, balance in enumerate(balances[HELD:], HELD)
        ]


def _shifted_changes(b: Builder, private: Private[Signal]) -> list[Ranged]:
    """Every change, new - old, plus 2^64, so that it is positive; the highest bit is 0 if the change is negative."""
    with b.scope("change"):
        return [
            ranges.signed(b, after - before, width=CHANGE_BITS, why=f"change {i} has 65 bits")
            for i, (before, after) in enumerate(zip(private.old.balances, private.new.balances, strict=True))
        ]


def _constrain_value(
    b: Builder, public: Public[Signal], private: Private[Signal], changes: Sequence[Ranged]
) -> None:
    """value = Σ_i change_i G_i + blinding H.  The sum starts from the point that subtracts all shifts."""
    with b.scope("blinding"):
        blinding = ranges.ranged(b, private.blinding, width=SCALAR_BITS, why="the blinding has 251 bits")
    with b.scope("value"):
        total = curve.constant(b, generators.commit([-(1 << BALANCE_BITS)] * ASSETS, 0))
        for change, base in zip(changes, generators.assets(), strict=True):
            total = curve.add_fixed(b, total, change.bits, base)
        total = curve.add_fixed(b, total, blinding.bits, generators.blinding())
        curve.equal(b, total, public.value_x, public.value_y, "the value commits to new minus old")


STATEMENT = Statement(
    "leg", "an account moves to a new state that it can pay for", Public, Private, relation, constrain
)
