"""The ledger in a file: how it is created and opened, and what it refuses."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.checks.checks import Checked
from settlement.errors import Unavailable
from settlement.ledger import Ledger
from settlement.storage import connections, versions
from settlement.storage.checkpoints import LINE_BYTES, Checkpoints
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make
from zk.errors import FormatError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger.create(path, samples.pool(), NOW_MS) as opened:
        yield opened


def checked(ledger: Ledger) -> Checked:
    data = encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))
    return engine.check(ledger, data, NOW_MS, any_proof)


def test_creating_never_overwrites_a_file_and_opening_never_makes_one(path, ledger):
    with pytest.raises(FormatError, match="already a file"):
        Ledger.create(path, samples.pool(), NOW_MS)
    with pytest.raises(FormatError, match="no ledger at"):
        Ledger.open(path.with_name("other"))
    assert not path.with_name("other").exists()


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal", "-checkpoints"])
def test_a_ledger_is_not_created_beside_the_files_of_another(path, suffix):
    """SQLite would read a stale log as the new ledger's, and stale checkpoints would refuse it."""
    beside = path.with_name(path.name + suffix)
    beside.write_bytes(b"of another ledger")
    with pytest.raises(FormatError, match=f"{beside.name}, left of another ledger: move it away"):
        Ledger.create(path, samples.pool(), NOW_MS)
    assert [file.name for file in path.parent.iterdir()] == [beside.name]


def test_of_two_ledgers_created_at_one_path_the_second_replaces_nothing(path, monkeypatch):
    """The second looks before the first has its name."""
    with monkeypatch.context() as patch:
        patch.setattr(os.path, "lexists", lambda _: False)
        Ledger.create(path, samples.pool(), NOW_MS).close()
        before = path.read_bytes()
        with pytest.raises(FormatError, match="already a file"):
            Ledger.create(path, samples.pool(salt=b"another 16 bytes"), NOW_MS)
    assert path.read_bytes() == before


def test_an_interrupted_creation_leaves_no_ledger_and_can_be_repeated(path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("settlement.storage.sqlite.SqliteRepository._insert", killed)
        Ledger.create(path, samples.pool(), NOW_MS)
    assert not path.exists()
    Ledger.create(path, samples.pool(), NOW_MS).close()
    assert list(path.parent.iterdir()) == [path]


def test_another_database_and_another_version_are_refused(path, ledger):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {versions.NEWEST + 1}")
    with pytest.raises(FormatError, match="schema version"):
        Ledger.open(path)
    with sqlite3.connect(path.with_name("other")) as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    with pytest.raises(FormatError, match="not a ledger"):
        Ledger.open(path.with_name("other"))


def test_the_database_has_safe_settings(ledger):
    connection = ledger._repository._connection
    settings = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in
                ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")}
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}
    strict = connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()
    assert all(is_strict for name, is_strict in strict if not name.startswith("sqlite_"))


def test_settlement_loads_numba_only_to_verify():
    modules = "audit.audit", "orders.board", "checks.checks", "engine", "ledger", "risk.oracle", "risk.risk"
    imports = "; ".join(f"import settlement.{name}" for name in modules)
    code = f"import sys; {imports}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=os.getcwd()).returncode == 0


def test_a_locked_ledger_is_not_reported_as_another_kind_of_file(path, monkeypatch):
    Ledger.create(path, samples.pool(), NOW_MS).close()
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode = DELETE")
        holder.execute("BEGIN EXCLUSIVE")
        with pytest.raises(FormatError, match="cannot be opened for writing"):
            Ledger.open(path)
    Ledger.open(path).close()


@pytest.mark.parametrize("marked", [0, 1, 2])
def test_a_machine_that_stops_while_it_marks_a_block_leaves_a_list_that_the_next_event_completes(ledger, path, marked):
    """Some lines are marked, one is half marked, and the rest are pending."""
    ledger.apply_all([checked(ledger) for _ in range(3)], NOW_MS)
    file = Checkpoints(path).path
    lines = bytearray(file.read_bytes())
    for height in range(1 + marked, 4):
        word = b"setting" if height == 1 + marked else b"pending"
        lines[(height + 1) * LINE_BYTES - 8 : (height + 1) * LINE_BYTES - 1] = word
    file.write_bytes(lines)
    with Ledger.open(path) as again:
        assert Checkpoints(path).newest().height == marked
        again.apply(checked(again), NOW_MS)
    assert [one.height for one in Checkpoints(path).settled()] == [0, 1, 2, 3, 4]
    assert audit.audit(path, any_proof).warnings == ()


def test_who_waits_for_the_lock_too_long_is_told_that_the_ledger_is_busy(path, monkeypatch):
    Ledger.create(path, samples.pool(), NOW_MS).close()
    monkeypatch.setattr(connections, "BUSY_SECONDS", 0)
    with Ledger.open(path) as holder, Ledger.open(path) as waiting:
        bundle = checked(waiting)
        with holder._repository.writing(), pytest.raises(Unavailable, match="the ledger is busy"):
            waiting.apply(bundle, NOW_MS)
        assert waiting.apply(bundle, NOW_MS).height == 1


def test_a_file_that_fails_before_the_commit_is_told_in_words_and_nothing_has_happened(path, ledger):
    connection = ledger.reader._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")  # as on a full disk
    told = r"the ledger's file failed \(database or disk is full\): nothing has happened"
    with pytest.raises(Unavailable, match=told):
        with ledger._repository.writing():
            connection.execute("CREATE TABLE large (data)")
            connection.execute("INSERT INTO large VALUES (zeroblob(1000000))")
    assert not connection.in_transaction and ledger.reader.last_event().height == 0
