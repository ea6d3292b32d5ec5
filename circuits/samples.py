"""Honest inputs of every statement, made by host functions, and lies that violate a single constraint.

The tables of lies in the tests start from the honest inputs.  The soundness audit takes both: it varies the witness
around the honest inputs, and uses the lies to show the weight of constraints that only forbid a jump.  Nothing here is
secret.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from circuits import generators, guardsamples, merkle, records
from circuits.statements import leg, margin
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon

SPENDING_SECRET = 0x1234567890ABCDEF << 100 | 77
NULLIFIER_KEY = 987654321 << 128 | 5
ALPHA = (1 << 250) + 12345
BLINDING = (1 << 249) + 999
POSITION = 0xC0FFEE5D
PERIOD = 4 * 1_000_003 + 2

OLD_BALANCES = (1_000_000, 0, 5, 2**63 - 1, 0, 7, 1, 0, 2**63 - 1, -(2**63), 40, -3, 0, 1, -1, 0)
NEW_BALANCES = (250_000, 3, 0, 2**62, 2**63 - 1, 0, 1, 9, -(2**62), 2**63 - 1, -7, -(2**63), 5, 0, -1, 1)

Leg = tuple[leg.Public[int], leg.Private[int]]
Margin = tuple[margin.Public[int], margin.Private[int]]


def sibling(level: int, index: int) -> int:
    """Some other node of the tree."""
    return poseidon.hash((level, index))


def path_at(commitment: int, position: int) -> tuple[merkle.Path, int]:
    """A path in a tree full of other nodes, and the root above it."""
    return merkle.build(commitment, position, sibling)


def publish(private: leg.Private[int], root: int, adds: int = 0, period: int = PERIOD) -> leg.Public[int]:
    """The public inputs that match a leg's private ones.  The period is a top-up's."""
    old, new = private.old, private.new
    commitment = old.commitment(poseidon.hash)
    changes = [after - before for before, after in zip(old.balances, new.balances, strict=True)]
    value = generators.commit(changes, private.blinding)
    rk = babyjubjub.add(private.ak, babyjubjub.multiply(private.alpha, babyjubjub.BASE8))
    kappa = records.kappa(old, private.nk)
    nullifier = records.nullifier(poseidon.hash, kappa, commitment, private.position)
    tag = records.top_up_tag(poseidon.hash, private.nk, period)
    added = (1, period, tag) if adds else (0, 0, 0)
    return leg.Public(root, nullifier, new.commitment(poseidon.hash), *value, *rk, new.guard, *added)


def honest_leg(
    old: tuple[int, ...] = OLD_BALANCES,
    new: tuple[int, ...] = NEW_BALANCES,
    *,
    old_guard: int = 12,
    guard: int = 41,
    receiver: int | None = None,
    adds: int = 0,
    genesis: int = 0,
) -> Leg:
    """A leg between these balances, to another owner or to this one.

    A genesis leg has a path to a root of its own, and names any root.
    """
    ak = babyjubjub.multiply(SPENDING_SECRET, babyjubjub.BASE8)
    owner = records.owner(poseidon.hash, ak, NULLIFIER_KEY)
    before = records.Account(owner, old, old_guard, rho=1111)
    if receiver is None:
        receiver = owner if adds else poseidon.hash((1, 2, 3))
    after = records.Account(receiver, new, guard, rho=2222)
    path, root = path_at(before.commitment(poseidon.hash), POSITION)
    if genesis:
        path, root = merkle.lone(before.commitment(poseidon.hash), POSITION), 31337
    private = leg.Private(ak, NULLIFIER_KEY, before, genesis, POSITION, path, after, BLINDING, ALPHA)
    return publish(private, root, adds), private


def cash_leg() -> Leg:
    """A leg between accounts without debts."""
    return honest_leg(_with(5, 0), (3, *_with(2**63 - 1, 14)[1:]), old_guard=0, guard=0)


def genesis_leg() -> Leg:
    """A leg that starts from nothing."""
    return honest_leg(_with(0, 0), _with(500, 0), old_guard=0, guard=0, genesis=1)


def top_up_leg() -> Leg:
    """A leg that only adds to an account, which stays in debt."""
    added = [1, 0, *[0] * 13, 2**62]
    return honest_leg(new=tuple(old + more for old, more in zip(OLD_BALANCES, added, strict=True)), adds=1)


def honest_margin() -> Margin:
    """A portfolio with debts that survives; in its last scenario it is worth exactly zero."""
    balances = (2**63 - 1, 0, 5, 7, 0, 0, 1, 0, -(2**63), -5, 2**63 - 1, 0, 1, 0, -1, 0)
    values = [[2 + s, 2, s, 2**63 - 1, 5, 6, 7, 8, 1 + s, s, 3, 4, 5, 6, 7, 8] for s in range(records.SCENARIOS)]
    values[-1] = [0, 0, 1, 0, 0, 0, 10, 0, 0, 3, 0, 9, 0, 9, 0, 9]
    account = records.Account(4242, balances, 41, rho=3333)
    return margin.Public(account.commitment(poseidon.hash), tuple(map(tuple, values))), margin.Private(account)


def _with(balance: int, index: int) -> tuple[int, ...]:
    """Zeros except for one balance."""
    return tuple(balance if i == index else 0 for i in range(records.ASSETS))


def _genesis_flag_of_two() -> Leg:
    """A flag that is neither 0 nor 1 and violates nothing else: an empty account that is in the tree as well."""
    public, private = honest_leg(_with(0, 0))
    return public, replace(private, genesis=2)


def top_up_flag_of_two() -> Leg:
    """A flag that is neither 0 nor 1 and violates nothing else: a top-up in period 0, with twice its tag."""
    public, private = top_up_leg()
    tag = 2 * records.top_up_tag(poseidon.hash, private.nk, 0) % R
    return replace(public, adds=2, period=0, tag=tag), private


_HONEST: dict[str, tuple[Callable[[], tuple[Any, Any]], ...]] = {
    "leg": (honest_leg, cash_leg, genesis_leg, top_up_leg),
    "margin": (honest_margin,),
    "escrow": (guardsamples.honest_escrow,),
    "seize": (
        guardsamples.honest_seizure,
        guardsamples.insolvent_seizure,
        guardsamples.stale_seizure,
        guardsamples.unhurt_seizure,
    ),
    "funds": (guardsamples.honest_funds, guardsamples.hidden_funds),
}


def honest(name: str) -> list[tuple[Any, Any]]:
    """(public, private) of true claims of one statement, which together take every branch of its circuit."""
    return [make() for make in _HONEST[name]]


def lies(name: str) -> list[tuple[Any, Any]]:
    """(public, private) of false claims of one statement, each of which violates a single constraint."""
    if name != "leg":
        return guardsamples.seizures_of_healthy_accounts() if name == "seize" else []
    assets, claims = range(records.ASSETS), range(records.HELD, records.ASSETS)
    money_from_nothing = [honest_leg(_with(5, i), NEW_BALANCES, genesis=1) for i in assets]
    debts_called_cash = [honest_leg(_with(0, i), _with(-1, i), guard=0) for i in claims]
    losses_called_top_ups = [honest_leg(_with(5, i), _with(4, i), adds=1) for i in assets]
    flags_of_two = [_genesis_flag_of_two(), top_up_flag_of_two()]
    return [*flags_of_two, *money_from_nothing, *debts_called_cash, *losses_called_top_ups]
