"""What a service refuses before it works: bodies too large, too slow, compressed or nested, and eager peers."""

import asyncio
import gzip
import json
import threading

import pytest

from prover.network.service import bodies, effort, gate
from prover.network.service import serving as processes
from prover.network.service.peers import Peers, Rate
from prover.network.wire import work
from settlement.bundles import encoding
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_bundles import deposits, encoded
from zk.errors import FormatError

DEEP = b'{"bundle":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return serving.ledger_at(tmp_path_factory.mktemp("ledger"))


def asked(path, headers, content):
    answer = serving.asked(path, lambda client: client.post("/bundles", content=content, headers=headers))
    return answer.status_code, answer.json()["name"]


async def endless():
    while True:
        yield bytes(1 << 16)


BYTES, JSON = {"Content-Type": bodies.BYTES}, {"Content-Type": bodies.JSON}


@pytest.mark.parametrize(
    "headers, content, status, name",
    [
        (BYTES, b"", 400, "MALFORMED"),
        (BYTES, bytes(100), 400, "MALFORMED"),
        (BYTES, bytes(encoding.MAX_BUNDLE_BYTES + 1), 413, "BODY_TOO_LARGE"),
        (BYTES | {"Content-Length": "50000000"}, b"", 413, "BODY_TOO_LARGE"),
        (BYTES | {"Content-Length": "1" * 30}, b"", 413, "BODY_TOO_LARGE"),
        (BYTES, endless(), 413, "BODY_TOO_LARGE"),
        (BYTES | {"Content-Encoding": "gzip"}, gzip.compress(bytes(1 << 24)), 415, "CONTENT_ENCODING"),
        ({"Content-Type": "text/plain"}, b"x", 415, "MEDIA_TYPE"),
        ({}, b"x", 415, "MEDIA_TYPE"),
        (JSON, DEEP, 400, "MALFORMED_REQUEST"),
        (JSON, b'{"bundle": "00", "bundle": "01"}', 400, "MALFORMED_REQUEST"),
        (JSON, b'{"bundle": "0"}', 400, "MALFORMED_REQUEST"),
        (JSON, b'{"bundle": "0 1"}', 400, "MALFORMED_REQUEST"),
        (JSON, b'{"bundle": 1}', 400, "MALFORMED_REQUEST"),
        (JSON, b'{"bundel": "00"}', 400, "MALFORMED_REQUEST"),
        (JSON, b"\xff", 400, "MALFORMED_REQUEST"),
        (JSON, json.dumps({"bundle": "00" * (encoding.MAX_BUNDLE_BYTES + 1)}).encode(), 413, "BODY_TOO_LARGE"),
        (JSON, b'{"bundle": "00"}', 400, "MALFORMED"),
    ],
)
def test_a_body_that_the_service_cannot_take_is_refused_by_name(path, headers, content, status, name):
    assert asked(path, headers, content) == (status, name)


def test_a_body_that_trickles_in_is_refused_when_its_time_is_over(path, monkeypatch):
    monkeypatch.setattr(bodies, "READ_S", 0.05)

    async def never():
        yield b"x"
        await asyncio.sleep(30)

    assert asked(path, BYTES, never()) == (408, "TIMEOUT")


def test_what_is_not_a_route_is_a_problem_too(path):
    async def questions(client):
        return [await client.get("/nowhere"), await client.delete("/bundles"), await client.delete("/orders")]

    missing, method, board = serving.asked(path, questions)
    assert (missing.status_code, missing.json()["name"]) == (404, "NOT_FOUND")
    assert (method.status_code, method.json()["name"]) == (405, "METHOD_NOT_ALLOWED")
    assert method.headers["allow"] == "POST" and board.headers["allow"] == "GET, POST"


def test_a_bug_is_told_as_one_and_says_nothing_of_what_was_asked(path, capsys):
    def breaks(claims):
        raise RuntimeError("secret 1234")

    async def questions(client):
        return await post(client, "/bundles", encoded(deposits(path, 5)[0]))

    answer = serving.asked(path, questions, verify_proofs=breaks)
    assert (answer.status_code, answer.json()["name"]) == (500, "INTERNAL")
    told = capsys.readouterr()
    assert "1234" not in answer.text + told.out + told.err and "RuntimeError" in told.out + told.err


def test_a_peer_that_asks_too_often_waits_and_others_do_not():
    now_ms = 0
    peers = Peers(Rate(capacity=10, per_second=2), lambda: now_ms)
    assert [peers.take("192.0.2.1", 4) for _ in range(3)] == [0, 0, 1]
    assert peers.take("192.0.2.2", 10) == 0
    now_ms = 1_000
    assert peers.take("192.0.2.1", 4) == 0 and peers.take("192.0.2.1", 1) == 1
    peers.fine("192.0.2.1", 1_000)
    assert peers.take("192.0.2.1", 1) == 6  # it owes one full bucket at most


def test_what_is_refused_costs_its_peer_and_what_settles_nothing(path):
    async def questions(client):
        standings, told = client._transport.app.state.parts.standings, []
        for route, data in (("/bundles", encoded(deposits(path, 6)[0])), ("/bundles", b"junk"), ("/orders", b"junk")):
            await post(client, route, data)
            told.append(standings.cost("127.0.0.1"))
        await client.get("/nowhere")
        return [*told, standings.cost("127.0.0.1")]

    settled, *refused, missing = serving.asked(path, questions)
    assert settled == 0 and [round(cost, -1) for cost in (*refused, missing)] == [20, 40, 40]


def test_a_peer_that_has_no_tokens_is_answered_late(path, monkeypatch):
    monkeypatch.setattr(gate, "HELD_S", 0.3)

    async def questions(client):
        client._transport.app.state.parts.peers._now_ms = lambda: 0
        first = await client.get("/checkpoint")
        late = asyncio.create_task(client.get("/checkpoint"))
        await asyncio.sleep(0.1)
        return first, late.done(), await late

    first, is_early, late = serving.asked(path, questions, rate=Rate(capacity=1, per_second=1))
    assert (first.status_code, late.status_code, is_early) == (200, 429, False)


def test_addresses_of_one_customer_are_one_peer():
    peers = Peers(Rate(capacity=2, per_second=1), lambda: 0)
    assert [peers.take(each, 1) for each in ("2001:db8::1", "2001:db8::ffff", "2001:db8::2")] == [0, 0, 1]
    assert [peers.take(each, 1) for each in ("2001:db8:0:1::1", "::ffff:192.0.2.7", "192.0.2.7")] == [0, 0, 0]
    assert peers.take("192.0.2.7", 1) == 1


@pytest.mark.parametrize("text", ["7464", "127.0.0.1", "127.0.0.1:65536", "127.0.0.1:-1", "example.com:80", "[::1:80"])
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(FormatError, match="not an address"):
        processes.address(text, is_public=True)


@pytest.mark.parametrize("text", ["0.0.0.0:7464", "[::]:7464", "192.0.2.1:80"])
def test_an_address_that_others_reach_must_be_meant(text):
    with pytest.raises(FormatError, match="--public"):
        processes.address(text, is_public=False)
    assert processes.address(text, is_public=True)
    assert processes.address("localhost:0", is_public=False) == ("127.0.0.1", 0)
    assert processes.address("[::1]:80", is_public=False) == ("::1", 80)


def test_while_many_wait_each_must_show_work_and_none_when_they_are_done(path, monkeypatch):
    monkeypatch.setattr(effort, "BUSY", 1)
    monkeypatch.setattr(effort, "FIRST_BITS", 10)
    has_begun, may_end = threading.Event(), threading.Event()

    async def questions(client):
        first, second, third = (encoded(bundle) for bundle in deposits(path, 1, 2, 3))
        being_settled = asyncio.create_task(post(client, "/bundles", first))
        assert await asyncio.to_thread(has_begun.wait, PATIENCE_S)
        waits = asyncio.create_task(post(client, "/bundles", second))
        waiting = client._transport.app.state.parts.waiting
        await patience.soon(lambda: len(waiting) == 1)
        refused = await post(client, "/bundles", third)
        bits = int(refused.headers["Work"])
        wrong = {"Content-Type": bodies.BYTES, "Work": work.find(second, bits)}
        another = await client.post("/bundles", content=third, headers=wrong)
        right = {"Content-Type": bodies.BYTES, "Work": work.find(third, bits)}
        shown = asyncio.create_task(client.post("/bundles", content=third, headers=right))
        await patience.soon(lambda: len(waiting) == 2 or shown.done())
        may_end.set()
        answers = [await being_settled, await waits, await shown, await post(client, "/bundles", third)]
        return refused, another, bits, [answer.status_code for answer in answers]

    def waits(claims):
        has_begun.set()
        assert may_end.wait(PATIENCE_S)

    refused, another, bits, answered = serving.asked(path, questions, verify_proofs=waits)
    assert (refused.status_code, refused.json()["name"], bits) == (503, "WORK", 10)
    assert another.json()["name"] == "WORK" and answered == [200] * 4


@pytest.mark.parametrize("error, status, name", [(Unavailable, 503, "BUSY"), (OutcomeUnknown, 504, "OUTCOME_UNKNOWN")])
def test_a_database_that_is_lost_is_told_and_opened_again(path, error, status, name):
    failing = [error("lost")]

    def fails_once(claims):
        if failing:
            raise failing.pop()

    async def questions(client):
        data = encoded(deposits(path, 9)[0])
        return await post(client, "/bundles", data), await post(client, "/bundles", data)

    opened = []

    def opens(place, read_only):
        opened.append(read_only)
        return Ledger.open(place, read_only=read_only)

    lost, again = serving.asked(path, questions, verify_proofs=fails_once, opens=opens)
    assert opened.count(False) == 2
    assert (lost.status_code, lost.json()["name"]) == (status, name) and again.status_code == 200
