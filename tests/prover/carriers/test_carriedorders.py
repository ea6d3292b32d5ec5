"""The board over carriers: what they bring is checked here, what is placed goes to them, a liar shows nothing."""

from dataclasses import replace

import pytest

from prover.carriers import admission, carriedorders, memory
from prover.carriers.carriedorders import CarriedOrders
from prover.carriers.carrier import Refused
from prover.carriers.dispatch import Dispatcher
from prover.carriers.memory import Hub
from prover.network.wire import postings
from settlement import engine
from settlement.bundles import digests, encoding
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.rejection import Rejected, Rejection
from tests.patience import until
from tests.prover.carriers.sites import Memory, now_ms
from tests.settlement.bundles import samples
from zk.errors import InvalidProof


@pytest.fixture
def site(tmp_path):
    site = Memory(tmp_path)
    yield site
    site.close()


@pytest.fixture
def ledger(site):
    with Ledger.open(site.path) as ledger:
        yield ledger


def carried(site, ledger, *hubs, verify=samples.any_proof, **options):
    carriers = [hub.carrier(f"hub {i}") for i, hub in enumerate(hubs)]
    for each in carriers:
        site.resources.callback(each.close)
    ledger.orders = CarriedOrders(ledger, Dispatcher(carriers, now_ms), now_ms, verify_proofs=verify, **options)
    return ledger.orders


def open_hub(site):
    return Hub(site.ledger_id, now_ms)


def order_id(site, data):
    return digests.leg_id(site.ledger_id, encoding.decode_leg(postings.decode(data).leg_bytes))


def test_orders_of_carriers_are_listed_beside_the_boards(site, ledger):
    own, theirs = site.order(), site.order()
    board.place(ledger, postings.decode(own), now_ms(), samples.any_proof)
    hub = open_hub(site)
    hub.publish(theirs)
    hub.publish(own)
    orders = carried(site, ledger, hub, hub)
    ids = {order_id(site, own), order_id(site, theirs)}
    assert {each.order_id for each in board.listed(ledger, now_ms())} == ids == set(orders.epochs(now_ms()))
    assert len(orders.stored()) == 2
    assert board.get(ledger, order_id(site, theirs), now_ms()).expiry_ms == orders.get(order_id(site, theirs)).expiry_ms


def test_an_order_that_the_board_learns_of_while_it_is_read_is_listed_once(site, ledger, monkeypatch):
    data, hub = site.order(), open_hub(site)
    hub.publish(data)
    on_board, alive = ledger.orders, ledger.orders.alive
    orders = carried(site, ledger, hub)

    def joined(at_ms):
        """As the board of a home that has joined: a look at it asks the service."""
        order = admission.orders(ledger, [data], at_ms, samples.any_proof)[0]
        on_board.add(order, 9, 9, at_ms)
        return alive(at_ms)

    monkeypatch.setattr(on_board, "alive", joined)
    assert [each.order_id for each in orders.alive(now_ms())] == [order_id(site, data)]


def test_a_carrier_that_lies_shows_nothing_and_hides_nobody(site, ledger):
    true = site.order()
    honest = postings.decode(site.order())
    lies = [
        replace(honest, posted_ms=honest.posted_ms - 1),
        postings.decode(site.order(expiry_ms=now_ms() + 40 * 24 * 3_300_000)),
        postings.decode(site.order(expiry_ms=now_ms() - 1)),
        postings.decode(site.order(root=5)),
    ]
    hub = open_hub(site)
    for each in [*lies[:2], postings.decode(true), *lies[2:]]:
        hub._orders[bytes([len(hub._orders)])] = unchecked(each)
    orders = carried(site, ledger, hub)
    assert [each.order_id for each in orders.alive(now_ms())] == [order_id(site, true)]


def unchecked(posting):
    """An order as a hub that checks nothing keeps it."""
    return memory._Order(postings.encode(posting), posting.leg_bytes, now_ms() + 1_000_000)


def test_one_false_proof_among_many_is_left_out_alone(site, ledger):
    true, false = [site.order() for _ in range(4)], site.order()
    hub = open_hub(site)
    for each in [*true[:2], false, *true[2:]]:
        hub.publish(each)
    bad = encoding.decode_leg(postings.decode(false).leg_bytes).commitment
    calls = []

    def verify(claims):
        calls.append(len(claims))
        for index, claim in enumerate(claims):
            if any(bad in part for part in claim if isinstance(part, list | tuple)):
                raise InvalidProof("no", index)

    orders = carried(site, ledger, hub, verify=verify)
    assert {each.order_id for each in orders.alive(now_ms())} == {order_id(site, each) for each in true}
    assert calls == [5, 2]  # those before it are true, and those after it are verified together


def test_what_is_placed_goes_to_the_carriers_and_back_when_it_is_withdrawn(site, ledger):
    hub, data = open_hub(site), site.order()
    orders = carried(site, ledger, hub, uses_board=False)
    board.place(ledger, postings.decode(data), now_ms(), samples.any_proof)
    assert [each.places for each in orders.sent] == [1]
    assert orders._board.stored() == [] and orders.get(order_id(site, data)) is not None
    with Ledger.open(site.path) as other:
        theirs = carried(site, other, hub)
        assert [each.order_id for each in theirs.alive(now_ms())] == [order_id(site, data)]
        withdrawn, signed = postings.decode_withdrawal(site.withdrawal(data))
        board.withdraw(ledger, withdrawn, signed, now_ms())
        assert orders.alive(now_ms()) == [] and orders.withdrawn_ids() == [withdrawn]
    with Ledger.open(site.path) as late:
        assert carried(site, late, hub).alive(now_ms()) == []


def test_an_order_that_nobody_takes_is_no_order(site, ledger):
    class Nobody(Hub):
        def publish(self, data):
            raise self.why

    hub, data = Nobody(site.ledger_id, now_ms), site.order()
    orders = carried(site, ledger, hub, uses_board=False)
    hub.why = Unavailable("nobody is there")
    with pytest.raises(Unavailable, match="sent again"):
        board.place(ledger, postings.decode(data), now_ms(), samples.any_proof)
    assert [each.state(now_ms()) for each in orders.dispatcher.messages()] == ["sent"]
    hub.why = Refused("no")
    with pytest.raises(Rejected, match="no carrier took"):
        board.place(ledger, postings.decode(site.order()), now_ms(), samples.any_proof)


def test_an_order_whose_account_moves_is_gone(site, ledger):
    bundle = samples.deposit(ledger, 5)
    spent, hub = site.order(nullifier=bundle.legs[0].nullifier), open_hub(site)
    hub.publish(spent)
    orders = carried(site, ledger, hub)
    assert len(orders.alive(now_ms())) == 1
    engine.submit(ledger, encoding.encode_bundle(bundle), now_ms(), samples.any_proof)
    assert orders.alive(now_ms()) == [] and orders.remove_void(now_ms()) == [order_id(site, spent)]
    with pytest.raises(Rejected) as refused:
        board.get(ledger, order_id(site, spent), now_ms())
    assert refused.value.rejection is Rejection.ORDER_UNKNOWN


def test_what_a_carrier_says_was_withdrawn_is_known_as_such_and_does_not_come_back(site, ledger):
    one, two, data = open_hub(site), open_hub(site), site.order()
    one.publish(data)
    orders = carried(site, ledger, one, two)
    assert len(orders.stored()) == 1 and orders.withdrawals() == orders.withdrawn_ids() == []
    one.withdraw(site.withdrawal(data))
    until(lambda: not orders.stored())
    name = order_id(site, data)
    assert orders.withdrawn(name).order_id == name and orders.withdrawn_ids() == [name]
    assert [each.order_id for each in orders.withdrawals()] == [name]
    leg = encoding.decode_leg(postings.decode(data).leg_bytes)
    again = postings.encode(samples.posting(ledger, leg, posted_ms=now_ms()))
    assert again != data
    two.publish(again)
    other = site.order()
    two.publish(other)
    until(lambda: order_id(site, other) in {each.order_id for each in orders.stored()})
    assert name not in {each.order_id for each in orders.stored()}


def test_whoever_runs_for_long_keeps_neither_void_orders_nor_all_that_was_sent(site, ledger, monkeypatch):
    monkeypatch.setattr(carriedorders, "FORGET_EVERY", 4)
    monkeypatch.setattr(carriedorders, "MAX_MESSAGES", 2)
    ahead_ms, spends = [0], set()
    clock = lambda: now_ms() + ahead_ms[0]  # noqa: E731
    hub = Hub(site.ledger_id, clock, has_threads=False)
    orders = CarriedOrders(
        ledger, Dispatcher([hub.carrier("hub")], clock), clock, uses_board=False, verify_proofs=samples.any_proof
    )
    orders.update()
    short, spent, *others = (site.order(**each) for each in ({"expiry_ms": clock() + 300_000}, {}, {}, {}))
    for each in (short, spent, others[0]):
        hub.publish(each)
    hub.deliver()
    orders.update()
    assert len(orders._carried) == 3
    spends.add(orders.get(order_id(site, spent)).nullifier)
    monkeypatch.setattr(ledger.reader, "is_spent", lambda nullifier: nullifier in spends)
    ahead_ms[0] += 300_000
    hub.publish(others[1])
    hub.deliver()
    orders.update()
    assert set(orders._carried) == {order_id(site, each) for each in others}
    assert all(len(digest) == 32 for digest in orders._seen) and len(orders._seen) == 4
    for each in [orders.get(order_id(site, others[0]))] * 3:
        orders.refresh_all([each])
    assert len(orders.sent) == 2


def test_a_withdrawal_that_no_carrier_took_is_sent_again_and_its_order_is_not(site, ledger):
    class Deaf(Hub):
        def withdraw(self, data):
            raise Unavailable("nobody is there")

    hub, data = Deaf(site.ledger_id, now_ms), site.order()
    orders = carried(site, ledger, hub)
    board.place(ledger, postings.decode(data), now_ms(), samples.any_proof)
    withdrawn, signed = postings.decode_withdrawal(site.withdrawal(data))
    board.withdraw(ledger, withdrawn, signed, now_ms())
    hub.__class__ = Hub
    assert [(each.kind, each.places) for each in orders.dispatcher.retry(is_asked=True)] == [("withdrawal", 1)]
