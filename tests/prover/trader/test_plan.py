"""Plans: what they ask to have proved is true, and what cannot be true is refused in a sentence."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import escrow, generators, records, registry
from circuits import merkle as paths
from prover.trader import addresses, keys, opening, owing, plan, sealing
from settlement import merkle
from settlement.bundle import Account, Flow
from settlement.parameters import Fees
from tests.prover import pools
from tests.prover.risks import DUSDC, GRID, balances
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
def held(pool):
    """(setting, source, target) of account 1 with 1,000 USDC and 2 ETH, third leaf of a tree."""
    return _held(pool, balances(usdc=1_000_000_000, eth=2_000_000_000), guard=0)


@pytest.fixture(scope="module")
def margined(pool):
    """The same of an account that owes 2,000 dUSDC beside 1,000 USDC and 2 ETH."""
    owing_some = balances(usdc=1_000_000_000, eth=2_000_000_000, dusdc=-2_000_000_000)
    return _held(pool, owing_some, guard=samples.GUARDIANS.number)


def _held(pool, owned, guard):
    mine = keys.account(SEED, 1)
    account = records.Account(mine.owner, owned, guard, 99)
    nodes = merkle.append(lambda level, index: None, 0, [5, 6, account.commitment(poseidon.hash)])

    def read(level, index):
        return nodes.get((level, index))

    setting = owing.Setting(pool, pool.parameters, GRID)
    source = plan.Source(mine, account, 2, merkle.path(read, 2), paths.path_root(merkle.path(read, 2)))
    return setting, source, plan.Target(addresses.of(SEED, 1), 1)


def check(made: plan.LegPlan) -> None:
    """Everything that must hold of a leg before it is worth proving."""
    assert registry.get("leg").relation(made.public, made.private) is None
    if made.account.guard == 0:
        assert made.escrow is None and made.margin is None and min(made.account.balances) >= 0
    else:
        assert made.account.guard == samples.GUARDIANS.number and made.escrow is not None
        assert registry.get("escrow").relation(made.escrow.public, made.escrow.private) is None
        assert (made.margin is None) == bool(made.public.adds)
    if made.margin is not None:
        assert registry.get("margin").relation(made.margin.public, made.margin.private) is None
    rk = made.public.rk_x, made.public.rk_y
    signature.verify(rk, 1, signature.sign(made.spending, 1))
    assert generators.commit(made.changes, made.blinding) == (made.public.value_x, made.public.value_y)


def opened(made: plan.LegPlan, seed: keys.Seed):
    content = sealing.Opener(keys.viewing_key(seed)).open(made.sealed, made.public.commitment)
    return content and opening.decode(content.body)


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
    made = plan.top_up(nothing_published, source, target, plan.changes({}, {USDC: 5}), EXPIRY, (flow,))
    check(made)
    assert made.public.adds == 1 and made.margin is None and made.account.balances == balances(5, 0, 1, 0, -(10**9))
    with pytest.raises(Unsatisfied, match="there is no risk grid to measure its margin with"):
        plan.move(nothing_published, source, target, plan.changes({}, {USDC: 5}), EXPIRY)
    with pytest.raises(Unsatisfied, match="the margin does not suffice"):
        plan.move(setting, source, target, plan.changes({}, {USDC: 5}), EXPIRY)


def test_a_cash_account_has_nothing_to_top_up(held):
    setting, source, target = held
    with pytest.raises(Unsatisfied, match="owes nothing, so there is nothing to top up"):
        plan.top_up(setting, source, target, plan.changes({}, {USDC: 5}), EXPIRY)


def test_a_fee_is_a_flow_into_the_pool_that_the_payer_pays_for_both_legs(held):
    setting, source, target = held
    asking = replace(setting, parameters=replace(setting.parameters, fees=Fees(leg=3, order=0)))
    own, theirs = plan.payment(asking, source, target, addresses.of(OTHER, 0), USDC, 100, EXPIRY)
    check(own)
    check(theirs)
    assert own.flows == (Flow(USDC, -6, Account.FEE, b"", b""),) and theirs.flows == ()
    assert own.changes[USDC] == -106 and theirs.changes[USDC] == 100
    total = babyjubjub.add((own.public.value_x, own.public.value_y), (theirs.public.value_x, theirs.public.value_y))
    fee = generators.commit(plan.flow_changes(own.flows), 0)
    blinding = babyjubjub.multiply((own.blinding + theirs.blinding) % babyjubjub.ORDER, generators.blinding())
    assert total == babyjubjub.add(fee, blinding)


def test_the_opposite_of_an_order_cancels_it(held):
    sold = plan.changes({USDC: 7}, {ETH: 9})
    assert sold == balances(usdc=-7, eth=9)
    assert plan.opposite(sold) == plan.changes({ETH: 9}, {USDC: 7})


@settings(max_examples=10, deadline=None)
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


@pytest.mark.parametrize("balance", [2**63 - 1, 0])
def test_the_largest_balance_fits(held, balance):
    setting, source, target = held
    planned = plan.move(setting, source, target, balances(usdc=balance - 1_000_000_000), EXPIRY)
    assert planned.account.balances[USDC] == balance


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
