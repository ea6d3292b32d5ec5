"""A ledger of an earlier version becomes one of this version: with everything in it, or not at all.

version5.sql has the tables of a ledger that version 5 made; the rows are those of a history of today, whose tables of
that version have not changed since.
"""

import os
import shutil
import signal
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from settlement import databases
from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.storage import transactions, versions
from settlement.storage.checkpoints import Checkpoints
from settlement.storage.postgres.connection import SCHEMA, PostgresConnection
from tests import databases as servers
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import any_proof
from tests.settlement.older import ADDED
from tests.settlement.test_crash import kill_at
from zk.errors import FormatError

VERSION_5 = Path(__file__).with_name("version5.sql").read_text()


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


@pytest.fixture(scope="module")
def newest(tmp_path_factory) -> Path:
    """A ledger of this version, with rows in every table."""
    path = tmp_path_factory.mktemp("newest") / "ledger.sqlite"
    histories.write(path)
    return path


@pytest.fixture(scope="module")
def older(newest, tmp_path_factory) -> Path:
    """What version 5 would have made of the same history."""
    path = tmp_path_factory.mktemp("older") / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_5)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("ATTACH ? AS newest", (str(newest),))
        for (table,) in connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'").fetchall():
            connection.execute(f"INSERT INTO main.{table} SELECT * FROM newest.{table}")
        connection.commit()
    shutil.copy(Checkpoints(newest).path, Checkpoints(path).path)
    return path


@pytest.fixture
def path(older, tmp_path) -> Path:
    shutil.copy(Checkpoints(older).path, Checkpoints(tmp_path / "ledger.sqlite").path)
    return Path(shutil.copy(older, tmp_path / "ledger.sqlite"))


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("PRAGMA user_version").fetchone()[0]


def rows(path: Path) -> dict[str, list]:
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}


def test_an_older_ledger_is_refused_until_it_is_upgraded_and_then_has_everything_that_it_had(path, newest):
    for read_only in (True, False):
        with pytest.raises(FormatError, match="has schema version 5, .* reads 6: `zksettle ledger upgrade` makes it"):
            Ledger.open(path, read_only=read_only)
    assert databases.upgrade(path) == 5
    assert rows(path) == {**rows(newest), **dict.fromkeys(ADDED, [])}
    assert audit.audit(path, any_proof).events == audit.audit(newest, any_proof).events
    with Ledger.open(path) as ledger:
        samples.publish(ledger)
        ledger.witnessed.keep([histories.cosigned(ledger, 3, 0)], 0)
    before = path.read_bytes()
    assert databases.upgrade(path) == versions.NEWEST and path.read_bytes() == before, "once more it changes nothing"
    assert audit.audit(path, any_proof).cosignatures == 1


def test_what_is_no_whole_ledger_of_an_older_version_is_not_upgraded(path, tmp_path):
    def refused(statement: str, said: str) -> None:
        changed = Path(shutil.copy(path, tmp_path / "changed.sqlite"))
        with closing(sqlite3.connect(changed)) as connection:
            connection.execute(statement)
        before = changed.read_bytes()
        with pytest.raises(FormatError, match=said):
            databases.upgrade(changed)
        assert changed.read_bytes() == before

    refused("PRAGMA user_version = 4", "has schema version 4, .* so create a new one")
    refused(f"PRAGMA user_version = {versions.NEWEST + 1}", f"has schema version {versions.NEWEST + 1}")
    refused(f"PRAGMA user_version = {versions.NEWEST}", "table cosignatures is missing")
    refused("DROP INDEX roots_by_root", "index roots_by_root is missing")
    refused("CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM nullifiers; END", "trigger named 't'")
    with pytest.raises(FormatError, match="there is no ledger at"):
        databases.upgrade(tmp_path / "nothing.sqlite")


def upgrade_until_killed(path: Path, count: int) -> None:
    """Ends this process at a statement of the upgrade, or after it."""
    transaction, kill = transactions.transaction, kill_at(count)

    def traced(connection, begin):
        connection.set_trace_callback(kill)
        return transaction(connection, begin)

    transactions.transaction = traced
    try:
        databases.upgrade(path)
    except BaseException:
        os._exit(1)  # a child that fails must not go on as a second pytest
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_an_upgrade_that_is_killed_at_any_statement_leaves_one_version_or_the_other(older, tmp_path):
    seen = set()
    for count in range(50):
        path = Path(shutil.copy(older, tmp_path / f"{count}.sqlite"))
        before = rows(path)
        child = os.fork()
        if child == 0:
            upgrade_until_killed(path, count)
        lived = not os.WIFSIGNALED(status := os.waitpid(child, 0)[1])
        assert status == 0 if lived else os.WTERMSIG(status) == signal.SIGKILL
        version = version_of(path)
        seen.add(version)
        assert rows(path) == (before if version == 5 else {**before, **dict.fromkeys(ADDED, [])})
        assert databases.upgrade(path) == version and version_of(path) == versions.NEWEST
        if lived:
            break
    assert lived and count > 4 and seen == {5, 6}


def make_older(url: str) -> None:
    """Takes away what this version has more than version 5."""
    with psycopg.connect(url, autocommit=True) as session:
        for table in ADDED:
            session.execute(f"DROP TABLE {SCHEMA}.{table}")
        session.execute(f"COMMENT ON SCHEMA {SCHEMA} IS 'a zksettle ledger of schema version 5'")


def test_a_ledger_on_a_server_is_upgraded_whole_or_not_at_all(newest, server, monkeypatch):
    url = servers.emptied(server)
    databases.copy(newest, url)
    make_older(url)
    with pytest.raises(FormatError, match="has schema version 5, .*`zksettle ledger upgrade --database …` makes it"):
        Ledger.open(url)
    execute, stopped = PostgresConnection.execute, []

    def interrupted(self, query, values=(), /):
        if query.startswith(stopped[-1]):
            raise KeyboardInterrupt
        return execute(self, query, values)

    with monkeypatch.context() as patch:
        patch.setattr(PostgresConnection, "execute", interrupted)
        for stopped_at in ("CREATE TABLE cosignatures", "COMMENT ON SCHEMA"):
            stopped.append(stopped_at)
            with pytest.raises(KeyboardInterrupt):
                databases.upgrade(url)
    with pytest.raises(FormatError, match="has schema version 5"):
        Ledger.open(url)
    assert databases.upgrade(url) == 5
    assert databases.upgrade(url) == versions.NEWEST
    assert audit.audit(url, any_proof).digest == audit.audit(newest, any_proof).digest


def test_of_two_who_upgrade_at_once_the_second_finds_it_done(newest, server):
    url = servers.emptied(server)
    databases.copy(newest, url)
    make_older(url)
    found = []
    threads = [threading.Thread(target=lambda: found.append(databases.upgrade(url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [5, 6, 6, 6]
