"""Who has cost the service much waits for others until that is forgotten, and doors keep room for everybody."""

import asyncio

import pytest

from prover.network.service import gate, peers, standing
from prover.network.service.connections import PROXIES, Doors
from prover.network.service.peers import Peers, Rate
from prover.network.service.standing import ANSWER_BYTES, Standing, Turns, pause_ms
from prover.network.service.together import Shared
from tests.patience import PATIENCE_S


class Clock:
    now_ms = 0

    def __call__(self) -> int:
        return self.now_ms


def test_a_level_rises_with_each_doubling_of_the_cost_and_falls_by_one_in_ten_seconds():
    clock = Clock()
    standings = Standing(clock)
    levels = []
    for cost in (49, 1, 50, 100, 200):
        standings.add("one", cost)
        levels.append(standings.level("one"))
    assert levels == [0, 1, 2, 3, 4] and standings.level("other") == 0
    for passed_s, level in ((1, 3), (10, 3), (11, 2), (20, 2), (31, 0), (10**6, 0)):
        clock.now_ms = passed_s * 1_000
        assert standings.level("one") == level, passed_s


def test_what_is_forgotten_between_two_additions_is_what_is_forgotten_at_once():
    clock = Clock()
    often, once = Standing(clock), Standing(clock)
    for standings in (often, once):
        standings.add("one", 10_000)
    before = once.level("one")
    for step in range(1, 41):
        clock.now_ms = step * 1_000
        often.add("one", 0)
        # A straight line from each halving to the next is a little above the curve.
        assert abs(often.level("one") - once.level("one")) <= 1
    assert once.level("one") == before - 4


def test_a_pause_doubles_with_each_level_and_ends_at_two_seconds():
    assert [pause_ms(level) for level in range(10)] == [0, 0, 50, 100, 200, 400, 800, 1_600, 2_000, 2_000]


def test_of_the_peers_of_one_set_those_are_remembered_that_cost_something_last(monkeypatch):
    monkeypatch.setattr(peers, "SETS", 1)
    clock = Clock()
    standings = Standing(clock)
    for clock.now_ms, peer in enumerate(("one", "two", "three", "four", "one", "five")):
        standings.add(peer, 110)
    assert [standings.level(peer) for peer in ("one", "two", "three", "four", "five")] == [3, 0, 2, 2, 2]


def test_two_processes_know_what_a_peer_has_cost_either():
    shared = Shared(2, peers.BUCKET_WORDS)
    one, other = (Standing(lambda: 0, shared) for _ in range(2))
    one.add("192.0.2.1", 60)
    other.add("192.0.2.1", 60)
    assert one.cost("192.0.2.1") == other.cost("192.0.2.1") == 120 and one.cost("192.0.2.2") == 0


def begun(standings, *peers):
    """The order in which requests of these peers begin, all of which come in one round of the loop."""

    async def run():
        turns, order = Turns(standings), []

        async def request(peer):
            await turns.wait(peer)
            order.append(peer)

        await asyncio.gather(*(request(peer) for peer in peers))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await turns.wait("last")  # nothing is left behind
        return order

    return asyncio.run(run())


def test_requests_begin_in_the_order_of_their_levels_and_peers_take_turns():
    standings = Standing(lambda: 0)
    standings.add("worse", 1_000)
    assert begun(standings, "first", "worse", "many", "many", "many", "one") == [
        "first", "many", "one", "many", "many", "worse",
    ]  # fmt: skip


def test_while_something_is_settled_nobody_begins_who_has_cost_more_until_he_has_waited_long_enough(monkeypatch):
    monkeypatch.setattr(standing, "LONGEST_S", 2 * PATIENCE_S)
    standings = Standing(lambda: 0)
    standings.add("worse", 1_000)

    async def run():
        turns, order = Turns(standings), []

        async def request(peer):
            await turns.wait(peer)
            order.append(peer)

        async def rounds():
            await asyncio.sleep(0.02)
            return list(order)

        with turns.settling(0):
            first = asyncio.create_task(request("worse"))
            held = await rounds()
            await asyncio.wait_for(request("good"), PATIENCE_S)
        await asyncio.wait_for(first, PATIENCE_S)  # as soon as it has settled
        with turns.settling(9):
            await asyncio.wait_for(request("worse"), PATIENCE_S)
        monkeypatch.setattr(standing, "LONGEST_S", 0.02)
        with turns.settling(0):
            await asyncio.wait_for(request("worse"), PATIENCE_S)  # in the end all the same
        return held, order

    assert asyncio.run(run()) == ([], ["good", "worse", "worse", "worse"])


def test_a_request_whose_client_went_away_keeps_nobody_waiting():
    async def run():
        turns = Turns(Standing(lambda: 0))
        await turns.wait("first")
        gone, waits = (asyncio.create_task(turns.wait(peer)) for peer in ("gone", "waits"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.wait_for(waits, PATIENCE_S)
        await asyncio.sleep(0.01)
        await asyncio.wait_for(turns.wait("later"), PATIENCE_S)

    asyncio.run(run())


class Transport(asyncio.WriteTransport):
    is_aborted = False

    def abort(self):
        self.is_aborted = True


@pytest.fixture
def doors():
    return Doors(most=6, most_of_peer=4)


def test_a_peer_has_so_many_connections_and_a_proxy_of_this_machine_any_number(doors):
    opened = [Transport() for _ in range(5)]
    assert [doors.enter("one", each) for each in opened] == [True] * 4 + [False]
    doors.leave("one", opened[0])
    doors.leave("one", opened[4])  # it was never counted
    assert doors.enter("one", Transport()) and not doors.enter("one", Transport())
    wide = Doors(most=10, most_of_peer=4)
    assert all(wide.enter(PROXIES[0], Transport()) for _ in range(10))


def test_who_comes_when_the_service_has_begun_to_end_is_sent_away(doors):
    inside = Transport()
    assert doors.enter("one", inside)
    doors.close()
    assert not doors.enter("one", Transport()) and not doors.enter(PROXIES[0], Transport())
    doors.leave("one", inside)
    assert not doors.enter("one", Transport())


def test_without_room_the_peer_with_the_most_connections_gives_one_up(doors):
    many, few = [Transport() for _ in range(4)], [Transport() for _ in range(2)]
    assert all(doors.enter("many", each) for each in many) and all(doors.enter("few", each) for each in few)
    assert doors.enter("new", Transport()) and [each.is_aborted for each in many] == [True, False, False, False]
    assert not doors.enter("few", Transport())  # it would have as many as anybody
    assert doors.enter("another", Transport()) and many[1].is_aborted
    assert not any(each.is_aborted for each in few)


@pytest.mark.parametrize("path, level", [("/tile/0/000", 0), ("/keys/leg/proving-a.npy", 0), ("/orders", 2)])
def test_whoever_reads_the_logs_files_and_keys_as_fast_as_he_can_is_not_held_up(path, level):
    """A new desk or validator reads all of them."""
    standings = Standing(lambda: 0)

    async def answers(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": bytes(ANSWER_BYTES)})

    async def ask():
        made = gate.Gate(answers, Peers(Rate()), standings, Turns(standings))
        for _ in range(150):
            scope = {"type": "http", "headers": [], "method": "GET", "path": path, "client": ("10.0.0.1", 1)}
            await made(scope, None, nowhere)

    async def nowhere(message):
        pass

    asyncio.run(ask())
    assert standings.level("10.0.0.1") == level


@pytest.mark.parametrize(
    "path, status, cost",
    [("/orders", 200, standing.LISTED), ("/orders/ab/margin", 200, standing.LISTED), ("/orders", 422, standing.REFUSED),
     ("/withdrawals", 200, standing.TAKEN), ("/bundles", 200, 0)],
)  # fmt: skip
def test_an_order_that_is_taken_costs_its_sender_little_and_one_that_is_refused_as_much_as_anything(path, status, cost):
    assert gate._cost(path, status, is_read=False) == cost


def test_a_desk_may_requote_forty_orders_at_once_without_a_pause():
    made = Standing(lambda: 0)
    for _ in range(40):
        made.add("desk", standing.LISTED)
    assert standing.pause_ms(made.level("desk")) == 0
