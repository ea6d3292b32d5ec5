"""What a server that is killed may take with it, and what it may not: its disk has only what was waited for."""

import pytest

from prover.farm.jobs import State
from tests import clusters
from tests.prover.farm import farms
from tests.zk.groth16 import known

WAIT_S = 60


@pytest.fixture(scope="module")
def server():
    """A server that writes nothing before a commit waits for it, or ten seconds are over."""
    with clusters.running() as cluster:
        cluster.ask("ALTER SYSTEM SET wal_writer_delay = '10s'")
        cluster.stop()
        cluster.start()
        yield cluster


@pytest.fixture
def kept(server, tmp_path):
    """A farm on that server."""
    server.ask("DROP SCHEMA IF EXISTS zksettle_farm CASCADE")
    return farms.make(server.url(), tmp_path)


def crash(server):
    server.kill()
    server.start()


def test_a_crash_takes_no_result_and_no_key(kept, server):
    """Others may wait for it, or for the next one under that key."""
    with kept.submitting() as submitter, kept.working(kept.worker()):
        (result,) = submitter.wait(submitter.submit([kept.job()]), WAIT_S)
        server.kill()
    server.start()
    assert result.state == State.DONE
    assert kept.sql("SELECT state, key, (SELECT count(*) FROM inputs) FROM jobs") == [("done", kept.key.digest, 0)]


def test_a_job_that_a_crash_takes_is_submitted_again_by_who_waits_for_it(kept, server):
    with kept.submitting() as submitter:
        ids = submitter.submit([kept.job()])
        crash(server)
        with kept.working(kept.worker()):
            (result,) = submitter.wait(ids, WAIT_S)
    assert result.state == State.DONE and result.proof == known.proof((1, 7))
