"""Work is told to the phase in which it was begun, whichever thread does it."""

import time

import pytest

from zk.runtime import parallel, profile

WORK_S = 0.02


def work(*_):
    """Keeps the processor busy for WORK_S."""
    end = time.thread_time() + WORK_S
    while time.thread_time() < end:
        pass


def test_work_is_added_to_its_phase_on_this_thread_and_on_the_pool():
    with profile.record() as found:
        with profile.phase("here"):
            work()
        with profile.phase("there"):
            parallel.map(work, range(2))
        with profile.phase("here"):
            work()
        with profile.phase("later"):
            pending = parallel.submit(work)
        with profile.phase("waiting"):
            pending.result()
    assert list(found.busy_s) == ["here", "there", "later", "waiting"]
    assert min(found.busy_s["here"], found.busy_s["there"]) >= 2 * WORK_S
    assert found.busy_s["later"] >= WORK_S > found.busy_s["waiting"]


def test_work_that_fails_is_counted_and_still_fails():
    def fails():
        work()
        raise KeyError("here")

    with profile.record() as found:
        with profile.phase("failing"):
            with pytest.raises(KeyError):
                parallel.submit(fails).result()
    assert found.busy_s["failing"] >= WORK_S


def test_nothing_is_recorded_or_wrapped_when_nobody_asks():
    with profile.phase("unseen"):
        assert profile.in_phase(work) is work
    with profile.record() as found:
        pass
    with profile.phase("after"):
        work()
    assert found.busy_s == {}
