"""What a seizure leaves: the definition in rational numbers, the ends of every range, and sums that could wrap."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import seizure
from circuits.guardsamples import LONG, PRICES, seize_claim
from circuits.records import ASSETS, SCENARIOS
from tests.circuits.statements.lies import verdicts
from zk.fields.prime import R


def left_over(balances, prices, scenario, penalty_bps):
    """The amount by rational numbers, as in DESIGN: the worth less a share of the risk, in units of the numeraire."""
    value = sum(Fraction(b) * p for b, p in zip(balances, prices, strict=True))
    risk = value - sum(Fraction(b) * p for b, p in zip(balances, scenario, strict=True))
    return math.ceil(max(0, value - Fraction(penalty_bps, 10_000) * max(0, risk)) / prices[0])


prices = st.lists(st.integers(1, 2**64 - 1) | st.sampled_from([1, 10**6, 2**64 - 1]), min_size=16, max_size=16)
balances = st.lists(
    st.sampled_from([-(2**63), -1, 0, 0, 0, 1, 2**63 - 1]) | st.integers(-(10**6), 10**6), min_size=16, max_size=16
)


@settings(max_examples=60)
@given(balances, prices, prices, st.integers(0, 10_000))
def test_the_residual_is_the_definitions(balances, prices, scenario, penalty_bps):
    expected = left_over(balances, prices, scenario, penalty_bps)
    assert seizure.residual_amount(balances, prices, scenario, penalty_bps) == expected


@settings(max_examples=12)
@given(balances, prices, prices, st.integers(0, 10_000), st.sampled_from([-1, 0, 1]), st.integers(0, 1))
def test_claim_and_constraints_agree_on_any_account(balances, prices, row, penalty_bps, error, stale):
    """At any prices, with the exact amount, a unit more and a unit less."""
    amount = left_over(balances, prices, row, penalty_bps) + error
    claim = seize_claim(
        tuple(balances), prices=tuple(prices), grid=(tuple(row),) * SCENARIOS, penalty_bps=penalty_bps,
        scenario=3, amount=amount, stale_before=8 * stale,
    )  # fmt: skip
    if not stale and sum(b * p for b, p in zip(balances, row, strict=True)) >= 0:
        expected = "breach"
    else:
        expected = None if error == 0 and amount < 2**63 else "amount"
    assert verdicts("seize", *claim) == (expected, expected)


EXTREME = [  # balances                                     price of all, grid of all,  amount left
    ((-(2**63),) * ASSETS, 2**64 - 1, 2**64 - 1, 0),
    ((-(2**63),) * ASSETS, 1, 2**64 - 1, 0),
    ((2**63 - 1, *[0] * 15), 2**64 - 1, 2**64 - 1, 2**63 - 1),
    ((2**63 - 1, *[0] * 15), 2**64 - 1, 0, 2**63 - 1 - (2**63 - 1) // 10),
    ((2**63 - 1, *[0] * 15), 1, 0, 2**63 - 1 - (2**63 - 1) // 10),
    ((1, *[0] * 15), 2**64 - 1, 2**64 - 1, 1),
    ((0,) * ASSETS, 2**64 - 1, 2**64 - 1, 0),
]


@pytest.mark.parametrize("balances, price, stressed, left", EXTREME)
def test_the_ends_of_every_range(balances, price, stressed, left):
    grid = ((stressed,) * ASSETS,) * SCENARIOS
    claim = seize_claim(balances, prices=(price,) * ASSETS, grid=grid, stale_before=8)
    assert claim[1].amount == left
    assert verdicts("seize", *claim) == (None, None)


@pytest.mark.parametrize("balances", [(2**63 - 1,) * ASSETS, (2**63 - 1, 1, *[0] * 14)])
def test_an_account_that_would_keep_2_to_the_63_units_cannot_be_seized(balances):
    grid = ((2**64 - 1,) * ASSETS,) * SCENARIOS
    claim = seize_claim(balances, prices=(2**64 - 1,) * ASSETS, grid=grid, stale_before=8)
    assert verdicts("seize", *claim) == ("amount", "amount")


def test_the_field_s_own_quotient_is_not_an_amount():
    """x D = N + t modulo r has a solution for every t; only the small one is a quotient."""
    public, private = seize_claim()
    value = seizure.worth(LONG, PRICES)
    left = 10_000 * value - public.penalty_bps * (value - seizure.worth(LONG, public.grid[private.scenario]))
    for t in range(1, 4):
        amount = (left + t) * pow(10_000 * PRICES[0], -1, R) % R
        assert verdicts("seize", *seize_claim(amount=amount)) == ("amount", "amount")


def test_nothing_is_left_of_an_account_worth_exactly_its_penalty():
    """At N = 0 nothing is left, and one unit of worth more leaves one unit of the numeraire."""
    prices = (10**9, *[10**9] * 15)
    grid = ((0,) * ASSETS,) * SCENARIOS
    for worth, left in ((0, 0), (1, 1)):
        claim = seize_claim((worth, *[0] * 15), prices=prices, grid=grid, penalty_bps=10_000 - worth, stale_before=8)
        assert claim[1].amount == left and verdicts("seize", *claim) == (None, None)
