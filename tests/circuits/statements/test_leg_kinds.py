"""leg: what a cash account may not owe, what a top-up may not take, and which nullifier an account has."""

from dataclasses import replace

import pytest

from circuits import samples
from circuits.records import ASSETS, HELD
from tests.circuits.statements.legs import keyed_with, new_account, new_balance, old_balance
from tests.circuits.statements.lies import verdicts

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
    assert verdicts("leg", replace(public, adds=0), private) == (None, None)


def test_a_top_up_may_change_the_guard_and_add_nothing():
    public, private = samples.top_up_leg()
    assert verdicts("leg", *new_account(public, private, guard=42)) == (None, None)
    assert verdicts("leg", *new_account(public, private, balances=private.old.balances)) == (None, None)


def test_a_debt_cannot_become_cash_by_a_top_up():
    lie = new_account(*samples.top_up_leg(), guard=0)
    assert verdicts("leg", *lie) == ("cash account", "cash account")
