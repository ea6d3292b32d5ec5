"""Which jobs a worker claims, what a claim leaves behind when its connection ends, and what is swept."""

from contextlib import ExitStack, contextmanager

import pytest

from prover.farm import asking, claiming, sealing
from prover.farm.asking import Sealed
from prover.farm.claiming import Made, Standing
from prover.farm.jobs import KEPT_MS, MOST_TOGETHER, State
from prover.farm.session import Session
from prover.proofs.purposes import Purpose
from tests import patience
from tests.zk.groth16 import known
from zk.groth16 import keys

ME = Standing(b"w" * 32, b"instance", "machine", b"c" * 64)


@pytest.fixture
def queue(farm):
    """The farm, its key in the database."""
    with farm.submitting():
        pass
    return farm


@pytest.fixture
def session(queue):
    with Session(queue.url) as opened:
        yield opened


def put(session, *jobs):
    asking.submit(session, [Sealed(job, sealing.public_digest(job.key, job.public), b"sealed") for job in jobs])
    return [job.id for job in jobs]


@contextmanager
def claimed(url, workers=1, shunned=()):
    """(ids, session) of a claim that lasts as long as the block, or until the session is closed in it."""
    with Session(url) as other, other.using() as connection:
        yield [job.id for job in claiming.claim(connection, shunned, workers)], other
        if not connection.closed:
            connection.execute("ROLLBACK")


def killed(session, holder):
    """Ends a session as the system does when its process is killed, and waits until the server has noticed."""
    with holder.using() as connection:
        pid = connection.info.backend_pid
    holder.close()
    query = "SELECT pid FROM pg_stat_activity WHERE pid = %s"
    patience.until(lambda: not session.rows(query, (pid,)), "the server keeps a session whose process is gone")


def states(session, ids):
    return [{found.id: found.state for found in asking.fetch(session, ids)}[job] for job in ids]


def test_the_most_urgent_job_goes_first(queue, session):
    audit, quote, take, block = (
        put(session, queue.job(purpose=purpose))[0]
        for purpose in (Purpose.AUDIT, Purpose.QUOTE, Purpose.TAKE, Purpose.BLOCK)
    )
    with ExitStack() as held:
        order = [held.enter_context(claimed(queue.url))[0] for _ in range(4)]
    assert order == [[block], [take], [quote], [audit]]


def test_of_one_purpose_the_earliest_deadline_goes_first_and_then_the_oldest(queue, session):
    (late,) = put(session, queue.job(deadline_ms=8_000_000))
    (soon,) = put(session, queue.job(deadline_ms=2_000_000))
    (later,) = put(session, queue.job(deadline_ms=8_000_000))
    session.rows(
        "UPDATE jobs SET deadline_ms = (SELECT deadline_ms FROM jobs WHERE id = %s) WHERE id = %s", (late, later)
    )
    with ExitStack() as held:
        order = [held.enter_context(claimed(queue.url, workers=3))[0] for _ in range(3)]
    assert order == [[soon], [late], [later]]


def test_a_claim_takes_up_to_eight_of_one_key_and_purpose(queue, session):
    quotes = put(session, *(queue.job(purpose=Purpose.QUOTE) for _ in range(MOST_TOGETHER + 3)))
    put(session, queue.job(purpose=Purpose.AUDIT))
    with claimed(queue.url) as (ids, _):
        assert ids == quotes[:MOST_TOGETHER]
        with claimed(queue.url) as (rest, _):
            assert rest == quotes[MOST_TOGETHER:]


def test_workers_share_what_waits(queue, session):
    put(session, *(queue.job() for _ in range(6)))
    with claimed(queue.url, workers=4) as (first, _):
        assert len(first) == 2
    with claimed(queue.url, workers=1) as (first, _):
        assert len(first) == 6


def test_a_job_is_claimed_once_and_is_free_again_when_the_connection_ends(queue, session):
    (job,) = put(session, queue.job())
    with claimed(queue.url) as (ids, holder):
        with claimed(queue.url) as (others, _):
            assert (ids, others) == ([job], [])
        claiming.begin(session, ME.identity, ids)
        killed(session, holder)
    with claimed(queue.url) as (ids, _):
        assert ids == [job]
    assert claiming.begin(session, ME.identity, [job]) == {job: 2}, "the first attempt was counted all the same"


def test_a_job_that_was_tried_comes_alone(queue, session):
    ids = put(session, *(queue.job() for _ in range(3)))
    claiming.begin(session, ME.identity, ids[:1])
    with claimed(queue.url) as (alone, _):
        assert alone == ids[:1]
        with claimed(queue.url) as (others, _):
            assert others == ids[1:]
    claiming.forgive(session, {ids[0]: 1})
    claiming.begin(session, ME.identity, ids[1:2])
    with claimed(queue.url) as (beside, _):
        assert beside == [ids[0], ids[2]], "nor does it come with others"


def test_a_worker_that_found_nothing_keeps_what_it_has_prepared(queue, session):
    """psycopg forgets it after a ROLLBACK, and then the next claim is planned while its job waits."""
    with session.holding() as connection:
        claiming.claim(connection, [], 1)
    query = "SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, %s) > 0"
    assert session.rows(query, ("WITH head",)) == [(1,)]


def test_a_claim_that_was_planned_on_an_empty_queue_reads_few_rows_of_a_long_one(queue, session):
    with Session(queue.url) as other:
        with other.holding() as connection:
            claiming.claim(connection, [], 1)
        put(session, *(queue.job(replaces=f"{number // 2}") for number in range(400)))
        with other.holding() as connection:
            assert len(claiming.claim(connection, [], 1)) == MOST_TOGETHER
            query = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'jobs'"
            assert connection.execute(query).fetchone()[0] < 100


def test_jobs_of_a_shunned_key_are_left_to_others(queue, session):
    (job,) = put(session, queue.job())
    with claimed(queue.url, shunned=[queue.key.digest]) as (ids, _):
        assert ids == []
    with claimed(queue.url, shunned=[b"k" * 32]) as (ids, _):
        assert ids == [job]


def test_a_newer_quote_replaces_its_queued_older_self_and_nothing_else(queue, session):
    old, other, unnamed = put(session, queue.job(replaces="a"), queue.job(replaces="b"), queue.job())
    (new,) = put(session, queue.job(replaces="a"))
    assert states(session, [old, other, unnamed, new]) == [
        State.REPLACED, State.QUEUED, State.QUEUED, State.QUEUED,
    ]  # fmt: skip
    assert session.rows("SELECT count(*) FROM inputs WHERE job = %s", (old,)) == [(0,)]


def test_an_older_quote_that_a_worker_has_goes_on_but_is_not_begun_again(queue, session):
    (old,) = put(session, queue.job(replaces="a"))
    with claimed(queue.url) as (ids, holder):
        (new,) = put(session, queue.job(replaces="a"))
        assert states(session, [old, new]) == [State.QUEUED, State.QUEUED]
        killed(session, holder)
    with claimed(queue.url) as (ids, _):
        assert ids == [new]
    claiming.sweep(session)
    assert states(session, [old, new]) == [State.REPLACED, State.QUEUED]


def test_an_overdue_job_is_not_claimed_and_is_swept(queue, session):
    (job,) = put(session, queue.job(deadline_ms=1))
    with claimed(queue.url) as (ids, _):
        assert ids == []
    assert states(session, [job]) == [State.OVERDUE], "who waits learns it before it is swept"
    claiming.sweep(session)
    assert session.rows("SELECT state, (SELECT count(*) FROM inputs) FROM jobs") == [("overdue", 0)]


def test_the_same_job_is_queued_once(queue, session):
    job = queue.job()
    put(session, job)
    put(session, job, queue.job(3))
    assert session.rows("SELECT count(*) FROM jobs") == session.rows("SELECT count(*) FROM inputs") == [(2,)]


def test_a_withdrawn_job_is_not_claimed_and_one_at_work_is_not_withdrawn(queue, session):
    (job,) = put(session, queue.job())
    with claimed(queue.url):
        assert asking.withdraw(session, [job]) == 0
    assert asking.withdraw(session, [job]) == 1
    with claimed(queue.url) as (ids, _):
        assert ids == []


def test_a_result_is_kept_for_an_hour(queue, session):
    ids = put(session, queue.job(), queue.job())
    proof = keys.encode_proof(known.proof((1, 7)))
    with session.holding() as connection:
        claiming.claim(connection, [], 1)
        claiming.begin(session, ME.identity, ids)
        claiming.finish(connection, ME, [Made(job, proof, b"s" * 64) for job in ids], {}, frees=False)
    session.rows("UPDATE jobs SET ended_ms = ended_ms - %s WHERE id = %s", (KEPT_MS - 60_000, ids[0]))
    session.rows("UPDATE jobs SET ended_ms = ended_ms - %s WHERE id = %s", (KEPT_MS + 1, ids[1]))
    claiming.sweep(session)
    assert [found.id for found in asking.fetch(session, ids)] == ids[:1]
    assert session.rows("SELECT job FROM attempts") == [(ids[0],)]


def test_a_late_proof_is_written_only_for_a_job_that_nobody_has(queue, session):
    free, taken, done = put(session, *(queue.job(deadline_ms=ms) for ms in (9_000_000, 2_000_000, 1_000_000)))
    proof = keys.encode_proof(known.proof((1, 7)))
    with session.holding() as connection:
        connection.execute("BEGIN")
        claiming.finish(connection, ME, [Made(done, proof, b"1" * 64)], {}, frees=False)
    with Session(queue.url) as other, other.transaction() as connection:
        connection.execute("SELECT FROM jobs WHERE id = %s FOR UPDATE", (taken,))
        assert claiming.write_late(session, ME, [Made(job, proof, b"2" * 64) for job in (free, taken, done)]) == 1
    assert states(session, [free, taken, done]) == [State.DONE, State.QUEUED, State.DONE]
    assert session.rows("SELECT signature FROM jobs WHERE id = %s", (done,)) == [(b"1" * 64,)]
