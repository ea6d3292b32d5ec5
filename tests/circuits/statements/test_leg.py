"""leg: honest legs satisfy claim and constraints, and both refuse every lie for the same reason."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import merkle, records, samples
from circuits.records import ASSETS, HELD
from tests.circuits.statements.legs import keyed_with, new_balance, old_account, old_balance, put
from tests.circuits.statements.lies import verdicts, violation
from zk.curves import babyjubjub
from zk.fields.prime import R
from zk.hashes import poseidon


@pytest.mark.parametrize(
    "make", [samples.honest_leg, samples.cash_leg, samples.genesis_leg, samples.top_up_leg]
)
def test_an_honest_leg_satisfies_claim_and_constraints(make):
    assert verdicts("leg", *make()) == (None, None)


OLD = samples.OLD_BALANCES
BALANCES = st.tuples(*[st.integers(0, 2**63 - 1)] * HELD, *[st.integers(-(2**63), 2**63 - 1)] * (ASSETS - HELD))


@settings(max_examples=4)
@given(BALANCES, BALANCES, st.integers(0, R - 1), st.integers(1, R - 1))
def test_any_balances_may_change_to_any_others_on_margin(old, new, old_guard, guard):
    assert verdicts("leg", *samples.honest_leg(old, new, old_guard=old_guard, guard=guard)) == (None, None)


@settings(max_examples=8)
@given(BALANCES, BALANCES, st.sampled_from([0, 41]), st.integers(0, 1))
def test_claim_and_constraints_agree_on_any_change(old, new, guard, adds):
    by_claim, by_constraints = verdicts("leg", *samples.honest_leg(old, new, guard=guard, adds=adds))
    lowers = any(after < before for before, after in zip(old, new, strict=True))
    expected = "cash account" if not guard and min(new) < 0 else "top-up" if adds and lowers else None
    assert by_claim == by_constraints == expected


def private_only(**changes):
    return lambda public, private: (public, replace(private, **changes))


def public_only(**changes):
    return lambda public, private: (replace(public, **changes), private)


def republished(**changes):
    def lie(public, private):
        private = replace(private, **changes)
        return samples.publish(private, public.root, public.adds), private

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
    return samples.publish(replace(private, ak=ak), public.root), replace(private, ak=ak)


def off_the_curve(public, private):
    """An owner made from a point off the curve, in the tree like any other."""
    ak = (private.ak[0], private.ak[1] + 1)
    private = replace(private, ak=ak)
    return old_account(public, private, owner=records.owner(poseidon.hash, ak, private.nk))


def another_position(public, private):
    """The index of another leaf: the same account under a second nullifier."""
    private = replace(private, position=private.position ^ 1)
    return samples.publish(private, public.root), private


def wrong_position_number(public, private):
    """The position plus 2^32: its low bits give the same path, but the nullifier is another."""
    private = replace(private, position=private.position + (1 << 32))
    return samples.publish(private, public.root), private


def change_of(change, index=0):
    """An old balance out of range, in a tree that should never have held it, so that an asset changes by this much."""

    def lie(public, private):
        return old_balance(public, private, index, private.new.balances[index] - change)

    return lie


def other_point(public, private):
    """The value of a change that is one unit larger."""
    larger = replace(private.new, balances=put(private.new.balances, 1, private.new.balances[1] + 1))
    other = samples.publish(replace(private, new=larger), public.root)
    return replace(public, value_x=other.value_x, value_y=other.value_y), private


def tagged(period):
    """A leg with the tag that its owner's top-up would have in this period."""
    return lambda p, s: (replace(p, period=period, tag=records.top_up_tag(poseidon.hash, s.nk, period)), s)


LIES = [  # the lie                                                                   why it must fail
    ("the adds flag is 2", public_only(adds=2), "adds flag"),
    ("the adds flag is -1", public_only(adds=R - 1), "adds flag"),
    ("a spending key off the curve", off_the_curve, "spending key"),
    ("another's spending key", keys_of_another, "old owner"),
    ("another nullifier key", republished(nk=3), "old owner"),
    ("a position beyond the last leaf", wrong_position_number, "position"),
    ("the position of another leaf", another_position, "path"),
    ("a rho that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, rho=1))), "path"),
    ("a guard that is not in the tree", lambda p, s: (p, replace(s, old=replace(s.old, guard=13))), "path"),
    ("a margined account called cash", lambda p, s: (p, replace(s, old=replace(s.old, guard=0))), "path"),
    ("larger balances than in the tree", lambda p, s: (p, replace(s, old=replace(s.old, balances=(9,) * 16))), "path"),
    ("balances in another order", lambda p, s: (p, replace(s, old=replace(s.old, balances=OLD[::-1]))), "path"),
    ("a sibling that is not in the tree", sibling(0), "path"),
    ("a sibling higher up", sibling(14), "path"),
    ("a sibling under the root", sibling(15), "root"),
    ("another root", public_only(root=7), "root"),
    ("a genesis leg that starts from something", private_only(genesis=1), "genesis"),
    ("a genesis flag of 2", private_only(genesis=2), "genesis"),
    ("another nullifier", public_only(nullifier=1), "nullifier"),
    ("a margined account keyed like cash", keyed_with(lambda s: s.nk), "nullifier"),
    ("another commitment", public_only(commitment=1), "commitment"),
    ("another receiver", lambda p, s: (p, replace(s, new=replace(s.new, owner=1))), "commitment"),
    ("another new rho", lambda p, s: (p, replace(s, new=replace(s.new, rho=1))), "commitment"),
    ("another guard", public_only(guard=40), "guard"),
    ("a margined account published as cash", public_only(guard=0), "guard"),
    *(
        (f"a change of {text} in asset {i}", change_of(change, i), "change")
        for i in (0, 7, 8, 15)
        for text, change in (("2^64", 2**64), ("-2^64 - 1", -(2**64) - 1), ("half the field", R // 2))
    ),
    ("a blinding of 252 bits", republished(blinding=1 << 251), "blinding"),
    ("the value of another change", other_point, "value"),
    ("another value's x", public_only(value_x=1), "value"),
    ("another value's y", public_only(value_y=1), "value"),
    ("another blinding", private_only(blinding=4), "value"),
    ("an alpha of 252 bits", republished(alpha=1 << 251), "alpha"),
    ("another rk's x", public_only(rk_x=1), "re-randomised key"),
    ("another rk's y", public_only(rk_y=1), "re-randomised key"),
    ("another alpha", private_only(alpha=4), "re-randomised key"),
    ("a trade called a top-up", public_only(adds=1), "top-up"),
    ("a trade with a top-up's tag", tagged(0), "tag"),
    ("a trade with a top-up's period and tag", tagged(9), "tag"),
    ("a trade with some tag", public_only(tag=1), "tag"),
    ("a trade in a period", public_only(period=1), "tag"),
    *(
        (f"balance {i} is {text}", lambda p, s, i=i, v=v: new_balance(p, s, i, v), "held balances")
        for i in range(HELD)
        for text, v in (("2^63", 2**63), ("-1", -1), ("-2^63", -(2**63)))
    ),
    *(
        (f"balance {i} is {text}", lambda p, s, i=i, v=v: new_balance(p, s, i, v), "claims")
        for i in range(HELD, ASSETS)
        for text, v in (("2^63", 2**63), ("-2^63 - 1", -(2**63) - 1))
    ),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_claim_and_constraints_refuse_a_lie_alike(lie, why):
    public, private = lie(*samples.honest_leg())
    assert verdicts("leg", public, private) == (why, why)


def genesis_from(public, private, index):
    """A genesis leg that starts from one unit, with everything else made to fit."""
    old = replace(private.old, balances=put(private.old.balances, index, 1))
    private = replace(private, old=old, path=merkle.lone(old.commitment(poseidon.hash), private.position))
    return samples.publish(private, public.root), private


def flag_of_two(public, private):
    """An empty account of the tree whose genesis flag is neither 0 nor 1."""
    path, root = samples.path_at(private.old.commitment(poseidon.hash), private.position)
    return replace(public, root=root), replace(private, path=path, genesis=2)


GENESIS_LIES = [
    ("an account outside the tree, without the flag", lambda p, s: (p, replace(s, genesis=0)), "root"),
    ("a flag of 2 on an empty account of the tree", flag_of_two, "genesis"),
    *((f"balance {i} starts from one", lambda p, s, i=i: genesis_from(p, s, i), "genesis") for i in range(ASSETS)),
]


@pytest.mark.parametrize("lie, why", [lie[1:] for lie in GENESIS_LIES], ids=[lie[0] for lie in GENESIS_LIES])
def test_a_genesis_leg_starts_from_nothing(lie, why):
    public, private = lie(*samples.genesis_leg())
    assert verdicts("leg", public, private) == (why, why)


def test_a_violation_names_the_balance_and_the_line():
    violated = violation("leg", *new_balance(*samples.honest_leg(), 3, 2**63))
    assert (violated.path, violated.why) == ("held balances", "balance 3 has 63 bits")
    assert violated.file == "circuits/gadgets/ranges.py" and violated.line > 0


def test_no_repr_shows_a_secret():
    _, private = samples.honest_leg()
    assert repr(private) == "Private" and str(private.nk) not in repr(private.old)
