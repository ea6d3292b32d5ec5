"""Requests are answered as the strategies price them, once, within the limits, and every answer is in the journal."""

from contextlib import contextmanager

import pytest

from prover.dealer import requests
from prover.dealer.limits import exposures, limits
from prover.dealer.strategies.strategy import Answer
from prover.rfq.messages import Way
from prover.trader import walletscan
from prover.trader.addresses import Address
from tests.prover.dealer import scene as scenes
from tests.prover.rfq.desks import ETH, FUNDS, USDC, both, line
from zk.errors import Unsatisfied


@pytest.fixture
def scene(tmp_path):
    with scenes.scene(tmp_path) as made:
        yield made


def test_a_request_is_answered_two_way_and_what_is_taken_settles(scene):
    inquiry = scene.taker.ask([line(ETH=2)], scene.maker)
    assert scene.step()
    scene.world.hub.deliver()
    scene.taker.take(inquiry, "buy")
    assert scene.balances(scene.maker)[:3] == (FUNDS + 1_100, 0, FUNDS - 2)
    (quoted,) = scene.lines("quoted")
    assert quoted.why == "the test's prices" and quoted.numbers["strategy"] == "test"
    assert (quoted.numbers["bids"], quoted.numbers["offers"]) == (["0.001 USDC"], ["0.0011 USDC"])
    assert len(quoted.numbers["legs"]) == 2
    assert not scene.step()


def test_the_lines_of_a_request_are_quoted_on_accounts_of_their_own_and_can_be_taken_together(tmp_path):
    with scenes.scene(tmp_path, [(USDC, ETH), (USDC, ETH)]) as scene:
        prices = [both(1_000, 1_100, [0]), both(1_500, 1_600, [1])]
        scene.strategy.price = lambda *_: Answer(tuple(prices), "each line apart")
        inquiry = scene.taker.ask([line(ETH=2), line(ETH=3)], scene.maker)
        scene.step()
        scene.world.hub.deliver()
        scene.taker.take(inquiry, "buy")
        assert scene.balances(scene.maker)[:3] == (2 * FUNDS + 2_700, 0, 2 * FUNDS - 5)


def test_a_request_that_nobody_prices_is_declined_with_the_reason(scene):
    scene.strategy.prices = None
    inquiry = scene.taker.ask([line(ETH=2)], scene.maker)
    assert scene.step()
    scene.world.hub.deliver()
    assert scene.taker.quotes(inquiry) == ([], [])
    (declined,) = scene.lines("declined")
    assert declined.why == "it has no price" and "ETH for USDC" in declined.numbers["asked"][0]


def test_a_limit_that_refuses_is_told_and_nothing_is_sent(scene, monkeypatch):
    @contextmanager
    def offering(counterparty, market):
        def refuse(_):
            raise Unsatisfied("that is beyond a limit")

        yield refuse

    scene.dealer._exposures.offering = offering
    inquiry = scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    scene.world.hub.deliver()
    assert scene.taker.quotes(inquiry) == ([], [])
    assert [each.why for each in scene.lines("not quoted")] == ["that is beyond a limit"]


def test_who_asks_at_an_address_of_their_own_is_known(scene):
    known = []

    @contextmanager
    def offering(counterparty, market):
        known.append(counterparty)
        yield lambda _: None

    scene.dealer._exposures.offering = offering
    address = walletscan.address(scene.maker.session.wallet, 1)
    other = scene.taker.ask([line(ETH=2)], type("Named", (), {"address": address})())
    scene.step()
    scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    assert isinstance(address, Address) and other and known == ["acme", ""]


def test_a_dealer_that_begins_again_answers_nothing_twice(scene):
    scene.taker.ask([line(ETH=2)], scene.maker)
    request = scene.post.inbox.requests()[0]
    scene.step()
    scene.open()
    scene.post.inbox._waiting[request.request.request_id] = request  # as a carrier brings it again
    scene.step()
    assert [each.event for each in scene.lines()] == ["quoted"]


def test_more_requests_than_a_round_takes_wait_for_the_next(scene):
    for size in range(1, 7):
        scene.taker.ask([line(ETH=size)], scene.maker)
    scene.step()
    assert len(scene.lines("quoted")) == 4
    scene.step()
    assert len(scene.lines("quoted")) == 6


def test_of_two_equal_quotes_on_one_account_one_trade_is_told(scene):
    session = scene.maker.session
    scene.dealer._exposures = exposures.Exposures(session, limits.Limits(), lambda: scene.world.now_ms)
    scene.taker.ask([line(ETH=2)], scene.maker)
    inquiry = scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    scene.world.hub.deliver()
    scene.taker.take(inquiry, "buy")
    scene.step()
    assert len(scene.lines("quoted")) == 2 and len(scene.lines("taken")) == 1


def test_a_strategy_that_fails_declines(scene):
    scene.strategy.fails = True
    scene.taker.ask([line(ETH=2)], scene.maker)
    scene.step()
    assert [each.why for each in scene.lines("declined")] == ["the strategy test failed"]


def test_both_sides_are_shown_for_what_they_are(scene):
    assert requests.shown(scene.world.ledger.pool, scenes.both(-5, 7), Way.BID) == "−0.000005 USDC"
