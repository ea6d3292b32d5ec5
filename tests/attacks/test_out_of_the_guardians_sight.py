"""An owner in breach who would rather not be seen, or cannot cure: neither happens.

Every state of a margined account is sealed to the guardians by a proof, also one that only adds; so they open it, and
end it while it is in breach.  And adding always works: in breach, frozen, or while the insurance is silent.
"""

from dataclasses import replace

import pytest

from tests.attacks.scene import deposit, opposite, outside, price, units, why, withdrawal
from tests.simulation import duties, market, traders
from tests.simulation.world import World
from zk import signature
from zk.hashes import poseidon

MORE = units(USDC=100)


@pytest.fixture
def world(tmp_path):
    """A ledger with an account in breach."""
    made = World(tmp_path / "ledger.sqlite")
    made.publish(market.PRICES)
    [made.poor] = market.in_breach(made)
    yield made
    made.withdraw_everything()
    made.ledger.close()


def test_an_account_in_breach_is_topped_up(world):
    topped = world.settle(world.top_up(world.poor, MORE, outside(MORE)))[0]
    assert topped.account.guard == 1 and topped.account.balances[0] == world.poor.account.balances[0] + MORE[0]


def test_an_account_in_breach_is_topped_up_while_the_pool_is_frozen(world):
    world.now_ms += 1_000
    world.publish(market.PRICES | price("ETH", 500) | price("PERP", 500))
    assert world.grid().publication.coverage == "frozen"
    world.settle(world.top_up(world.poor, MORE, outside(MORE)))


def test_a_top_up_without_an_escrow_is_refused(world):
    hidden = replace(world.top_up(world.poor, MORE, outside(MORE)), is_sealed=False)
    assert world.submit(world.prepare([hidden])) == "ESCROW_MISSING"


@pytest.mark.parametrize("guard", [2, 7, 2**32 - 1])
def test_a_top_up_for_other_guardians_is_refused(world, guard):
    away = replace(world.top_up(world.poor, MORE, outside(MORE)), guard=guard)
    assert world.submit(world.prepare([away])) == "GUARD_UNKNOWN"


def test_a_top_up_to_a_cash_account_is_a_lie_while_it_owes(world):
    cash = replace(world.top_up(world.poor, MORE, outside(MORE)), guard=0)
    assert world.submit(world.prepare([cash])) == "MALFORMED"
    cash = replace(cash, period=None)
    assert why(world, cash) == "cash account"
    assert world.submit(world.prepare([cash])) == "INVALID_PROOF"


def test_a_top_up_gives_the_account_to_nobody_else(world):
    """Or a debt could be moved to where its owner is not known to have it."""
    given = replace(world.top_up(world.poor, MORE, outside(MORE)), target=traders.new_keys())
    assert why(world, given) == "top-up"
    assert world.submit(world.prepare([given])) == "INVALID_PROOF"


def test_a_top_up_takes_nothing_out(world):
    taken = units(USDC=-1)
    out = world.top_up(world.poor, taken, outside(taken))
    assert why(world, out) == "top-up"
    assert world.submit(world.prepare([out])) == "INVALID_PROOF"


@pytest.mark.parametrize("account, key", [("another", None), ("its own", 77)])
def test_a_proved_escrow_of_another_opening_or_for_another_key_is_refused(world, account, key):
    """The proof is true: of that opening, or for that key.  But the ledger asks about this leg and these guardians."""
    made = traders.make(world.ledger, world.notary, world.top_up(world.poor, MORE, outside(MORE)))
    opening = made.holding.account
    if account == "another":
        opening = replace(opening, balances=traders.NOTHING)
    commitment = opening.commitment(poseidon.hash)
    sealed = traders.seal(
        world.ledger, world.notary, opening, commitment, None if key is None else signature.public(key)
    )
    assert world.notary.reason(sealed.proof) is None
    changed = traders.sign(world.ledger.ledger_id, replace(made, leg=replace(made.leg, escrow=sealed)))
    assert world.refusal([changed]) == "INVALID_PROOF"


def test_who_is_seized_is_not_asked_and_keeps_what_the_penalty_leaves(world):
    one = market.seized(world, world.poor)
    held = world.settle(market.taken_over(world, one), seized=[one])[-1]
    assert held.account.guard == 0 and held.keys == world.poor.keys
    assert 0 < held.account.balances[0] < world.poor.account.balances[0]
    assert not any(held.account.balances[1:])


def test_who_was_first_cures_or_seizes(world):
    cure, one = world.prepare([world.top_up(world.poor, MORE, outside(MORE))]), market.seized(world, world.poor)
    seizing = world.prepare([market.taken_over(world, one)], seized=[one])
    assert [world.submit(cure), world.submit(seizing)] == [None, "NULLIFIER_SPENT"]


def test_neither_a_healthy_account_nor_one_of_cash_is_seized(world):
    rich = deposit(world, USDC=1_000)
    healthy = next(one for one in world.live() if one.account.guard and one.position != world.poor.position)
    for holding in (healthy, rich):
        one = world.seizure(holding, amount=1)
        assert world.submit(world.prepare([market.taken_over(world, one)], seized=[one])) == "INVALID_PROOF"


@pytest.mark.parametrize("more", [-1, 1])
def test_a_seizure_leaves_what_it_must_to_the_unit(world, more):
    one = market.seized(world, world.poor, more)
    assert world.submit(world.prepare([market.taken_over(world, one)], seized=[one])) == "INVALID_PROOF"


def test_a_seizure_by_a_milder_scenario_takes_no_more(world):
    """The penalty is a share of the risk in the scenario that is shown; only one in breach can be shown."""
    rows = world.grid().publication.maintenance.values
    balances = world.poor.account.balances
    mild = max(range(len(rows)), key=lambda s: market.worth(balances, rows[s]))
    one = world.seizure(world.poor, scenario=mild)
    assert world.submit(world.prepare([market.taken_over(world, one)], seized=[one])) == "INVALID_PROOF"


def test_a_swarm_of_small_debtors_is_seized_sixteen_at_a_time(tmp_path):
    """They split what would be one account to wear out the guardians: each bundle takes as many as it may have."""
    world = World(tmp_path / "ledger.sqlite")
    world.publish(market.PRICES)
    poor = market.in_breach(world, 17)
    for start in (0, 16):
        some = [market.seized(world, one) for one in poor[start : start + 16]]
        draft = market.taken_over(world, *some)
        assert world.submit(world.prepare([draft], seized=some)) is None
    assert not [one for one in poor if one.position not in world.reference.spent]
    world.withdraw_everything()
    world.close()


def test_while_the_insurance_is_silent_nobody_owes_more_and_everybody_adds_and_takes_out(tmp_path):
    """What the insurance cannot take over any more must not grow; what is held goes on as ever."""
    world = World(tmp_path / "ledger.sqlite", grace_epochs=2)
    world.publish(market.PRICES)
    [poor] = market.in_breach(world)
    one, two = deposit(world, USDC=100_000), deposit(world, USDC=100_000)
    for _ in range(2):
        world.now_ms += 1_000
        world.publish({})
    bet = units(dUSDC=-24_900, PERP=10)
    drafts = [world.draft(one, bet), world.draft(two, opposite(bet))]
    assert world.submit(world.prepare(drafts)) == "RESTRICTED"
    world.settle(world.top_up(poor, MORE, outside(MORE)))
    world.settle(withdrawal(world, one, USDC=100_000))
    world.withdraw_everything()
    world.close()


def test_what_is_sealed_to_retired_guardians_is_seized_in_health(world):
    """Guardians who left keep their old keys; so what only they can open ends, and its owner keeps what it is worth."""
    healthy = next(one for one in world.live() if one.account.guard and one.position != world.poor.position)
    duties.retire_guardians(world)
    one = world.seizure(healthy, stale_before=2)
    taken = replace(market.taken_over(world, one), guard=2)
    assert world.submit(world.prepare([taken], seized=[one])) is None
    prices = world.grid().publication.prices
    left = world.holdings[-1].account.balances[0] * prices[0]
    assert 0 < left < market.worth(healthy.account.balances, prices)
    again = world.top_up(world.poor, MORE, outside(MORE))
    assert world.submit(world.prepare([again])) == "GUARD_UNKNOWN", "a new state is sealed to the new guardians"
    world.settle(replace(again, guard=2))
