"""seize: a margined account in breach ends, and its owner keeps what is left in cash.

    old in the tree under root at position, 0 < old.guard < 2^32, every balance b_i in [-2^63, 2^63)
    nullifier = H[NULLIFIER](old.rho, H[ACCOUNT](old), position)
    V_s = Σ_i b_i grid[s][i] < 0, or old.guard < stale_before: the guardians' key that could open it is retired
    x = ⌈max(0, 10^4 V - π max(0, V - V_s)) / (10^4 p_0)⌉ in [0, 2^63), V = Σ_i b_i p_i
    commitment = H[ACCOUNT](old.owner, (x, 0, ..., 0), guard 0, H[RESIDUAL](old.rho, H[ACCOUNT](old)))
    value = x G_0 - Σ_i b_i G_i + blinding H

circuits/seizure.py has the formulas.  No key of the owner's is needed: a margined account's nullifier is keyed with
rho, which its guardians know.  In exchange it never ends a cash account, and the ledger asks for the guardians'
signature.  The owner can compute the residual account without help.

Sizes.  Prices have 64 unsigned bits, the grid 64 signed ones, and π is at most 10^4: the verifier, who publishes them,
sees to it.  |b_i| is at most 2^63, so V and V_s lie in (-2^131, 2^131), and V - V_s in (-2^132, 2^132).  10^4 < 2^14:
N = 10^4 V - π max(0, V - V_s) lies in (-2^147, 2^145).  D = 10^4 p_0 < 2^78 and x < 2^63, so x D < 2^141.  Everything
is far below r = 2^253.6: no sum wraps.  x is the quotient N / D rounded up, or 0 for a negative one, exactly when

    x D - N >= 0                in [0, 2^148)
    x = 0, or x D - N < D       D - 1 - (x D - N) in [0, 2^78)

An account that would keep 2^63 units of the numeraire or more cannot be seized.

Each public input is bound: root by membership, nullifier and commitment by their hashes, value by the curve's
arithmetic, and stale_before, π, prices and grid by being what the account is measured with.  These come last, so that a
verifier can fold them into the key (`zk.groth16.verifier.fix`).  A cheat would

    seize a healthy account                    "breach"
    seize a cash account                       "guard"
    seize an account twice                     "nullifier": rho and the position are the account's
    take more than the penalty                 "amount": exact to the unit
    keep the residual for himself              "commitment": the owner is the old account's
    hide the residual                          "commitment": its rho follows from what the owner knows
    create money                               "value"
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic

from circuits import generators, merkle, records, seizure
from circuits.frontend.builder import Builder
from circuits.frontend.signal import Signal
from circuits.gadgets import babyjubjub as curve
from circuits.gadgets import boolean, division, poseidon, ranges
from circuits.gadgets import merkle as tree
from circuits.gadgets.boolean import Bit
from circuits.gadgets.ranges import Ranged
from circuits.records import ARITY, ASSETS, BALANCE_BITS, BPS, DEPTH, SCENARIOS, Account, Hash, T
from circuits.statements.statement import POSITION_BITS, SCALAR_BITS, Statement, is_kind, of_kind
from zk.curves import babyjubjub
from zk.hashes import poseidon as host

GUARD_BITS = 32
AMOUNT_BITS = 63
SCENARIO_BITS = (SCENARIOS - 1).bit_length()
WORTH_BITS = 132  # of a signed sum over all assets
EXCESS_BITS = 148  # of x D - N
DIVISOR_BITS = 78  # of D = 10^4 p_0


@dataclass(frozen=True)
class Public(Generic[T]):
    """The public inputs of a seizure.  Prices, grid, penalty and stale_before are the ledger's own."""

    root: T = field(metadata=of_kind("field"))
    nullifier: T = field(metadata=of_kind("field"))
    commitment: T = field(metadata=of_kind("field"))
    value_x: T = field(metadata=of_kind("field"))
    value_y: T = field(metadata=of_kind("field"))
    stale_before: T = field(metadata=of_kind("u32"))
    penalty_bps: T = field(metadata=of_kind("bps"))
    prices: tuple[T, ...] = field(metadata=of_kind("u64", ASSETS))
    grid: tuple[tuple[T, ...], ...] = field(metadata=of_kind("i64", SCENARIOS, ASSETS))


@dataclass(frozen=True, repr=False)
class Private(Generic[T]):
    """The opened account and its place, the scenario in breach (any when the guard is stale), and what is left."""

    old: Account[T]
    position: T = field(metadata=of_kind("position"))
    path: tuple[tuple[T, ...], ...] = field(metadata=of_kind("field", DEPTH, ARITY))
    scenario: T = field(metadata=of_kind("scenario"))
    amount: T = field(metadata=of_kind("u63"))
    blinding: T = field(metadata=of_kind("scalar"))

    def __repr__(self) -> str:
        return "Private"


def relation(public: Public[int], private: Private[int], hash: Hash[int] = host.hash) -> str | None:
    """None when the claim is true, otherwise a phrase for its first false line."""
    return _false_about_old(public, private, hash) or _false_about_residual(public, private, hash)


def _false_about_old(public: Public[int], private: Private[int], hash: Hash[int]) -> str | None:
    """A phrase for the first false line about the account that ends, or None."""
    old = private.old
    if not is_kind(private.position, "position"):
        return "position"
    commitment = old.commitment(hash)
    root = merkle.root(commitment, private.position, private.path, hash)
    if root is None:
        return "path"
    if root != public.root:
        return "root"
    if not is_kind(old.guard, "u32") or old.guard == 0:
        return "guard"
    if public.nullifier != records.nullifier(hash, old.rho, commitment, private.position):
        return "nullifier"
    if not all(is_kind(balance, "i64") for balance in old.balances):
        return "balances"
    if not is_kind(private.scenario, "scenario"):
        return "scenario"
    if seizure.worth(old.balances, public.grid[private.scenario]) >= 0 and old.guard >= public.stale_before:
        return "breach"
    return None


def _false_about_residual(public: Public[int], private: Private[int], hash: Hash[int]) -> str | None:
    """A phrase for the first false line about the account that is left, or about the value, or None."""
    old, amount = private.old, private.amount
    if not is_kind(amount, "u63") or not public.prices[0]:
        return "amount"
    scenario = public.grid[private.scenario]
    if amount != seizure.residual_amount(old.balances, public.prices, scenario, public.penalty_bps):
        return "amount"
    if public.commitment != seizure.residual(old, amount).commitment(hash):
        return "commitment"
    if not is_kind(private.blinding, "scalar"):
        return "blinding"
    value = generators.commit(seizure.changes(old, amount), private.blinding)
    if (public.value_x, public.value_y) != value:
        return "value"
    return None


def constrain(b: Builder, public: Public[Signal], private: Private[Signal]) -> None:
    """The same claim as constraints."""
    old, hash = private.old, poseidon.hasher(b)
    with b.scope("position"):
        position = ranges.ranged(b, private.position, width=POSITION_BITS, why="the position has 32 bits")
    with b.scope("old commitment"):
        commitment = old.commitment(hash)
    with b.scope("path"):
        root = tree.root(b, commitment, position.bits, private.path, hash=hash)
    with b.scope("root"):
        b.equal(root, public.root, "the old account is in the tree")
    with b.scope("guard"):
        ranges.ranged(b, old.guard, width=GUARD_BITS, why="the guard has 32 bits")
        boolean.not_zero(b, old.guard, "the account is not a cash account")
    with b.scope("nullifier"):
        expected = records.nullifier(hash, old.rho, commitment, private.position)
        b.equal(expected, public.nullifier, "the nullifier belongs to the old account")
    with b.scope("balances"):
        shifted = [
            ranges.signed(b, balance, width=BALANCE_BITS, why=f"balance {i} has 64 bits")
            for i, balance in enumerate(old.balances)
        ]
    stress = _breach(b, public, private)
    with b.scope("amount"):
        amount = _amount(b, public, private, stress)
    with b.scope("residual rho"):
        rho = records.residual_rho(hash, old.rho, commitment)
    with b.scope("commitment"):
        zero = b.constant(0)
        residual = Account(old.owner, (private.amount, *[zero] * (ASSETS - 1)), zero, rho)
        b.equal(residual.commitment(hash), public.commitment, "the commitment opens to the residual account")
    _constrain_value(b, public, private, shifted, amount)


def _breach(b: Builder, public: Public[Signal], private: Private[Signal]) -> Signal:
    """V_s of the scenario, proved to be negative unless the guard is stale."""
    old = private.old
    with b.scope("scenario"):
        index = ranges.ranged(b, private.scenario, width=SCENARIO_BITS, why="the scenario is one of the grid")
        columns = zip(*public.grid, strict=True)
        row = [boolean.select_among(b, index.bits, column, "value in the scenario") for column in columns]
        stress = _worth(b, old.balances, row)
    with b.scope("breach"):
        is_solvent = _is_not_negative(b, stress, WORTH_BITS, "worth in the scenario")
        distance = old.guard - public.stale_before
        is_fresh = _is_not_negative(b, distance, GUARD_BITS + 1, "distance of the guard from the oldest in use")
        b.require(is_solvent.signal, is_fresh.signal, 0, "it is in breach, or its guard is stale")
    return stress


def _amount(b: Builder, public: Public[Signal], private: Private[Signal], stress: Signal) -> Ranged:
    """The amount left, proved to be the rounded quotient that the head of this file derives."""
    amount = ranges.ranged(b, private.amount, width=AMOUNT_BITS, why="what is left has 63 bits")
    value = _worth(b, private.old.balances, public.prices)
    is_loss = _is_not_negative(b, value - stress, WORTH_BITS + 1, "risk")
    risk = b.multiply(is_loss.signal, value - stress, "risk, or 0")
    left = value * BPS - b.multiply(public.penalty_bps, risk, "penalty")
    division.rounded_up(
        b, private.amount, left, public.prices[0] * BPS,
        excess_bits=EXCESS_BITS, divisor_bits=DIVISOR_BITS, why="what is left",
    )  # fmt: skip
    return amount


def _worth(b: Builder, balances: Sequence[Signal], prices: Sequence[Signal]) -> Signal:
    """Σ_i balance_i price_i.  16 constraints."""
    terms = [
        b.multiply(balance, price, f"worth of balance {i}")
        for i, (balance, price) in enumerate(zip(balances, prices, strict=True))
    ]
    return b.combine([1] * len(terms), terms)


def _is_not_negative(b: Builder, x: Signal, width: int, why: str) -> Bit:
    """The sign of x in [-2^(width-1), 2^(width-1)), which is proved too: 1 when x is not negative."""
    return ranges.signed(b, x, width=width, why=why).bits[-1]


def _constrain_value(
    b: Builder, public: Public[Signal], private: Private[Signal], shifted: Sequence[Ranged], amount: Ranged
) -> None:
    """value = x G_0 - Σ_i b_i G_i + blinding H, where `shifted` are the b_i + 2^63."""
    with b.scope("blinding"):
        blinding = ranges.ranged(b, private.blinding, width=SCALAR_BITS, why="the blinding has 251 bits")
    with b.scope("value"):
        total = curve.constant(b, generators.commit([1 << BALANCE_BITS - 1] * ASSETS, 0))
        for balance, base in zip(shifted, generators.assets(), strict=True):
            total = curve.add_fixed(b, total, balance.bits, babyjubjub.negate(base))
        total = curve.add_fixed(b, total, amount.bits, generators.assets()[0])
        total = curve.add_fixed(b, total, blinding.bits, generators.blinding())
        curve.equal(b, total, public.value_x, public.value_y, "the value commits to what leaves and what is left")


STATEMENT = Statement(
    "seize", "a margined account in breach ends in what is left of it", Public, Private, relation, constrain
)
