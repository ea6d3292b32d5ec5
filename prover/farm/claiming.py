"""What a worker does to the queue's tables.

A claim is a row lock, held by an open transaction for as long as the proof takes.  So a worker that is killed frees its
jobs by losing its connection, and nobody has to guess whether it is still alive.  That it began is written by another
transaction, which stays: a job that kills its workers is parked after MOST_ATTEMPTS.

The most urgent job is claimed first: by purpose, then by deadline, then by age.  With it come others of the same key
and purpose, up to MOST_TOGETHER but not more than this worker's share of what waits.  A job that has been tried before
comes alone: it may be what kills the workers, and would take the others with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg

from prover.farm import session as sessions
from prover.farm.jobs import KEPT_MS, MOST_TOGETHER
from prover.farm.session import ENDED, JOBS, NOW_MS, Session

ALIVE_MS = 5_000
"""A worker that has not been seen for so long is not counted among those that share the jobs."""
FORGOTTEN_MS = 86_400_000
"""After which a worker that is gone is no longer listed."""
MOST_SWEPT = 1_000  # rows in one statement

# OFFSET 0 keeps a subquery a look-up by index for each row: as a join, planned while the queue was empty, a claim among
# 2,000 jobs took 64 ms instead of 0.3.
_CLAIMABLE = f"""{{job}}.state = 'queued' AND {{job}}.deadline_ms > {NOW_MS} AND NOT EXISTS
    (SELECT FROM jobs newer WHERE newer.replaces = {{job}}.replaces AND newer.place > {{job}}.place OFFSET 0)"""
_TRIED = "EXISTS (SELECT FROM attempts WHERE attempts.job = {job}.id OFFSET 0)"
_LIKE_HEAD = """{job}.state = 'queued' AND {job}.purpose = (SELECT purpose FROM head)
    AND {job}.key = (SELECT key FROM head)"""

_CLAIM = f"""
WITH head AS MATERIALIZED (
    SELECT j.id, j.key, j.purpose, {_TRIED.format(job="j")} AS was_tried FROM jobs j
    WHERE {_CLAIMABLE.format(job="j")} AND j.key <> ALL (%(shunned)s::bytea[])
    ORDER BY j.purpose, j.deadline_ms, j.place LIMIT 1 FOR UPDATE OF j SKIP LOCKED
), share AS MATERIALIZED (
    SELECT ceil(count(*)::numeric / %(workers)s)::integer AS size FROM (
        SELECT FROM jobs w WHERE {_LIKE_HEAD.format(job="w")} AND NOT {_TRIED.format(job="w")}
        LIMIT {MOST_TOGETHER} * %(workers)s
    ) AS waiting
), beside AS MATERIALIZED (
    SELECT b.id FROM jobs b
    WHERE NOT (SELECT was_tried FROM head) AND b.id <> (SELECT id FROM head) AND {_LIKE_HEAD.format(job="b")}
        AND {_CLAIMABLE.format(job="b")} AND NOT {_TRIED.format(job="b")}
    ORDER BY b.deadline_ms, b.place
    LIMIT greatest(0, least({MOST_TOGETHER}, (SELECT size FROM share)) - 1) FOR UPDATE OF b SKIP LOCKED
)
SELECT id, key, public_digest, {NOW_MS} - submitted_ms, sealed FROM jobs LEFT JOIN inputs ON job = id
WHERE id = ANY (ARRAY(SELECT id FROM head UNION ALL SELECT id FROM beside)) ORDER BY deadline_ms, place
"""
_ATTEMPT = f"""
INSERT INTO attempts (job, number, worker, began_ms)
SELECT job, 1 + coalesce((SELECT max(number) FROM attempts a WHERE a.job = claimed.job), 0), %s, {NOW_MS}
FROM unnest(%s::bytea[]) AS claimed (job) RETURNING job, number
"""
_DONE = f"""
UPDATE jobs SET state = 'done', ended_ms = {NOW_MS}, worker = %s, certificate = %s, proof = made.proof,
    signature = made.signature
FROM unnest(%s::bytea[], %s::bytea[], %s::bytea[]) AS made (id, proof, signature)
WHERE jobs.id = made.id AND jobs.state = 'queued'
"""
_PARKED = f"""
UPDATE jobs SET state = 'parked', ended_ms = {NOW_MS}, reason = given.reason
FROM unnest(%s::bytea[], %s::text[]) AS given (id, reason) WHERE jobs.id = given.id AND jobs.state = 'queued'
"""
_OVERDUE = f"state = 'queued' AND deadline_ms <= {NOW_MS}"
_REPLACED = """state = 'queued' AND EXISTS
    (SELECT FROM jobs newer WHERE newer.replaces = jobs.replaces AND newer.place > jobs.place OFFSET 0)"""


@dataclass(frozen=True)
class Claimed:
    """A job whose row this worker's transaction has locked."""

    id: bytes
    key: bytes
    digest: bytes  # of the public inputs
    waited_ms: int
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Made:
    """A proof that is to be written: its bytes, and the worker's signature."""

    id: bytes
    proof: bytes
    signature: bytes


@dataclass(frozen=True)
class Standing:
    """What a worker tells about itself."""

    identity: bytes
    instance: bytes
    name: str
    certificate: bytes = field(repr=False)


def claim(connection: psycopg.Connection, shunned: Sequence[bytes], workers: int) -> list[Claimed]:
    """Begins a transaction and locks the most urgent jobs, of none of the `shunned` keys; without any, it ends it.

    So many workers share what waits.
    """
    values = {"shunned": list(shunned), "workers": max(1, workers)}
    with connection.pipeline():
        connection.execute("BEGIN")
        cursor = connection.execute(_CLAIM, values, binary=True)
    claimed = [Claimed(*row) for row in cursor.fetchall()]
    if not claimed:
        connection.execute("COMMIT")  # after a ROLLBACK, psycopg would prepare each statement again, which takes 1.3 ms
    return claimed


def begin(control: Session, worker: bytes, ids: Sequence[bytes]) -> dict[bytes, int]:
    """Writes that this worker has begun with these jobs; the number of each one's attempt, 1 for the first."""
    return {job: number for job, number in control.rows(_ATTEMPT, (worker, list(ids)))}


def fail(control: Session, reasons: dict[bytes, str], attempts: dict[bytes, int]) -> None:
    """Writes why these attempts have failed."""
    control.rows(
        "UPDATE attempts SET reason = given.reason FROM unnest(%s::bytea[], %s::integer[], %s::text[])"
        " AS given (job, number, reason) WHERE attempts.job = given.job AND attempts.number = given.number",
        (list(reasons), [attempts[job] for job in reasons], list(reasons.values())),
    )


def forgive(control: Session, attempts: dict[bytes, int]) -> None:
    """Removes attempts that the job has no part in: the database went away, or the worker's disk is full."""
    control.rows(
        "DELETE FROM attempts USING unnest(%s::bytea[], %s::integer[]) AS given (job, number)"
        " WHERE attempts.job = given.job AND attempts.number = given.number AND attempts.reason IS NULL",
        (list(attempts), list(attempts.values())),
    )


def last_reasons(control: Session, ids: Sequence[bytes]) -> dict[bytes, str]:
    """Why the last attempt at each job that said so has failed."""
    query = (
        "SELECT DISTINCT ON (job) job, reason FROM attempts WHERE job = ANY (%s) AND reason IS NOT NULL"
        " ORDER BY job, number DESC"
    )
    return dict(control.rows(query, (list(ids),)))


def finish(
    connection: psycopg.Connection, worker: Standing, made: Sequence[Made], parked: dict[bytes, str], *, frees: bool
) -> None:
    """Writes proofs and deletes their inputs, parks jobs with their reasons, and tells who waits; then it commits.

    Where it `frees` jobs too, other workers are told.
    """
    ids = [one.id for one in made]
    with connection.pipeline():
        if made:
            columns = ids, [one.proof for one in made], [one.signature for one in made]
            connection.execute(_DONE, (worker.identity, worker.certificate, *columns))
            connection.execute("DELETE FROM inputs WHERE job = ANY (%s)", (ids,))
        if parked:
            connection.execute(_PARKED, (list(parked), list(parked.values())))
        _tell(connection, [*ids, *parked])
        if frees:
            connection.execute("SELECT pg_notify(%s, '')", (JOBS,))
        connection.execute("COMMIT")


def write_late(session: Session, worker: Standing, made: Sequence[Made]) -> int:
    """Writes proofs whose claim was lost with its connection, for the jobs that nobody has meanwhile; how many."""
    with session.holding() as connection:
        connection.execute("BEGIN")
        query = "SELECT id FROM jobs WHERE id = ANY (%s) AND state = 'queued' FOR UPDATE SKIP LOCKED"
        free = {bytes(row[0]) for row in connection.execute(query, ([one.id for one in made],), binary=True)}
        finish(connection, worker, [one for one in made if one.id in free], {}, frees=False)
    return len(free)


def report(control: Session, standing: Standing, state: str, done: int, failed: int) -> int:
    """Writes that this worker is there, and what it has done; how many workers are."""
    control.rows(
        f"INSERT INTO workers VALUES (%s, %s, %s, %s, {NOW_MS}, {NOW_MS}, %s, %s, %s) ON CONFLICT (identity, instance)"
        " DO UPDATE SET seen_ms = excluded.seen_ms, state = excluded.state, done = excluded.done,"
        " failed = excluded.failed",
        (standing.identity, standing.instance, standing.name, standing.certificate, state, done, failed),
    )
    query = f"SELECT count(*) FROM workers WHERE seen_ms > {NOW_MS} - {ALIVE_MS} AND state <> 'draining'"
    return control.rows(query)[0][0]


def leave(control: Session, standing: Standing) -> None:
    """Writes that this worker is gone."""
    control.rows(
        "DELETE FROM workers WHERE identity = %s AND instance = %s AND NOT EXISTS"
        " (SELECT FROM quarantine WHERE worker = identity)",
        (standing.identity, standing.instance),
    )


def sweep(session: Session) -> None:
    """Ends the jobs that are overdue or replaced, and deletes what ended KEPT_MS ago."""
    with session.transaction() as connection:
        _end(connection, "overdue", _OVERDUE)
        _end(connection, "replaced", _REPLACED)
    gone = session.rows(
        f"DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE ended_ms < {NOW_MS} - {KEPT_MS}"
        f" FOR UPDATE SKIP LOCKED LIMIT {MOST_SWEPT}) RETURNING id"
    )
    session.rows("DELETE FROM attempts WHERE job = ANY (%s)", ([row[0] for row in gone],))
    session.rows(f"DELETE FROM workers WHERE seen_ms < {NOW_MS} - {FORGOTTEN_MS}")


def _end(connection: psycopg.Connection, state: str, which: str) -> None:
    query = (
        f"UPDATE jobs SET state = %s, ended_ms = {NOW_MS} WHERE id IN"
        f" (SELECT id FROM jobs WHERE {which} FOR UPDATE SKIP LOCKED LIMIT {MOST_SWEPT}) RETURNING id"
    )
    ended = [bytes(row[0]) for row in connection.execute(query, (state,), binary=True)]
    connection.execute("DELETE FROM inputs WHERE job = ANY (%s)", (ended,))
    connection.execute("DELETE FROM attempts WHERE job = ANY (%s)", (ended,))
    _tell(connection, ended)


def _tell(connection: psycopg.Connection, ids: Sequence[bytes]) -> None:
    """Tells who waits for these jobs; a notification holds 8000 bytes."""
    for first in range(0, len(ids), sessions.MOST_TOLD):
        told = " ".join(job.hex() for job in ids[first : first + sessions.MOST_TOLD])
        connection.execute("SELECT pg_notify(%s, %s)", (ENDED, told))
