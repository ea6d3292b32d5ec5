"""What a submitter does to the queue's tables, and the strict reading of what it finds there."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from prover.farm import farmkey, keysweep
from prover.farm.evidence import Signed
from prover.farm.farmkey import KEY_BYTES, PUBLIC_BYTES, SIGNATURE_BYTES, FarmPublic
from prover.farm.jobs import ID_BYTES, Job, NotProved, State
from prover.farm.session import ENDED, JOBS, NOW_MS, Session
from zk.errors import FormatError
from zk.groth16.keys import PROOF_BYTES

DIGEST_BYTES = 32
MAX_REASON = 500

_SUBMIT = f"""
WITH given AS MATERIALIZED (
    SELECT * FROM unnest(%s::bytea[], %s::bytea[], %s::bytea[], %s::smallint[], %s::text[], %s::bigint[], %s::bytea[])
        WITH ORDINALITY AS given (id, key, digest, purpose, replaces, deadline_ms, sealed, number)
), made AS (
    INSERT INTO jobs (id, key, public_digest, purpose, replaces, submitted_ms, deadline_ms)
    SELECT id, key, digest, purpose, replaces, {NOW_MS}, {NOW_MS} + deadline_ms FROM given
    WHERE NOT (SELECT is_draining FROM farm) ORDER BY number
    ON CONFLICT (id) DO NOTHING RETURNING id
)
INSERT INTO inputs (job, sealed) SELECT id, sealed FROM given WHERE id IN (SELECT id FROM made)
"""
_REPLACE = f"""
WITH old AS (
    UPDATE jobs SET state = 'replaced', ended_ms = {NOW_MS} WHERE id IN (
        SELECT id FROM jobs WHERE replaces = ANY (%s) AND state = 'queued' AND EXISTS
            (SELECT FROM jobs newer WHERE newer.replaces = jobs.replaces AND newer.place > jobs.place OFFSET 0)
        FOR UPDATE SKIP LOCKED
    ) RETURNING id
), gone AS (DELETE FROM inputs WHERE job IN (SELECT id FROM old))
SELECT pg_notify(%s, encode(id, 'hex')) FROM old
"""
_FETCH = f"""
SELECT j.id, CASE WHEN j.state = 'queued' AND j.deadline_ms <= {NOW_MS} THEN 'overdue' ELSE j.state END,
    j.key, j.public_digest, j.proof, j.worker, j.signature, j.certificate, j.reason,
    (SELECT count(*) FROM attempts a WHERE a.job = j.id)::integer,
    EXISTS (SELECT FROM quarantine q WHERE q.worker = j.worker)
FROM jobs j WHERE j.id = ANY (%s)
"""
_PUT_BACK = """
WITH back AS (
    UPDATE jobs SET state = 'queued', ended_ms = NULL, proof = NULL, signature = NULL, worker = NULL,
        certificate = NULL, key = %s, public_digest = %s
    WHERE id = %s AND state = 'done' AND worker = %s RETURNING id
), forgiven AS (
    DELETE FROM attempts a USING back WHERE a.job = back.id AND a.worker = %s
)
INSERT INTO inputs (job, sealed) SELECT id, %s FROM back ON CONFLICT (job) DO UPDATE SET sealed = excluded.sealed
"""


@dataclass(frozen=True)
class Sealed:
    """A job as the database has it: `digest` is of its public inputs, `inputs` only the workers can open."""

    job: Job
    digest: bytes
    inputs: bytes = field(repr=False)


@dataclass(frozen=True)
class Found:
    """A job's row: its state, and the signed proof when it is done."""

    id: bytes
    state: State
    signed: Signed | None
    reason: str
    attempts: int
    is_accused: bool = False  # somebody says that its worker lies


def submit(session: Session, sealed: Sequence[Sealed]) -> None:
    """Queues jobs, all or none, except those whose ids are there already; older ones that they replace are ended.

    The commit waits neither for the disk nor for a standby: who waits for a job submits it again when a crash has taken
    it, and nobody else misses it.  A proof's commit waits, and comes after its job's, so none stays without its job.

    Raises NotProved when the queue is being drained, sessions.Missing when it lacks a key, and Unavailable.
    """
    given = [one.job for one in sealed]
    columns: list[list[Any]] = [
        [job.id for job in given], [job.key for job in given], [one.digest for one in sealed],
        [int(job.purpose) for job in given], [job.replaces for job in given], [job.deadline_ms for job in given],
        [one.inputs for one in sealed],
    ]  # fmt: skip
    replaced = [job.replaces for job in given if job.replaces is not None]
    with session.holding() as connection:
        with connection.pipeline():
            connection.execute("BEGIN")
            connection.execute("SET LOCAL synchronous_commit = off")
            draining = connection.execute("SELECT is_draining FROM farm")
            connection.execute(keysweep.USE, (columns[1],))
            connection.execute(_SUBMIT, columns)
            if replaced:
                connection.execute(_REPLACE, (replaced, ENDED))
            connection.execute("SELECT pg_notify(%s, '')", (JOBS,))
            connection.execute("COMMIT")
        if draining.fetchone() != (False,):
            raise NotProved("the queue is drained and takes no new jobs: `zksettle prover queue resume` ends that")


def fetch(session: Session, ids: Sequence[bytes]) -> list[Found]:
    """The rows of the jobs that are there.  Raises FormatError when one is not as this program writes it."""
    return [_found(row) for row in session.rows(_FETCH, (list(ids),))]


def put_back(session: Session, sealed: Sealed, worker: bytes) -> None:
    """Queues a job again that this worker has ended with what is no proof; its attempts do not count."""
    session.rows(_PUT_BACK, (sealed.job.key, sealed.digest, sealed.job.id, worker, worker, sealed.inputs))
    session.rows("SELECT pg_notify(%s, '')", (JOBS,))


def withdraw(session: Session, ids: Sequence[bytes]) -> int:
    """Ends jobs that are queued; how many.  Those that a worker has are ended by it."""
    with session.transaction() as connection:
        rows = connection.execute(
            f"UPDATE jobs SET state = 'withdrawn', ended_ms = {NOW_MS} WHERE id IN"
            " (SELECT id FROM jobs WHERE id = ANY (%s) AND state = 'queued' FOR UPDATE SKIP LOCKED) RETURNING id",
            (list(ids),),
        ).fetchall()
        connection.execute("DELETE FROM inputs WHERE job = ANY (%s)", ([row[0] for row in rows],))
    return len(rows)


def farm(session: Session) -> FarmPublic:
    """The farm's key as the database has it, which is believed only after it is compared with a pinned one."""
    rows = session.rows("SELECT public_key FROM farm")
    return farmkey.decode(_bytes(rows[0][0] if rows else None, PUBLIC_BYTES, "the farm's key"))


def printable(text: str) -> str:
    """A text from the database as it may be shown: one line without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text[:MAX_REASON])


def _found(row: tuple[Any, ...]) -> Found:
    job, state, key, digest, proof, worker, signature, certificate, reason, attempts, is_accused = row
    try:
        known = State(state)
    except ValueError:
        raise FormatError("a job in the queue has an unknown state") from None
    if type(reason) is not str or type(attempts) is not int:
        raise FormatError("a job in the queue has a malformed row")
    job = _bytes(job, ID_BYTES, "its id")
    if known != State.DONE:
        return Found(job, known, None, printable(reason), attempts)
    signed = Signed(
        job,
        _bytes(key, DIGEST_BYTES, "its key"),
        _bytes(digest, DIGEST_BYTES, "the digest of its public inputs"),
        _bytes(proof, PROOF_BYTES, "its proof"),
        _bytes(worker, KEY_BYTES, "its worker"),
        _bytes(signature, SIGNATURE_BYTES, "its signature"),
        _bytes(certificate, SIGNATURE_BYTES, "its worker's certificate"),
    )
    return Found(job, known, signed, "", attempts, is_accused is not False)


def _bytes(value: Any, length: int, what: str) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview) or len(value) != length:
        raise FormatError(f"a job in the queue is malformed: {what} does not have {length} bytes")
    return bytes(value)
