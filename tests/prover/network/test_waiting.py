"""Whose turn it is: peers take turns, blocks have their limits, and who sends much waits for himself."""

import threading

import pytest

from prover.network.service.trust import SUSPECT
from prover.network.service.waiting import MAX_SUSPECTS, Full, Job, Placing, Waiting
from settlement.block import MAX_LEGS
from settlement.bundles import encoding


def bundle(legs: int = 1) -> bytes:
    """The head of a bundle with so many legs, which is all that is looked at here."""
    return encoding.BUNDLE_MAGIC + bytes(32) + bytes([legs, 0, 0])


def act(ledger, now_ms):
    return None


def filled(*jobs: tuple[str, object], most: int = 100, most_of_peer: int = 100) -> Waiting:
    waiting = Waiting(most, most_of_peer)
    for peer, work in jobs:
        waiting.put(peer, Job(work))
    return waiting


def taken(waiting: Waiting) -> list[object]:
    return [job.work for job in waiting.take()]


def test_peers_take_turns_so_that_one_bundle_is_not_behind_many():
    many = [bundle() + bytes([number]) for number in range(5)]
    other, third = bundle() + b"other", bundle() + b"third"
    waiting = filled(*(("many", each) for each in many), ("other", other), ("third", third))
    assert taken(waiting) == [many[0], other, third, *many[1:]] and len(waiting) == 0


def test_a_block_has_no_more_legs_than_it_may_and_a_large_bundle_is_one_by_itself():
    large = [bundle(32) + bytes([number]) for number in range(3)]
    assert MAX_LEGS == 60
    waiting = filled(*(("one", each) for each in large), ("one", bundle(255)), ("one", bundle(1)))
    assert [taken(waiting) for _ in range(5)] == [[large[0]], [large[1]], [large[2]], [bundle(255)], [bundle(1)]]
    assert len(taken(filled(*[("one", bundle(2))] * 31))) == 30


def test_other_work_is_a_block_of_its_own_and_keeps_its_turn():
    waiting = filled(("one", bundle()), ("one", act), ("one", bundle()), ("one", act))
    assert [taken(waiting) for _ in range(4)] == [[bundle()], [act], [bundle()], [act]]


def test_orders_that_wait_are_taken_together_up_to_so_many_and_never_with_bundles():
    orders = [Placing(bytes([number])) for number in range(MAX_LEGS + 1)]
    waiting = filled(("one", bundle()), *(("one", each) for each in orders), ("one", bundle()), ("one", orders[0]))
    assert [taken(waiting) for _ in range(5)] == [[bundle()], orders[:-1], orders[-1:], [bundle()], orders[:1]]


def test_there_is_room_for_so_many_and_for_so_many_of_one_peer():
    waiting = filled(("one", bundle()), ("one", bundle()), most=3, most_of_peer=2)
    with pytest.raises(Full, match="from your address"):
        waiting.put("one", Job(bundle()))
    waiting.put("two", Job(bundle()))
    with pytest.raises(Full, match="3 requests wait"):
        waiting.put("three", Job(bundle()))
    assert len(waiting.take()) == 3
    waiting.put("one", Job(bundle()))


def test_what_waits_at_the_end_is_still_taken_and_nothing_more_is_let_in():
    waiting = filled(("one", bundle()))
    waiting.close()
    with pytest.raises(Full, match="ending"):
        waiting.put("one", Job(bundle()))
    assert taken(waiting) == [bundle()] and taken(waiting) == []


def test_the_taker_waits_for_the_first():
    waiting = filled()
    putting = threading.Timer(0.05, waiting.put, ("one", Job(act)))
    putting.start()
    assert taken(waiting) == [act]
    putting.join()


def test_who_has_a_lower_level_comes_first_and_in_a_block_of_his_own():
    worse, good, also_good = (bundle() + name for name in (b"worse", b"good", b"also good"))
    waiting = Waiting(100, 100)
    for peer, work, level in (("worse", worse, 3), ("good", good, 0), ("other", also_good, 0), ("worse", act, 3)):
        waiting.put(peer, Job(work, level))
    assert [waiting.ahead(level) for level in (0, 2, 3)] == [2, 2, 4]
    assert [taken(waiting) for _ in range(3)] == [[good, also_good], [worse], [act]]


@pytest.mark.parametrize("level, together", [(0, 60), (1, 15), (2, 3), (3, 1), (9, 1)])
def test_a_block_of_those_who_have_cost_much_is_short_for_nobody_can_come_before_what_has_begun(level, together):
    waiting = Waiting(200, 200)
    for number in range(150 if level < SUSPECT else MAX_SUSPECTS):
        waiting.put(f"peer {number}", Job(bundle(), level))
    assert len(waiting.take()) == len(waiting.take()) == together
    waiting.put("good", Job(bundle() + b"good", 0))
    assert bundle() + b"good" in taken(waiting)


def test_only_a_few_suspects_wait_and_everybody_else_finds_room():
    waiting = Waiting(200, 200)
    for number in range(MAX_SUSPECTS):
        waiting.put(f"suspect {number}", Job(bundle(), SUSPECT + number % 2))
    with pytest.raises(Full, match="verified last"):
        waiting.put("another", Job(bundle(), SUSPECT))
    waiting.put("good", Job(bundle() + b"good", SUSPECT - 1))
    assert taken(waiting) == [bundle() + b"good"] and len(taken(waiting)) == 1
    waiting.put("another", Job(bundle(), SUSPECT))


def test_a_suspect_that_gives_way_makes_room_for_another():
    waiting = Waiting(MAX_SUSPECTS, 100)
    for number in range(MAX_SUSPECTS):
        waiting.put(f"suspect {number}", Job(bundle(), SUSPECT))
    waiting.put("good", Job(bundle(), 0))
    assert taken(waiting)
    waiting.put("another", Job(bundle(), SUSPECT))


def test_on_a_full_queue_the_newest_of_the_highest_level_gives_way():
    waiting, jobs = Waiting(3, 100), [Job(bundle() + bytes([number]), level) for number, level in enumerate((1, 4, 4))]
    for peer, job in zip(("one", "worse", "worse"), jobs, strict=True):
        waiting.put(peer, job)
    with pytest.raises(Full, match="3 requests wait"):
        waiting.put("as bad", Job(bundle(), 4))
    waiting.put("good", Job(bundle(), 0))
    with pytest.raises(Full, match="others came first"):
        jobs[2].answer.result(0)
    assert len(waiting) == 3 and not jobs[1].answer.done()
    assert [taken(waiting) for _ in range(3)] == [[bundle()], [jobs[0].work], [jobs[1].work]]
