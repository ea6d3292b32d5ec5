"""Many orders for a service's board in one request, and the margins of those that are there already."""

from dataclasses import replace

import pytest

from prover.carriers import mailboard
from prover.carriers.carrier import Refused, Unavailable
from prover.network.wire import many, postings
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejection
from tests.prover.carriers.sites import HOUR_MS, Mailbox, now_ms
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.orders import boards


@pytest.fixture
def site(tmp_path):
    site = Mailbox(tmp_path)
    yield site
    site.close()


def noted(carrier):
    """What each request has, by the magic of its things."""
    requests, post = [], carrier._client.post

    def noting(path, body):
        requests.append([each[:4] for each in many.decode(body)])
        return post(path, body)

    carrier._client.post = noting
    return requests


def epochs(site):
    with Ledger.open(site.path, read_only=True) as ledger:
        return sorted(each.grid_epoch or 0 for each in ledger.orders.stored())


def made(site, count, epoch=1, legs=None):
    """Postings of margined orders at a new epoch, and their legs: new ones, or these with another margin."""
    with Ledger.open(site.path) as ledger:
        samples.publish(ledger, now_ms())
        if legs is None:
            legs = [boards.margined(ledger, terms=(), expiry_ms=now_ms() + HOUR_MS).leg for _ in range(count)]
        fresh = [replace(leg, margin=guarded.margin(ledger, epoch)) for leg in legs]
        return [postings.encode(samples.posting(ledger, leg, posted_ms=now_ms())) for leg in fresh], legs


def test_of_orders_that_are_there_the_margins_alone_are_sent_and_of_lost_ones_the_whole(site):
    mine, (data, legs) = site.carrier(), made(site, 3)
    requests = noted(mine)
    assert mine.carry("order", data) == [1, 1, 1] and requests == [[b"zkP1"] * 3] and epochs(site) == [1] * 3
    newer, _ = made(site, 3, 2, legs)
    assert mine.carry("order", newer) == [1, 1, 1] and requests[1:] == [[b"zkN1"] * 3] and epochs(site) == [2] * 3
    with Ledger.open(site.path) as ledger:
        ledger.orders.replace_all(ledger.orders.stored()[1:])
    newest, _ = made(site, 3, 3, legs)
    assert mine.carry("order", newest) == [1, 1, 1] and requests[2:] == [[b"zkN1"] * 3, [b"zkP1"]]
    assert epochs(site) == [3] * 3
    other = site.carrier()  # which placed nothing
    requests = noted(other)
    assert other.carry("order", newest) == [1, 1, 1] and epochs(site) == [3] * 3
    assert requests == [[b"zkP1"] * 3, [b"zkN1"] * 2], "one of them was posted as it is now, the others were refreshed"


def test_a_cash_order_that_is_there_in_another_posting_is_there(site):
    first, second = site.order(), site.order()
    mine = site.carrier()
    assert mine.carry("order", [first, second]) == [1, 1]
    with Ledger.open(site.path) as ledger:
        legs = [each.leg for each in ledger.orders.stored()]
        again = [postings.encode(samples.posting(ledger, leg, posted_ms=now_ms() - 1)) for leg in legs]
    assert mine.carry("order", again) == [1, 1] and epochs(site) == [0, 0]


def test_what_no_request_can_have_is_refused_here_and_the_others_are_sent(site):
    order, mine = site.order(), site.carrier()
    large, one = mine.carry("order", [bytes(postings.MAX_POSTING_BYTES + 1), order])
    assert isinstance(large, Refused) and "limit" in str(large) and one == 1


def test_who_is_no_service_of_a_ledger_is_away_and_a_refusal_of_all_is_that_of_each(site, monkeypatch):
    orders, mine = [site.order(), site.order()], site.carrier()
    monkeypatch.setattr(mine._client, "post", lambda path, body: b'{"answers": []}')
    assert [type(each) for each in mine.carry("order", orders)] == [Unavailable] * 2
    monkeypatch.undo()
    monkeypatch.setattr(many, "PATH", "/nowhere")
    answers = mine.carry("order", orders)
    assert [type(each) for each in answers] == [Refused] * 2 and "404" in str(answers[0])


def test_only_so_many_orders_are_remembered(site, monkeypatch):
    monkeypatch.setattr(mailboard, "MAX_PLACED", 2)
    mine, (data, _) = site.carrier(), made(site, 3)
    mine.carry("order", data)
    requests = noted(mine)
    assert mine.carry("order", data) == [1, 1, 1]
    assert requests[0] == [b"zkP1", b"zkN1", b"zkN1"], "the same posting is there, and the newest two are remembered"


def test_why_a_margin_is_refused_is_told_of_its_order_alone(site):
    mine, (data, legs) = site.carrier(), made(site, 2)
    assert mine.carry("order", data) == [1, 1]
    newer, _ = made(site, 2, 2, legs)
    with Ledger.open(site.path) as ledger:
        order_id = board.listed(ledger, now_ms(), stale=True)[0].order_id
        board.withdraw(ledger, order_id, boards.withdrawal(ledger.ledger_id, order_id), now_ms())
    refused, taken = sorted(mine.carry("order", newer), key=lambda each: isinstance(each, int))
    assert refused.rejection is Rejection.ORDER_WITHDRAWN and taken == 1
