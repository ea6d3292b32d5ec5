"""What an operator sees of the queue, and may do to it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prover.farm import asking, keycontents, schema
from prover.farm.claiming import ALIVE_MS
from prover.farm.jobs import State
from prover.farm.session import JOBS, NOW_MS, Session
from prover.proofs.purposes import Purpose
from zk.errors import FormatError

MOST_LISTED = 1_000
RETRY_MS = 600_000
"""The new deadline of a job that is retried: it has probably passed its own."""


@dataclass(frozen=True)
class WorkerStatus:
    """A worker as it last told: its identity is a public key; `jobs_done` counts since its process started.

    `is_accused` says that evidence lies against it, which is not checked here: submitters and workers do that.
    """

    name: str
    identity: bytes
    state: str
    seen_ms_ago: int
    jobs_done: int
    jobs_failed: int
    is_accused: bool


@dataclass(frozen=True)
class ParkedJob:
    """A job that failed too often, and why."""

    id: bytes
    key: bytes
    key_name: str
    purpose: Purpose
    attempts: int
    reason: str
    parked_ms_ago: int


@dataclass(frozen=True)
class Status:
    """The queue at one moment: jobs by state and purpose, the age of the oldest that is queued, workers, parked jobs.

    Of the queued jobs, about `proving` are with a worker.
    """

    counts: dict[State, dict[Purpose, int]]
    proving: int
    oldest_ms: int
    workers: tuple[WorkerStatus, ...]
    parked: tuple[ParkedJob, ...]
    is_draining: bool

    @property
    def queued(self) -> int:
        """The number of jobs that are queued, those with a worker included."""
        return sum(self.counts[State.QUEUED].values())


def status(url: str) -> Status:
    """The queue.  Raises FormatError when there is none, or a row of it is malformed, and Unavailable."""
    with Session(url) as session, session.transaction():
        schema.check(session)
        return _status(session)


def retry(url: str, ids: Sequence[bytes] | None = None) -> int:
    """Queues parked jobs again, all of them or those with these ids, with attempts and time as if they were new.

    Returns how many.
    """
    with Session(url) as session, session.transaction() as connection:
        schema.check(session)
        chosen, values = ("", ()) if ids is None else (" AND id = ANY (%s)", (list(ids),))
        rows = connection.execute(
            f"UPDATE jobs SET state = 'queued', ended_ms = NULL, reason = '', deadline_ms = {NOW_MS} + {RETRY_MS}"
            f" WHERE state = 'parked'{chosen} RETURNING id",
            values,
        ).fetchall()
        connection.execute("DELETE FROM attempts WHERE job = ANY (%s)", ([row[0] for row in rows],))
        connection.execute("SELECT pg_notify(%s, '')", (JOBS,))
    return len(rows)


def drain(url: str) -> None:
    """Makes the queue take no new jobs; what is queued is proved."""
    _set_draining(url, True)


def resume(url: str) -> None:
    """Makes the queue take new jobs again."""
    _set_draining(url, False)


def pardon(url: str, worker: bytes) -> int:
    """Removes the evidence against a worker, after its machine was looked at.  How much there was."""
    with Session(url) as session:
        schema.check(session)
        return len(session.rows("DELETE FROM quarantine WHERE worker = %s RETURNING 1", (worker,)))


def _set_draining(url: str, is_draining: bool) -> None:
    with Session(url) as session:
        schema.check(session)
        session.rows("UPDATE farm SET is_draining = %s", (is_draining,))


def _status(session: Session) -> Status:
    counts: dict[State, dict[Purpose, int]] = {state: defaultdict(int) for state in State}
    for state, purpose, count in session.rows("SELECT state, purpose, count(*) FROM jobs GROUP BY state, purpose"):
        counts[_known(State, state)][_known(Purpose, purpose)] = count
    ((oldest_ms, proving),) = session.rows(
        f"SELECT coalesce(max({NOW_MS} - submitted_ms), 0)::bigint, (SELECT count(*) FROM workers"
        f" WHERE state = 'proving' AND seen_ms > {NOW_MS} - {ALIVE_MS}) FROM jobs WHERE state = 'queued'"
    )
    workers = [
        WorkerStatus(asking.printable(name), bytes(identity), asking.printable(state), *numbers)
        for name, identity, state, *numbers in session.rows(
            f"SELECT name, identity, state, {NOW_MS} - seen_ms, done, failed,"
            " EXISTS (SELECT FROM quarantine q WHERE q.worker = identity)"
            f" FROM workers ORDER BY name, started_ms LIMIT {MOST_LISTED}"
        )
    ]
    parked = [_parked(row) for row in session.rows(
        "SELECT j.id, j.key, k.contents, j.purpose, (SELECT count(*) FROM attempts a WHERE a.job = j.id), j.reason,"
        f" {NOW_MS} - j.ended_ms FROM jobs j JOIN keys k ON k.digest = j.key WHERE j.state = 'parked'"
        f" ORDER BY j.ended_ms LIMIT {MOST_LISTED}"
    )]  # fmt: skip
    draining = session.rows("SELECT is_draining FROM farm") == [(True,)]
    return Status(counts, proving, oldest_ms, tuple(workers), tuple(parked), draining)


def _parked(row: tuple[Any, ...]) -> ParkedJob:
    job, key, contents, purpose, attempts, reason, parked_ms_ago = row
    name = keycontents.shown(keycontents.decode(bytes(contents), bytes(key)))
    said = asking.printable(reason)
    return ParkedJob(bytes(job), bytes(key), name, _known(Purpose, purpose), attempts, said, parked_ms_ago)


def _known(kind: Any, value: Any) -> Any:
    try:
        return kind(value)
    except ValueError:
        raise FormatError("a job in the queue has an unknown state or purpose") from None
