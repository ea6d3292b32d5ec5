"""seize: accounts in breach end exactly as the definition says, and no lie passes claim or constraints."""

import math
from dataclasses import replace
from fractions import Fraction

import pytest

from circuits import generators, guardsamples, records, samples, seizure
from circuits.guardsamples import HEALTHY, LONG, PRICES, falls, put, seize_claim
from circuits.records import HELD, SCENARIOS
from circuits.statements import seize
from tests.circuits.statements.lies import verdicts
from zk.fields.prime import R
from zk.hashes import poseidon

LAST = SCENARIOS - 1


@pytest.mark.parametrize("index", range(4))
def test_an_honest_seizure_satisfies_claim_and_constraints(index):
    assert verdicts("seize", *samples.honest("seize")[index]) == (None, None)


def fixed(public):
    return public.stale_before, public.penalty_bps, public.prices, public.grid


def at_place(public, private, **changes):
    """A lie about the place in the tree or the account, with everything public made to match it."""
    private = replace(private, **changes)
    return guardsamples.publish_seizure(private, public.root, fixed(public)), private


def account(**changes):
    """Another account, in the tree like any other, with what is left of it."""

    def lie(public, private):
        old = replace(private.old, **changes)
        path, root = guardsamples.tree_of(old.commitment(poseidon.hash))
        row = public.grid[private.scenario]
        amount = seizure.residual_amount(old.balances, public.prices, row, public.penalty_bps)
        private = replace(private, old=old, path=path, amount=amount)
        return guardsamples.publish_seizure(private, root, fixed(public)), private

    return lie


def balance(index, value):
    return account(balances=put(LONG, index, value))


def sibling(level):
    def lie(public, private):
        index = (private.position >> 2 * level & 3) ^ 1
        return public, replace(private, path=put(private.path, level, put(private.path[level], index, 1)))

    return lie


def residual(**changes):
    """The commitment is to another account than the one that is left."""

    def lie(public, private):
        left = replace(seizure.residual(private.old, private.amount), **changes)
        return replace(public, commitment=left.commitment(poseidon.hash)), private

    return lie


def value(changes):
    """The value commits to other changes."""

    def lie(public, private):
        honest = seizure.changes(private.old, private.amount)
        x, y = generators.commit(changes(list(honest)), private.blinding)
        return replace(public, value_x=x, value_y=y), private

    return lie


def keyed_with(kappa):
    def lie(public, private):
        commitment = private.old.commitment(poseidon.hash)
        nullifier = records.nullifier(poseidon.hash, kappa, commitment, private.position)
        return replace(public, nullifier=nullifier), private

    return lie


def amount(change):
    return lambda p, s: at_place(p, s, amount=s.amount + change)


def grid_of(row):
    """The ledger's grid is another one, and the amount is right for it."""
    return lambda p, s: seize_claim(grid=(row,) * SCENARIOS)


def one_unit_short_of_a_breach(public, private):
    """Worth exactly 0 in the worst scenario."""
    return seize_claim((1, *[0] * 15), grid=((0, *[1] * 15),) * SCENARIOS)


ROW = (5, *PRICES[1:])
LIES = [  # the lie                                                                   why it must fail
    ("a position beyond the last leaf", lambda p, s: at_place(p, s, position=s.position + (1 << 32)), "position"),
    ("the position of another leaf", lambda p, s: at_place(p, s, position=s.position ^ 1), "path"),
    ("a rho that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, rho=1))), "path"),
    ("a guard that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, guard=6))), "path"),
    ("balances that are not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, balances=HEALTHY))), "path"),
    ("a sibling that is not in the tree", sibling(0), "path"),
    ("a sibling under the root", sibling(15), "root"),
    ("another root", lambda p, s: (replace(p, root=7), s), "root"),
    ("a cash account", account(guard=0), "guard"),
    ("a guard of 33 bits", account(guard=1 << 32), "guard"),
    ("a guard of -1", account(guard=R - 1), "guard"),
    ("another nullifier", lambda p, s: (replace(p, nullifier=1), s), "nullifier"),
    ("a nullifier by the owner's key", keyed_with(guardsamples.NULLIFIER_KEY), "nullifier"),
    *((f"balance {i} is {v}", balance(i, v), "balances") for i in (0, 9, 15) for v in (2**63, -(2**63) - 1)),
    ("a balance of half the field", balance(2, -(R // 2)), "balances"),
    ("a scenario after the last", lambda p, s: (p, replace(s, scenario=32)), "scenario"),
    ("scenario -1", lambda p, s: (p, replace(s, scenario=-1)), "scenario"),
    ("a scenario that it survives", lambda p, s: seize_claim(scenario=LAST), "breach"),
    ("a healthy account", lambda p, s: seize_claim(HEALTHY), "breach"),
    ("a guard that is just not stale", lambda p, s: seize_claim(HEALTHY, stale_before=guardsamples.GUARD), "breach"),
    ("worth exactly 0", one_unit_short_of_a_breach, "breach"),
    ("one unit less is left", amount(-1), "amount"),
    ("one unit more is left", amount(1), "amount"),
    ("nothing is left", lambda p, s: at_place(p, s, amount=0), "amount"),
    ("everything is left", lambda p, s: at_place(p, s, amount=20_000_000_000), "amount"),
    ("-1 is left", lambda p, s: at_place(p, s, amount=-1), "amount"),
    ("2^63 more is left", amount(1 << 63), "amount"),
    ("another penalty", lambda p, s: (replace(p, penalty_bps=p.penalty_bps + 1), s), "amount"),
    ("another price of the numeraire", lambda p, s: (replace(p, prices=put(p.prices, 0, 10**9 + 1)), s), "amount"),
    ("another price", lambda p, s: (replace(p, prices=put(p.prices, 1, p.prices[1] + 1)), s), "amount"),
    ("a numeraire without a price", lambda p, s: (replace(p, prices=put(p.prices, 0, 0)), s), "amount"),
    ("the penalty of another scenario", lambda p, s: at_place(p, s, scenario=1), "amount"),
    ("another residual", lambda p, s: (replace(p, commitment=1), s), "commitment"),
    ("left to another owner", residual(owner=1), "commitment"),
    ("left under another rho", residual(rho=1), "commitment"),
    ("left in a margined account", residual(guard=guardsamples.GUARD), "commitment"),
    ("left in another asset", residual(balances=(0, 5_000_000_000, *[0] * 14)), "commitment"),
    ("a debt is left too", residual(balances=(5_000_000_000, *[0] * 14, -1)), "commitment"),
    ("a blinding of 252 bits", lambda p, s: at_place(p, s, blinding=1 << 251), "blinding"),
    ("another blinding", lambda p, s: (p, replace(s, blinding=4)), "value"),
    ("another value's x", lambda p, s: (replace(p, value_x=1), s), "value"),
    ("another value's y", lambda p, s: (replace(p, value_y=1), s), "value"),
    ("what is left twice", value(lambda c: [c[0] + 5_000_000_000, *c[1:]]), "value"),
    *((f"balance {i} stays", value(lambda c, i=i: put(tuple(c), i, 0)), "value") for i in (1, HELD)),
    ("the debt is taken out", value(lambda c: put(tuple(c), HELD, -c[HELD])), "value"),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    assert verdicts("seize", *lie(*seize_claim())) == (why, why)


@pytest.mark.parametrize("scenario", [0, 1, 2, 4, 8, 16, 21, LAST])
def test_each_scenario_is_the_one_that_it_names(scenario):
    """A breach in one scenario alone."""
    grid = tuple(put(PRICES, 1, 1) if s == scenario else PRICES for s in range(SCENARIOS))
    claim = seize_claim(grid=grid)
    assert claim[1].scenario == scenario and verdicts("seize", *claim) == (None, None)


def test_a_scenario_above_the_present_pays_no_bonus():
    """A stale account is seized by its best scenario: it leaves what it is worth and not a unit more."""
    public, private = guardsamples.unhurt_seizure()
    worth = seizure.worth(private.old.balances, public.prices)
    assert seizure.worth(private.old.balances, public.grid[private.scenario]) > worth
    assert private.amount == math.ceil(Fraction(worth, public.prices[0]))
    bonus = at_place(public, private, amount=private.amount + 1)
    assert verdicts("seize", *bonus) == ("amount", "amount")


def test_the_owner_finds_the_residual_from_the_old_account_and_the_public_numbers():
    public, private = seize_claim()
    found = [
        seizure.residual(private.old, seizure.residual_amount(LONG, public.prices, row, public.penalty_bps))
        for row in public.grid
    ]
    assert public.commitment in [account.commitment(poseidon.hash) for account in found]


def test_the_fixed_inputs_come_last():
    """So that a verifier folds them into the key once for all seizures of an epoch."""
    public, _ = seize_claim()
    assert list(vars(public))[5:] == ["stale_before", "penalty_bps", "prices", "grid"]
    assert isinstance(public, seize.Public) and falls(PRICES) == public.grid


def test_no_repr_shows_a_secret():
    assert repr(seize_claim()[1]) == "Private"
