"""Requests of one statement that wait together are done together, and each is answered as if it had been alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from prover.service.protocol import Failed
from prover.service.waiting import MOST_TOGETHER, Waiting
from tests.patience import PATIENCE_S
from tests.prover.service.running import service
from zk.errors import FormatError


@dataclass(frozen=True)
class One:
    number: int
    alike: str | None = "leg"


def taken(limit, takers, *some):
    """What each taker takes, one after the other, until nothing waits."""

    async def take():
        queue: Waiting[One] = Waiting(limit)
        for one in some:
            queue.put(one)
        found = []
        while len(queue):
            found.append([one.number for one in await queue.take(takers)])
        return found

    return asyncio.run(take())


def test_what_is_alike_is_taken_together_and_in_order():
    margin = [One(i, "margin") for i in (2, 4)]
    assert taken(9, 1, One(1), margin[0], One(3), margin[1], One(5)) == [[1, 3, 5], [2, 4]]


def test_what_goes_alone_is_taken_alone():
    assert taken(9, 1, One(1, None), One(2, None), One(3)) == [[1], [2], [3]]


def test_no_more_than_eight_are_taken_together_and_no_more_than_a_part_of_what_waits():
    some = [One(i) for i in range(MOST_TOGETHER + 2)]
    assert [len(part) for part in taken(99, 1, *some)] == [8, 2]
    assert [len(part) for part in taken(99, 2, *some)] == [5, 3, 1, 1]


def test_a_taker_waits_for_the_next_after_others_were_taken_with_the_first():
    async def take():
        queue: Waiting[One] = Waiting(9)
        for number in range(3):
            queue.put(One(number))
        assert len(await queue.take(1)) == 3
        waiting = asyncio.create_task(queue.take(1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
        queue.put(One(3))
        return [one.number for one in await asyncio.wait_for(waiting, PATIENCE_S)]

    assert asyncio.run(take()) == [3]


@contextmanager
def waiting(tmp_path, words):
    """A service of one worker, and the answers to these words, which have waited together behind another request."""
    with service(tmp_path / "service") as running, ThreadPoolExecutor(len(words) + 1) as callers:
        with running.busy(callers) as first:
            answers = []
            for count, word in enumerate(words, 1):
                answers.append(callers.submit(running.ask, word))
                running.until(lambda status, count=count: status["queued"] == count)
        yield answers
        first.result()


def test_requests_that_wait_together_are_done_together_and_fail_alone(tmp_path):
    with waiting(tmp_path, ["echo a", "fail bad", "echo b"]) as (a, bad, b):
        assert [(answer.result().parts, answer.result().fields["together"]) for answer in (a, b)] == [
            ((b"a",), 3), ((b"b",), 3),
        ]  # fmt: skip
        with pytest.raises(FormatError):
            bad.result()


def test_a_request_that_kills_a_worker_is_found_among_those_beside_it(tmp_path):
    marks = tmp_path / "marks"
    with waiting(tmp_path, ["echo a", f"die {marks}", "echo b"]) as (a, dying, b):
        assert [(answer.result().parts, answer.result().fields["together"]) for answer in (a, b)] == [
            ((b"a",), 1), ((b"b",), 1),
        ]  # fmt: skip
        with pytest.raises(Failed, match="it crashed 2 workers"):
            dying.result()
    assert len(marks.read_text().split()) == 3, "once with the others, and twice alone"


def test_an_answer_that_is_not_several_has_each_request_done_alone(tmp_path):
    with waiting(tmp_path, ["echo a", "fail ours"]) as (a, ours):
        assert a.result().fields["together"] == 1
        assert ours.result() is None
