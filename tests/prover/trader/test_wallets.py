"""A wallet is a value: a change makes another one."""

from dataclasses import FrozenInstanceError, replace

import pytest

from circuits import records
from prover.trader import wallets


def test_a_wallet_remembers_one_more_order_and_cannot_be_changed_in_place(held):
    order = replace(held.orders[0], position=8)
    assert held.with_order(order) == replace(held, orders=(*held.orders, order))
    for value in (held, held.live[0], order, order.terms):
        with pytest.raises(FrozenInstanceError):
            value.position = 3


def test_a_wallet_without_accounts_has_nothing_of_each_asset():
    assert wallets.new().balances == (0,) * records.ASSETS


def test_starting_over_keeps_the_phrase_and_what_the_wallet_did_and_forgets_the_rest(held):
    assert wallets.start_over(held) == wallets.Wallet(held.phrase, orders=held.orders, outbox=held.outbox)
