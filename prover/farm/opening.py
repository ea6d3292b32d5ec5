"""Makes a queue: its tables in a database, and its farm's key on the operator's machine; and gives it a new key."""

from pathlib import Path

from prover.farm import asking, farmkey, schema
from prover.farm import session as sessions
from prover.farm.farmkey import FarmPublic
from prover.farm.session import NOW_MS, Session

_DISCONNECT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND pid <> pg_backend_pid()
"""
_WITHDRAW = f"UPDATE jobs SET state = 'withdrawn', ended_ms = {NOW_MS} WHERE state = 'queued'"


def init(url: str, key_file: Path) -> FarmPublic:
    """Creates the tables and, unless there is one, the farm's key; upgrades tables of an earlier version.

    Returns what submitters pin.  Raises FormatError when the database has another farm's queue, or one of a newer
    version, and Unavailable.
    """
    with Session(url) as session:
        keys = farmkey.find(key_file) or farmkey.create(key_file)
        schema.create(session, keys.public.encoded())
    return keys.public


def rekey(url: str, key_file: Path) -> tuple[FarmPublic, int]:
    """Gives the queue the key in a file, which is made unless it is there, and has it take jobs again.

    Everybody else is disconnected, and finds the new key before anything else: workers and submitters with the old one
    go on no more.  What is queued still was sealed to the old key, and is withdrawn.  Evidence against workers goes,
    because the old key certified them.

    Returns the key, and how many jobs were withdrawn.  Raises FormatError when there is no queue, and Unavailable.
    """
    with Session(url) as session:
        schema.check(session)
        keys = farmkey.find(key_file) or farmkey.create(key_file)
        with session.transaction() as connection:
            # Jobs are queued by transactions that read `farm`: those have ended now, and others wait for this one.
            connection.execute("LOCK TABLE farm IN ACCESS EXCLUSIVE MODE")
            if asking.farm(session) == keys.public:
                return keys.public, 0
            connection.execute(_DISCONNECT, (sessions.NAME,))
            connection.execute("UPDATE farm SET public_key = %s, is_draining = false", (keys.public.encoded(),))
            connection.execute("DELETE FROM quarantine")
            withdrawn = connection.execute(_WITHDRAW).rowcount
            connection.execute("DELETE FROM inputs")
    return keys.public, withdrawn


def public_key(url: str) -> FarmPublic:
    """The key that the database has.  Raises FormatError when there is no queue."""
    with Session(url) as session:
        schema.check(session)
        return asking.farm(session)
