"""What a desk neither asks nor answers, and how often it answers."""

import pytest

from prover.proofs import pipeline
from prover.rfq import answering, memory, taking
from prover.rfq.answering import Limits, Responder
from prover.rfq.messages import Way
from prover.trader import keys, wallets
from tests.prover.rfq import desks
from tests.prover.rfq.desks import BTC, ETH, FUNDS, USDC, both, line
from zk.errors import FormatError, Unsatisfied

TEN_ETH = line(ETH=10**10)


def test_a_request_is_answered_once_and_askers_are_bounded(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    price = [both(29_000, 31_000)]
    responder = Responder(maker.session, maker.memory, lambda _: price, Limits(to_one=2, to_all=3))
    incoming = [maker.inbox.requests()[-1] for _ in range(4) if asker.ask([TEN_ETH], maker)]

    def respond(request):
        return responder.respond(request, world.now_ms + 30_000, world.now_ms)

    assert respond(incoming[0]) and respond(incoming[0]) is None
    later = Responder(maker.session, memory.Memory(maker.session), lambda _: price)
    assert later.respond(incoming[0], world.now_ms + 30_000, world.now_ms) is None, "also after a restart"
    assert respond(incoming[1]) and respond(incoming[2])
    with pytest.raises(Unsatisfied, match="more requests came in a minute"):
        respond(incoming[3])
    world.later(60_000)
    assert respond(incoming[3]) is None, "it has expired"


def test_one_reply_address_is_bounded_apart(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    responder = Responder(maker.session, maker.memory, lambda _: [both(29_000, 31_000)], Limits(to_one=1, to_all=9))
    incoming = [maker.inbox.requests()[-1] for _ in range(2) if asker.ask([TEN_ETH], maker)]
    same = desks.inbox.Incoming(incoming[1].request, incoming[0].reply, incoming[1].expires_ms)
    assert responder.respond(incoming[0], world.now_ms + 30_000, world.now_ms)
    with pytest.raises(Unsatisfied, match="more requests came in a minute"):
        responder.respond(same, world.now_ms + 30_000, world.now_ms)
    assert responder.respond(incoming[1], world.now_ms + 30_000, world.now_ms)


def test_a_maker_that_does_not_want_to_answer_says_nothing(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    responder = Responder(maker.session, maker.memory, lambda _: [])
    assert responder.respond(maker.incoming(), world.now_ms + 9, world.now_ms) is None
    assert not maker.memory.answered


def test_what_an_account_cannot_do_is_refused_before_anything_is_proved(world, monkeypatch):
    maker, asker = world.desk(USDC), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    monkeypatch.setattr(pipeline, "prove", lambda *_: pytest.fail("nothing is proved"))
    with pytest.raises(Unsatisfied, match="would lack 10 ETH"):
        maker.answer(both(29_000, 31_000))
    assert not maker.memory.answered


def test_one_side_alone_is_a_quote_too(world):
    maker, asker = world.desk(USDC), world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], maker)
    maker.answer(desks.Prices(frozenset([0]), {Way.BID: {USDC: 29_000}}))
    with pytest.raises(taking.Gone, match="no quotes are left with which to buy"):
        asker.best(inquiry, "buy")
    asker.take(inquiry, "sell")
    assert maker.balance(ETH) == 10**10


@pytest.mark.parametrize("prices, why", [
    (both(1, 2, (1,)), "lines that the request does not have"),
    (both(1, 2, ()), "for nothing"),
    (desks.Prices(frozenset([0]), {}), "for nothing"),
    (both(1, 2, paid_in=BTC), "an asset that the request does not name"),
    (both(1, 1 << 63), "does not fit in 64 bits"),
])  # fmt: skip
def test_prices_that_are_not_for_the_request_are_refused(world, prices, why):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    with pytest.raises(FormatError, match=why):
        maker.answer(prices)


def test_a_request_that_expired_is_not_answered(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    incoming = maker.incoming()
    world.later(30_000)
    assert maker.inbox.requests() == []
    with pytest.raises(Unsatisfied, match="expired"):
        maker.answer(both(1, 2), incoming=incoming)


def test_a_quote_that_expired_is_refused_by_whoever_looks_at_it(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC, ETH)
    inquiry = asker.ask([TEN_ETH], maker)
    maker.answer(both(29_000, 31_000), life_ms=10_000)
    deal = asker.best(inquiry, "buy")
    assert deal.expires_ms % answering.STEP_MS == 0 and deal.expires_ms - world.now_ms < 20_000
    world.later(20_000)
    assert "expired" in asker.quotes(inquiry)[1][0].reason
    with pytest.raises(taking.Gone, match="the quote has expired: ask again"):
        asker.take(inquiry, "buy", deal)
    assert asker.balance(ETH) == FUNDS


def test_a_request_is_answered_again_only_by_a_maker_that_says_so(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    inquiry = asker.ask([TEN_ETH], maker)
    maker.answer(both(29_000, 31_000))
    with pytest.raises(Unsatisfied, match="was answered before"):
        maker.answer(both(29_000, 30_000))
    maker.answer(both(29_000, 30_000), again=True)
    assert len(asker.quotes(inquiry)[0]) == 2 and asker.best(inquiry, "buy").pays == {USDC: 30_000}


def test_a_request_that_comes_too_late_does_not_wait(world):
    maker, asker = world.desk(USDC), world.desk(USDC)
    sent: list[bytes] = []
    asker.carrier.send = sent.append
    asker.ask([TEN_ETH], maker)
    world.later(30_000)
    maker.inbox.deliver(sent[0])
    assert not maker.inbox._waiting


@pytest.mark.parametrize("lines, makers, life_ms, numbers, why", [
    (1, 0, 30_000, {}, "goes to 0 makers"),
    (1, 1, 0, {}, "open for at most an hour"),
    (1, 1, 3_600_001, {}, "open for at most an hour"),
    (0, 1, 30_000, {}, "has 0 lines"),
    (21, 1, 30_000, {}, "has 21 lines"),
    (2, 1, 30_000, {0: (1,)}, "nobody is asked about line 1"),
    (2, 1, 30_000, {0: (2,)}, "a line that is not there"),
    (2, 1, 30_000, {0: (1, 1)}, "about one twice"),
])  # fmt: skip
def test_a_request_that_nobody_could_answer_is_not_sent(world, lines, makers, life_ms, numbers, why):
    asker, sent = world.desk(USDC), []
    asker.carrier.send = sent.append
    with pytest.raises(FormatError, match=why):
        asker.ask([TEN_ETH] * lines, *[asker] * makers, numbers=numbers, life_ms=life_ms)
    assert not sent and not asker.memory.inquiries


def test_a_watch_only_wallet_neither_asks_nor_answers(world):
    maker, asker = world.desk(USDC, ETH), world.desk(USDC)
    asker.ask([TEN_ETH], maker)
    for desk in (maker, asker):
        desk.session.file.wallet = wallets.watch_only(desk.session.wallet)
    with pytest.raises(keys.WatchOnly):
        maker.answer(both(1, 2))
    with pytest.raises(keys.WatchOnly):
        asker.ask([TEN_ETH], maker)
