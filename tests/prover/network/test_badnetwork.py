"""On a network that loses, doubles, holds back and cuts, homes and validators converge and nothing is settled twice."""

import shutil
import time
from contextlib import ExitStack

import pytest

from prover.network.mirrors import duty, joined, mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.mirrors.mirror import Forked, Mirror
from prover.network.mirrors.validating import Refusing, Validator
from prover.network.wire import client as clients
from prover.network.wire.client import Client, NotFound
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.log import cosignature
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from settlement.storage.sqlite import SqliteRepository
from tests.prover.network import badnetwork, serving
from tests.prover.network.test_validating import NAMED, SECRETS
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.orders import boards

DEPOSITS = 4


class Pauses:
    """A clock of pauses alone: who looks for something looks as often as ever on a machine that stands still."""

    passed_s = 0.0

    def monotonic(self):
        return self.passed_s

    def sleep(self, seconds):
        self.passed_s += seconds
        time.sleep(seconds)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Nobody waits longer than he must for what does not come."""
    monkeypatch.setattr(clients, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(joined, "PATIENCE_S", 0.3)
    monkeypatch.setattr(joined, "_PAUSE_S", 0.02)
    monkeypatch.setattr(joined, "time", Pauses())


@pytest.fixture
def path(tmp_path):
    (tmp_path / "service").mkdir()
    return serving.ledger_at(tmp_path / "service", validators=NAMED)


def insist(act):
    """What `act` returns, called again as often as the network breaks it, as a user repeats a command."""
    for _ in range(50):
        try:
            return act()
        except Unavailable:
            continue
    raise AssertionError("the network never let it through")


def begun(folder, url):
    """A new copy of the ledger behind a service."""
    folder.mkdir()
    with Client(url) as client:
        return mirror.begin(folder / "ledger.sqlite", mirror.fetch_pool(client.get), client.get)


def home(folder, url, network):
    """A home that has joined the ledger, whose way to the service is bad."""
    begun(folder, url).close()
    repository = SqliteRepository.open(folder / "ledger.sqlite")
    return JoinedLedger(repository, folder, Client(network.url), lambda: NOW_MS, any_proof)


def deposit(ledger, amount):
    made = samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)])
    return samples.bind(ledger.ledger_id, made)


def withdrawn(ledger, order_id):
    """Withdraws, where an earlier try may have."""
    boards.withdraw(ledger, order_id)
    with pytest.raises(Rejected) as refused:
        board.get(ledger, order_id, NOW_MS)
    return refused.value.rejection


def validator(ledger, folder, client, number):
    """A validator with a copy of its own."""
    duty.begin(folder / "state.json")
    mirrored = Mirror(ledger, folder, client.get)
    name, secret, state = f"v{number}", SECRETS[number], folder / "state.json"
    return Validator(mirrored, client, name, secret, lambda: NOW_MS, state, any_proof)


@pytest.mark.parametrize("seed", range(2))
def test_homes_on_bad_networks_settle_everything_once_and_see_the_same(path, tmp_path, seed):
    with (
        serving.served(path) as url,
        badnetwork.between(url, seed) as one_network, badnetwork.between(url, seed + 1_000) as other_network,
        home(tmp_path / "one", url, one_network) as one, home(tmp_path / "other", url, other_network) as other,
    ):  # fmt: skip
        ids, open_orders = [], []
        for amount in range(1, DEPOSITS + 1):
            for ledger in (one, other):
                bundle = deposit(ledger, amount)
                data = encoding.encode_bundle(bundle)
                receipt = insist(lambda ledger=ledger, data=data: engine.submit(ledger, data, NOW_MS, any_proof))
                assert receipt.bundle_id == digests.bundle_id(bundle)
                ids.append(receipt.bundle_id)
        for ledger in (one, other):
            for _ in range(2):
                leg = boards.make(ledger).leg
                order_id = digests.leg_id(ledger.ledger_id, leg)
                posting = samples.posting(ledger, leg, boards.TERMS)
                insist(lambda ledger=ledger, posting=posting: board.place(ledger, posting, NOW_MS, any_proof))
                open_orders.append(order_id)
            gone = open_orders.pop()
            reason = insist(lambda ledger=ledger, gone=gone: withdrawn(ledger, gone))
            assert reason is Rejection.ORDER_WITHDRAWN
        assert sum((one_network.seen + other_network.seen).values()) > 60, "there was a network to be survived"
        assert len(one_network.seen) > 5
        one_network.is_calm = other_network.is_calm = True
        one.update(), other.update()
        with Ledger.open(path, read_only=True) as ledger:
            assert ledger.reader.last_event() == one.reader.last_event() == other.reader.last_event()
            settled = [event.body[:32] for event in ledger.reader.events() if event.kind == "bundle"]
            assert sorted(settled) == sorted(ids), "each once, and nothing else"
            for each in (ledger, one, other):
                assert {order.order_id for order in board.listed(each, NOW_MS)} == set(open_orders)


def test_partitioned_validators_make_nothing_final_join_the_others_when_it_heals_and_sign_no_fork(path, tmp_path):
    shutil.copytree(path.parent, tmp_path / "forked")
    forked = tmp_path / "forked" / path.name
    for place, amount in ((path, 5), (forked, 6)):
        with Ledger.open(place) as ledger:
            engine.submit(ledger, encoding.encode_bundle(deposit(ledger, amount)), NOW_MS, any_proof)
    with (
        serving.served(path) as url, serving.served(forked) as lying, badnetwork.between(url, 7) as network,
        ExitStack() as opened,
    ):  # fmt: skip
        ledgers = [opened.enter_context(begun(tmp_path / f"validator{number}", url)) for number in range(3)]
        asking = [opened.enter_context(Client(each)) for each in (network.url, network.url, url)]
        validators = [
            validator(ledger, tmp_path / f"validator{number}", client, number)
            for number, (ledger, client) in enumerate(zip(ledgers, asking, strict=True))
        ]
        assert [insist(each.step).checkpoint.size for each in validators[:2]] == [2, 2]
        network.is_cut = True
        for each in validators[:2]:
            with pytest.raises(Unavailable):
                each.step()
        with Client(url) as client:
            client.post("/bundles", encoding.encode_bundle(deposit(ledgers[2], 7)))
        assert validators[2].step().count == 1, "one of three is no quorum: nothing is final meanwhile"
        network.is_cut = False
        assert [insist(each.step).checkpoint.size for each in validators[:2]] == [3, 3]
        with Client(url) as client:
            final = client.get("/checkpoint/final").decode()
        assert cosignature.is_final(final, NAMED)
        assert len({ledger.reader.last_event() for ledger in ledgers}) == 1
        network.target = lying  # whoever is between them shows them another history, signed by the same operator
        for each in validators[:2]:
            with pytest.raises((Forked, Refusing)):
                insist(each.step)
        with Client(lying) as client, pytest.raises(NotFound, match="no checkpoint is final"):
            client.get("/checkpoint/final")
        assert network.seen["cut off"] and len(network.seen) > 5
