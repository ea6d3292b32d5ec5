"""A session that is lost: nothing has happened, or the outcome is unknown, and is said to be."""

import threading
from contextlib import contextmanager

import psycopg
import pytest

from settlement import databases, engine
from settlement.bundles import encoding
from settlement.errors import OutcomeUnknown, Unavailable
from settlement.ledger import Ledger
from settlement.storage.postgres import connection
from settlement.storage.postgres.repository import PostgresRepository
from tests.patience import PATIENCE_S
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, make
from zk.errors import FormatError


@pytest.fixture
def ledger(url):
    with Ledger.create(url, samples.pool(), NOW_MS) as opened:
        yield opened


def bundle(ledger: Ledger) -> bytes:
    return encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))


def end_sessions(url: str) -> None:
    """Ends every other session of the database, as a server that is shut down does."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def test_a_session_lost_while_nothing_was_done_is_opened_again(ledger, url):
    for _ in range(2):
        end_sessions(url)
        assert ledger.reader.last_event() is not None
        end_sessions(url)
        engine.submit(ledger, bundle(ledger), NOW_MS, any_proof)
    assert ledger.reader.last_event().height == 2


def test_a_session_lost_under_the_lock_leaves_nothing_and_says_that_nothing_happened(ledger, url, monkeypatch):
    data, record = bundle(ledger), PostgresRepository.record

    def lost(self, entries):
        record(self, entries)
        end_sessions(url)
        self.reader.last_event()

    with monkeypatch.context() as patch, pytest.raises(Unavailable, match="cannot be reached") as refusal:
        patch.setattr(PostgresRepository, "record", lost)
        engine.submit(ledger, data, NOW_MS, any_proof)
    assert not isinstance(refusal.value, OutcomeUnknown)
    assert ledger.reader.last_event().height == 0
    assert engine.submit(ledger, data, NOW_MS, any_proof).height == 1


@pytest.mark.parametrize("arrives", [False, True])
def test_a_session_lost_while_it_commits_is_an_unknown_outcome_which_the_bundles_id_resolves(
    ledger, url, monkeypatch, arrives
):
    data = bundle(ledger)
    bundle_id = engine.check(ledger, data, NOW_MS, any_proof).bundle_id
    commit = connection.PostgresConnection._commit

    def lost(self):
        """The server commits, or not, and its answer does not arrive."""
        session = self._session
        if arrives:
            session.execute("COMMIT")
        end_sessions(url)
        commit(self)

    with monkeypatch.context() as patch, pytest.raises(OutcomeUnknown, match="ask for the bundle's id"):
        patch.setattr(connection.PostgresConnection, "_commit", lost)
        engine.submit(ledger, data, NOW_MS, any_proof)
    settled = engine.settled(ledger, bundle_id)
    assert (settled is not None) is arrives
    again = engine.submit(ledger, data, NOW_MS, any_proof)
    assert again == (settled or again) and ledger.reader.last_event().height == 1


@contextmanager
def locked(url: str):
    """Another applier, which holds the lock."""
    with Ledger.open(url) as other, other._repository.writing():
        yield


def test_who_waits_for_the_lock_too_long_is_told_that_the_ledger_is_busy(ledger, url, monkeypatch):
    monkeypatch.setattr(connection, "_SETTINGS", (*connection._SETTINGS, "SET lock_timeout = '100ms'"))
    data = bundle(ledger)
    with locked(url), Ledger.open(url) as own:
        with pytest.raises(Unavailable, match="the ledger is busy"):
            engine.submit(own, data, NOW_MS, any_proof)
        assert own.reader.last_event().height == 0, "whoever reads waits for nobody"
    assert engine.submit(ledger, data, NOW_MS, any_proof).height == 1


def test_an_applier_that_stands_still_under_the_lock_loses_it(ledger, url):
    entered, has_lost, data = threading.Event(), threading.Event(), bundle(ledger)

    def stand_still():
        with pytest.raises(Unavailable), Ledger.open(url) as other, other._repository.writing():
            other._repository._connection.execute("SET idle_in_transaction_session_timeout = '200ms'")
            entered.set()
            assert has_lost.wait(PATIENCE_S)
            other.reader.last_event()

    thread = threading.Thread(target=stand_still)
    thread.start()
    entered.wait()
    assert engine.submit(ledger, data, NOW_MS, any_proof).height == 1
    has_lost.set()
    thread.join()


def test_a_ledger_opened_for_reading_writes_nothing(ledger, url):
    data = bundle(ledger)
    with Ledger.open(url, read_only=True) as reading, pytest.raises(FormatError, match="read-only"):
        engine.submit(reading, data, NOW_MS, any_proof)
    assert ledger.reader.last_event().height == 0


def test_a_server_that_is_not_there_and_a_url_that_is_none_are_one_sentence_without_a_password(tmp_path):
    with pytest.raises(Unavailable, match="the ledger's database cannot be reached") as refusal:
        Ledger.open(f"postgresql://me:hunter2@/db?host={tmp_path}")
    assert "hunter2" not in str(refusal.value) and len(str(refusal.value).splitlines()) == 1
    with pytest.raises(FormatError, match="must be like postgresql://") as refusal:
        Ledger.open("postgresql://me:hunter2@host/db?hunter2=1")
    assert "hunter2" not in str(refusal.value)
    with pytest.raises(Unavailable, match="its URL names no host") as refusal:
        Ledger.open("postgresql://me:hun@ter2@host/db")
    assert "ter2" not in str(refusal.value)
    assert databases.shown("postgresql://me:hunter2@host:1/db?x=hunter2") == "postgresql://me@host:1/db"


def test_a_server_that_would_lose_what_it_committed_is_refused(ledger, url, monkeypatch):
    monkeypatch.setattr("settlement.storage.postgres.repository._MUST_BE_ON", ("fsync", "jit_dump_bitcode"))
    with pytest.raises(FormatError, match="the server's jit_dump_bitcode is off: it would lose"):
        Ledger.open(url)
    Ledger.open(url, read_only=True).close()
