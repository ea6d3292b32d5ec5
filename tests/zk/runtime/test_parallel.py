"""The pool keeps order, propagates errors, and takes its size from one variable."""

import os
import signal
import threading
import time

import pytest

from zk.runtime import parallel, profile


def test_results_come_in_the_order_of_the_items():
    assert parallel.map(lambda x: x * x, range(50)) == [x * x for x in range(50)]
    assert parallel.map(lambda x: x, []) == []


def test_an_error_in_a_task_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        parallel.map(lambda x: 1 // x, [1, 0, 2])
    with pytest.raises(ZeroDivisionError):
        parallel.submit(lambda: 1 // 0).result()


def test_the_pool_has_as_many_threads_as_set(monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "3")
    together = threading.Barrier(3, timeout=300)
    assert parallel.threads() == 3
    assert sorted(parallel.map(lambda _: together.wait(), range(3))) == [0, 1, 2]


def test_alone_a_thread_does_all_of_its_item_in_order_and_no_other_thread_any_of_it(monkeypatch):
    monkeypatch.setenv("ZKSETTLE_THREADS", "2")
    together, begun = threading.Barrier(2, timeout=300), []

    def of_one(item):
        together.wait()  # both threads have an item
        begun.append(threading.get_ident())
        mine = parallel.map(lambda part: (threading.get_ident(), part), range(3))
        inner = parallel.map_alone(lambda part: (threading.get_ident(), part), range(3, 6))
        last = parallel.submit(lambda: (threading.get_ident(), 6)).result()
        assert [*mine, *inner, last] == [(threading.get_ident(), part) for part in range(7)]
        return item * item

    assert parallel.map_alone(of_one, range(4)) == [0, 1, 4, 9]
    both = [parallel.submit_alone(of_one, item) for item in (5, 6)]
    assert [task.result() for task in both] == [25, 36]
    assert len(set(begun)) == 2 and threading.get_ident() not in begun
    assert parallel.submit(threading.get_ident).result() != threading.get_ident()  # here nothing has changed


def test_alone_an_error_reaches_whoever_asks_for_the_result():
    def of_one(item):
        task = parallel.submit(lambda: 1 // item)
        assert task.exception() is None or item == 0
        return task.result()

    with pytest.raises(ZeroDivisionError):
        parallel.map_alone(of_one, [1, 0])


def test_what_threads_do_alone_counts_for_the_phases_they_name():
    def of_one(item):
        with profile.phase(item):
            return sum(range(10**5))

    with profile.record() as recorder, profile.phase("asking"):
        parallel.map_alone(of_one, ["first", "second"])
    assert list(recorder.busy_s)[0] == "asking" and set(recorder.busy_s) == {"asking", "first", "second"}
    assert recorder.busy_s["first"] > 0 and recorder.busy_s["second"] > 0


@pytest.mark.parametrize("setting", ["0", "-1", "1025", "two", "1.5", "٣", " 2"])
def test_a_size_that_is_not_a_number_of_threads_is_rejected(monkeypatch, setting):
    monkeypatch.setenv("ZKSETTLE_THREADS", setting)
    with pytest.raises(ValueError, match="ZKSETTLE_THREADS"):
        parallel.threads()


def test_without_the_variable_the_cores_decide(monkeypatch):
    monkeypatch.delenv("ZKSETTLE_THREADS", raising=False)
    assert parallel.threads() >= 1


def in_a_child(work) -> int:
    """The exit code of a forked child that does the work."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    for _ in range(3_000):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the child hangs")


FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


@FORKS
def test_a_child_forked_after_the_pool_was_used_has_a_pool_of_its_own():
    parallel.map(lambda x: x, range(10))

    def work():
        assert parallel.map(lambda x: x * x, range(50)) == [x * x for x in range(50)]
        assert in_a_child(lambda: parallel.map(lambda x: x, range(10))) == 0  # nor does a grandchild hang

    assert in_a_child(work) == 0
    assert parallel.map(lambda x: x, range(10)) == list(range(10))
