"""A top-up brings an account exactly to where it should be, the worst first, within the reserve and the day."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from circuits.records import Account, Position
from prover.dealer.reserve import rules
from prover.dealer.reserve.rules import Rules
from prover.trader import health
from prover.trader.health import Health
from prover.trader.wallets import Holding
from settlement.risk import risk
from tests.prover import risks
from tests.prover.risks import USDC, balances
from tests.settlement.risk import markets
from zk.errors import FormatError

POOL = markets.pool()
RULES = Rules(frozenset({7}), 1_000, 3_000, None)
DOLLAR = 10**6


def holding(position: int, guard: int = 0, **sizes: int) -> Holding:
    return Holding(Account(1, balances(**sizes), guard, 0), 7, Position(position))


def account(position: int = 1, **sizes: int) -> Health:
    """The health of a margined account, in the small world of prices."""
    held = holding(position, 1, **sizes)
    values = risk.scenario_values(held.account.balances, risks.VALUES)
    needed = health.missing(values, risks.VALUES.values)
    return Health(held, risks.NOW, risk.equity(held.account.balances, risks.NOW), values, values, needed, needed)


def due(*accounts: Health, reserve=(), today: int = 0, fee: int = 0, found: Rules = RULES):
    return rules.due(found, accounts, risks.VALUES, reserve, today, fee, POOL)


def spare(found: Health) -> float:
    return min(found.initial) / (found.worth - min(found.initial))


def short(perps: int, usdc: int, position: int = 1) -> Health:
    """An account that owes perpetuals."""
    return account(position, usdc=usdc, perp=-perps)


RICH = holding(50, usdc=10**15)


def test_an_account_with_enough_to_spare_is_left_alone_and_another_is_brought_to_its_mark_exactly():
    poor = short(10_000, 3_650 * DOLLAR)
    assert 0.08 < spare(poor) < 0.1
    assert due(short(10_000, 3_670 * DOLLAR), reserve=[RICH]) == ()
    (wanted,) = due(poor, reserve=[RICH])
    assert (wanted.position, wanted.from_position) == (1, 50)
    assert spare(short(10_000, 3_650 * DOLLAR + wanted.amount)) >= 0.3
    assert spare(short(10_000, 3_650 * DOLLAR + wanted.amount - 1)) < 0.3


@given(st.integers(1, 10**6), st.integers(0, 10**12))
def test_whatever_an_account_owes_a_top_up_brings_it_to_its_mark_and_never_further(perps, usdc):
    poor = short(perps, usdc)
    found = due(poor, reserve=[RICH])
    if spare(poor) > 0.1001:
        assert found == ()
    for wanted in found:
        risk_now = poor.worth - min(poor.initial)
        after = min(short(perps, usdc + wanted.amount).initial)
        assert after >= risk_now * 3_000 // 10_000 > min(short(perps, usdc + wanted.amount - 1).initial) - 1


def test_the_worst_account_comes_first_and_each_payer_pays_once():
    bad, worse = short(10_000, 3_650 * DOLLAR, 1), short(10_000, 3_500 * DOLLAR, 2)
    small, large = holding(8, usdc=700 * DOLLAR), holding(9, usdc=800 * DOLLAR)
    assert [(each.position, each.from_position) for each in due(bad, worse, reserve=[small, large])] == [(2, 8), (1, 9)]
    (only,) = due(bad, worse, reserve=[large])
    assert (only.position, only.from_position) == (2, 9)


def test_no_more_is_paid_in_than_the_reserve_has_besides_the_fee_or_the_day_allows():
    poor = short(10_000, 3_650 * DOLLAR)
    (needed,) = (each.amount for each in due(poor, reserve=[RICH]))
    (partly,) = due(poor, reserve=[holding(9, usdc=needed)], fee=5)
    assert partly.amount == needed - 5 and "lacks" in partly.why
    (whole,) = due(poor, reserve=[holding(9, usdc=needed + 5)], fee=5)
    assert whole.amount == needed and "lacks" not in whole.why
    assert due(poor, reserve=[holding(9, usdc=5)], fee=5) == due(poor) == ()
    bounded = replace(RULES, day=100)
    assert [each.amount for each in due(poor, reserve=[RICH], today=30, found=bounded)] == [70]
    assert due(poor, reserve=[RICH], today=100, found=bounded) == ()
    two = due(
        poor, short(10_000, 3_600 * DOLLAR, 2), reserve=[RICH, replace(RICH, position=Position(51))], found=bounded
    )
    assert [each.amount for each in two] == [100]


def test_an_account_at_the_bound_is_left_alone_and_the_smallest_payer_that_suffices_pays():
    poor = short(10_000, 3_650 * DOLLAR)
    exact_bps = min(poor.initial) * rules.BPS // (poor.worth - min(poor.initial))
    assert due(poor, reserve=[RICH], found=replace(RULES, below_bps=exact_bps)) == ()
    (wanted,) = due(poor, reserve=[RICH], found=replace(RULES, below_bps=exact_bps + 1))
    suffices = holding(9, usdc=wanted.amount + 5)
    assert due(poor, reserve=[RICH, suffices, holding(8, usdc=1)], fee=5)[0].from_position == 9


def test_a_top_up_says_what_is_left_to_spare_or_that_the_account_may_be_seized():
    poor, breached = short(10_000, 3_650 * DOLLAR), short(10_000, 3_000 * DOLLAR)
    assert not poor.is_breached and breached.is_breached
    lacking = replace(breached, maintenance=(0,))  # between the initial margin and the maintenance margin
    assert due(lacking, reserve=[RICH])[0].why.endswith("too little margin: 100% of its risk is missing")
    assert due(poor, reserve=[RICH])[0].why.endswith("too little margin: 8.33% of its risk to spare")
    assert "the guardians may seize it" in due(breached, reserve=[RICH])[0].why


def test_an_account_that_risks_nothing_needs_nothing_unless_it_is_worth_less_than_nothing():
    assert due(account(usdc=5), reserve=[RICH]) == ()
    assert due(account(usdc=-5), reserve=[RICH])[0].amount == 5


def test_rules_are_read_from_a_table():
    table = {"addresses": [7, 9], "below": "5%", "to": "20%", "day": "100 USDC"}
    assert rules.decode(table, POOL, "reserve") == Rules(frozenset({7, 9}), 500, 2_000, 100 * DOLLAR)
    assert rules.decode({"addresses": [7]}, POOL, "reserve") == RULES
    assert rules.decode({"addresses": [7], "to": "10%"}, POOL, "reserve").to_bps == RULES.below_bps
    assert POOL.assets[USDC].decimals == 6


@pytest.mark.parametrize("table, why", [
    ({}, "addresses is missing"),
    ({"adresses": [7]}, "unknown key 'adresses'"),
    ({"addresses": []}, "addresses names none"),
    ({"addresses": [0]}, "whole numbers from 1"),
    ({"addresses": [True]}, "whole numbers from 1"),
    ({"addresses": [7], "below": "30%", "to": "20%"}, "to must be at least below"),
    ({"addresses": [7], "up": "20%"}, "unknown key 'up'"),
])  # fmt: skip
def test_rules_that_make_no_sense_are_refused(table, why):
    with pytest.raises(FormatError, match=why):
        rules.decode(table, POOL, "reserve")
