"""From a request to a settlement, with everything between two desks in letters that others carry."""

import pytest

from prover.rfq import messages, taking
from prover.rfq.messages import Way
from prover.trader import sessions
from tests.prover.rfq import desks
from tests.prover.rfq.desks import BTC, CALL, ETH, FUNDS, PUT, USDC, XAU, both, line
from zk.errors import FormatError, Unsatisfied

TEN_ETH = line(ETH=10**10)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_the_asker_settles_the_side_it_wants_and_nobody_knew_which(world, side):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], maker)
    seen = maker.incoming()
    assert seen.request.lines == (TEN_ETH,)
    maker.answer(both(29_000, 31_000))
    settled = asker.take(inquiry, side)
    paid, got = (31_000, 10**10) if side == "buy" else (-29_000, -(10**10))
    assert (asker.balance(USDC), asker.balance(ETH)) == (FUNDS - paid, FUNDS + got)
    assert (maker.balance(USDC), maker.balance(ETH)) == (FUNDS + paid, FUNDS - got)
    assert not settled.is_repeated


def test_what_is_asked_looks_the_same_for_a_buyer_and_a_seller_and_names_nobody(world):
    one, other, asker = world.desk(USDC), world.desk(USDC), world.desk(USDC)
    asker.ask([line(XAU=-5)], one, other)
    first, second = one.incoming(), other.incoming()
    assert first.request.lines == second.request.lines == (line(XAU=5),)
    assert first.request.request_id != second.request.request_id and first.reply != second.reply
    body = messages.encode_request(first.request)
    for known in (asker.address.viewing, other.address.viewing, second.reply.viewing, second.request.request_id):
        assert known not in body


def test_a_negative_line_is_bought_by_taking_the_bid(world):
    maker, asker = world.desk(USDC, XAU), world.desk(USDC, XAU)
    inquiry = asker.ask([line(XAU=-7)], maker)
    maker.answer(both(40, 44))
    assert asker.best(inquiry, "buy").pays == {USDC: -40} and asker.best(inquiry, "sell").pays == {USDC: 44}
    asker.take(inquiry, "buy")
    assert (asker.balance(XAU), asker.balance(USDC)) == (FUNDS - 7, FUNDS + 40)


def test_the_best_of_several_makers_is_taken_and_the_limit_is_the_askers_own(world):
    makers, asker = [world.desk(USDC, ETH) for _ in range(3)], world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], *makers)
    for maker, price in zip(makers, (31_500, 31_000, 31_200), strict=True):
        maker.answer(both(price - 2_000, price))
    deal = asker.best(inquiry, "buy")
    assert deal.pays == {USDC: 31_000} and asker.best(inquiry, "sell").pays == {USDC: -29_500}
    taking.check_limit(world.ledger, deal, (USDC, 31_000))
    with pytest.raises(Unsatisfied, match="above the limit"):
        taking.check_limit(world.ledger, deal, (USDC, 30_999))
    taking.check_limit(world.ledger, asker.best(inquiry, "sell"), (USDC, 29_500))
    with pytest.raises(Unsatisfied, match="below the limit"):
        taking.check_limit(world.ledger, asker.best(inquiry, "sell"), (USDC, 29_501))
    asker.take(inquiry, "buy")
    assert makers[1].balance(USDC) == FUNDS + 31_000 and makers[0].balance(USDC) == FUNDS


def test_an_inquiry_settles_once_and_repeated_it_tells_the_same_settlement(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], maker)
    maker.answer(both(29_000, 31_000))
    deal, other = asker.best(inquiry, "buy"), asker.best(inquiry, "sell")
    first = asker.take(inquiry, "buy", deal)
    again = asker.take(inquiry, "buy", deal)
    assert again.is_repeated and again.receipt.bundle_id == first.receipt.bundle_id
    remembered = asker.memory.inquiry(inquiry.inquiry_id.hex())
    with pytest.raises(Unsatisfied, match="you took the other side of this request, to buy"):
        asker.take(remembered, "sell", other)
    assert asker.balance(ETH) == FUNDS + 10**10


def test_one_account_quotes_to_many_and_the_first_who_takes_has_it(world):
    maker, asker, other = world.desk(USDC, ETH), world.desk(USDC, ETH), world.desk(USDC, ETH)
    mine, theirs = asker.ask([TEN_ETH], maker), other.ask([TEN_ETH], maker)
    for incoming in maker.inbox.requests():
        maker.answer(both(29_000, 31_000), incoming=incoming)
    deal = asker.best(mine, "sell")
    other.take(theirs, "buy")
    assert maker.balance(ETH) == FUNDS - 10**10, "its wallet knows that a quote was taken"
    with pytest.raises(taking.Gone, match="account has moved, because another asker took it or its maker used it"):
        asker.take(mine, "sell", deal)
    firm, refused = asker.quotes(mine)
    assert not firm and "already moved" in refused[0].reason
    assert asker.session.wallet.outbox == () and asker.balance(ETH) == FUNDS
    third = asker.ask([TEN_ETH], maker)
    maker.answer(both(28_000, 30_000), incoming=maker.inbox.requests()[-1])
    asker.take(third, "buy")
    assert asker.balance(ETH) == FUNDS + 10**10


def test_quotes_lock_nothing(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    before = sessions.sync(maker.session).wallet
    maker.answer(both(29_000, 31_000))
    assert maker.session.wallet.orders == () and maker.session.wallet.live == before.live


def test_a_spread_is_one_leg_and_may_be_paid_either_way(world):
    maker, asker = world.desk(USDC), world.desk(USDC)
    inquiry = asker.ask([line(CALL=2, PUT=-2)], maker)
    maker.answer(both(-50, 70))
    assert asker.best(inquiry, "buy").pays == {USDC: 70} and asker.best(inquiry, "sell").pays == {USDC: 50}
    asker.take(inquiry, "buy")
    assert [asker.balance(slot) for slot in (CALL, PUT)] == [2, -2]
    assert [maker.balance(slot) for slot in (CALL, PUT)] == [-2, 2]


def test_a_structure_is_put_together_from_several_makers_in_one_bundle(world):
    one, two, three = world.desk(USDC, BTC), world.desk(USDC, ETH), world.desk(USDC, XAU)
    asker = world.desk(USDC)
    lines = [line(BTC=1_000), line(ETH=2_000), line(XAU=3_000)]
    inquiry = asker.ask(lines, one, two, three)
    one.answer(both(90, 100, (0,)))
    two.answer(both(180, 200, (1,)))
    three.answer(both(270, 300, (2,)))
    deal = asker.best(inquiry, "buy")
    assert deal.is_best and deal.pays == {USDC: 600} and len(deal.firm) == 3
    height = asker.take(inquiry, "buy", deal).receipt.height
    assert [asker.balance(slot) for slot in (BTC, ETH, XAU)] == [1_000, 2_000, 3_000]
    assert asker.balance(USDC) == FUNDS - 600
    assert world.ledger.reader.last_event().height == height, "in one bundle"


def test_a_ring_of_desks_turns_what_the_asker_has_into_what_it_wants(world):
    """ETH to one maker for USDC, USDC to another for gold: the asker has ETH alone, and never any USDC."""
    first, second, asker = world.desk(USDC, ETH), world.desk(USDC, XAU), world.desk(ETH)
    lines = [line(ETH=-(10**10)), line(XAU=7)]
    inquiry = asker.ask(lines, first, second, numbers={0: (0,), 1: (1,)})
    assert first.incoming().request.lines == (line(ETH=10**10),) and second.incoming().request.lines == (line(XAU=7),)
    first.answer(both(30_000, 30_100))
    second.answer(both(29_900, 30_000))
    asker.take(inquiry, "buy")
    assert (asker.balance(ETH), asker.balance(XAU), asker.balance(USDC)) == (FUNDS - 10**10, 7, 0)


def test_lines_paid_in_several_assets_are_compared_at_published_prices(world):
    """Of two makers each is cheaper in one asset: 0.01 BTC are 950 USDC."""
    one, other, asker = world.desk(USDC, BTC, ETH), world.desk(USDC, BTC, ETH), world.desk(USDC, BTC)
    lines = [line(ETH=10), line(ETH=20, paid_in=BTC)]
    inquiry = asker.ask(lines, one, other)
    pays = [{USDC: 1_000_000_000, BTC: 1_000_000}, {USDC: 1_900_000_000, BTC: 0}]
    for maker, each in zip((one, other), pays, strict=True):
        maker.answer(desks.Prices(frozenset([0, 1]), {Way.OFFER: each}))
    assert asker.best(inquiry, "buy").pays == {USDC: 1_900_000_000, BTC: 0}
    with pytest.raises(FormatError, match="a limit is for what is paid in one asset"):
        taking.check_limit(world.ledger, asker.best(inquiry, "buy"), (USDC, 10**10))
    asker.take(inquiry, "buy")
    assert other.balance(ETH) == FUNDS - 30 and asker.balance(BTC) == FUNDS
