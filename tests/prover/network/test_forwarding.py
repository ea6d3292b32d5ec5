"""A wallet may ask a validator: what settles is passed on to the operator, and what is read is read there.

Copies of the operator's ledger answer here through services of their own, which follow when they are told to.
"""

import asyncio
import socket

import pytest

from prover.network.mirrors import joined, mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.mirrors.mirror import Mirror
from prover.network.service import parts, peers, standing
from prover.network.service.peers import FORWARDED, Peers, Rate
from prover.network.wire import receipts, work
from prover.network.wire.receipts import Receipt
from settlement import databases
from settlement.bundles import encoding
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from settlement.log import checkpoint
from settlement.rejection import Rejected, Rejection
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_bundles import deposits, encoded
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.orders import boards
from zk.errors import InvalidProof
from zk.formats import dataclassjson, strictjson


@pytest.fixture
def path(tmp_path):
    (tmp_path / "operator").mkdir()
    return serving.ledger_at(tmp_path / "operator")


@pytest.fixture
def operator(path):
    with serving.served(path) as url:
        yield url


def copied(path, folder):
    """A validator's copy of a ledger, with its operator's signature of the newest checkpoint."""
    folder.mkdir()
    databases.copy(path, folder / "ledger.sqlite")
    return folder / "ledger.sqlite"


@pytest.fixture
def validator(path, operator, tmp_path):
    """Connects to a validator's service, which follows the operator's after each thing that is posted to it."""
    copy = copied(path, tmp_path / "validator")
    with serving.clients(path) as direct, serving.clients(copy, sign=None, elsewhere=lambda: operator) as client:

        def follow():
            with Ledger.open(copy) as ledger:
                Mirror(ledger, copy.parent, direct().get).update(any_proof)

        def connect():
            service = client()
            send = service.post

            def posted(path, body):
                answer = send(path, body)
                follow()
                return answer

            service.post = posted
            return service

        follow()
        yield connect


@pytest.fixture
def home(validator, tmp_path):
    """A home that has joined through the validator."""

    opened = []

    def join(service):
        place = tmp_path / "home" / "ledger.sqlite"
        place.parent.mkdir()
        mirror.begin(place, mirror.fetch_pool(service.get), service.get).close()
        opened.append(JoinedLedger(databases.open(place), place.parent, service, lambda: NOW_MS, any_proof))
        return opened[-1]

    yield join
    for each in opened:
        each.close()


def deposit(ledger, amount=5):
    return samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)])


def test_a_wallet_settles_and_posts_orders_through_a_validator(path, validator, home):
    service = validator()
    wallet = home(service)
    wallet.update()
    settled = guarded.settle(wallet, deposit(wallet))
    with Ledger.open(path, read_only=True) as ledger:
        assert ledger.reader.settled(settled.bundle_id).height == settled.height == 1
        key = checkpoint.key(ledger.pool)
        stored = encoding.decode_bundle(ledger.reader.bundle(1)[1])
    answer = service.get(f"/bundles/{settled.bundle_id.hex()}")
    receipt = dataclassjson.read(Receipt, strictjson.loads(answer, "the receipt", 1 << 20), "the receipt")
    assert receipts.verify(receipt, key, settled.bundle_id, stored).size == 2
    order = boards.place(wallet, boards.make(wallet).leg)
    with Ledger.open(path, read_only=True) as ledger:
        assert list(ledger.orders.epochs(NOW_MS)) == [order.order_id]
    assert [each.order_id for each in wallet.orders.alive(NOW_MS)] == [order.order_id]
    with pytest.raises(Rejected) as refused:
        service.post("/bundles", b"junk")
    assert refused.value.rejection is Rejection.MALFORMED


def test_the_receipt_of_a_validator_that_lags_is_waited_for_and_of_one_that_lies_not_believed(
    path, validator, home, monkeypatch
):
    service = validator()
    get, lag = service.get, [0]
    before = get("/checkpoint")

    def shown(path):
        if path == "/checkpoint" and lag[0]:
            lag[0] -= 1
            return before
        return get(path)

    service.get = shown
    wallet = home(service)
    wallet.update()
    monkeypatch.setattr(joined, "_PAUSE_S", 0)
    lag[0] = 3
    assert guarded.settle(wallet, deposit(wallet)).height == 1 and not lag[0]
    monkeypatch.setattr(joined, "PATIENCE_S", 0)
    before, lag[0] = get("/checkpoint"), 100
    with pytest.raises(Discrepancy, match="its log does not have it"):
        guarded.settle(wallet, deposit(wallet, 6))


def asked(path, questions, url, **options):
    return serving.asked(path, questions, sign=None, elsewhere=lambda: url, **options)


def test_an_answer_that_does_not_come_is_unknown_and_one_that_could_not_come_is_nothing(path):
    (bundle,) = deposits(path, 5)
    with socket.create_server(("127.0.0.1", 0)) as silent, socket.create_server(("127.0.0.1", 0)) as gone:
        urls = [f"http://127.0.0.1:{each.getsockname()[1]}" for each in (silent, gone)]
        gone.close()

        async def questions(client):
            def hang_up():
                connection, _ = silent.accept()
                with connection:
                    connection.recv(1 << 16)

            _, answer = await asyncio.gather(
                asyncio.to_thread(hang_up), post(client, "/bundles", encoded(bundle))
            )  # fmt: skip
            return answer

        lost = asked(path, questions, urls[0])
        nothing = asked(path, lambda client: post(client, "/bundles", encoded(bundle)), urls[1])
        board_of_nobody = asked(path, lambda client: client.get("/orders"), urls[1])
    assert (lost.status_code, lost.json()["name"]) == (504, "OUTCOME_UNKNOWN")
    assert [(each.status_code, each.json()["name"]) for each in (nothing, board_of_nobody)] == [(503, "BUSY")] * 2


def test_work_is_asked_for_and_shown_through_a_validator(path, tmp_path, monkeypatch):
    (bundle,) = deposits(path, 5)
    bits = 4

    async def questions(client):
        monkeypatch.setattr(parts.Parts, "_check_work", check)
        first = await post(client, "/bundles", encoded(bundle))
        nonce = work.find(encoded(bundle), int(first.headers[work.HEADER]))
        headers = {"Content-Type": "application/octet-stream", work.HEADER: nonce}
        return first, await client.post("/bundles", content=encoded(bundle), headers=headers)

    def check(self, request, data, count=1):
        if not work.is_done(data, request.headers.get(work.HEADER, ""), bits):
            raise parts.Problem(503, "WORK", "", "", headers={work.HEADER: str(bits), "Retry-After": "1"})

    copy = copied(path, tmp_path / "validator")
    with serving.served(path) as url:
        first, second = asked(copy, questions, url)
    assert (first.status_code, first.headers["Retry-After"]) == (503, "1") and second.status_code == 200


def test_what_is_passed_on_counts_apart_and_a_false_proof_counts_for_who_sent_it(path, tmp_path):
    (bundle,) = deposits(path, 5)

    def false(claims):
        raise InvalidProof("false", index=0)

    async def questions(client):
        await post(client, "/bundles", encoded(bundle))
        standings = client._transport.app.state.parts.standings
        return standings.cost("127.0.0.1")

    async def from_both(client):
        await post(client, "/bundles", b"junk")
        client.headers[FORWARDED] = "1"
        for _ in range(2):
            await post(client, "/bundles", b"junk")
        standings = client._transport.app.state.parts.standings
        return [round(standings.cost(peer), -1) for peer in ("127.0.0.1", "127.0.0.1/forwarded")]

    copy = copied(path, tmp_path / "validator")
    with serving.served(path, verify_proofs=false) as url:
        assert asked(copy, questions, url) > standing.FALSE_PROOF / 2
    assert serving.asked(path, from_both) == [20, 40]


def test_the_buckets_of_what_is_passed_on_are_others():
    buckets = Peers(Rate(capacity=10, per_second=1), lambda: 0)
    own, passed = "192.0.2.1", peers.address_of("192.0.2.1", is_forwarded=True)
    assert buckets.take(passed, 10) == 0 and buckets.take(passed, 1) > 0 and buckets.take(own, 10) == 0
    assert peers.name_of(peers.address_of("2001:db8::1", is_forwarded=True)) == "2001:db8::/64/forwarded"
