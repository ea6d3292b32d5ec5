"""Makers whose quotes are not of what was asked or would not settle, and others who play with letters."""

from dataclasses import replace

import pytest

from prover.carriers import letters
from prover.rfq import answering, inbox, messages, taking
from prover.rfq.answering import Prices, Responder
from prover.rfq.messages import Quote, Request, Way
from prover.trader import plan, trade
from settlement.pool.parameters import Fees
from tests.prover import pools
from tests.prover.rfq import desks
from tests.prover.rfq.desks import BTC, ETH, FUNDS, USDC, XAU, Desk, both, line

TEN_ETH = line(ETH=10**10)


@pytest.fixture
def world(tmp_path):
    with desks.world(tmp_path) as made:
        yield made


@pytest.fixture
def pair(world):
    """A maker with ETH, BTC and USDC, and an asker who asked it about 10 ETH."""
    maker, asker = world.desk(USDC, ETH, BTC), world.desk(USDC, ETH)
    return maker, asker, asker.ask([TEN_ETH], maker)


def quote(maker: Desk, *prices: Prices, asked: Request | None = None) -> Quote:
    """A quote for another request than the one that came, perhaps."""
    request, now_ms = asked or maker.incoming().request, maker.world.now_ms
    made, _ = answering.quote(maker.session, request, prices, now_ms + 30_000, now_ms, trade.allow_new_debts)
    return made[0]


def send(maker: Desk, *quotes: Quote) -> None:
    """Answers the only request with these quotes."""
    incoming = maker.incoming()
    body = messages.encode_answer(incoming.request, quotes)
    maker.carrier.send(letters.seal(messages.ANSWER_KIND, body, incoming.reply, None, 1))
    maker.world.hub.deliver()


def refusal(asker: Desk, inquiry) -> str:
    """Why the only quote is refused."""
    firm, (refused,) = asker.quotes(inquiry)
    assert not firm
    return refused.reason


NOT_ASKED = "the quote's terms do not open its value commitment"


@pytest.mark.parametrize("lines", [
    line(ETH=10**10 - 1), line(ETH=-(10**10)), line(BTC=10**10), line(ETH=10**10, BTC=1)
])  # fmt: skip
def test_a_quote_of_other_sizes_or_assets_does_not_open(pair, lines):
    maker, asker, inquiry = pair
    other = object.__new__(Request)  # whose first amount may be negative
    vars(other).update(vars(maker.incoming().request), lines=(lines,))
    sides = {Way.BID: {USDC: 29_000}} if lines.sizes[ETH] < 0 else both(29_000, 31_000).sides
    send(maker, quote(maker, Prices(frozenset([0]), sides), asked=other))
    assert NOT_ASKED in refusal(asker, inquiry)


@pytest.mark.parametrize("change", [
    lambda side: replace(side, payments={USDC: 30_999}),
    lambda side: replace(side, blinding=side.blinding ^ 1),
])  # fmt: skip
def test_terms_that_do_not_open_the_leg_are_refused(pair, change):
    maker, asker, inquiry = pair
    made = quote(maker, both(29_000, 31_000))
    send(maker, replace(made, sides={**made.sides, Way.OFFER: change(made.sides[Way.OFFER])}))
    assert NOT_ASKED in refusal(asker, inquiry)


def test_sides_of_two_accounts_are_refused_because_taking_one_would_leave_the_other(pair, world):
    maker, asker, inquiry = pair
    helper = world.desk(USDC, ETH)
    one, other = quote(maker, both(29_000, 31_000)), quote(helper, both(29_000, 31_000), asked=maker.incoming().request)
    send(maker, Quote(one.lines, {Way.OFFER: one.sides[Way.OFFER], Way.BID: other.sides[Way.BID]}))
    assert "are of different accounts" in refusal(asker, inquiry)


def test_a_leg_that_names_other_company_would_not_settle(pair, monkeypatch):
    maker, asker, inquiry = pair
    move = plan.move
    with monkeypatch.context() as patch:
        patch.setattr(plan, "move", lambda *given, **how: replace(move(*given, **how), companions=b"c" * 32))
        send(maker, quote(maker, both(29_000, 31_000)))
    assert "signed for other company" in refusal(asker, inquiry)


def test_a_leg_whose_proof_is_false_is_refused(pair, world):
    maker, asker, inquiry = pair
    made = quote(maker, both(29_000, 31_000))
    forged = desks.altered_leg(made.sides[Way.OFFER].leg_bytes, proof=pools.ANY_PROOF)
    send(maker, replace(made, sides={Way.OFFER: replace(made.sides[Way.OFFER], leg_bytes=forged)}))
    assert "INVALID_PROOF" in refusal(asker, inquiry)


def test_a_leg_that_was_altered_is_not_signed(pair, world):
    maker, asker, inquiry = pair
    made = quote(maker, both(29_000, 31_000))
    later = desks.altered_leg(made.sides[Way.OFFER].leg_bytes, expiry_ms=world.now_ms + 90_000)
    send(maker, replace(made, sides={Way.OFFER: replace(made.sides[Way.OFFER], leg_bytes=later)}))
    assert "LEG_SIGNATURE" in refusal(asker, inquiry)


def test_a_leg_that_keeps_the_pools_fee_back_is_refused_before_anything_is_proved_for_it(tmp_path, monkeypatch):
    made = pools.make()
    with desks.world(tmp_path, replace(made, parameters=replace(made.parameters, fees=Fees(leg=10, order=0)))) as world:
        maker, asker = world.desk(USDC), world.desk(USDC)
        inquiry = asker.ask([TEN_ETH], maker)
        bid = Prices(frozenset([0]), {Way.BID: {USDC: 29_000}})
        move = plan.move
        with monkeypatch.context() as patch:
            patch.setattr(plan, "move", lambda *given, **how: replace(move(*given, num_fees=0, **how), flows=()))
            send(maker, quote(maker, bid))
        assert "pays a fee of 0 smallest units, and the pool asks 10" in refusal(asker, inquiry)
        send(maker, quote(maker, bid))
        assert len(asker.quotes(inquiry)[0]) == 1


def test_one_liar_hides_nobody_elses_quote(world):
    liar, honest, asker = world.desk(USDC, ETH), world.desk(USDC, ETH), world.desk(USDC)
    inquiry = asker.ask([TEN_ETH], liar, honest)
    made = quote(liar, both(1, 2))
    send(liar, replace(made, sides={Way.OFFER: replace(made.sides[Way.OFFER], payments={USDC: 1})}))
    honest.answer(both(29_000, 31_000))
    assert asker.best(inquiry, "buy").pays == {USDC: 31_000}


def test_an_answer_at_another_reply_address_is_nobodys(pair, world):
    """Else a maker could learn that two reply addresses are of one wallet."""
    maker, asker, inquiry = pair
    second = world.desk(USDC, ETH)
    other = asker.ask([TEN_ETH], second)
    incoming = inbox.Incoming(maker.incoming().request, second.incoming().reply, world.now_ms + 30_000)
    maker.answer(both(29_000, 31_000), incoming=incoming)
    assert asker.quotes(inquiry) == asker.quotes(other) == ([], [])


def test_a_request_to_a_reply_address_is_dropped(pair, world):
    """Else its answer would show which maker asked."""
    maker, asker, _ = pair
    reply = maker.incoming().reply
    request = Request(world.ledger.ledger_id, messages.new_id(), (TEN_ETH,))
    for to, count in ((reply, 0), (asker.address, 1)):
        sealed = letters.seal(messages.REQUEST_KIND, messages.encode_request(request), to, reply, world.now_ms + 9_000)
        asker.inbox.deliver(sealed)
        assert len(asker.inbox.requests()) == count


@pytest.mark.parametrize("change", [{"ledger_id": b"o" * 32}, {}])
def test_a_request_of_another_ledger_is_dropped(world, change):
    maker, asker = world.desk(USDC), world.desk(USDC)
    request = replace(Request(world.ledger.ledger_id, messages.new_id(), (TEN_ETH,)), **change)
    reply, body = letters.fresh_address(asker.session.wallet.view), messages.encode_request(request)
    maker.inbox.deliver(letters.seal(messages.REQUEST_KIND, body, maker.address, reply, world.now_ms + 9_000))
    assert len(maker.inbox.requests()) == (0 if change else 1)


def test_a_request_without_an_address_for_the_answer_is_dropped(world):
    maker = world.desk(USDC)
    body = messages.encode_request(Request(world.ledger.ledger_id, messages.new_id(), (TEN_ETH,)))
    maker.inbox.deliver(letters.seal(messages.REQUEST_KIND, body, maker.address, None, world.now_ms + 9_000))
    assert maker.inbox.requests() == []


def test_junk_in_letters_is_dropped(pair, world):
    maker, asker, inquiry = pair
    reply = maker.incoming().reply
    for kind, to, desk in ((messages.REQUEST_KIND, maker.address, maker), (messages.ANSWER_KIND, reply, asker)):
        for body in (b"", b"junk", bytes(5_000)):
            desk.inbox.deliver(letters.seal(kind, body, to, reply, world.now_ms + 9_000))
        desk.inbox.deliver(b"junk")
    assert len(maker.inbox.requests()) == 1 and asker.inbox.answers(inquiry) == []


def test_what_waits_and_what_is_read_are_bounded(pair, world, monkeypatch):
    maker, asker, inquiry = pair
    made = quote(maker, both(29_000, 31_000))
    for _ in range(inbox.MAX_ANSWERS + 2):
        send(maker, made)
    assert len(asker.inbox.answers(inquiry)) == inbox.MAX_ANSWERS
    monkeypatch.setattr(inbox, "MAX_WAITING", 3)
    for _ in range(4):
        asker.ask([TEN_ETH], maker)
    assert len(maker.inbox.requests()) == 3
    world.later(60_000)
    asker.ask([TEN_ETH], maker)
    assert len(maker.inbox.requests()) == 1, "what expired makes room"


@pytest.mark.parametrize("times", [1, 3])
def test_a_carrier_that_repeats_letters_changes_nothing(tmp_path, times):
    with desks.world(tmp_path, fate=lambda data: [data] * times) as world:
        maker, asker = world.desk(USDC, ETH), world.desk(USDC)
        inquiry = asker.ask([TEN_ETH], maker)
        responder, answered = Responder(maker.session, maker.memory, lambda _: [both(29_000, 31_000)]), []
        while (incoming := maker.inbox.next_request(0)) is not None:
            answered.append(responder.respond(incoming, world.now_ms + 30_000, world.now_ms))
            maker.carrier.send(answered[0].letter)
            world.hub.deliver()
        assert len(asker.inbox.answers(inquiry)) == 1 and answered[1:] in ([], [None])
        asker.take(inquiry, "buy")
        assert asker.balance(ETH) == 10**10


def test_a_carrier_that_loses_or_alters_letters_costs_answers_and_nothing_else(tmp_path):
    altered = lambda data: [data[:-1] + bytes([data[-1] ^ 1])]  # noqa: E731
    fates = [lambda data: [], altered, lambda data: [data]]
    with desks.world(tmp_path, fate=lambda data: fates[0](data)) as world:
        maker, asker = world.desk(USDC, ETH), world.desk(USDC)
        for _ in range(2):
            asker.ask([TEN_ETH], maker)
            assert maker.inbox.requests() == []
            fates.pop(0)
        inquiry = asker.ask([TEN_ETH], maker)
        fates[0] = altered
        reply = maker.answer(both(29_000, 31_000))
        assert asker.inbox.answers(inquiry) == []
        asker.inbox.deliver(reply.letter)
        asker.take(inquiry, "buy")
        assert asker.balance(ETH) == 10**10


def test_answers_that_come_in_another_order_are_the_same_quotes(world):
    makers, asker = [world.desk(USDC, XAU) for _ in range(2)], world.desk(USDC)
    inquiry = asker.ask([line(XAU=5)], *makers)
    deliver, held = asker.inbox.deliver, []
    asker.inbox.deliver = held.append  # type: ignore[method-assign]
    sent = [maker.answer(both(10, price)).letter for maker, price in zip(makers, (30, 20), strict=True)]
    for sealed in reversed(sent):
        deliver(sealed)
    assert asker.best(inquiry, "buy").pays == {USDC: 20}


def test_an_asker_cannot_take_both_sides(pair):
    maker, asker, inquiry = pair
    maker.answer(both(29_000, 31_000))
    buy, sell = asker.best(inquiry, "buy"), asker.best(inquiry, "sell")
    asker.take(inquiry, "buy", buy)
    forgotten = replace(inquiry, inquiry_id=b"another id of it")
    with pytest.raises(taking.Gone):
        asker.take(forgotten, "sell", sell)
    assert maker.balance(USDC) == FUNDS + 31_000
