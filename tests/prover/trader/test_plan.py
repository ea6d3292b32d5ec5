"""Plans: what they ask to have proved is true, and what cannot be true is refused in a sentence."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import generators, registry
from circuits import merkle as paths
from prover.trader import addresses, keys, plan
from settlement.bundles.bundle import Account, Flow
from settlement.pool.parameters import Fees
from tests.prover.risks import BTC, ETH, USDC, balances
from tests.prover.trader import planning
from tests.prover.trader.planning import EXPIRY, OTHER, SEED, check, opened
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.errors import Unsatisfied
from zk.hashes import poseidon

pool, held = planning.pool, planning.held



def test_a_first_deposit_is_a_genesis_leg(held):
    setting, _, target = held
    made = plan.deposit(setting, plan.genesis_source(77), target, samples.flow(BTC, 3, b"bank"), EXPIRY)
    check(made)
    assert made.private.genesis == 1 and made.private.ak != keys.account(SEED, 1).ak
    assert made.account.balances == balances(btc=3)
    assert opened(made, SEED) == (made.account, 1)
    assert opened(made, OTHER) is None


def test_a_deposit_adds_to_a_live_account(held):
    setting, source, target = held
    flow = samples.flow(USDC, 5)
    made = plan.deposit(setting, source, target, flow, EXPIRY)
    check(made)
    assert made.account.balances[USDC] == 1_000_000_005 and made.flows == (flow,)
    assert made.account.owner == source.account.owner


def test_a_withdrawal_takes_away(held):
    made = plan.withdrawal(*held, samples.flow(ETH, -2_000_000_000, b"bank"), EXPIRY)
    check(made)
    assert made.account.balances[ETH] == 0 and made.changes[ETH] == -2_000_000_000


def test_a_payment_is_two_legs_that_add_up_to_nothing(held):
    receiver = addresses.of(OTHER, 0)
    own, theirs = plan.payment(*held, receiver, USDC, 400_000_000, EXPIRY)
    check(own)
    check(theirs)
    total = babyjubjub.add((own.public.value_x, own.public.value_y), (theirs.public.value_x, theirs.public.value_y))
    blinding = (own.blinding + theirs.blinding) % babyjubjub.ORDER
    assert total == babyjubjub.multiply(blinding, generators.blinding())
    assert opened(theirs, OTHER) == (theirs.account, 0) and opened(theirs, SEED) is None
    assert theirs.account.owner == receiver.owner


def test_an_order_within_the_balance_is_a_cash_leg(held):
    setting, source, target = held
    made = plan.move(setting, source, target, plan.changes({USDC: 1_000_000_000}, {ETH: 300_000_000}), EXPIRY)
    check(made)
    assert made.margin is None and min(made.account.balances) == 0


def test_a_fee_is_a_flow_into_the_pool_that_the_payer_pays_for_both_legs(held):
    setting, source, target = held
    asking = replace(setting, parameters=replace(setting.parameters, fees=Fees(leg=3, order=0)))
    own, theirs = plan.payment(asking, source, target, addresses.of(OTHER, 0), USDC, 100, EXPIRY)
    check(own)
    check(theirs)
    assert own.flows == theirs.flows == (Flow(USDC, -3, Account.FEE, b"", b""),), "nobody sees who pays"
    assert own.changes[USDC] == -106 and theirs.changes[USDC] == 100
    total = babyjubjub.add((own.public.value_x, own.public.value_y), (theirs.public.value_x, theirs.public.value_y))
    fee = generators.commit(plan.flow_changes((*own.flows, *theirs.flows)), 0)
    blinding = babyjubjub.multiply((own.blinding + theirs.blinding) % babyjubjub.ORDER, generators.blinding())
    assert total == babyjubjub.add(fee, blinding)


def test_the_opposite_of_an_order_cancels_it(held):
    sold = plan.changes({USDC: 7}, {ETH: 9})
    assert sold == balances(usdc=-7, eth=9)
    assert plan.opposite(sold) == plan.changes({ETH: 9}, {USDC: 7})


@settings(max_examples=10)
@given(st.lists(st.integers(0, 10**12), min_size=15, max_size=15), st.integers(-(10**9), 10**12))
def test_any_plan_within_what_is_held_is_true(held, more, usdc):
    check(plan.move(*held, (usdc, *more), EXPIRY))


def test_two_plans_of_the_same_have_nothing_public_in_common_but_the_nullifier(held):
    setting, source, target = held
    first, second = (plan.move(setting, source, target, plan.NOTHING, EXPIRY) for _ in range(2))
    assert first.public.nullifier == second.public.nullifier
    for name in ("commitment", "value_x", "value_y", "rk_x", "rk_y"):
        assert getattr(first.public, name) != getattr(second.public, name)
    assert first.sealed != second.sealed


def test_more_than_the_account_holds_is_refused_with_both_amounts(held):
    with pytest.raises(Unsatisfied, match="the account holds 1,000 USDC, which is less than 1,000.000001 USDC"):
        plan.withdrawal(*held, samples.flow(USDC, -1_000_000_001, b"bank"), EXPIRY)
    with pytest.raises(Unsatisfied, match="the account holds 0 BTC, which is less than 0.00000001 BTC"):
        plan.payment(*held, addresses.of(OTHER, 0), BTC, 1, EXPIRY)


@pytest.mark.parametrize("balance", [2**63 - 1, 0])
def test_the_largest_balance_fits(held, balance):
    setting, source, target = held
    planned = plan.move(setting, source, target, balances(usdc=balance - 1_000_000_000), EXPIRY)
    assert planned.account.balances[USDC] == balance


@pytest.mark.parametrize("change", [2**63 - 1_000_000_000, 2**64])
def test_a_balance_that_would_not_fit_is_refused(held, change):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="balance of USDC would not fit in 64 bits"):
        plan.move(setting, source, target, balances(usdc=change), EXPIRY)


def test_plans_do_not_show_themselves(held):
    made = plan.move(*held, plan.NOTHING, EXPIRY)
    assert repr(made) == "LegPlan" and repr(held[1]) == "Source" and repr(held[2]) == "Target"


def test_a_genesis_leg_cannot_start_with_money(held):
    source = plan.genesis_source(77)
    rich = replace(source.account, balances=(1,) + source.account.balances[1:])
    path = paths.lone(rich.commitment(poseidon.hash), 0)
    made = plan.move(held[0], replace(source, account=rich, path=path), held[2], plan.NOTHING, EXPIRY)
    assert registry.get("leg").relation(made.public, made.private) == "genesis"
