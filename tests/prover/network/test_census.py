"""What each peer has in all processes of a service is counted, and nothing is left of a process that was killed."""

import os

import pytest

from prover.network.service import census, connections, peers
from prover.network.service.census import Census, Counts
from prover.network.service.connections import Doors
from prover.network.service.peers import Peers, Rate
from prover.network.service.shared import Lock
from prover.network.service.together import Member, Shared
from tests.prover.network.test_standing import Transport


def test_all_processes_count_what_a_peer_has_in_each():
    counts = Counts(2)
    one, other = Census(counts, 0), Census(counts, 1)
    one.add("a", 3)
    other.add("a")
    other.add("b")
    assert [each.of("a") for each in (one, other)] == [4, 4] and one.of("b") == 1 and one.of("c") == 0
    assert [each.total() for each in (one, other)] == [5, 5] and [one.here(), other.here()] == [3, 2]
    one.add("a", -3)
    assert other.of("a") == 1 and one.total() == 2


def test_of_a_process_that_was_killed_nothing_is_left():
    counts = Counts(2)
    one, other = Census(counts, 0), Census(counts, 1)
    one.add("a", 3)
    other.add("a", 2)
    Census(counts, 1)
    assert one.of("a") == one.total() == 3


def test_a_row_is_free_again_when_its_peer_has_nothing_and_without_room_each_process_counts_for_itself(monkeypatch):
    monkeypatch.setattr(census, "SETS", 1)
    counts = Counts(2)
    one, other = Census(counts, 0), Census(counts, 1)
    names = [f"peer {number}" for number in range(census.WAYS + 1)]
    for name in names:
        one.add(name)
    assert [other.of(name) for name in names] == [1] * census.WAYS + [0]
    assert one.of(names[-1]) == 1
    one.add(names[0], -1)
    one.add(names[-1])
    assert other.of(names[-1]) == 2 and other.of(names[0]) == 0


def test_a_peer_has_so_many_connections_in_all_processes_together():
    counts = Counts(3)
    doors = [Doors(most=5, most_of_peer=3, connected=Census(counts, number)) for number in range(3)]
    first = Transport()
    assert doors[0].enter("a", first) and doors[0].enter("a", Transport()) and doors[1].enter("a", Transport())
    assert not doors[0].enter("a", Transport()) and not doors[1].enter("a", Transport())
    doors[0].leave("a", first)
    assert doors[1].enter("a", Transport())
    assert doors[1].enter("b", Transport()) and doors[1].enter("c", Transport())  # there is room for five
    assert doors[1].enter("d", Transport())  # a, who has two here, gives way
    assert not doors[2].enter("e", Transport())  # nobody here could give way


def test_a_member_has_its_own_numbers_of_what_is_shared():
    shared = Shared(2, peers.BUCKET_WORDS)
    one, other = Member(shared, 0), Member(shared, 1)
    one.streams.add("a")
    other.connections.add("b")
    assert other.streams.of("a") == 1 and one.connections.of("b") == 1 and one.streams.of("b") == 0


def in_children(count, work):
    """Does this in so many processes at once, each with its number."""
    children = []
    for number in range(count):
        pid = os.fork()
        if not pid:
            try:
                work(number)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in children] == [0] * count


def test_of_the_tokens_that_two_processes_take_at_once_none_is_forgotten():
    takes = 10_000
    shared = Shared(2, peers.BUCKET_WORDS)

    def take(number):
        buckets = Peers(Rate(2 * takes, 1), lambda: 0, shared)
        assert not any(buckets.take("192.0.2.1", 1) for _ in range(takes))

    in_children(2, take)
    assert Peers(Rate(2 * takes, 1), lambda: 0, shared).take("192.0.2.1", 1)


def test_a_lock_is_free_when_its_holder_has_died():
    lock = Lock(2)
    in_children(1, lambda number: lock.__enter__())
    with lock:
        pass


@pytest.mark.parametrize("peer", connections.PROXIES)
def test_a_proxy_of_this_machine_has_any_number_in_any_process(peer):
    counts = Counts(2)
    doors = [Doors(most=10, most_of_peer=2, connected=Census(counts, number)) for number in range(2)]
    assert all(doors[number % 2].enter(peer, Transport()) for number in range(8))
