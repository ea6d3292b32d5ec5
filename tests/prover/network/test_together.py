"""What the processes of one service share: peers' buckets, how many requests wait, and a bell."""

import socket

from prover.network.service import peers, together
from prover.network.service.peers import Peers, Rate
from prover.network.service.together import Member, Shared
from tests.prover.network import serving
from tests.prover.network.test_bundles import deposits, encoded


def test_two_processes_count_the_tokens_of_one_peer():
    shared = Shared(2, peers.BUCKET_WORDS)
    one, other = (Peers(Rate(capacity=10, per_second=1), lambda: 0, shared) for _ in range(2))
    assert one.take("192.0.2.1", 6) == 0 and other.take("192.0.2.1", 6) == 2 and other.take("192.0.2.2", 6) == 0
    other.fine("192.0.2.1", 4)
    assert one.take("192.0.2.1", 1) == 1


def test_peers_of_one_set_have_their_own_buckets_until_there_are_too_many(monkeypatch):
    monkeypatch.setattr(peers, "SETS", 1)
    now_ms = 0
    buckets = Peers(Rate(capacity=2, per_second=1), lambda: now_ms)
    addresses = [f"192.0.2.{number}" for number in range(peers.WAYS + 1)]
    for number, address in enumerate(addresses[:-1]):
        now_ms = number
        assert buckets.take(address, 2) == 0
    assert all(buckets.take(address, 1) for address in addresses[:-1])
    now_ms = 50
    assert buckets.take(addresses[1], 1) and buckets.take(addresses[-1], 2) == 0  # in the place of the first
    assert [buckets.take(address, 1) for address in addresses[1:]] == [1] * peers.WAYS
    assert buckets.take(addresses[0], 1) == 0


def test_work_is_asked_for_while_many_wait_in_another_process(tmp_path):
    path = serving.ledger_at(tmp_path)
    shared = Shared(2, peers.BUCKET_WORDS)
    (bundle,) = deposits(path, 5)

    async def questions(client):
        Member(shared, 1).count(64)
        busy = await serving.post(client, "/bundles", encoded(bundle))
        Member(shared, 1)  # as one that was killed begins anew
        return busy, await serving.post(client, "/bundles", encoded(bundle))

    busy, idle = serving.asked(path, questions, member=Member(shared, 0))
    assert (busy.status_code, busy.json()["name"]) == (503, "WORK") and idle.status_code == 200


def test_what_waits_here_is_counted_for_the_others(tmp_path):
    path = serving.ledger_at(tmp_path)
    shared, seen = Shared(2, peers.BUCKET_WORDS), []
    (bundle,) = deposits(path, 5)

    async def questions(client):
        service = client._transport.app.state.parts
        waiting = service.waiting
        before = waiting._count
        waiting._count = lambda length: (before(length), seen.append(list(shared.waiting)))
        return await serving.post(client, "/bundles", encoded(bundle))

    serving.asked(path, questions, member=Member(shared, 1))
    assert seen == [[0, 1], [0, 0]]


def test_a_member_hears_news_and_that_its_parent_has_ended():
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    member, heard = Member(Shared(1, 1), 0, theirs), []
    member.ring()
    assert ours.recv(10) == together.NEWS
    for action in (lambda: None, lambda: ours.send(together.NEWS), ours.close):
        action()
        member.heard(lambda: heard.append("news"), lambda: heard.append("alone"))
    assert heard == ["news", "alone"]
    member.ring()  # to nobody, which is no error
