"""A joined ledger is a ledger: what it settles is settled by the service, and it believes nothing that it is told."""

import pytest

from prover.network.mirrors import joined, mirror
from prover.network.mirrors.joined import JoinedLedger
from prover.network.wire import postings
from settlement import engine
from settlement.bundles import encoding
from settlement.errors import Discrepancy, OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from settlement.storage.orders import Withdrawal
from settlement.storage.sqlite import SqliteRepository
from tests.prover.network import serving
from tests.settlement import guarded
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.orders import boards


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


@pytest.fixture
def path(tmp_path):
    (tmp_path / "service").mkdir()
    return serving.ledger_at(tmp_path / "service")


class Wire:
    """A service on the way to which things happen: `after` is called with each request that the service answered."""

    def __init__(self, client):
        self.client, self.after, self.is_cut = client, lambda path, answer: answer, False

    def get(self, path):
        if self.is_cut:
            raise Unavailable("cut")
        return self.after(path, self.client.get(path))

    def post(self, path, body):
        return self.after(path, self.client.post(path, body))

    def close(self):
        self.client.close()


@pytest.fixture
def desks(path, tmp_path):
    """Two homes' copies of the ledger behind a service, and their wires."""
    with serving.clients(path) as client:
        made = []
        for name in ("one", "other"):
            wire, folder = Wire(client()), tmp_path / name
            folder.mkdir()
            mirror.begin(folder / "ledger.sqlite", mirror.fetch_pool(wire.get), wire.get).close()
            repository = SqliteRepository.open(folder / "ledger.sqlite")
            made.append((JoinedLedger(repository, folder, wire, lambda: NOW_MS, any_proof), wire))
        yield made
        for ledger, _ in made:
            ledger.close()


def deposit(ledger, amount=5):
    return samples.make(ledger, samples.change(USDC=amount), [samples.flow(0, amount)])


def newest(path):
    with Ledger.open(path, read_only=True) as ledger:
        return ledger.reader.last_event()


def test_a_bundle_of_one_home_is_in_the_ledger_and_in_every_copy(desks, path):
    (one, _), (other, _) = desks
    receipt = guarded.settle(one, deposit(one))
    assert (receipt.height, receipt.positions) == (1, (0,)) and receipt.root == one.reader.tree().root
    other.update()
    assert newest(path) == one.reader.last_event() == other.reader.last_event()


def test_events_of_every_kind_go_through_the_service(desks, path):
    (one, _), (other, _) = desks
    samples.publish(one)
    assert one.reader.grids(1)[0].published_ms == NOW_MS
    histories.govern(one, 1)
    other.update()
    assert [event.kind for event in other.reader.events()] == ["genesis", "grids", "parameters"]
    assert newest(path) == other.reader.last_event()


def test_what_the_service_refuses_is_refused_here_with_its_reason(desks):
    (one, _), (other, _) = desks
    first = deposit(one)
    again = samples.make(one, samples.change(USDC=5), [samples.flow(0, 5)], nullifier=first.leg.public.nullifier)
    guarded.settle(one, first)
    before = other.reader.last_event()
    with pytest.raises(Rejected) as refused:  # its copy does not know yet that the account has moved
        guarded.settle(other, again)
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT
    assert other.reader.last_event() == before
    other.update()
    with pytest.raises(Rejected):
        guarded.settle(other, again)


def test_a_bundle_whose_answer_was_lost_is_found_in_the_ledger(desks):
    (one, wire), _ = desks

    def lose(path, answer):
        if path == "/bundles":
            raise OutcomeUnknown("the answer was lost")
        return answer

    wire.after = lose
    assert guarded.settle(one, deposit(one)).height == 1


def test_a_bundle_that_never_arrived_is_unknown_and_then_settles_once(desks, monkeypatch):
    (one, wire), _ = desks
    monkeypatch.setattr(joined, "PATIENCE_S", 0)
    made, post = deposit(one), wire.post

    def lost(path, body):
        raise OutcomeUnknown("lost on the way")

    wire.post = lost
    with pytest.raises(OutcomeUnknown, match="finds out, and does nothing twice"):
        guarded.settle(one, made)
    wire.post = post
    assert guarded.settle(one, made).height == 1


def test_a_service_that_says_it_settled_what_its_log_does_not_have_is_not_believed(desks, monkeypatch):
    (one, wire), _ = desks
    monkeypatch.setattr(joined, "PATIENCE_S", 0)
    wire.post = lambda path, body: b"{}"
    with pytest.raises(Discrepancy, match="its log does not have it"):
        guarded.settle(one, deposit(one))


def test_without_the_service_nothing_happens(desks):
    (one, wire), _ = desks
    wire.is_cut = True
    with pytest.raises(Unavailable):
        one.update()
    assert one.reader.last_event().height == 0


def test_orders_are_posted_and_seen_by_everybody(desks):
    (one, _), (other, _) = desks
    order = boards.place(one, boards.make(one).leg)
    assert board.listed(other, NOW_MS) == board.listed(one, NOW_MS) == [order]
    assert board.get(other, order.order_id, NOW_MS) == order
    with pytest.raises(Rejected) as refused:
        other.orders.update()
        boards.place(other, order.leg)
    assert refused.value.rejection is Rejection.ORDER_KNOWN


def test_false_and_doubled_orders_of_the_service_are_left_out(desks):
    (one, wire), (other, other_wire) = desks
    order = boards.place(one, boards.make(one).leg)

    def spoil(path, answer):
        if path != "/orders":
            return answer
        posting = postings.encode(postings.of(order))
        false = posting[:-1] + bytes([posting[-1] ^ 1])
        listed = [(posting, False), (posting, False), (false, False)]
        rows = b"".join(len(data).to_bytes(2, "big") + data + bytes([paid]) for data, paid in listed)
        return postings.BOARD_MAGIC + len(listed).to_bytes(2, "big") + rows

    other_wire.after = spoil
    assert board.listed(other, NOW_MS) == [order]


def test_an_order_that_was_withdrawn_leaves_every_board_and_everybody_is_told(desks):
    (one, _), (other, wire) = desks
    order = boards.place(one, boards.make(one).leg)
    assert board.listed(other, NOW_MS) == [order]
    boards.withdraw(one, order.order_id)
    for ledger in (one, other):
        with pytest.raises(Rejected) as refused:
            board.get(ledger, order.order_id, NOW_MS)
        assert refused.value.rejection is Rejection.ORDER_WITHDRAWN and board.listed(ledger, NOW_MS) == []
    boards.withdraw(other, order.order_id)  # again, by another home of the same maker
    with pytest.raises(Rejected) as refused:
        boards.place(other, order.leg)
    assert refused.value.rejection is Rejection.ORDER_WITHDRAWN


def test_a_withdrawal_that_the_service_made_up_is_not_believed(desks):
    (one, _), (other, wire) = desks
    order = boards.place(one, boards.make(one).leg)

    def make_up(path, answer):
        if path != "/withdrawals":
            return answer
        return postings.encode_withdrawals([Withdrawal(order.order_id, order.leg_bytes, order.expiry_ms, bytes(96))])

    wire.after = make_up
    assert board.listed(other, NOW_MS) == [order] and other.orders.withdrawals() == []


def test_an_order_that_was_taken_leaves_every_board(desks):
    (one, _), (other, _) = desks
    made = boards.make(one)
    boards.place(one, made.leg)
    assert len(board.listed(other, NOW_MS)) == 1
    engine.submit(one, encoding.encode_bundle(samples.bind(one.ledger_id, made)), NOW_MS, any_proof)
    assert board.listed(other, NOW_MS) == []
