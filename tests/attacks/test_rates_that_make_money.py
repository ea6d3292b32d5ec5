"""Conversion rates at which a bundle balances modulo the group's order, and creates units all the same.

Each attack is carried out on the value commitments themselves: the binding signature would pass.  Then the check that
stands in its way.
"""

import itertools

import pytest

from circuits import generators, records
from settlement.bundles import conversion
from settlement.rejection import Rejected, Rejection
from zk import representation
from zk.curves import babyjubjub
from zk.curves.babyjubjub import IDENTITY, ORDER, Point

USDC, LOAN, CALL, OTHER = 0, 8, 10, 11
HALF = pow(2, -1, ORDER)


def base(**coefficients: int) -> Point:
    """Any K at all: base(CALL=1, LOAN=-5)."""
    assets = [globals()[name] for name in coefficients]
    return representation.point(coefficients.values(), [generators.assets()[asset] for asset in assets])


def balance(changes: dict[int, int], *conversions: tuple[int, Point]) -> Point:
    """Value commitments less conversions, without their blindings: the identity when a bundle balances."""
    value = generators.commit([changes.get(asset, 0) for asset in range(records.ASSETS)], 0)
    for quantity, k in conversions:
        value = babyjubjub.add(value, babyjubjub.multiply(-quantity % ORDER, k))
    return value


def refused(claim: int, rate: int, rates: dict[int, int]) -> str:
    with pytest.raises(Rejected) as error:
        conversion.check_rate(claim, rate, LOAN, rates)
    assert error.value.rejection is Rejection.CONVERSION
    return error.value.detail


def test_an_honest_conversion_balances():
    assert conversion.base(CALL, 500, LOAN) == base(CALL=1, LOAN=-500)
    assert balance({CALL: -3, LOAN: 1_500}, (-3, base(CALL=1, LOAN=-500))) == IDENTITY


@pytest.mark.parametrize("wanted", [1, 10**15, -(10**15)])
def test_two_rates_for_one_claim_print_any_amount_of_the_loan_claim(wanted):
    """q at one rate and −q at the other: the claim cancels, and the difference of the rates is left."""
    quantity = wanted * pow(501 - 500, -1, ORDER) % ORDER
    first, second = base(CALL=1, LOAN=-500), base(CALL=1, LOAN=-501)
    assert balance({LOAN: wanted}, (quantity, first), (-quantity, second)) == IDENTITY
    assert "has its rate already" in refused(CALL, 501, {CALL: 500})


def test_a_floating_rate_prints_the_difference_of_two_epochs():
    """Call in at yesterday's rate and out at today's, in two bundles: 100 of the loan claim for each one of nothing."""
    assert balance({CALL: 5, LOAN: -2_500}, (5, base(CALL=1, LOAN=-500))) == IDENTITY
    assert balance({CALL: -5, LOAN: 3_000}, (-5, base(CALL=1, LOAN=-600))) == IDENTITY
    assert "a rate never changes" in refused(CALL, 600, {CALL: 500})


def test_a_rate_that_is_a_fraction_modulo_the_order_sells_for_less_than_one_unit():
    """At the rate 1/2 two calls are one of the loan claim, and one call is a half that no integer is."""
    k = base(CALL=1, LOAN=-HALF)
    assert balance({CALL: -2, LOAN: 1}, (-2, k)) == IDENTITY
    assert "does not have 64 bits" in refused(CALL, HALF, {})


def test_a_rate_near_the_order_pays_both_sides():
    """The rate −1: who gives up a call owes one, and who is rid of a short call is paid for it."""
    k = base(CALL=1, LOAN=-(ORDER - 1))
    assert balance({CALL: 1, LOAN: 1}, (1, k)) == IDENTITY
    assert "does not have 64 bits" in refused(CALL, ORDER - 1, {})
    assert "does not have 64 bits" in refused(CALL, -1, {})


def test_a_coefficient_of_two_converts_half_a_unit():
    """K = 2·G_call − 1000·G_loan converts one call with q = 1/2, and with a rate that is odd pays a fraction."""
    assert balance({CALL: 1, LOAN: -500}, (HALF, base(CALL=2, LOAN=-1_000))) == IDENTITY
    odd = balance({CALL: 1, LOAN: -500}, (HALF, base(CALL=2, LOAN=-1_001)))
    assert odd == babyjubjub.multiply(HALF, generators.assets()[LOAN])
    assert conversion.base(CALL, 1_000, LOAN) == base(CALL=1, LOAN=-1_000)


def test_two_claims_in_one_rate_turn_into_each_other():
    """Without a claim of its own a rate moves one claim's units into another that nobody sold."""
    shared, own = base(CALL=1, OTHER=1), base(OTHER=1)
    assert balance({CALL: 7}, (7, shared), (-7, own)) == IDENTITY
    assert conversion.base(CALL, 0, LOAN) == base(CALL=1)


def test_the_loan_claim_as_a_claim_that_converts_prints_itself():
    """K = G_loan − p·G_loan: a multiple of the loan claim alone."""
    wanted = 10**12
    quantity = wanted * pow(1 - 500, -1, ORDER) % ORDER
    assert balance({LOAN: wanted}, (quantity, base(LOAN=1 - 500))) == IDENTITY
    assert "is what other claims convert into" in refused(LOAN, 500, {})


def test_a_held_asset_in_a_rate_pays_longs_with_the_dollars_of_those_who_hold_them():
    """K = G_call − p·G_usdc: the long has dollars, the short may default, and the reserve has not grown."""
    assert balance({CALL: -10, USDC: 5_000}, (-10, base(CALL=1, USDC=-500))) == IDENTITY
    for held in range(records.HELD):
        assert "is held, and only claims convert" in refused(held, 500, {})
    assert all(balance({CALL: -10, USDC: 5_000}, (q, conversion.base(CALL, 500, LOAN))) != IDENTITY for q in (-10, 10))


def small_bundles(order: int, rates: tuple[int, ...], most: int):
    """All ((Δ_claim, …), Δ_loan, (q, …)) that balance modulo a small order, every change at most `most`."""
    amounts = range(-most, most + 1)
    for changes in itertools.product(amounts, repeat=len(rates)):
        for loan in amounts:
            for quantities in itertools.product(range(order), repeat=len(rates)):
                balances = all((change - q) % order == 0 for change, q in zip(changes, quantities, strict=True))
                if balances and (loan + sum(p * q for p, q in zip(rates, quantities, strict=True))) % order == 0:
                    yield changes, loan


@pytest.mark.parametrize("order, is_sound", [(61, True), (31, True), (23, False), (7, False)])
def test_over_a_small_group_the_argument_holds_exactly_while_its_bound_is_below_the_order(order, is_sound):
    """Two claims at the rates 3 and 5, changes up to 3: |Δ_loan + 3·Δ + 5·Δ'| ≤ 3 + 9 + 15 = 27, by trying everything.
    """
    false = [
        (changes, loan) for changes, loan in small_bundles(order, (3, 5), 3)
        if loan + 3 * changes[0] + 5 * changes[1] != 0
    ]  # fmt: skip
    assert (27 < order) == is_sound == (not false)
