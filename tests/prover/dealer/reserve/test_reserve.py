"""A reserve cures an account before the guardians could, and its bound of the day survives a crash."""

from pathlib import Path

import pytest

from prover.dealer import config, outlook
from prover.dealer.limits.exposures import Exposures
from prover.dealer.reserve.reserve import Reserve
from prover.dealer.reserve.rules import Rules, TopUp
from prover.trader import addresses, health, moves, orders, sessions
from settlement.rejection import Rejected, Rejection
from tests.prover.risks import USDC
from tests.prover.trader import borrowing

RULES = Rules(frozenset({3}), 1_000, 3_000, None)
FUNDS = 1_500_000_000
MARKET = {"ETH": {"size": "1 ETH", "spread": "1%", "most": "9 ETH"}}


@pytest.fixture
def world(tmp_path):
    """A borrower who owes 2,000 dUSDC, holds 2 ETH, and has a reserve at another address."""
    with borrowing.world(tmp_path) as made:
        orders.take(made.lender, made.lend(made.borrower).order_id, made.later())
        position = made.margined().position
        moves.withdraw(made.borrower, USDC, 2_000_000_000, "bank", made.later(), position=position)
        own = addresses.of(made.borrower.wallet.seed, 3)
        moves.pay(made.lender, own, USDC, FUNDS, made.later())
        sessions.sync(made.borrower)
        yield made


def test_a_fall_of_prices_is_cured_from_the_reserve_before_the_guardians_could_seize(world):
    found = Reserve(world.borrower, RULES)
    assert found.due(world.now_ms) == ()
    world.publish(ETH="1150")
    sessions.sync(world.borrower)
    (before,) = health.accounts(world.ledger, world.borrower.wallet)
    assert not before.can_trade and not before.is_breached
    (wanted,) = found.due(world.now_ms)
    found.perform(wanted, world.later())
    (after,) = health.accounts(world.ledger, world.borrower.wallet)
    assert after.can_trade and after.holding.account.balances[USDC] == wanted.amount
    assert found.due(world.now_ms) == () and found.today(world.now_ms) == wanted.amount
    assert Reserve(world.borrower, RULES).today(world.now_ms) == wanted.amount
    assert Reserve(world.borrower, RULES).today(world.now_ms + 86_400_000) == 0


def test_a_look_at_what_a_desk_would_do_has_its_top_ups_and_makes_none(world):
    world.publish(ETH="1150")
    sessions.sync(world.borrower)
    clock = lambda: world.now_ms  # noqa: E731
    table = {"strategy": [{"name": "spot", "kind": "two-sided", "market": MARKET}], "reserve": {"addresses": [3]}}
    found = config.decode(table, world.ledger.pool, Path("DESK.toml"))
    exposures = Exposures(world.borrower, found.limits, clock, frozenset({3}))
    for _ in range(2):
        seen = outlook.look(world.borrower, found, exposures, lambda texts: (), world.now_ms)
        (wanted,) = seen.top_ups
        assert wanted == Reserve(world.borrower, RULES).due(world.now_ms)[0] and seen.wished == ()
    assert Reserve(world.borrower, RULES).today(world.now_ms) == 0


def test_what_is_refused_counts_no_more_and_what_may_have_been_paid_counts(world, monkeypatch):
    world.publish(ETH="1150")
    sessions.sync(world.borrower)
    found = Reserve(world.borrower, RULES)
    (wanted,) = found.due(world.now_ms)

    def fails(error):
        def top_up(*given):
            raise error

        monkeypatch.setattr(moves, "top_up", top_up)
        with pytest.raises(type(error)):
            found.perform(wanted, world.later())

    fails(Rejected(Rejection.EXPIRED, "too late"))
    assert Reserve(world.borrower, RULES).today(world.now_ms) == 0
    fails(KeyboardInterrupt())
    assert Reserve(world.borrower, RULES).today(world.now_ms) == found.today(world.now_ms) == wanted.amount


def test_of_several_days_the_newest_is_kept(world, monkeypatch):
    monkeypatch.setattr(moves, "top_up", lambda *given: None)
    found, day_ms = Reserve(world.borrower, RULES), 86_400_000
    for at_ms, amount in ((world.now_ms, 5), (world.now_ms + day_ms, 7), (world.now_ms + day_ms, 4)):
        found.perform(TopUp(1, 2, amount, ""), at_ms)
    for _ in range(2):
        found = Reserve(world.borrower, RULES)
        assert (found.today(world.now_ms), found.today(world.now_ms + day_ms)) == (0, 11)


def test_only_accounts_of_the_named_addresses_pay(world):
    world.publish(ETH="1150")
    sessions.sync(world.borrower)
    assert Reserve(world.borrower, Rules(frozenset({4}), 1_000, 3_000, None)).due(world.now_ms) == ()
