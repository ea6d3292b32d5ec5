"""Plans: what they ask to have proved is true, and what cannot be true is refused in a sentence."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import generators, records, registry
from circuits import merkle as paths
from prover.operator import defaults
from prover.trader import addresses, keys, opening, plan, sealing
from settlement import merkle, risk
from tests.prover import pools
from tests.settlement import samples
from zk import signature
from zk.curves import babyjubjub
from zk.errors import Unsatisfied
from zk.hashes import poseidon

SEED = keys.derive("abandon " * 23 + "art")
OTHER = keys.derive("zoo " * 23 + "vote")
USDC, BTC, ETH = 0, 1, 2
EXPIRY = 1_900_000_000_000


@pytest.fixture(scope="module")
def pool():
    return pools.make()


@pytest.fixture(scope="module")
def grid(pool):
    return risk.grids(pool, defaults.prices(pool), 7)[0]


@pytest.fixture(scope="module")
def held(pool, grid):
    """(setting, source, target) of account 1 with 1,000 USDC and 2 ETH, third leaf of a tree."""
    mine = keys.account(SEED, 1)
    account = records.Account(mine.owner, (1_000_000_000, 0, 2_000_000_000, 0, 0, 0, 0, 0), 0, 99)
    nodes = merkle.append(lambda level, index: None, 0, [5, 6, account.commitment(poseidon.hash)])

    def read(level, index):
        return nodes.get((level, index))

    setting = plan.Setting(pool, grid)
    source = plan.Source(mine, account, 2, merkle.path(read, 2), paths.path_root(merkle.path(read, 2)))
    return setting, source, plan.Target(addresses.of(SEED, 1), 1)


def check(made: plan.LegPlan) -> None:
    """Everything that must hold of a leg before it is worth proving."""
    assert registry.get("leg").relation(made.public, made.private) is None
    if made.margin is None:
        assert made.public.cash == 1 and made.account.epoch == 0
    else:
        assert made.public.cash == 0
        assert registry.get("margin").relation(*made.margin) is None
    rk = made.public.rk_x, made.public.rk_y
    signature.verify(rk, 1, signature.sign(made.spending, 1))
    assert generators.commit(made.changes, made.blinding) == (made.public.value_x, made.public.value_y)


def opened(made: plan.LegPlan, seed: keys.Seed):
    plaintext = sealing.Opener(keys.viewing_key(seed)).open(made.sealed, made.public.commitment)
    return plaintext and opening.decode(plaintext)


def test_a_first_deposit_is_a_genesis_leg(held):
    setting, _, target = held
    made = plan.deposit(setting, plan.genesis_source(77), target, samples.flow(BTC, 3, b"bank"), EXPIRY)
    check(made)
    assert made.private.genesis == 1 and made.private.ak != keys.account(SEED, 1).ak
    assert made.account.balances == (0, 3, 0, 0, 0, 0, 0, 0)
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


def test_an_order_beyond_the_balance_is_leveraged_and_survives_the_grid(held, grid):
    setting, source, target = held
    made = plan.move(setting, source, target, plan.changes({USDC: 3_000_000_000}, {ETH: 1_000_000_000}), EXPIRY)
    check(made)
    assert made.account.epoch == grid.epoch == made.margin[0].epoch
    assert made.account.balances[:3] == (-2_000_000_000, 0, 3_000_000_000)


def test_the_opposite_of_an_order_cancels_it(held):
    sold = plan.changes({USDC: 7}, {ETH: 9})
    assert sold == (-7, 0, 9, 0, 0, 0, 0, 0)
    assert plan.opposite(sold) == plan.changes({ETH: 9}, {USDC: 7})


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 10**12), min_size=7, max_size=7), st.integers(-(10**9), 10**12))
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


def test_too_much_leverage_is_refused_with_scenario_and_shortfall(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match=r"in scenario \d+ of epoch 7 the account would be worth −[\d,.]+ USDC"):
        plan.move(setting, source, target, plan.changes({USDC: 300_000_000_000}, {ETH: 100_000_000_000}), EXPIRY)


def test_a_portfolio_may_be_worth_nothing_in_the_worst_scenario_and_not_less(held, grid):
    setting, _, _ = held
    eth = 2_000_000_000
    price = risk.scenario_values((1, *[0] * 7), grid)[0]  # of one unit of USDC, the same in every scenario
    most, rest = divmod(min(risk.scenario_values((0, 0, eth, *[0] * 5), grid)), price)
    assert rest == 0, "the bound itself is reached"
    assert plan.margin_grid(setting, (-most, 0, eth, 0, 0, 0, 0, 0)) == grid
    with pytest.raises(Unsatisfied, match="the margin does not suffice"):
        plan.margin_grid(setting, (-most - 1, 0, eth, 0, 0, 0, 0, 0))


def test_debt_without_a_grid_names_the_asset_that_is_owed(held):
    with pytest.raises(Unsatisfied, match="would owe ETH"):
        plan.margin_grid(replace(held[0], grid=None), (0, 0, -1, 0, 0, 0, 0, 0))


@pytest.mark.parametrize("balance", [2**63 - 1, 0])
def test_the_largest_balance_fits(held, balance):
    setting, source, target = held
    planned = plan.move(setting, source, target, (balance - 1_000_000_000, 0, 0, 0, 0, 0, 0, 0), EXPIRY)
    assert planned.account.balances[USDC] == balance


def test_a_balance_below_the_least_is_refused_before_its_margin(held):
    """The least balance itself fits, so what is missing is margin."""
    setting, source, target = held
    for balance, sentence in ((-(2**63), "the margin does not suffice"), (-(2**63) - 1, "would not fit in 64 bits")):
        with pytest.raises(Unsatisfied, match=sentence):
            plan.move(setting, source, target, (balance - 1_000_000_000, 0, 0, 0, 0, 0, 0, 0), EXPIRY)


def test_debt_without_a_grid_is_refused(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="would owe USDC, and there is no fresh risk grid"):
        plan.move(replace(setting, grid=None), source, target, plan.changes({USDC: 1_000_000_001}, {}), EXPIRY)


@pytest.mark.parametrize("change", [2**63 - 1_000_000_000, 2**64, -(2**63) - 1_000_000_001])
def test_a_balance_that_would_not_fit_is_refused(held, change):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="balance of USDC would not fit in 64 bits"):
        plan.move(setting, source, target, (change, 0, 0, 0, 0, 0, 0, 0), EXPIRY)


def test_plans_do_not_show_themselves(held):
    made = plan.move(*held, plan.NOTHING, EXPIRY)
    assert repr(made) == "LegPlan" and repr(held[1]) == "Source" and repr(held[2]) == "Target"


def test_a_genesis_leg_cannot_start_with_money(held):
    source = plan.genesis_source(77)
    rich = replace(source.account, balances=(1,) + source.account.balances[1:])
    path = paths.lone(rich.commitment(poseidon.hash), 0)
    made = plan.move(held[0], replace(source, account=rich, path=path), held[2], plan.NOTHING, EXPIRY)
    assert registry.get("leg").relation(made.public, made.private) == "genesis"
