"""Gossip: what one has all get, loops come to rest, gaps heal, and what is refused at the centre goes nowhere."""

import time

import pytest

from prover.carriers import gossip
from prover.carriers.gossip import Gossip
from prover.carriers.memory import Hub
from prover.network.wire.letterpage import LETTER_SIZES
from tests.patience import until
from tests.prover.carriers.sites import Collected, Memory, now_ms
from zk import entropy


@pytest.fixture
def site(tmp_path):
    site = Memory(tmp_path)
    yield site
    site.close()


def other(site, check=lambda _: None):
    return Hub(site.ledger_id, now_ms, check)


def listening(site, hub):
    got = Collected()
    carrier = hub.carrier("reader")
    site.resources.callback(carrier.close)
    got.subscribe(carrier, 0)
    return got


def started(site, centre, *peers, **options):
    between = Gossip(
        centre.carrier("centre"), [peer.carrier(f"peer {i}") for i, peer in enumerate(peers)], now_ms, **options
    )
    site.resources.callback(between.close)
    return between


def test_what_a_peer_has_comes_through_the_centre_to_all_others(site):
    one, two = other(site), other(site)
    early, late, sent = site.order(), site.order(), entropy.token(LETTER_SIZES[0])
    one.publish(early)
    started(site, site.hub, one, two)
    got = listening(site, two)
    one.publish(late)
    two.send(sent)
    got.wait([early, late], [sent])
    listening(site, one).wait([early, late], [sent])
    one.withdraw(site.withdrawal(early))
    until(lambda: got.withdrawals)
    assert got.withdrawals[0][:36] == site.withdrawal(early)[:36]


def test_what_the_centre_refuses_goes_no_further(site):
    one, two = other(site), other(site)
    between = started(site, site.hub, one, two)
    got = listening(site, two)
    bad, good = site.order(expiry_ms=now_ms() + 40 * 24 * 3_600_000), site.order()
    one.publish(bad)
    one.publish(good)
    got.wait([good])
    assert got.orders == [good]
    until(lambda: between.meters.refused.labels("centre")._value.get() == 1)


def test_a_loop_comes_to_rest(site):
    """Two centres that are peers of each other: each thing crosses each way at most once."""
    two = other(site)
    here, there = started(site, site.hub, two), started(site, two, site.hub)
    got, orders = listening(site, two), [site.order() for _ in range(5)]
    for each in orders:
        site.hub.publish(each)
    got.wait(orders)

    def messages():
        return [
            end.meters.messages.labels(peer, "out")._value.get()
            for end in (here, there)
            for peer in ("centre", "peer 0")
        ]

    def rests():
        before = messages()
        time.sleep(0.2)
        return messages() == before

    until(rests)
    assert sum(messages()) <= 4 * len(orders) and sorted(got.orders) == sorted(orders)


def test_gaps_heal_when_what_a_peer_has_is_compared_anew(site):
    """The peer has lost everything, and nobody has told of it."""
    one, order = other(site), site.order()
    started(site, site.hub, one, compare_s=0.2).centre._compare_s = 3_600  # so that it is the peer that is compared
    site.hub.publish(order)
    listening(site, one).wait([order])
    one._orders.clear()
    until(lambda: one._orders)
    listening(site, one).wait([order])


def test_what_a_peer_has_is_not_sent_to_it_again(site, monkeypatch):
    one, order, published = other(site), site.order(), []
    publish = one.publish
    monkeypatch.setattr(one, "publish", lambda data: (published.append(data), publish(data)))
    one.publish(order)
    started(site, site.hub, one)
    later = site.order()
    listening(site, site.hub).wait([order])
    site.hub.publish(later)
    listening(site, one).wait([order, later])
    assert published == [order, later]


def test_a_peer_gets_no_more_bytes_in_a_second_than_it_may(site, monkeypatch):
    monkeypatch.setattr(gossip, "BURST_BYTES", 10_000)
    pauses = []
    monkeypatch.setattr(gossip._End, "_pause", lambda self, seconds: pauses.append(seconds))
    one = other(site)
    started(site, site.hub, one)
    sent = [entropy.token(4096) for _ in range(5)]
    for each in sent:
        site.hub.send(each)
    listening(site, one).wait(letters=sent)
    assert pauses and sum(pauses) <= 5 * 5 * 4096 / gossip.BYTES_PER_S


def test_bytes_are_metered(site):
    one, order = other(site), site.order()
    between = started(site, site.hub, one)
    one.publish(order)
    until(lambda: between.meters.bytes.labels("centre", "out")._value.get() == len(order))
    assert between.meters.bytes.labels("peer 0", "in")._value.get() >= len(order)
