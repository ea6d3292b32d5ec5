"""The stream: what happens is told in order, and a connection that broke off resumes without a gap."""

import asyncio
import base64
import json
import threading
import time

import httpx
import pytest

from prover.network.service import parts, streaming
from prover.network.service import serving as sockets
from prover.network.wire import postings
from settlement import events
from settlement.bundles import digests, encoding
from settlement.ledger import Ledger
from settlement.log import checkpoint
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded
from tests.prover.network.test_orders import posted
from tests.prover.network.test_process import served
from tests.prover.network.test_signed import quoted
from tests.settlement.bundles import samples
from tests.settlement.orders import boards

KEY = checkpoint.key(samples.pool())
BYTES = {"Content-Type": "application/octet-stream"}


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


def told(url, enough, since=None, began=None):
    """(id, event, document) of each event of a stream, up to the first for which `enough` holds."""
    headers = {} if since is None else {"Last-Event-ID": str(since)}
    heard, current = [], {}
    with httpx.stream("GET", f"{url}/stream", headers=headers, timeout=PATIENCE_S) as answer:
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
        assert began.wait(PATIENCE_S)
        for route, data in (("orders", postings.encode(order)), ("bundles", encoded(first)),
                            ("withdrawals", withdrawal), ("publications", prices),
                            ("bundles", encoded(second))):  # fmt: skip
            assert httpx.post(f"{url}/{route}", content=data, headers=BYTES).status_code == 200
        listening.join(PATIENCE_S)
        return heard

    heard = served(path, client)
    assert heard[0][1:] == ("board", {"orders": []}) and heard[1][:2] == ("1", "checkpoint")
    assert heights(heard) == [1, 2, 3]
    assert ("grid", {"epoch": 1, "height": 2, "coverage": "range"}) in [each[1:] for each in heard]
    listed, withdrawn = [document for _, name, document in heard if name == "order"]
    data = base64.b64encode(postings.encode(order)).decode()
    assert listed == {"order": order_id.hex(), "is_open": True, "posting": data}
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
        assert began.wait(PATIENCE_S)
        with Ledger.open(path) as ledger:
            samples.publish(ledger)
        listening.join(PATIENCE_S)
        return heard

    assert heights(served(path, client)) == [1]


@pytest.mark.parametrize("wrong", ["2", "-1", "x", "1" * 30])
def test_an_id_that_the_stream_never_gave_is_refused(path, wrong):
    answer = serving.asked(path, lambda client: client.get("/stream", headers={"Last-Event-ID": wrong}))
    assert answer.status_code == 400


def test_an_open_stream_does_not_keep_the_service_from_ending(path, monkeypatch):
    def client(url):
        began = threading.Event()
        listening = threading.Thread(target=told, args=(url, lambda all: False, None, began))
        listening.start()
        assert began.wait(PATIENCE_S)
        return listening

    monkeypatch.setattr(sockets, "DRAIN_S", 2 * PATIENCE_S)
    start_s = time.monotonic()
    served(path, client).join(PATIENCE_S)
    assert time.monotonic() - start_s < PATIENCE_S


def asked(path, questions, **options):
    """What `questions` returns, which is called with the parts of a service and a client of it."""
    return serving.asked(path, lambda client: questions(client._transport.app.state.parts, client), **options)


def test_streams_are_told_of_what_has_changed_and_not_of_what_was_refused(path):
    async def questions(service, client):
        versions, good = [], encoded(deposits(path, 5)[0])
        order = postings.encode(posted(path)[0])
        for route, data, version in (("bundles", b"junk", 0), ("orders", b"junk", 0), ("bundles", good, 1),
                                     ("bundles", good, 1), ("orders", order, 2)):  # fmt: skip
            await serving.post(client, f"/{route}", data)
            await patience.soon(lambda least=version: service.version >= least)
            await asyncio.sleep(0.02)
            versions.append(service.version)
        return versions

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "TOGETHER_S", 0.001)
        assert asked(path, questions) == [0, 0, 1, 1, 2]


def test_what_happens_within_a_tenth_of_a_second_is_told_together(path, monkeypatch):
    monkeypatch.setattr(parts, "TOGETHER_S", 0.2)

    async def questions(service, client):
        versions = []
        for _ in range(3):
            await service.hear()
            versions.append(service.version)
        await asyncio.wait_for(service.changed.wait(), PATIENCE_S)
        versions.append(service.version)
        service.stopping.set()
        await service.hear()
        return [*versions, service.version]

    assert asked(path, questions) == [1, 1, 1, 2, 3]


def test_streams_that_have_told_the_same_share_one_text(path, monkeypatch):
    made = []
    monkeypatch.setattr(streaming, "_texts", lambda *known: made.append(known) or ["text"])

    async def questions(service, client):
        streams = [streaming._told(service, size) for size in (0, 0, 1, 0)]
        first = await asyncio.wait_for(asyncio.gather(*map(anext, streams)), PATIENCE_S)
        await service.hear()
        return first, await asyncio.wait_for(asyncio.gather(*map(anext, streams)), PATIENCE_S)

    first, second = asked(path, questions)
    assert len(made) == 2 + 1 and first[0] == first[1] == first[3] and second == ["text"] * 4
