"""The client: what a service answers becomes what a ledger here would raise, and nothing is read for ever."""

import gzip
import json
from types import SimpleNamespace

import httpx
import pytest

from prover.network.mirrors import joined
from prover.network.wire import client as clients
from prover.network.wire import relay, work
from prover.network.wire.client import Client, NotFound, Refused
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError

URL = "http://ledger.test:7464"


def client(*answers, pauses=None):
    """A client of a service that gives these answers, the last one for ever, and raises those that are exceptions."""
    waiting = list(answers)

    def handler(request):
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    paused = [] if pauses is None else pauses
    return Client(URL, httpx.MockTransport(handler), paused.append)


def problem(status, **fields):
    return httpx.Response(status, json={"status": status, **fields}, headers={"Retry-After": "3"})


def test_an_answer_is_returned_as_it_is():
    assert client(httpx.Response(200, content=b"\x00\xff")).get("/tile/0/000") == b"\x00\xff"


def test_a_rejection_is_raised_as_the_ledger_raises_it():
    answer = problem(409, name="NULLIFIER_SPENT", rejection=10, detail="leg 0 spends\x1b[31m an account", remedy="x")
    with pytest.raises(Rejected) as refused:
        client(answer).post("/bundles", b"")
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT
    assert refused.value.detail == "leg 0 spends\\x1b[31m an account"


@pytest.mark.parametrize(
    "answer, error",
    [
        (problem(409, name="NULLIFIER_SPENT", rejection=11), Refused),  # a name and a number that are not of one
        (problem(409, name="NULLIFIER_SPENT", rejection=True), Refused),
        (problem(422, name="NO_SUCH", rejection=10), Refused),
        (problem(404, name="NOT_FOUND"), NotFound),
        (httpx.Response(302, headers={"Location": "http://elsewhere/"}), Refused),
        (httpx.Response(418, content=b"\xff"), Refused),
        (problem(504, name="OUTCOME_UNKNOWN"), OutcomeUnknown),
        (problem(500, name="INTERNAL"), OutcomeUnknown),
        (httpx.ConnectError("refused"), Unavailable),
        (httpx.ReadTimeout("slow"), OutcomeUnknown),
        (httpx.RemoteProtocolError("gone"), OutcomeUnknown),
        (httpx.Response(200, content=bytes(clients.MAX_ANSWER_BYTES + 1)), Refused),
        (httpx.Response(400, content=bytes(clients.MAX_PROBLEM_BYTES + 1)), Refused),
        (httpx.Response(400, content=b"[" * 60_000), Refused),
        (httpx.Response(200, content=gzip.compress(b"{}"), headers={"Content-Encoding": "gzip"}), Refused),
    ],
)
def test_every_other_answer_to_what_was_sent_says_whether_it_may_have_happened(answer, error):
    with pytest.raises(error) as raised:
        client(answer).post("/bundles", b"")
    assert type(raised.value) is error


@pytest.mark.parametrize("answer", [problem(500), problem(504), httpx.ReadTimeout("slow"), httpx.ConnectError("no")])
def test_reading_changes_nothing_so_its_outcome_is_never_unknown(answer):
    with pytest.raises(Unavailable) as raised:
        client(answer).get("/checkpoint")
    assert type(raised.value) is Unavailable


def test_a_busy_service_is_asked_again_as_late_as_it_wants_and_not_for_ever(monkeypatch):
    pauses = []
    answer = client(problem(503), problem(429), httpx.Response(200, content=b"{}"), pauses=pauses).post("/bundles", b"")
    assert (answer, pauses) == (b"{}", [3, 3])
    monkeypatch.setattr(clients, "PATIENCE_S", 0)
    with pytest.raises(Unavailable) as raised:
        client(problem(503, detail="256 requests wait already")).post("/bundles", b"")
    assert type(raised.value) is Unavailable and "256 requests wait already" in str(raised.value)


def test_a_service_that_asks_for_work_gets_it_for_this_body_and_not_too_much():
    seen, pauses = [], []

    def handler(request):
        nonce = request.headers.get("Work", "")
        seen.append(nonce)
        is_enough = work.is_done(request.content, nonce, 8)
        return httpx.Response(200 if is_enough else 503, headers={"Work": "8", "Retry-After": "1"})

    Client(URL, httpx.MockTransport(handler), pauses.append).post("/bundles", b"body")
    assert seen[0] == "" and len(seen) == 2 and pauses == []
    assert work.is_done(b"body", seen[1], 8) and not work.is_done(b"another", seen[1], 8)
    for wrong in (seen[1][2:], seen[1] + "00", "x" * 16, "", "é" * 16):
        assert not work.is_done(b"body", wrong, 0)
    with pytest.raises(FormatError, match="200 bits"):
        client(httpx.Response(503, headers={"Work": "200"})).post("/bundles", b"body")


def test_bytes_are_sent_as_bytes_and_nothing_says_who_sends_them():
    seen = []

    def handler(request):
        seen.append(request)
        return httpx.Response(200)

    Client(URL + "/", httpx.MockTransport(handler)).post("/bundles", b"\x01")
    (request,) = seen
    assert (str(request.url), request.content) == (f"{URL}/bundles", b"\x01")
    assert set(request.headers) == {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
    }  # fmt: skip
    assert request.headers["content-type"] == "application/octet-stream" and json.dumps(dict(request.headers))


@pytest.mark.parametrize(
    "url",
    ["ledger.test", "ftp://ledger.test", "http://", "http://user:secret@ledger.test", "http://ledger.test/?key=secret",
     "http://ledger.test/#secret", "http://ledger.test:0", "http://ledger.test:70000", "http://led ger.test",
     "http://ledger.test/" + "x" * 200, "http://[::1"],
)  # fmt: skip
def test_a_url_with_anything_but_a_place_in_it_is_refused_without_repeating_a_secret(url):
    with pytest.raises(FormatError) as refused:
        Client(url)
    assert "secret" not in str(refused.value) or "@" not in url


def test_a_request_whose_connection_broke_is_sent_again_and_not_for_ever():
    pauses = []
    broken, reached = httpx.ReadError("reset"), httpx.Response(200, content=b"receipt")
    assert client(broken, broken, broken, reached, pauses=pauses).post("/bundles", b"x") == b"receipt"
    assert pauses == [0.1, 0.2, 0.4]
    with pytest.raises(OutcomeUnknown, match="did not answer"):
        client(*[broken] * clients.TRIES, reached).post("/bundles", b"x")
    with pytest.raises(Unavailable, match="did not answer") as refused:
        client(*[broken] * clients.TRIES, reached).get("/pool")
    assert not isinstance(refused.value, OutcomeUnknown)


def test_a_service_that_nobody_can_connect_to_is_tried_twice():
    unreached = httpx.ConnectError("refused")
    assert client(unreached, httpx.Response(200, content=b"pool")).get("/pool") == b"pool"
    with pytest.raises(Unavailable, match="cannot be reached") as refused:
        client(unreached, unreached, httpx.Response(200)).post("/bundles", b"x")
    assert not isinstance(refused.value, OutcomeUnknown)


def test_what_may_have_happened_at_the_first_try_stays_unknown_whatever_keeps_the_next_from_finding_out(monkeypatch):
    monkeypatch.setattr(clients, "PATIENCE_S", 1)
    broken, unreached = httpx.ReadError("reset"), httpx.ConnectError("refused")
    for later in ([unreached, unreached], [problem(503, name="BUSY")], [broken] * 3):
        with pytest.raises(OutcomeUnknown):
            client(broken, *later).post("/bundles", b"x")
    with pytest.raises(Rejected, match="NULLIFIER_SPENT"):
        client(broken, problem(409, name="NULLIFIER_SPENT", rejection=10)).post("/bundles", b"x")


@pytest.mark.parametrize("keeps", [True, False])
def test_a_board_that_did_not_change_is_not_sent_again_to_a_client_that_keeps_it(keeps):
    asked = []

    def handler(request):
        asked.append(request.headers.get("If-None-Match"))
        if request.url.path == "/checkpoint":
            return httpx.Response(200, content=b"checkpoint", headers={"ETag": '"c"'})
        etag = '"new"' if len(asked) > 3 else '"old"'
        if asked[-1] == etag:
            return httpx.Response(304, headers={"ETag": etag})
        return httpx.Response(200, content=etag.encode(), headers={"ETag": etag})

    service = Client(URL, httpx.MockTransport(handler), keeps=keeps)
    answers = [service.get("/orders") for _ in range(5)]
    assert answers == [b'"old"'] * 3 + [b'"new"'] * 2
    assert asked == ([None, '"old"', '"old"', '"old"', '"new"'] if keeps else [None] * 5)
    assert [service.get("/checkpoint") for _ in range(2)] == [b"checkpoint"] * 2 and asked[-2:] == [None, None]


def test_an_answer_of_no_change_to_who_has_nothing_is_refused():
    with pytest.raises(Refused, match="304"):
        client(httpx.Response(304)).get("/orders")


def test_a_ledger_that_runs_on_keeps_boards_at_the_same_service_and_at_the_next(monkeypatch):
    made = []

    class Noted:
        def __init__(self, url, *, keeps=False):
            made.append((url, keeps, self))
            self.is_closed = False

        def close(self):
            self.is_closed = True

    monkeypatch.setattr(clients, "Client", Noted)
    service = relay.Relay("http://old", Noted)
    joined.JoinedLedger.run_on(SimpleNamespace(_service=service))
    service.turn_to("http://new")
    assert [each[:2] for each in made] == [("http://old", False), ("http://old", True), ("http://new", True)]
    assert [client.is_closed for *_, client in made] == [True, True, False]
