"""Somebody who owns nothing fills the board, and keeps everybody else from it."""

from collections import Counter
from dataclasses import replace

import pytest

from settlement.bundles import digests
from settlement.bundles.bundle import Account, Flow
from settlement.orders import board
from settlement.pool.parameters import Fees
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import PARAMETERS
from tests.simulation import market, showing, traders
from tests.simulation.world import World


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


def deposit(world, amount: int) -> traders.Holding:
    """An account that holds this much of the first asset."""
    change = samples.change(USDC=amount)
    return world.settle(world.draft(traders.nothing(), change, (samples.flow(0, amount),)))[0]


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
    world.publish(market.PRICES)
    holding, other = deposit(world, 1_000_000), traders.nothing()
    loan = [0] * 16
    loan[market.LOAN] = 1
    owing, _ = world.settle(
        world.draft(holding, [-amount for amount in loan]), world.draft(other, loan)
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


def from_nothing_on(world) -> list[Rejection | None]:
    """What a board says to 32 orders of as many accounts that nobody ever paid."""
    answers: list[Rejection | None] = []
    for _ in range(board.MAX_ORDERS):
        try:
            place(world, from_nothing(world))
            answers.append(None)
        except Rejected as error:
            answers.append(error.rejection)
    return answers


def test_a_board_that_asks_for_funds_takes_none_of_them(tmp_path, monkeypatch):
    """1,024 empty orders of one machine filled a board for thirty days."""
    monkeypatch.setattr(board, "MAX_ORDERS", 32)
    rules = replace(PARAMETERS.board, funds_required=True)
    asking = World(tmp_path / "ledger.sqlite", board=rules)
    assert from_nothing_on(asking) == [Rejection.FUNDS_MISSING] * 32
    holding = deposit(asking, 100)
    order = traders.make(asking.ledger, asking.notary, asking.draft(holding, traders.NOTHING))
    assert place(asking, order, funds_of(asking, holding, order, 100)).is_backed
    asking.withdraw_everything()
    asking.close()


def test_or_else_each_of_them_pays_its_fee(tmp_path, monkeypatch):
    """Then to fill the board costs 32 fees, which go to those who settle; and what was not paid is not taken."""
    monkeypatch.setattr(board, "MAX_ORDERS", 32)
    rules = replace(PARAMETERS.board, funds_required=True)
    asking = World(tmp_path / "ledger.sqlite", board=rules, fees=Fees(leg=0, order=50))
    assert from_nothing_on(asking) == [Rejection.FUNDS_MISSING] * 32
    order = from_nothing(asking)
    payer = deposit(asking, 100)
    reference = digests.leg_id(asking.ledger.ledger_id, order.leg)
    asking.settle(asking.draft(payer, samples.change(USDC=-50), (Flow(0, -50, Account.FEE, b"", reference),)))
    assert place(asking, order).has_paid
    with pytest.raises(Rejected) as refused:
        place(asking, from_nothing(asking))
    assert refused.value.rejection is Rejection.FUNDS_MISSING
    asking.withdraw_everything()
    asking.close()
