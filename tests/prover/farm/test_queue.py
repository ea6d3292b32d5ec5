"""Jobs go through the queue from end to end: workers in threads, and submitters that verify what comes back."""

import threading

import pytest

from prover.farm import client, control, keycontents, opening
from prover.farm.client import Farm
from prover.farm.jobs import Job, NotProved, Result, State
from prover.farm.submitter import Submitter
from prover.proofs.purposes import Purpose
from tests import patience
from tests.patience import PATIENCE_S
from tests.prover.farm import farms
from tests.zk.groth16 import known
from zk.errors import FormatError


def test_a_job_is_proved_and_its_inputs_are_gone(farm):
    with farm.submitting() as submitter, farm.working(farm.worker()):
        (result,) = submitter.wait(submitter.submit([farm.job(5)]), PATIENCE_S)
    assert result.state == State.DONE, farm.told
    assert farm.sql("SELECT state, (SELECT count(*) FROM inputs) FROM jobs") == [("done", 0)]


def test_many_jobs_of_several_threads_are_each_proved_once(farm):
    results: list[Result] = []

    def ask(submitter, first):
        ids = submitter.submit([farm.job(first + i, purpose=Purpose(i % 4)) for i in range(10)])
        results.extend(submitter.wait(ids, PATIENCE_S))

    batches: list = []
    with farm.submitting() as submitter, farm.working(*(farm.worker(observe=batches.append) for _ in range(3))):
        threads = [threading.Thread(target=ask, args=(submitter, 100 * n)) for n in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [result.state for result in results] == [State.DONE] * 30, farm.told
    assert sum(len(batch.outcomes) for batch in batches) == 30
    assert farm.sql("SELECT count(*), max(number) FROM attempts") == [(30, 1)]


def test_a_queue_that_is_drained_takes_no_new_jobs_and_proves_what_it_has(farm):
    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(1)])
        control.drain(farm.url)
        with pytest.raises(NotProved, match="takes no new jobs"):
            submitter.submit([farm.job(2)])
        assert farm.sql("SELECT count(*) FROM jobs") == [(1,)]
        with farm.working(farm.worker()):
            assert submitter.wait(ids, PATIENCE_S)[0].state == State.DONE
            assert control.status(farm.url).is_draining
            control.resume(farm.url)
            assert submitter.wait(submitter.submit([farm.job(2)]), PATIENCE_S)[0].state == State.DONE


def test_two_versions_of_a_statement_are_proved_side_by_side(farm):
    """One worker knows only the new version: its key for the old one is of no format that it reads."""
    newer = farms.make(farm.url, farm.folder, "newer")

    def modern(key, tasks):
        if key != newer.key.digest:
            raise FormatError("the key's arrays have version 1; this program knows 2")
        return farms.honest(key, tasks)

    with farm.submitting() as submitter:
        submitter.offer(newer.key)
        with farm.working(farm.worker(modern, "modern"), farm.worker(None, "old")):
            ids = submitter.submit([made.job(n) for n in range(1, 9) for made in (farm, newer)])
            results = submitter.wait(ids, PATIENCE_S)
    assert {result.state for result in results} == {State.DONE}, farm.told


def test_jobs_that_the_database_has_lost_are_submitted_again(farm):
    """As after a failover to a standby that had not everything."""
    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(1), farm.job(2)])
        control.drain(farm.url)
        farm.sql("DELETE FROM jobs")
        assert submitter.wait(ids, 1.5)[0].state == State.QUEUED, "the queue takes none"
        control.resume(farm.url)
        with farm.working(farm.worker()):
            assert [result.state for result in submitter.wait(ids, PATIENCE_S)] == [State.DONE] * 2


def test_who_comes_back_asks_by_id_and_gets_the_result_that_is_there(farm):
    job = farm.job(1)
    with farm.submitting() as submitter, farm.working(farm.worker()):
        assert submitter.wait(submitter.submit([job]), PATIENCE_S)[0].state == State.DONE
    with farm.submitting() as again:
        assert again.wait(again.submit([job]), PATIENCE_S)[0].state == State.DONE
    assert farm.sql("SELECT count(*) FROM attempts") == [(1,)]


def test_a_job_of_an_unknown_key_and_a_malformed_one_are_refused(farm):
    with farm.submitting() as submitter, pytest.raises(AssertionError, match="offered"):
        submitter.submit([Job(b"k" * 32, [1], (1,))])
    for wrong in ({"id": b"short"}, {"deadline_ms": 0}, {"replaces": ""}, {"replaces": "x" * 65}):
        with pytest.raises(ValueError):
            farm.job(1, **wrong)


def test_status_shows_jobs_by_state_and_purpose_and_the_workers(farm):
    with farm.submitting() as submitter:
        submitter.submit([farm.job(1), farm.job(2), farm.job(3, purpose=Purpose.AUDIT)])
        before = control.status(farm.url)
        assert dict(before.counts[State.QUEUED]) == {Purpose.TAKE: 2, Purpose.AUDIT: 1}
        assert before.queued == 3 and before.oldest_ms >= 0 and before.workers == ()
        worker = farm.worker()
        with farm.working(worker):
            found: list = []

            def has_done_all():  # a worker that says nothing for a while is not shown, and comes again
                found[:] = control.status(farm.url).workers
                return sum(seen.jobs_done for seen in found) == 3

            patience.until(has_done_all, found)
            (seen,) = found
    assert (seen.identity, seen.jobs_failed, seen.is_accused) == (worker.identity, 0, False)


def test_an_empty_database_another_farms_queue_and_another_version_are_refused(farm, tmp_path):
    with pytest.raises(FormatError, match="belongs to another farm key"):
        opening.init(farm.url, tmp_path / "other.json")
    assert opening.init(farm.url, farm.folder / "farm.json") == farm.keys.public, "again changes nothing"
    with pytest.raises(FormatError, match="belongs to another farm key"):
        strange = farms.Farm(farm.url, tmp_path, farms.read(tmp_path / "other.json"), farm.key)
        strange.worker().run(threading.Event())
    for comment, said in (
        ("a zksettle proving queue of schema version 99", "has schema version 99, and this program knows"),
        ("somebody's tables", "is not a proving queue"),
    ):
        farm.sql(f"COMMENT ON SCHEMA zksettle_farm IS $${comment}$$")
        with pytest.raises(FormatError, match=said):
            control.status(farm.url)
    farm.sql("DROP SCHEMA zksettle_farm CASCADE")
    with pytest.raises(FormatError, match="there is no queue in this database"):
        Submitter.open(farm.url, lambda found: found)


class _Keystore:
    """A keystore with one key, whose files are the farm's."""


def test_a_keystores_farm_proves_and_says_once_when_nobody_does(farm, monkeypatch):
    monkeypatch.setattr(keycontents, "of_statement", lambda keystore, name: farm.key)
    monkeypatch.setattr("circuits.statements.statement.inputs", list)

    class Key:
        statement = "toy"

    accepted: list = []
    with farm.submitting() as submitter:
        impatient = Farm(submitter, _Keystore(), patience_ms=300, tell=farm.told.append)
        for _ in range(2):
            assert impatient.prove(Key, (5, 7), (9,), Purpose.TAKE, accepted.append) is None
        assert farm.told == ["the queue made no proof (no worker proved the job in time); proving here for a while"]
        with farm.working(farm.worker()):
            patient = Farm(submitter, _Keystore(), tell=farm.told.append)
            proof = patient.prove(Key, (5, 7), (9,), Purpose.TAKE, accepted.append)
    assert proof == known.proof((5, 7)) and accepted == [proof]


@pytest.mark.parametrize(("patience_s", "deadline_ms", "state"), [
    (0.0, 600_000, State.QUEUED), (PATIENCE_S, 100, State.OVERDUE),
])  # fmt: skip
def test_whoever_sees_first_that_the_time_is_over_the_job_is_withdrawn(
    farm, monkeypatch, patience_s, deadline_ms, state
):
    seen = []
    with farm.submitting() as submitter:
        wait = submitter.wait

        def waits(ids, timeout_s):
            seen.extend(wait(ids, patience_s))
            return seen

        monkeypatch.setattr(submitter, "wait", waits)
        with pytest.raises(NotProved, match="no worker proved the job in time"):
            client.one(submitter, farm.job(deadline_ms=deadline_ms))
    assert [result.state for result in seen] == [state]
    assert farm.sql("SELECT state, (SELECT count(*) FROM inputs) FROM jobs") == [("withdrawn", 0)]
