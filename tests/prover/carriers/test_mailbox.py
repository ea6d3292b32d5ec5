"""What the mailbox's reader asks for: the board once, and then nothing but what the stream tells it to look at."""

import base64

import pytest

from prover.carriers.carrier import ignore
from prover.carriers.mailboxreading import Reading
from prover.network.service import streaming
from prover.network.wire import postings
from prover.network.wire.client import Client
from settlement.orders import board
from tests.prover.carriers import sites
from zk.errors import FormatError


@pytest.fixture
def site(tmp_path):
    made = sites.Mailbox(tmp_path)
    yield made
    made.close()


def test_new_orders_come_with_the_stream_and_the_board_is_read_once(site, monkeypatch):
    asked, get = [], Client.get
    monkeypatch.setattr(Client, "get", lambda self, path: asked.append(path) or get(self, path))
    came, sent = sites.Collected(), [site.order() for _ in range(3)]
    subscription = came.subscribe(site.carrier())
    assert subscription.caught_up(sites.PATIENCE_S)
    for each in sent:
        site.carrier().publish(each)
    came.wait(orders=sent)
    withdrawal = site.withdrawal(sent[0])
    site.carrier().withdraw(withdrawal)
    came.wait(withdrawals=[withdrawal])
    assert asked.count("/orders") == 1 and asked.count("/withdrawals") == 2
    assert subscription.compare(sites.PATIENCE_S) == {sites.digest(sent[0])}


class Board:
    """A service that has these postings, and counts how often it is asked."""

    def __init__(self):
        self.postings, self.reads = [], 0

    def get(self, path):
        assert path == "/orders"
        self.reads += 1
        sizes = [len(each).to_bytes(2, "big") + each + b"\0" for each in self.postings]
        return postings.BOARD_MAGIC + len(sizes).to_bytes(2, "big") + b"".join(sizes)


@pytest.fixture
def reading(site):
    return Reading(site.url, site.ledger_id, ignore, ignore, ignore, 0)


def told(order, data=None, **more):
    shown = {} if data is None else {"posting": base64.b64encode(data).decode()}
    return {"order": order, "is_open": data is not None, **shown, **more}


def test_a_newer_posting_of_an_order_takes_the_place_of_the_older_and_a_closed_one_is_lost(site, reading):
    one, newer = site.order(), site.order()
    for each in (told("ab", one), told("ab", newer), told("ab", newer)):
        reading._take_order(each, Board())
    assert reading._orders == {newer} and set(reading._lost) == {sites.digest(one)}
    reading._take_order(told("ab"), Board())
    assert not reading._orders and sites.digest(newer) in reading._lost
    reading._take_order(told("cd"), Board())  # of which nobody was told


def test_an_order_that_the_stream_does_not_show_is_read_from_the_board(site, reading):
    service = Board()
    service.postings = [site.order()]
    reading._take_order({"order": "ab", "is_open": True}, service)
    assert reading._orders == set(service.postings) and service.reads == 1


def test_a_stream_that_tells_of_ever_new_orders_fills_no_memory(site, reading, monkeypatch):
    monkeypatch.setattr(board, "MAX_ORDERS", 3)
    service, data = Board(), [site.order() for _ in range(8)]
    service.postings = data[:1]
    for number, each in enumerate(data):
        reading._take_order(told(f"{number}", each), service)
    assert len(reading._orders) <= 4 and len(reading._told) <= 4 and service.reads


@pytest.mark.parametrize("document", [
    [], {}, {"order": 1, "is_open": True}, {"order": "ab", "is_open": True, "posting": "%"},
    {"order": "ab", "is_open": True, "posting": base64.b64encode(b"junk").decode()},
])  # fmt: skip
def test_what_is_no_order_is_refused(reading, document):
    with pytest.raises(FormatError):
        reading._take_order(document, Board())


class Orders:
    """A ledger whose board has one posting under every id."""

    def __init__(self, data):
        self.orders, self._data = self, data

    def get(self, order_id):
        return self._data


def test_an_order_with_newer_margin_is_told_again_and_of_too_many_at_once_only_the_ids(monkeypatch):
    monkeypatch.setattr(streaming, "MAX_SHOWN", 2)
    monkeypatch.setattr(postings, "of", lambda found: found)
    monkeypatch.setattr(postings, "encode", lambda found: found)

    def texts(orders, known):
        news = streaming._News([], {}, None, None, 0, frozenset(orders), frozenset())
        return "".join(streaming._orders(news, frozenset(known), Orders(b"data")))

    newer = texts({("aa", 2), ("bb", None)}, {("aa", 1), ("bb", None), ("cc", 1)})
    assert newer.count("event: order") == 2 and '"order": "aa", "is_open": true, "posting": "ZGF0YQ=="' in newer
    assert '"order": "cc", "is_open": false' in newer
    assert texts({("aa", 1), ("bb", 1), ("cc", 1)}, set()).count("posting") == 0
