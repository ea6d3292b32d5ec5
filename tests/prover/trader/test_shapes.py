"""Every bundle is filled up to an even shape, and its legs are alike in all that everybody sees."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from circuits import registry
from prover.trader import addresses, plan, roots, shapes, trade
from prover.trader.owing import Setting
from prover.trader.wallets import Holding
from settlement.bundles import digests
from settlement.bundles.bundle import NO_DIGEST, Account, Flow
from settlement.merkle import Tree
from settlement.pool.parameters import Fees
from tests.prover import pools
from tests.prover.trader.planning import GRID, OTHER, SEED, check, opened

NOW = 1_800_000_000_000
USDC = 0


class Ledger:
    """A ledger without roots but one."""

    pool = pools.make()


@pytest.fixture
def setting():
    parameters = replace(Ledger.pool.parameters, fees=Fees(leg=3, order=0))
    return Setting(Ledger.pool, parameters, GRID, now_ms=NOW)


@pytest.fixture(autouse=True)
def one_root(monkeypatch):
    monkeypatch.setattr(roots, "draw", lambda ledger, position: roots.Drawn(Tree(77, 1), 0, 0, 0))


def moved(setting: Setting, num_fees: int, **changes) -> plan.LegPlan:
    """A leg of an account that gives or receives."""
    target = plan.Target(addresses.of(SEED, 0), 0)
    delta = plan.changes({}, {USDC: 1_000})
    given = plan.move(setting, plan.genesis_source(5), target, delta, NOW + 1, num_fees=num_fees)
    return replace(given, **changes)


@pytest.mark.parametrize("legs, size", [(1, 2), (2, 2), (3, 4), (4, 4), (5, 8), (9, 16), (17, 32), (32, 32)])
def test_a_bundle_has_two_legs_or_four_or_eight_or_sixteen_or_all(legs, size):
    assert shapes.size(legs) == size
    assert shapes.fees(legs) == size and shapes.fees(1, legs - 1) == size - (legs - 1)


@pytest.mark.parametrize("own", [1, 2, 3, 5])
def test_dummy_legs_are_true_pay_a_visible_fee_each_and_end_in_nobodys_account(setting, own):
    plans = [moved(setting, shapes.fees(own) if not number else 0) for number in range(own)]
    made = shapes.even(Ledger, plans, (), converts=False)
    assert len(made) == shapes.size(own)
    for dummy in made[own:]:
        check(dummy)
        assert registry.get("leg").relation(dummy.public, dummy.private) is None
        assert dummy.changes == dummy.account.balances == plan.NOTHING and dummy.public.root == 77
        assert dummy.flows == (Flow(USDC, -3, Account.FEE, b"", b""),) == plans[0].flows
        assert opened(dummy, SEED) is None and opened(dummy, OTHER) is None
    assert len({each.public.rk_x for each in made}) == len({each.account.owner for each in made[own:]}) + own


def test_one_leg_names_what_stands_beside_it_the_last_that_gives(setting):
    giving = (-1, *plan.NOTHING[1:])
    plans = [
        moved(setting, 4, changes=giving), moved(setting, 0, changes=giving), moved(setting, 0, changes=plan.NOTHING)
    ]  # fmt: skip
    made = shapes.even(Ledger, plans, (), converts=False)
    assert [each.companions != NO_DIGEST for each in made] == [False, True, False, False]
    others = [each.public.commitment for each in made if each is not made[1]]
    assert made[1].companions == digests.companions(others)


def test_terms_are_random_bytes(setting):
    made = shapes.even(Ledger, [moved(setting, 2)], (), converts=False)
    assert len({each.terms for each in made}) == 2 and NO_DIGEST not in {each.terms for each in made}


def test_the_leg_that_names_the_others_expires_with_the_last_of_them(setting):
    """As a taker's does.  The others are drawn one by one, as quotes of different makers are."""
    seen = set()
    for _ in range(20):
        made = shapes.even(Ledger, [moved(setting, 4)] + [moved(setting, 0)] * 2, (), converts=False)
        expiries = [each.expiry_ms for each in made]
        named, others = expiries[2], expiries[:2] + expiries[3:]
        assert named == max(others)
        seen.add(len(set(others)))
    assert max(seen) == 3


def test_beside_a_quote_or_an_order_all_expire_as_it_does(setting):
    quote, other = SimpleNamespace(expiry_ms=NOW + 7_777, commitment=5), SimpleNamespace(expiry_ms=5, commitment=6)
    made = shapes.even(Ledger, [moved(setting, 1)], [quote], converts=False)
    assert [each.expiry_ms for each in made] == [NOW + 7_777]
    dummy = shapes.even(Ledger, [moved(setting, 2)], [other, quote], converts=False)[1]
    assert NOW < dummy.expiry_ms <= NOW + 180_000, "as a quote"
    standing = SimpleNamespace(expiry_ms=NOW + 600_000, commitment=7)
    made = shapes.even(Ledger, [moved(setting, 2)], [other, standing], converts=False)
    assert [each.expiry_ms for each in made] == [NOW + 600_000] * 2


def test_a_quote_has_between_one_minute_and_three():
    left = {shapes.soon(NOW + 1) - NOW for _ in range(400)}
    assert left == set(range(70_000, 190_000, 10_000))


def test_what_settles_at_once_has_as_much_as_a_quote_that_was_answered_within_twenty_seconds(setting):
    left = {shapes.even(Ledger, [moved(setting, 2)], (), converts=False)[0].expiry_ms - NOW for _ in range(60)}
    assert left <= set(range(50_000, 180_000, 10_000)) and min(left) < 90_000 and max(left) > 130_000


def test_what_says_by_itself_what_it_is_stays_as_it_is(setting):
    deposit = moved(setting, 1)
    outside = Flow(USDC, 5, Account.OUTSIDE, b"bank", b"x")
    for_order = Flow(USDC, -5, Account.FEE, b"", bytes(32))
    for told, converts in ((replace(deposit, flows=(outside,)), False), (replace(deposit, flows=(for_order,)), False),
                           (deposit, True)):  # fmt: skip
        assert shapes.even(Ledger, [told], (), converts=converts) == [told]


def test_whoever_forgets_the_fees_of_dummy_legs_learns_it_at_once(setting):
    with pytest.raises(AssertionError, match="1 fees are paid for 2 legs"):
        shapes.even(Ledger, [moved(setting, 1)], (), converts=False)


def test_the_owner_is_shown_the_fees_of_all_legs_that_he_pays_for(setting):
    leg = moved(setting, 2)
    holding = Holding(replace(leg.account, balances=plan.NOTHING), 0, 0)
    shown = trade.of(setting, holding, leg, 1)
    assert shown.fee == 6 and shown.changes == plan.changes({}, {USDC: 1_000})


def test_a_throw_away_address_is_new_every_time():
    first, second = addresses.throwaway(), addresses.throwaway()
    assert first.owner != second.owner and first.viewing != second.viewing
    assert addresses.decode(addresses.encode(first)) == first
