"""The board's fee for an order is paid once, whatever breaks between the payment and the order."""

import pytest

from prover.trader import addresses, moves
from settlement.bundles.bundle import Account
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.trader import payer
from tests.prover.trader.payer import HOUR_MS, USDC, Crash, World, full
from zk.errors import Unsatisfied

FEE = 3
STEPS = 14
AFTER_THE_FEE = 6
"""The step after the fee's commit."""


@pytest.fixture(scope="module", autouse=True)
def patched():
    with payer.stepping() as worlds:
        yield worlds


@pytest.fixture(scope="module")
def founded(tmp_path_factory, patched) -> World:
    """A payer with two accounts, so that one can pay for an order of the other: a world to copy."""
    world = World(tmp_path_factory.mktemp("founded"), FEE)
    with world.session() as session:
        address = addresses.of(session.wallet.seed, 0)
    with world.receiver(USDC) as session:
        moves.pay(session, address, USDC, 100, world.now_ms)
    return world


@pytest.fixture
def world(tmp_path, patched, founded) -> World:
    patched[:] = [made := founded.copy(tmp_path / "world")]
    return made


def fees(world: World) -> int:
    with Ledger.open(world.folder / "ledger.sqlite") as ledger:
        return ledger.reader.account_balance(Account.FEE, USDC)


@pytest.mark.parametrize("fault", [Crash, full], ids=["crash", "full disk"])
@pytest.mark.parametrize("key", [None, "mine"])
def test_repeated_after_a_fault_at_any_step_one_fee_is_paid_for_one_order(tmp_path, patched, founded, fault, key):
    reached = between = 0
    for at in range(1, STEPS + 1):
        patched[:] = [world := founded.copy(tmp_path / str(at))]
        ended = world.place(key, fault=fault(), at=at, pays_fee=True)
        reached += not ended
        between += bool(fees(world) and not world.board())
        assert ended or world.place(key, pays_fee=True), at
        assert fees(world) == FEE and world.board() == [world.told[-1].order_id], at
    assert 5 < reached < STEPS and between >= 2


def test_a_refused_order_keeps_its_fee_for_the_next_try(world, monkeypatch):

    def refuse(*_):
        raise Rejected(Rejection.BOARD_FULL, "the board has 1024 orders, all of them backed")

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(board, "place", refuse)
            with pytest.raises(Rejected, match="BOARD_FULL"):
                world.place(pays_fee=True)
    with pytest.raises(Unsatisfied, match="without --once paid the fee of order"):
        world.place("another", pays_fee=True)
    assert world.place(pays_fee=True) and fees(world) == FEE and len(world.board()) == 1


def test_an_order_that_expired_before_it_was_posted_is_made_again_and_paid_again(world):
    assert not world.place(fault=Crash(), at=AFTER_THE_FEE, pays_fee=True)
    assert fees(world) == FEE and world.board() == []
    world.now_ms += 2 * HOUR_MS
    assert world.place(pays_fee=True) and fees(world) == 2 * FEE and len(world.board()) == 1
