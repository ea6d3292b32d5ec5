"""What may be owed: claims, on margin, where the guardians see it; and a top-up needs no margin."""

from dataclasses import replace

import pytest

from circuits import escrow, records
from circuits import merkle as paths
from prover.trader import owing, plan
from settlement import merkle
from tests.prover.risks import DUSDC, ETH, GRID, USDC, balances
from tests.prover.trader import planning
from tests.prover.trader.planning import EXPIRY, check
from tests.settlement.bundles import samples
from zk.curves import babyjubjub
from zk.errors import Unsatisfied
from zk.hashes import poseidon

pool, held, margined = planning.pool, planning.held, planning.margined


def test_an_order_that_sells_a_claim_is_margined_survives_the_grid_and_is_sealed_to_the_guardians(held):
    setting, source, target = held
    made = plan.move(setting, source, target, plan.changes({DUSDC: 2_000_000_000}, {ETH: 600_000_000}), EXPIRY)
    check(made)
    assert made.account.guard == 1 and made.margin.epoch == GRID.epoch
    assert made.account.balances == balances(usdc=1_000_000_000, eth=2_600_000_000, dusdc=-2_000_000_000)
    shared = babyjubjub.multiply(samples.GUARDIAN_SECRET, made.escrow.encrypted.ephemeral)
    assert escrow.decrypt(shared, made.escrow.encrypted.ciphertext, 1) == made.account


def test_what_is_held_is_never_owed_and_the_refusal_says_how_to_borrow(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="would lack 2,000 USDC, and what is held is never owed: deposit or buy it "
                                          "first; to borrow USDC, sell dUSDC, which may be owed on margin"):
        plan.move(setting, source, target, plan.changes({USDC: 3_000_000_000}, {ETH: 1_000_000_000}), EXPIRY)


def test_a_pool_without_guardians_lets_nobody_owe(held):
    setting, source, target = held
    alone = replace(setting, parameters=replace(setting.parameters, guardians=None))
    with pytest.raises(Unsatisfied, match="would owe dUSDC, and this pool has no guardians"):
        plan.move(alone, source, target, plan.changes({DUSDC: 1}, {ETH: 1}), EXPIRY)


def test_a_margined_account_is_spent_under_a_nullifier_that_its_guardians_know(held, margined):
    setting, source, target = margined
    made = plan.move(setting, source, target, plan.changes({}, {USDC: 1}), EXPIRY)
    check(made)
    leaf = source.account.commitment(poseidon.hash)
    assert made.public.nullifier == records.nullifier(poseidon.hash, source.account.rho, leaf, source.position)


def test_a_top_up_needs_no_margin_in_a_breach_and_without_a_grid(margined):
    setting, source, target = margined
    ruined = replace(source.account, balances=balances(eth=1, perp=-(10**9)))
    nodes = merkle.append(lambda level, index: None, 0, [ruined.commitment(poseidon.hash)])
    path = merkle.path(lambda level, index: nodes.get((level, index)), 0)
    source = replace(source, account=ruined, position=0, path=path, root=paths.path_root(path))
    flow = samples.flow(USDC, 5)
    nothing_published = replace(setting, grid=None)
    made = plan.top_up(
        nothing_published, source, target, plan.changes({}, {USDC: 5}), EXPIRY, (flow,), periods=[3]
    )
    check(made)
    assert (made.public.adds, made.public.period, made.margin) == (1, 3, None)
    assert made.account.balances == balances(5, 0, 1, 0, -(10**9))
    with pytest.raises(Unsatisfied, match="there is no risk grid to measure its margin with"):
        plan.move(nothing_published, source, target, plan.changes({}, {USDC: 5}), EXPIRY)
    with pytest.raises(Unsatisfied, match="the margin does not suffice"):
        plan.move(setting, source, target, plan.changes({}, {USDC: 5}), EXPIRY)


def test_a_cash_account_has_nothing_to_top_up(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="owes nothing, so there is nothing to top up"):
        plan.top_up(setting, source, target, plan.changes({}, {USDC: 5}), EXPIRY, periods=range(4))


def test_any_period_that_is_left_may_be_a_top_ups_and_without_one_it_waits_for_prices(margined):
    setting, source, target = margined
    more = plan.changes({}, {USDC: 5})
    left = {plan.top_up(setting, source, target, more, EXPIRY, periods=[5, 7]).public.period for _ in range(40)}
    assert left == {5, 7}
    with pytest.raises(Unsatisfied, match="topped up 4 times since prices were last published.*: wait for them"):
        plan.top_up(setting, source, target, more, EXPIRY, periods=[])


def test_a_top_up_that_pays_everything_off_makes_a_cash_account_and_is_not_counted(margined):
    setting, source, target = margined
    made = plan.top_up(setting, source, target, plan.changes({}, {DUSDC: 2_000_000_000}), EXPIRY, periods=[])
    check(made)
    assert (made.public.guard, made.public.adds, made.public.period, made.public.tag) == (0, 0, 0, 0)


def test_too_much_leverage_is_refused_with_scenario_and_shortfall(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match=r"in scenario \d+ of epoch 7 the account would be worth −[\d,.]+ USDC"):
        plan.move(setting, source, target, plan.changes({DUSDC: 300_000_000_000}, {ETH: 100_000_000_000}), EXPIRY)


def test_a_portfolio_may_be_worth_nothing_in_the_worst_scenario_and_not_less(held):
    setting, _, _ = held
    eth = 1_010_000_000  # worth 2,424 USDC when ETH falls, and a loan of 2,400 is 2,424 at its dearest
    assert owing.margin_grid(setting, balances(eth=eth, dusdc=-2_400_000_000)) == GRID
    with pytest.raises(Unsatisfied, match="the margin does not suffice"):
        owing.margin_grid(setting, balances(eth=eth, dusdc=-2_400_000_001))


def test_a_claim_below_the_least_is_refused_before_its_margin(held):
    """The least balance itself fits, so what is missing is margin."""
    setting, source, target = held
    for balance, sentence in ((-(2**63), "the margin does not suffice"), (-(2**63) - 1, "would not fit in 64 bits")):
        with pytest.raises(Unsatisfied, match=sentence):
            plan.move(setting, source, target, balances(dusdc=balance), EXPIRY)


def test_debt_without_a_grid_names_what_is_owed_and_says_why_there_is_none(held):
    setting, source, target = held
    frozen = replace(setting, grid=None, no_grid="the pool is frozen")
    with pytest.raises(Unsatisfied, match="would owe dUSDC, and there is no risk grid .*: the pool is frozen"):
        plan.move(frozen, source, target, plan.changes({DUSDC: 1}, {}), EXPIRY)
