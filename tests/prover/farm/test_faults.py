"""The database goes away, comes back elsewhere, or is full: nothing is lost, and nothing is proved twice for nobody."""

import threading
import time

import psycopg
import pytest

from prover.farm.jobs import State
from prover.farm.session import Full
from tests import clusters, patience
from tests.patience import PATIENCE_S
from tests.prover.farm import farms

_FULL = """
CREATE FUNCTION zksettle_farm.full_disk() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER full_disk BEFORE {event} ON zksettle_farm.{table} EXECUTE FUNCTION zksettle_farm.full_disk()
"""
_ROOM = "DROP FUNCTION zksettle_farm.full_disk CASCADE"


def fill(farm, event, table):
    with psycopg.connect(farm.url, autocommit=True) as connection:
        connection.execute(_FULL.format(event=event, table=table))


def test_a_full_disk_is_told_in_one_sentence_and_nothing_is_queued(farm):
    with farm.submitting() as submitter:
        fill(farm, "INSERT", "inputs")
        with pytest.raises(Full, match=r"has no room left \(could not extend file\): nothing was written"):
            submitter.submit([farm.job(1)])
        assert farm.sql("SELECT count(*) FROM jobs") == [(0,)]
        farm.sql(_ROOM)
        with farm.working(farm.worker()):
            assert submitter.wait(submitter.submit([farm.job(1)]), PATIENCE_S)[0].state == State.DONE


def test_a_proof_that_the_full_disk_did_not_take_is_written_when_there_is_room(farm):
    made: list = []

    def once(key, tasks):
        made.append(len(tasks))
        assert len(made) == 1, "it was proved before"
        return farms.honest(key, tasks)

    with farm.submitting() as submitter:
        ids = submitter.submit([farm.job(1), farm.job(2)])
        fill(farm, "UPDATE", "jobs")
        with farm.working(farm.worker(once)):
            patience.until(lambda: any("no room left" in said for said in farm.told), farm.told)
            assert farm.sql("SELECT DISTINCT state FROM jobs") == [("queued",)]
            farm.sql(_ROOM)
            results = submitter.wait(ids, PATIENCE_S)
    assert [result.state for result in results] == [State.DONE] * 2
    assert farm.sql("SELECT count(*) FROM attempts") == [(0,)], "no attempt of the job's has failed"


def test_a_claim_that_is_lost_while_it_is_proved_loses_no_proof(farm):
    made: list = []

    def disconnected(key, tasks):
        made.append(len(tasks))
        farm.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                 " AND datname = current_database()")  # fmt: skip
        return farms.honest(key, tasks)

    with farm.submitting() as submitter, farm.working(farm.worker(disconnected)):
        (result,) = submitter.wait(submitter.submit([farm.job(1)]), PATIENCE_S)
    assert result.state == State.DONE and made == [1]
    assert any("trying again" in said for said in farm.told)


def busy(farm, during, made):
    """How jobs end that two workers prove while `during` happens, a tenth of a second for each."""

    def slowly(key, tasks):
        time.sleep(0.1)
        made.extend(tasks)
        return farms.honest(key, tasks)

    def disturb():
        for happen in during:
            time.sleep(0.4)
            happen()

    with farm.submitting() as submitter, farm.working(*(farm.worker(slowly, name) for name in "ab")):
        ids = submitter.submit([farm.job(number) for number in range(1, 41)])
        thread = threading.Thread(target=disturb)
        thread.start()
        results = submitter.wait(ids, PATIENCE_S)
        thread.join()
        ids = submitter.submit([farm.job(number) for number in range(41, 45)])
        return results + submitter.wait(ids, PATIENCE_S)


def test_jobs_outlive_a_restart_of_the_database_under_load(tmp_path):
    """The server is killed with kill -9, twice."""
    made: list = []
    with clusters.running() as cluster:
        farm = farms.make(cluster.url(), tmp_path)
        results = busy(farm, [cluster.kill, cluster.start, cluster.kill, cluster.start], made)
    assert [result.state for result in results] == [State.DONE] * 44, farm.told
    assert any("trying again" in said for said in farm.told)


def test_jobs_outlive_a_failover_under_load(tmp_path):
    """The primary is gone for good, and its standby takes its place: the URL names both."""
    made: list = []
    with clusters.folders(2) as (first, second):
        primary, standby = clusters.Cluster(first), clusters.Cluster(second)
        primary.initialize()
        primary.start()
        try:
            standby.follow(primary)
            standby.start()
            primary.require(standby)
            url = f"postgresql://postgres@/postgres?host={first},{second}"
            results = busy(farms.make(url, tmp_path), [primary.kill, standby.promote], made)
        finally:
            primary.stop()
            standby.stop()
    assert [result.state for result in results] == [State.DONE] * 44
