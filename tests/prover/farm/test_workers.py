"""What becomes of jobs whose workers fail, are killed, are told to stop, or cannot prove under a key."""

import multiprocessing
import os
import signal
import threading
import time

from prover.farm import control
from prover.farm.jobs import MOST_ATTEMPTS, State
from prover.farm.proving import CannotServe, Failed
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.farm import farms


def test_a_job_that_fails_is_tried_three_times_and_parked_with_its_reason_until_it_is_retried(farm):
    def fail(key, tasks):
        return [Failed("the proof made from these inputs does not verify")] * len(tasks)

    with farm.submitting() as submitter:
        with farm.working(farm.worker(fail)):
            ids = submitter.submit([farm.job(5)])
            (result,) = submitter.wait(ids, PATIENCE_S)
        assert (result.state, result.attempts) == (State.PARKED, MOST_ATTEMPTS)
        assert result.reason == "the proof made from these inputs does not verify"
        (parked,) = control.status(farm.url).parked
        assert (parked.id, parked.key_name, parked.reason) == (ids[0], "toy 00000000", result.reason)
        assert control.retry(farm.url) == 1
        with farm.working(farm.worker()):
            (result,) = submitter.wait(submitter.submit([farm.job(5, id=ids[0])]), PATIENCE_S)
        assert result.state == State.DONE


def test_a_job_that_ends_its_workers_is_parked_and_those_beside_it_are_proved(farm):
    """Each worker of this test is ended by a job that has number 13."""

    died = threading.Event()

    def deadly(key, tasks):
        if any(farms.decode(task.elements, "")[0] == 13 for task in tasks):
            died.set()
            raise farms.Killed
        return farms.honest(key, tasks)

    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(number) for number in (12, 13, 14)])
        until_s = time.monotonic() + PATIENCE_S
        while control.status(farm.url).queued and time.monotonic() < until_s:
            died.clear()
            with farm.working(farm.worker(deadly)):
                while control.status(farm.url).queued and not died.wait(0.05):
                    pass
        results = submitter.wait(ids, PATIENCE_S)
    assert [result.state for result in results] == [State.DONE, State.PARKED, State.DONE]
    assert results[1].reason == "3 workers ended while they proved it"


def _hang(url, folder):
    """Runs in a process of its own: claims a job, and never ends."""
    farm = farms.Farm(url, folder, farms.read(folder / "farm.json"), None)

    def hang(key, tasks):
        (folder / "claimed").touch()
        time.sleep(600)

    farm.worker(hang, "victim").run(threading.Event())


def test_a_killed_workers_job_is_done_by_another(farm):
    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(5)])
        victim = multiprocessing.get_context("spawn").Process(target=_hang, args=(farm.url, farm.folder))
        victim.start()
        try:
            patience.until((farm.folder / "claimed").exists)
            with farm.working(farm.worker()):
                assert submitter.wait(ids, 0.5)[0].state == State.QUEUED, "it is the victim's"
                os.kill(victim.pid, signal.SIGKILL)
                (result,) = submitter.wait(ids, PATIENCE_S)
        finally:
            victim.kill()
            victim.join()
    assert (result.state, result.attempts) == (State.DONE, 2), farm.told


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_and_claims_no_more(farm):
    begun, go = threading.Event(), threading.Event()

    def slow(key, tasks):
        begun.set()
        assert go.wait(PATIENCE_S)
        return farms.honest(key, tasks)

    stop = threading.Event()
    worker = farm.worker(slow)
    thread = threading.Thread(target=worker.run, args=(stop,))
    with farm.submitting() as submitter:
        (first,) = submitter.submit([farm.job(1)])
        thread.start()
        assert begun.wait(PATIENCE_S)
        (second,) = submitter.submit([farm.job(2)])
        stop.set()
        go.set()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
        assert submitter.wait([first], PATIENCE_S)[0].state == State.DONE
    assert farm.sql("SELECT state FROM jobs WHERE id = %s", second) == [("queued",)]
    assert farm.sql("SELECT count(*) FROM workers") == [(0,)]


def test_a_worker_that_cannot_serve_a_key_leaves_its_jobs_to_others_and_counts_no_attempt(farm):
    def full(key, tasks):
        raise CannotServe("a key cannot be kept in /cache: No space left on device")

    with farm.submitting() as submitter:
        with farm.working(farm.worker(full)):
            ids = submitter.submit([farm.job(1)])
            leaves = "No space left on device; this worker leaves"
            patience.until(lambda: any(leaves in said for said in farm.told), farm.told)
            assert submitter.wait(ids, 0.1)[0].state == State.QUEUED
        assert farm.sql("SELECT count(*) FROM attempts") == [(0,)]
        with farm.working(farm.worker(None, "other")):
            assert submitter.wait(ids, PATIENCE_S)[0].state == State.DONE


def test_a_bug_in_a_worker_is_told_without_what_it_says(farm):
    def broken(key, tasks):
        raise ZeroDivisionError(f"the secret is {tasks[0].elements.hex()}")

    with farm.submitting() as submitter, farm.working(farm.worker(broken)):
        (result,) = submitter.wait(submitter.submit([farm.job(1)]), PATIENCE_S)
    assert result.reason == "internal error (ZeroDivisionError)"
    assert not any("secret" in said for said in farm.told)
