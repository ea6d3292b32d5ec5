"""leg: honest legs satisfy claim and constraints, and both refuse every lie for the same reason."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import merkle, records, samples
from tests.circuits.statements.lies import verdicts, violation
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon


@pytest.mark.parametrize("make", [samples.honest_leg, samples.cash_leg, samples.genesis_leg])
def test_an_honest_leg_satisfies_claim_and_constraints(make):
    assert verdicts("leg", *make()) == (None, None)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=16, max_size=16), st.integers(0, R - 1))
def test_any_balances_may_change_to_any_others_on_margin(balances, epoch):
    assert verdicts("leg", *samples.honest_leg(tuple(balances[:8]), tuple(balances[8:]), epoch=epoch)) == (None, None)


def put(values, index, value):
    return (*values[:index], value, *values[index + 1 :])


def old_account(public, private, **changes):
    """A lie in the tree: path, root, nullifier and value are made to match it."""
    old = replace(private.old, **changes)
    path, root = samples.path_at(old.commitment(poseidon.hash), private.position)
    private = replace(private, old=old, path=path)
    return samples.publish(private, root, public.cash), private


def new_account(public, private, **changes):
    private = replace(private, new=replace(private.new, **changes))
    return samples.publish(private, public.root, public.cash), private


def new_balance(public, private, index, balance):
    return new_account(public, private, balances=put(private.new.balances, index, balance))


def private_only(**changes):
    return lambda public, private: (public, replace(private, **changes))


def public_only(**changes):
    return lambda public, private: (replace(public, **changes), private)


def republished(**changes):
    def lie(public, private):
        private = replace(private, **changes)
        return samples.publish(private, public.root, public.cash), private

    return lie


def sibling(level):
    """Another node beside ours at one level of the path."""

    def lie(public, private):
        index = (private.position >> 2 * level & 3) ^ 2
        children = put(private.path[level], index, 1)
        return public, replace(private, path=put(private.path, level, children))

    return lie


def keys_of_another(public, private):
    ak = babyjubjub.multiply(5, babyjubjub.BASE8)
    return samples.publish(replace(private, ak=ak), public.root, public.cash), replace(private, ak=ak)


def off_the_curve(public, private):
    """An owner made from a point off the curve, in the tree like any other."""
    ak = (private.ak[0], private.ak[1] + 1)
    private = replace(private, ak=ak)
    return old_account(public, private, owner=records.owner(poseidon.hash, ak, private.nk))


def another_nullifier(public, private):
    """The index of another leaf: the same account under a second nullifier."""
    return samples.publish(replace(private, position=private.position ^ 1), public.root, 0), replace(
        private, position=private.position ^ 1
    )


def wrong_position_number(public, private):
    """The position plus 2^32: its low bits give the same path, but the nullifier is another."""
    position = private.position + (1 << 32)
    return samples.publish(replace(private, position=position), public.root, 0), replace(private, position=position)


def change_of(change):
    """An old balance out of range, in a tree that should never have held it, so that asset 0 changes by this much."""

    def lie(public, private):
        old = private.new.balances[0] - change
        return old_account(public, private, balances=put(private.old.balances, 0, old))

    return lie


def other_point(public, private):
    """The value of a change that is one unit larger."""
    larger = replace(private.new, balances=put(private.new.balances, 1, private.new.balances[1] + 1))
    other = samples.publish(replace(private, new=larger), public.root, public.cash)
    return replace(public, value_x=other.value_x, value_y=other.value_y), private


LIES = [  # the lie                                                                   why it must fail
    ("the cash flag is 2", public_only(cash=2), "cash flag"),
    ("the cash flag is -1", public_only(cash=R - 1), "cash flag"),
    ("a spending key off the curve", off_the_curve, "spending key"),
    ("another's spending key", keys_of_another, "old owner"),
    ("another nullifier key", republished(nk=3), "old owner"),
    ("a position beyond the last leaf", wrong_position_number, "position"),
    ("the position of another leaf", another_nullifier, "path"),
    ("a rho that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, rho=1))), "path"),
    ("an epoch that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, epoch=1))), "path"),
    ("larger balances than in the tree", lambda p, s: (p, replace(s, old=replace(s.old, balances=(9,) * 8))), "path"),
    ("a sibling that is not in the tree", sibling(0), "path"),
    ("a sibling higher up", sibling(14), "path"),
    ("a sibling under the root", sibling(15), "root"),
    ("another root", public_only(root=7), "root"),
    ("a genesis leg that starts from something", private_only(genesis=1), "genesis"),
    ("a genesis flag of 2", private_only(genesis=2), "genesis"),
    ("another nullifier", public_only(nullifier=1), "nullifier"),
    ("another commitment", public_only(commitment=1), "commitment"),
    ("another receiver", lambda p, s: (p, replace(s, new=replace(s.new, owner=1))), "commitment"),
    ("another new rho", lambda p, s: (p, replace(s, new=replace(s.new, rho=1))), "commitment"),
    ("a change of 2^64", change_of(2**64), "change"),
    ("a change of -2^64 - 1", change_of(-(2**64) - 1), "change"),
    ("a change of half the field", change_of(R // 2), "change"),
    ("a blinding of 252 bits", republished(blinding=1 << 251), "blinding"),
    ("the value of another change", other_point, "value"),
    ("another value's x", public_only(value_x=1), "value"),
    ("another value's y", public_only(value_y=1), "value"),
    ("another blinding", private_only(blinding=4), "value"),
    ("an alpha of 252 bits", republished(alpha=1 << 251), "alpha"),
    ("another rk's x", public_only(rk_x=1), "re-randomised key"),
    ("another rk's y", public_only(rk_y=1), "re-randomised key"),
    ("another alpha", private_only(alpha=4), "re-randomised key"),
    ("a debt called cash", public_only(cash=1), "cash account"),
    *(
        (f"balance {i} is {text}", lambda p, s, i=i, v=v: new_balance(p, s, i, v), "new balances")
        for i in range(8)
        for text, v in (("2^63", 2**63), ("-2^63 - 1", -(2**63) - 1))
    ),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    public, private = lie(*samples.honest_leg())
    assert verdicts("leg", public, private) == (why, why)


CASH_LIES = [
    ("an epoch on a cash account", lambda p, s: new_account(p, s, epoch=1)),
    *((f"balance {i} is a debt of one", lambda p, s, i=i: new_balance(p, s, i, -1)) for i in range(8)),
    *((f"balance {i} is the largest debt", lambda p, s, i=i: new_balance(p, s, i, -(2**63))) for i in (0, 7)),
]


@pytest.mark.parametrize("lie", [lie[1] for lie in CASH_LIES], ids=[lie[0] for lie in CASH_LIES])
def test_a_cash_account_has_no_debts(lie):
    public, private = lie(*samples.cash_leg())
    assert verdicts("leg", public, private) == ("cash account", "cash account")
    assert verdicts("leg", replace(public, cash=0), private) == (None, None)


def genesis_from(public, private, index):
    """A genesis leg that starts from one unit, with everything else made to fit."""
    old = replace(private.old, balances=put(private.old.balances, index, 1))
    private = replace(private, old=old, path=merkle.lone(old.commitment(poseidon.hash), private.position))
    return samples.publish(private, public.root, 1), private


def flag_of_two(public, private):
    """An empty account of the tree whose genesis flag is neither 0 nor 1."""
    path, root = samples.path_at(private.old.commitment(poseidon.hash), private.position)
    return replace(public, root=root), replace(private, path=path, genesis=2)


GENESIS_LIES = [
    ("an account outside the tree, without the flag", lambda p, s: (p, replace(s, genesis=0)), "root"),
    ("a flag of 2 on an empty account of the tree", flag_of_two, "genesis"),
    *((f"balance {i} starts from one", lambda p, s, i=i: genesis_from(p, s, i), "genesis") for i in range(8)),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in GENESIS_LIES], ids=[lie[0] for lie in GENESIS_LIES])
def test_a_genesis_leg_starts_from_nothing(lie, why):
    public, private = lie(*samples.genesis_leg())
    assert verdicts("leg", public, private) == (why, why)


def test_a_violation_names_the_balance_and_the_line():
    violated = violation("leg", *new_balance(*samples.honest_leg(), 3, 2**63))
    assert (violated.path, violated.why) == ("new balances", "balance 3 has 64 bits")
    assert violated.file == "circuits/gadgets/ranges.py" and violated.line > 0


def test_no_repr_shows_a_secret():
    _, private = samples.honest_leg()
    assert repr(private) == "Private" and str(private.nk) not in repr(private.old)
