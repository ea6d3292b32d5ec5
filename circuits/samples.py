"""Honest inputs of every statement, made from host functions, and lies that only one constraint refuses.

The tables of lies in the tests start from the honest ones.  The soundness audit takes both: it watches the circuit
move about the honest witnesses, and sees by the lies what a constraint that only forbids a jump is good for.
Nothing here is secret.
"""

from dataclasses import replace

from circuits import generators, merkle, records
from circuits.statements import leg, margin
from zk.curves import babyjubjub
from zk.hashes import poseidon

SPENDING_SECRET = 0x1234567890ABCDEF << 100 | 77
NULLIFIER_KEY = 987654321 << 128 | 5
ALPHA = (1 << 250) + 12345
BLINDING = (1 << 249) + 999
POSITION = 0xC0FFEE5D

OLD_BALANCES = (1_000_000, 0, 5, 2**63 - 1, -(2**63), 7, 1, 0)
NEW_BALANCES = (250_000, 3, 0, 2**62, -(2**62), -7, 1, 2**63 - 1)


def sibling(level: int, index: int) -> int:
    """Some other node of the tree."""
    return poseidon.hash((level, index))


def path_at(commitment: int, position: int) -> tuple[merkle.Path, int]:
    """A path in a tree full of other nodes, and the root above it."""
    return merkle.build(commitment, position, sibling)


def publish(private: leg.Private, root: int, cash: int) -> leg.Public:
    """The public inputs that go with a leg's private ones."""
    commitment = private.old.commitment(poseidon.hash)
    changes = [after - before for before, after in zip(private.old.balances, private.new.balances)]
    value = generators.commit(changes, private.blinding)
    rk = babyjubjub.add(private.ak, babyjubjub.multiply(private.alpha, babyjubjub.BASE8))
    nullifier = records.nullifier(poseidon.hash, private.nk, commitment, private.position)
    return leg.Public(root, nullifier, private.new.commitment(poseidon.hash), *value, *rk, cash)


def honest_leg(
    old: tuple = OLD_BALANCES, new: tuple = NEW_BALANCES, *, epoch: int = 41, cash: int = 0, genesis: int = 0
) -> tuple[leg.Public, leg.Private]:
    """A leg between these balances; a genesis leg has a path in a tree of its own, and any root."""
    ak = babyjubjub.multiply(SPENDING_SECRET, babyjubjub.BASE8)
    owner = records.owner(poseidon.hash, ak, NULLIFIER_KEY)
    before = records.Account(owner, old, 12, rho=1111)
    after = records.Account(poseidon.hash((1, 2, 3)), new, epoch, rho=2222)
    path, root = path_at(before.commitment(poseidon.hash), POSITION)
    if genesis:
        path, root = merkle.lone(before.commitment(poseidon.hash), POSITION), 31337
    private = leg.Private(ak, NULLIFIER_KEY, before, genesis, POSITION, path, after, BLINDING, ALPHA)
    return publish(private, root, cash), private


def cash_leg() -> tuple[leg.Public, leg.Private]:
    """A leg to an account that owes nothing."""
    return honest_leg((5, 0, 0, 0, 0, 0, 0, 9), (3, 0, 0, 0, 0, 0, 0, 2**63 - 1), epoch=0, cash=1)


def genesis_leg() -> tuple[leg.Public, leg.Private]:
    """A leg that starts from nothing."""
    return honest_leg((0,) * 8, (500, 0, 0, 0, 0, 0, 0, 0), epoch=0, cash=1, genesis=1)


def honest_margin() -> tuple[margin.Public, margin.Private]:
    """A leveraged portfolio that survives, in its last scenario with nothing to spare."""
    balances = (-(2**63), 2**63 - 1, -5, 7, 0, 0, 1, 0)
    values = [[1 + s, 2 + s, s, 2**64 - 1, 5, 6, 7, 8] for s in range(records.SCENARIOS)]
    values[-1] = [0, 0, 1, 0, 0, 0, 5, 0]
    account = records.Account(4242, balances, 41, rho=3333)
    grid = records.RiskGrid(41, tuple(map(tuple, values)))
    public = margin.Public(account.commitment(poseidon.hash), grid.root(poseidon.hash), 41, 0)
    return public, margin.Private(account, grid.values)


def _with(balance: int, index: int) -> tuple:
    """Zeros, but for one balance."""
    return tuple(balance if i == index else 0 for i in range(records.ASSETS))


def _genesis_flag_of_two() -> tuple[leg.Public, leg.Private]:
    """A flag that is neither 0 nor 1, where nothing else minds: an empty account that is in the tree as well."""
    public, private = honest_leg(_with(0, 0))
    return public, replace(private, genesis=2)


def honest(name: str) -> list[tuple]:
    """(public, private) of true claims of one statement, together going every way through its circuit."""
    return {"leg": lambda: [honest_leg(), cash_leg(), genesis_leg()], "margin": lambda: [honest_margin()]}[name]()


def lies(name: str) -> list[tuple]:
    """(public, private) of false claims of one statement, each of which violates a single constraint."""
    if name != "leg":
        return []
    assets = range(records.ASSETS)
    money_from_nothing = [honest_leg(_with(5, i), NEW_BALANCES, genesis=1) for i in assets]
    debts_called_cash = [honest_leg(new=_with(-1, i), epoch=0, cash=1) for i in assets]
    return [_genesis_flag_of_two(), *money_from_nothing, *debts_called_cash]
