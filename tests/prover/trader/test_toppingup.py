"""Top-ups of a wallet are counted: it finds the period of the next, or says that there is none."""

import pytest

from prover.trader import moves, orders, toppingup
from settlement import engine
from settlement.bundles import encoding
from settlement.checks import topups
from tests.prover.risks import USDC
from tests.prover.trader import borrowing
from zk.errors import Unsatisfied


@pytest.fixture
def owing_some(tmp_path):
    """The world after the lender took the borrower's order."""
    with borrowing.world(tmp_path) as world:
        orders.take(world.lender, world.lend(world.borrower).order_id, world.later())
        yield world


def test_an_address_is_topped_up_four_times_between_two_publications(owing_some):
    """In four periods that do not tell which came first, and under tags that nobody can connect."""
    world = owing_some
    newest = world.ledger.reader.grids(1)[0].publication.epoch
    made = [moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True) for _ in range(4)]
    counted = [(leg.public.period, leg.public.tag) for one in made for leg in one.bundle.legs]
    assert sorted(period for period, _ in counted) == list(range(4 * newest, 4 * newest + 4))
    assert len({tag for _, tag in counted}) == 4
    size = world.ledger.reader.tree().size
    with pytest.raises(Unsatisfied, match="topped up 4 times since prices were last published"):
        moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True)
    assert world.ledger.reader.tree().size == size
    moves.deposit(world.borrower, USDC, 1, "bank", world.later(), position=world.margined().position)
    world.publish()
    moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True)


def test_a_top_up_is_made_again_when_prices_are_published_while_it_is_proved(owing_some, monkeypatch):
    world, submit, tried = owing_some, engine.submit, []

    def late(ledger, data, now_ms):
        tried.append(encoding.decode_bundle(data).legs[0].public.period // topups.PER_EPOCH)
        if len(tried) < 3:
            world.publish()
        return submit(ledger, data, max(now_ms, ledger.reader.last_event().created_ms))

    monkeypatch.setattr(engine, "submit", late)
    first = world.ledger.reader.grids(1)[0].publication.epoch
    moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True)
    assert tried == [first, first + 1, first + 2] and world.borrower.wallet.outbox == ()


def test_a_top_up_is_made_again_when_another_copy_of_the_wallet_was_quicker(owing_some, monkeypatch):
    world, free = owing_some, toppingup.free
    (leg,) = moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True).bundle.legs
    seen = iter([[leg.public.period]])  # as it was before the other copy's top-up settled
    monkeypatch.setattr(toppingup, "free", lambda *given: next(seen, None) or free(*given))
    (again,) = moves.deposit(world.borrower, USDC, 1, "bank", world.later(), is_top_up=True).bundle.legs
    assert again.public.period != leg.public.period
