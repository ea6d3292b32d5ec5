"""Margins of many orders on a board elsewhere: one request for many, and each order's outcome."""

import pytest

from prover.network.mirrors import mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.mirrors.mirror import Mirror
from prover.network.wire import many
from settlement import databases
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from tests.settlement.orders import boards


@pytest.fixture
def path(tmp_path):
    return serving.ledger_at(tmp_path)


class Wire:
    """A service that is gone after so many posts; it notes how many things each had."""

    def __init__(self, client, left=99):
        self.client, self.left, self.counts, self.get, self.close = client, left, [], client.get, client.close

    def post(self, path, body):
        if path == many.PATH:
            self.counts.append(len(many.decode(body)))
            self.left -= 1
            if self.left < 0:
                raise OutcomeUnknown("it is gone")
        return self.client.post(path, body)


@pytest.fixture
def desk(path, tmp_path):
    """A home's copy of a ledger behind a service, with five margined orders on the board, and its wire."""
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        orders = [boards.place(ledger, boards.margined(ledger, terms=()).leg, terms=()) for _ in range(5)]
        samples.publish(ledger)
    with serving.clients(path) as clients:
        client, place = clients(), tmp_path / "desk" / "ledger.sqlite"
        place.parent.mkdir()
        with mirror.begin(place, mirror.fetch_pool(client.get), client.get) as ledger:
            Mirror(ledger, place.parent, client.get).update(samples.any_proof)
        wire = Wire(client)
        joined = JoinedLedger(databases.open(place), place.parent, wire, lambda: NOW_MS, samples.any_proof)
        joined.orders.update()
        yield joined, wire, orders
        joined.close()


def test_margins_of_many_orders_go_in_one_request_and_one_that_is_refused_stops_no_other(path, desk):
    ledger, wire, orders = desk
    with Ledger.open(path) as service:
        boards.withdraw(service, orders[1].order_id)  # of which the desk has not heard
    given = [(each.order_id, guarded.margin(ledger, 2)) for each in orders]
    answers = board.refresh_all(ledger, given, NOW_MS, samples.any_proof)
    assert wire.counts == [5] and isinstance(answers[1], Rejected)
    assert answers[1].rejection is Rejection.ORDER_WITHDRAWN
    assert [each.grid_epoch for number, each in enumerate(answers) if number != 1] == [2] * 4
    with Ledger.open(path) as service:
        assert {each.grid_epoch for each in service.orders.stored()} == {2}


def test_a_service_that_goes_away_amid_many_is_told_of_those_it_did_not_answer_for(path, desk, monkeypatch):
    ledger, wire, orders = desk
    monkeypatch.setattr(many, "MAX_MANY", 2)
    wire.left = 1
    given = [(each.order_id, guarded.margin(ledger, 2)) for each in orders]
    answers = board.refresh_all(ledger, given, NOW_MS, samples.any_proof)
    assert wire.counts == [2, 2] and [isinstance(each, Unavailable) for each in answers] == [False] * 2 + [True] * 3
    wire.left = 99
    answers = board.refresh_all(ledger, given, NOW_MS, samples.any_proof)
    assert [each.grid_epoch for each in answers] == [2] * 5


def test_a_copy_verifies_what_it_sends_once_and_what_others_send_too(path, desk):
    """The bundle comes back in the log a moment later, with the same proofs."""
    ledger, *_ = desk
    seen = []
    verify = ledger._verify
    verify.plain = lambda claims: seen.append(len(claims))
    assert ledger.verifying(samples.any_proof) is samples.any_proof and ledger.verifying(verify.plain) is verify
    guarded.submit(ledger, samples.deposit(ledger, 5), verify=verify.plain)
    (proofs,) = seen
    assert ledger.reader.last_event().kind == "bundle" and proofs > 0
    with Ledger.open(path) as service:
        guarded.submit(service, samples.deposit(service, 6))
    ledger.update()
    assert seen == [proofs] * 2
