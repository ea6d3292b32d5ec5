"""Somebody who owns nothing fills the board, and keeps everybody else from it."""

from collections import Counter
from dataclasses import replace

import pytest

from settlement import board
from settlement.rejection import Rejected, Rejection
from tests.settlement import samples
from tests.simulation import lies, showing, traders
from tests.simulation.world import PRICES, World


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A ledger whose board has room for 32 orders."""
    monkeypatch.setattr(board, "MAX_ORDERS", 32)
    made = World(tmp_path / "ledger.sqlite")
    yield made
    made.ledger.close()


def place(world, made: traders.Made, funds: bytes = b"") -> board.Order:
    posting = samples.posting(world.ledger, made.leg, (), funds, world.now_ms, made.spending)
    return board.place(world.ledger, posting, world.now_ms, world.notary.verify)


def from_nothing(world) -> traders.Made:
    """A leg of an account that nobody ever paid: one proof, of the next thirty days."""
    draft = replace(world.draft(traders.nothing(), traders.NOTHING), expiry_ms=world.now_ms + board.MAX_LIFE_MS)
    return traders.make(world.ledger, world.notary, draft)


def fill(world) -> Counter:
    """The attack: every proof re-signed with as many expiries as an account may have orders.  Returns what came of it.
    """
    answers: Counter = Counter()
    for _ in range(board.MAX_ORDERS // board.MAX_ORDERS_PER_NULLIFIER):
        made = from_nothing(world)
        for second in range(board.MAX_ORDERS_PER_NULLIFIER):
            leg = replace(made.leg, expiry_ms=made.leg.expiry_ms - 1_000 * second)
            try:
                place(world, traders.sign(world.ledger.ledger_id, replace(made, leg=leg)))
                answers["placed"] += 1
            except Rejected as error:
                answers[error.rejection] += 1
    return answers


def settle(world, *drafts: traders.Draft) -> list[traders.Holding]:
    """Settles the drafts as one bundle.  Returns the holdings that they end in."""
    assert world.submit(world.prepare(list(drafts), lies.Lie("the truth", None))) is None
    return world.holdings[-len(drafts):]


def deposit(world, amount: int) -> traders.Holding:
    """An account that holds this much of the first asset."""
    change = samples.change(USDC=amount)
    return settle(world, world.draft(traders.nothing(), change, (samples.flow(0, amount),)))[0]


def funds_of(world, holding: traders.Holding, order: traders.Made, amount: int) -> bytes:
    """The holder's funds for the order: that its account has this much of the first asset."""
    return showing.order_funds(world.ledger, world.notary, holding, order.leg, 0, amount)


def test_one_proof_makes_one_order(world):
    assert fill(world) == {"placed": 4, Rejection.PROOF_KNOWN: 28}


def test_orders_from_nothing_keep_no_order_from_the_board(world):
    first = place(world, from_nothing(world))
    for _ in range(1, board.MAX_ORDERS):
        world.now_ms += 1
        place(world, from_nothing(world))
    honest = place(world, from_nothing(world))
    listed = board.listed(world.ledger, world.now_ms)
    assert len(listed) == board.MAX_ORDERS and honest in listed and first not in listed


def test_an_order_with_funds_is_admitted_to_a_full_board_and_stays_there(world):
    holding = deposit(world, 100)
    order = traders.make(world.ledger, world.notary, world.draft(holding, traders.NOTHING))
    for _ in range(board.MAX_ORDERS):
        place(world, from_nothing(world))
    backed = place(world, order, funds_of(world, holding, order, 100))
    for _ in range(board.MAX_ORDERS + 1):
        place(world, from_nothing(world))
    assert backed in board.listed(world.ledger, world.now_ms)
    assert sum(listed.is_backed for listed in board.listed(world.ledger, world.now_ms)) == 1


def test_who_has_less_than_the_funds_cannot_back_an_order(world):
    """Neither an account from nothing nor one that lacks a unit: their proofs of funds are false, or of less."""
    poor = deposit(world, 99)
    for holding in (traders.nothing(), poor):
        order = traders.make(world.ledger, world.notary, world.draft(holding, traders.NOTHING))
        for paid, reason in ((100, "proof of the funds does not verify"), (99, "not the board's threshold")):
            with pytest.raises(Rejected, match=reason) as refused:
                place(world, order, funds_of(world, holding, order, paid))
            assert refused.value.rejection is Rejection.FUNDS_INVALID


def test_who_owes_cannot_back_an_order_with_what_it_borrowed(world):
    world.publish(PRICES)
    holding, other = deposit(world, 1_000_000), traders.nothing()
    owing, _ = settle(
        world, world.draft(holding, samples.change(ETH=-1)), world.draft(other, samples.change(ETH=1))
    )
    order = traders.make(world.ledger, world.notary, world.draft(owing, traders.NOTHING))
    assert order.leg.margin is not None
    with pytest.raises(Rejected, match="proof of the funds does not verify"):
        place(world, order, funds_of(world, owing, order, 100))
    place(world, order)


def test_funds_back_the_order_that_they_were_made_for_and_no_other(world):
    """Funds of a rich account beside the order of another, and beside a second order of its own."""
    rich, poor = deposit(world, 100), deposit(world, 1)
    own, again, others = (
        traders.make(world.ledger, world.notary, world.draft(holding, traders.NOTHING))
        for holding in (rich, rich, poor)
    )
    funds = funds_of(world, rich, own, 100)
    for order, reason in ((others, "for another order"), (again, "for another order")):
        with pytest.raises(Rejected, match=reason):
            place(world, order, funds)
    assert place(world, own, funds).is_backed
