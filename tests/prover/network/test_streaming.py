"""The stream: what happens is told in order, and a connection that broke off resumes without a gap."""

import json
import threading
import time

import httpx
import pytest

from prover.network import postings
from settlement import digests, encoding, events
from settlement.ledger import Ledger
from settlement.log import checkpoint
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded
from tests.prover.network.test_orders import posted
from tests.prover.network.test_process import served
from tests.prover.network.test_signed import quoted
from tests.settlement import boards, samples

KEY = checkpoint.key(samples.pool())
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def told(url, enough, since=None, began=None):
    """(id, event, document) of each event of a stream, up to the first for which `enough` holds."""
    headers = {} if since is None else {"Last-Event-ID": str(since)}
    heard, current = [], {}
    with httpx.stream("GET", f"{url}/stream", headers=headers, timeout=20) as answer:
        assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line:
                name, _, value = line.partition(": ")
                current[name] = value
                continue
            if "event" in current:
                heard.append((current.get("id"), current["event"], json.loads(current["data"])))
                if began is not None and current["event"] == "checkpoint":
                    began.set()
                if enough(heard):
                    return heard
            current = {}
    return heard


def heights(heard):
    return [event["height"] for _, name, document in heard if name == "block" for event in document["events"]]


def test_what_happens_is_told_while_it_happens(path):
    first, second = deposits(path, 5, 7)
    prices, (order,) = quoted(path), posted(path)
    with Ledger.open(path, read_only=True) as ledger:
        order_id = digests.leg_id(ledger.ledger_id, encoding.decode_leg(order.leg_bytes))
        withdrawal = postings.encode_withdrawal(order_id, boards.withdrawal(ledger.ledger_id, order_id))

    def client(url):
        began, heard = threading.Event(), []
        listening = threading.Thread(target=lambda: heard.extend(told(url, lambda all: all[-1][0] == "4", began=began)))
        listening.start()
        assert began.wait(10)
        for route, data in (("orders", postings.encode(order)), ("bundles", encoded(first)),
                            ("withdrawals", withdrawal), ("publications", prices),
                            ("bundles", encoded(second))):  # fmt: skip
            assert httpx.post(f"{url}/{route}", content=data, headers=BYTES).status_code == 200
        listening.join(20)
        return heard

    heard = served(path, client)
    assert heard[0][1:] == ("board", {"orders": []}) and heard[1][:2] == ("1", "checkpoint")
    assert heights(heard) == [1, 2, 3]
    assert ("grid", {"epoch": 1, "height": 2, "coverage": "range"}) in [each[1:] for each in heard]
    listed, withdrawn = [document for _, name, document in heard if name == "order"]
    assert listed == {"order": order_id.hex(), "is_open": True}
    assert withdrawn == {"order": order_id.hex(), "is_open": False, "is_withdrawn": True}
    for identity, name, document in heard:
        assert (identity is not None) == (name == "checkpoint")
        if name == "checkpoint":
            assert checkpoint.verify(document["note"], KEY).size == document["size"] == int(identity)


def test_a_stream_resumes_after_the_last_id_without_a_gap(path):
    bundles = deposits(path, *range(1, 6))

    def client(url):
        for bundle in bundles:
            assert httpx.post(f"{url}/bundles", content=encoded(bundle), headers=BYTES).status_code == 200

        def is_over(heard):
            return heard[-1][0] == "6"

        return [heights(told(url, is_over, since)) for since in (0, 1, 4, 6)]

    assert served(path, client) == [[0, 1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [4, 5], []]


def test_what_another_process_settles_is_told_too(path):
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.reader.last_event().kind == events.GENESIS

    def client(url):
        began, heard = threading.Event(), []
        listening = threading.Thread(target=lambda: heard.extend(told(url, lambda all: all[-1][0] == "2", began=began)))
        listening.start()
        assert began.wait(10)
        with Ledger.open(path) as ledger:
            samples.publish(ledger)
        listening.join(20)
        return heard

    assert heights(served(path, client)) == [1]


@pytest.mark.parametrize("wrong", ["2", "-1", "x", "1" * 30])
def test_an_id_that_the_stream_never_gave_is_refused(path, wrong):
    answer = serving.asked(path, lambda client: client.get("/stream", headers={"Last-Event-ID": wrong}))
    assert answer.status_code == 400


def test_an_open_stream_does_not_keep_the_service_from_ending(path):
    def client(url):
        began = threading.Event()
        listening = threading.Thread(target=told, args=(url, lambda all: False, None, began))
        listening.start()
        assert began.wait(10)
        return listening

    start_s = time.monotonic()
    served(path, client).join(5)
    assert time.monotonic() - start_s < 10
