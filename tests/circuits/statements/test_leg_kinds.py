"""leg: what a cash account may not owe, what a top-up may not take, and which nullifier an account has."""

from dataclasses import replace

import pytest

from circuits import records, samples
from circuits.records import ASSETS, HELD
from tests.circuits.statements.legs import keyed_with, new_account, new_balance, old_balance
from tests.circuits.statements.lies import verdicts
from zk.hashes import poseidon

CASH_LIES = [
    *((f"balance {i} is a debt of one", i, -1) for i in range(HELD, ASSETS)),
    *((f"balance {i} is the largest debt", i, -(2**63)) for i in (HELD, ASSETS - 1)),
]


@pytest.mark.parametrize("index, debt", [lie[1:] for lie in CASH_LIES], ids=[lie[0] for lie in CASH_LIES])
def test_a_cash_account_owes_nothing(index, debt):
    public, private = new_balance(*samples.cash_leg(), index, debt)
    assert verdicts("leg", public, private) == ("cash account", "cash account")
    assert verdicts("leg", *new_account(public, private, guard=1)) == (None, None)


def test_a_debt_cannot_be_hidden_behind_a_guard_that_is_not_published():
    public, private = new_account(*samples.cash_leg(), guard=7, balances=(*samples.NEW_BALANCES[:15], -1))
    assert verdicts("leg", replace(public, guard=0), private) == ("guard", "guard")


def test_a_cash_account_keyed_with_its_rho_has_no_second_nullifier():
    lie = keyed_with(lambda private: private.old.rho)(*samples.cash_leg())
    assert verdicts("leg", *lie) == ("nullifier", "nullifier")


TOP_UP_LIES = [
    ("another owner", lambda p, s: new_account(p, s, owner=5)),
    *(
        (f"balance {i} is lowered by one", lambda p, s, i=i: old_balance(p, s, i, s.new.balances[i] + 1))
        for i in range(ASSETS)
    ),
    ("everything is taken out", lambda p, s: new_account(p, s, balances=(0,) * ASSETS)),
    ("the largest claim becomes the largest debt", lambda p, s: new_balance(p, s, HELD, -(2**63))),
]


@pytest.mark.parametrize("lie", [lie[1] for lie in TOP_UP_LIES], ids=[lie[0] for lie in TOP_UP_LIES])
def test_a_top_up_only_adds_and_stays_with_its_owner(lie):
    public, private = lie(*samples.top_up_leg())
    assert verdicts("leg", public, private) == ("top-up", "top-up")
    assert verdicts("leg", replace(public, adds=0, period=0, tag=0), private) == (None, None)


TAG_LIES = [
    ("no tag", lambda p, s: 0),
    ("some tag", lambda p, s: 1),
    ("the tag of the next period", lambda p, s: records.top_up_tag(poseidon.hash, s.nk, p.period + 1)),
    ("a second tag in the period, by rho", lambda p, s: records.top_up_tag(poseidon.hash, s.old.rho, p.period)),
    ("another owner's tag", lambda p, s: records.top_up_tag(poseidon.hash, s.nk + 1, p.period)),
    ("the tag of a hash for another purpose", lambda p, s: poseidon.hash((s.nk, p.period))),
]


@pytest.mark.parametrize("make", [lie[1] for lie in TAG_LIES], ids=[lie[0] for lie in TAG_LIES])
def test_a_top_up_has_its_owners_tag_in_its_period(make):
    public, private = samples.top_up_leg()
    lie = replace(public, tag=make(public, private)), private
    assert verdicts("leg", *lie) == ("tag", "tag")


@pytest.mark.parametrize("period", [0, 1, samples.PERIOD + 1, 2**64 - 1])
def test_a_top_up_has_another_tag_in_each_period(period):
    public, private = samples.top_up_leg()
    assert verdicts("leg", replace(public, period=period), private) == ("tag", "tag")
    moved = samples.publish(private, public.root, 1, period)
    assert moved.tag != public.tag and verdicts("leg", moved, private) == (None, None)


def test_a_flag_of_two_gives_no_second_tag():
    assert verdicts("leg", *samples.top_up_flag_of_two()) == ("adds flag", "adds flag")


def test_two_top_ups_of_one_owner_in_one_period_have_one_tag():
    public, private = samples.top_up_leg()
    other, secrets = new_account(public, private, balances=private.old.balances, rho=3)
    assert verdicts("leg", other, secrets) == (None, None)
    assert other.tag == public.tag and other.commitment != public.commitment


def test_a_top_up_may_change_the_guard_and_add_nothing():
    public, private = samples.top_up_leg()
    assert verdicts("leg", *new_account(public, private, guard=42)) == (None, None)
    assert verdicts("leg", *new_account(public, private, balances=private.old.balances)) == (None, None)


def test_a_debt_cannot_become_cash_by_a_top_up():
    lie = new_account(*samples.top_up_leg(), guard=0)
    assert verdicts("leg", *lie) == ("cash account", "cash account")
