"""Work counts for the phase that started it, on whichever thread it runs."""

import time

import pytest

from zk.runtime import parallel, profile

WORK_S = 0.02


def work(*_):
    """Keep the processor busy for WORK_S."""
    end = time.thread_time() + WORK_S
    while time.thread_time() < end:
        pass


def test_work_counts_for_its_phase_on_this_thread_and_on_the_pool():
    with profile.record() as recorder:
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
    assert list(recorder.busy_s) == ["here", "there", "later", "waiting"]
    assert min(recorder.busy_s["here"], recorder.busy_s["there"]) >= 2 * WORK_S
    assert recorder.busy_s["later"] >= WORK_S > recorder.busy_s["waiting"]


def test_work_that_raises_is_counted_and_still_raises():
    def fails():
        work()
        raise KeyError("here")

    with profile.record() as recorder:
        with profile.phase("failing"):
            with pytest.raises(KeyError):
                parallel.submit(fails).result()
    assert recorder.busy_s["failing"] >= WORK_S


def test_without_a_recorder_nothing_is_recorded_or_wrapped():
    with profile.phase("unseen"):
        assert profile.in_phase(work) is work
    with profile.record() as recorder:
        pass
    with profile.phase("after"):
        work()
    assert recorder.busy_s == {}
