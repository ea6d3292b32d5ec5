"""Which keys the queue's database need not keep: those of no job and no evidence that nobody has used for a day.

A key is used when it is offered, and when a job under it is submitted; that is written once in USED_AGAIN_MS.  Whoever
submits has its key's files and puts them back when they are gone (submitter.py), so a sweep costs time and no job:

    submit first   the sweep sees that the key was used, because it locks the row, and leaves it
    sweep first    the job's reference to its key fails, and the submitter offers the key again
    put            lists a key only when all its chunks are there, and no sweep runs meanwhile
"""

from prover.farm.session import NOW_MS, Session

KEPT_MS = 86_400_000
"""How long a key is kept that nobody uses, and the chunks of an upload that was never finished."""
USED_AGAIN_MS = 3_600_000
MOST_CHUNKS = 64  # in one statement: as many MiB

USE = f"UPDATE keys SET used_ms = {NOW_MS} WHERE digest = ANY (%s) AND used_ms < {NOW_MS} - {USED_AGAIN_MS}"
"""Writes that keys are used."""

_LOCK = 0x7A6B666B6579  # the advisory lock of who sweeps keys, and of who lists one: "zkfkey"
_KEYS = f"""
DELETE FROM keys WHERE digest IN (
    SELECT digest FROM keys WHERE used_ms < {NOW_MS} - {KEPT_MS}
        AND NOT EXISTS (SELECT FROM jobs WHERE jobs.key = keys.digest OFFSET 0)
        AND NOT EXISTS (SELECT FROM quarantine q WHERE q.key = keys.digest OFFSET 0)
    FOR UPDATE SKIP LOCKED
)
"""
_CHUNKS = f"""
DELETE FROM chunks WHERE (file, number) IN (
    SELECT file, number FROM chunks WHERE written_ms < {NOW_MS} - {KEPT_MS}
        AND NOT EXISTS (SELECT FROM listed WHERE listed.file = chunks.file OFFSET 0)
    LIMIT {MOST_CHUNKS}
) RETURNING 1
"""


def hold_off(session: Session) -> None:
    """Keeps sweeps away until the transaction at hand ends."""
    session.rows("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def sweep(session: Session) -> None:
    """Deletes what nobody needs, a part at a time; leaves it to whoever is at it already."""
    deleted = MOST_CHUNKS
    while deleted == MOST_CHUNKS:
        with session.transaction():
            if session.rows("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)) != [(True,)]:
                return
            session.rows(_KEYS)
            deleted = len(session.rows(_CHUNKS))
