"""Somebody who can write to the ledger's folder changes its tables, its files, or the clock, and is found out."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage import schema, versions
from settlement.storage.checkpoints import EventsLost
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from tests.settlement.risk import publications
from zk.errors import FormatError

IGNORE_NULLIFIERS = "CREATE TRIGGER once BEFORE INSERT ON nullifiers BEGIN SELECT RAISE(IGNORE); END"


@pytest.fixture
def path(tmp_path):
    """A ledger that holds 1,000,000 USDC."""
    made = tmp_path / "ledger.sqlite"
    with Ledger.create(made, samples.pool(), NOW_MS) as ledger:
        settle(ledger, make(ledger, change(USDC=1_000_000), [samples.flow(0, 1_000_000, b"bank")]))
    return made


def settle(ledger: Ledger, *made, now_ms: int = NOW_MS) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), now_ms, any_proof)


def withdrawal(ledger: Ledger) -> samples.Made:
    """Pays 400,000 out of the account with nullifier 5."""
    return make(ledger, change(USDC=-400_000), [samples.flow(0, -400_000, b"me")], nullifier=5)


def execute(path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def files(folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_trigger_that_ignores_nullifiers_spends_nothing_twice(path):
    execute(path, IGNORE_NULLIFIERS)
    before = files(path.parent)
    with pytest.raises(FormatError, match="a trigger named 'once', which does not belong in a ledger"):
        Ledger.open(path)
    with pytest.raises(FormatError, match="a trigger named 'once'"):
        audit.audit(path, any_proof)
    assert files(path.parent) == before


@pytest.mark.parametrize("byte", [b"\n", b"\x08", b"\xff"])
@pytest.mark.parametrize("word", [b"CREATE TABLE nodes (", b"CREATE TABLE roots", b"INTEGER NOT NULL"])
def test_a_damaged_schema_is_refused_in_one_sentence_that_a_terminal_can_show(path, byte, word):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    place = data.index(word) + len(word) - 2
    path.write_bytes(data[:place] + byte + data[place + 1 :])
    for use in (Ledger.open, lambda damaged: audit.audit(damaged, any_proof)):
        with pytest.raises((FormatError, audit.Discrepancy)) as refusal:
            use(path)
        assert str(refusal.value).isprintable() and len(str(refusal.value)) < 600


def test_a_trigger_made_while_the_ledger_is_open_is_seen_under_the_lock(path):
    with Ledger.open(path) as ledger:
        execute(path, IGNORE_NULLIFIERS)
        with pytest.raises(FormatError, match="a trigger named 'once'"):
            settle(ledger, withdrawal(ledger))
        with pytest.raises(FormatError, match="a trigger named 'once'"):
            publications.publish(ledger, 1)
        execute(path, "DROP TRIGGER once")
        settle(ledger, withdrawal(ledger))
        with pytest.raises(Rejected) as refused:
            settle(ledger, withdrawal(ledger))
    assert refused.value.rejection is Rejection.NULLIFIER_SPENT
    assert sum(audit.audit(path, any_proof).reserves.values()) == 600_000


def test_a_row_that_the_tables_did_not_take_undoes_the_whole_bundle(path, monkeypatch):
    """Should a trigger come through all the same, the bundle does not settle in part."""
    with Ledger.open(path) as ledger, monkeypatch.context() as patch:
        patch.setattr(schema, "check", lambda *_: None)
        execute(path, IGNORE_NULLIFIERS)
        before = ledger.reader.last_event()
        with pytest.raises(FormatError, match="took 0 of 1 rows into its table nullifiers"):
            settle(ledger, withdrawal(ledger))
        assert ledger.reader.last_event() == before


SCHEMAS = [  # a statement, and what is said of the ledger afterwards
    ("CREATE TABLE other (x)", "a table named 'other', which does not belong"),
    ("CREATE VIEW other AS SELECT 1", "a view named 'other', which does not belong"),
    ("CREATE INDEX other ON events (kind)", "an? index named 'other', which does not belong"),
    ("ANALYZE", "a table named 'sqlite_stat1', which does not belong"),
    ("DROP INDEX roots_by_root", "index roots_by_root is missing"),
    ("DROP TABLE orders", "index orders_by_nullifier is missing"),
    ("ALTER TABLE orders RENAME COLUMN terms TO words", "table orders differs"),
    ("UPDATE sqlite_schema SET sql = replace(sql, ' CHECK (amount >= 0)', '') WHERE name = 'reserves'", "reserves dif"),
    ("UPDATE sqlite_schema SET sql = replace(sql, ' UNIQUE', '') WHERE name = 'bundles'", "malformed|bundles differs"),
    ("UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = 'pool'", "malformed"),
    ("INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name = 'pool'", "malformed|twice"),
]


@pytest.mark.parametrize("statement, complaint", SCHEMAS, ids=range(len(SCHEMAS)))
def test_a_changed_schema_is_refused_at_every_opening_and_left_as_it_is(path, statement, complaint):
    execute(path, "PRAGMA writable_schema = ON", statement)
    before = files(path.parent)
    for opens in (Ledger.open, lambda place: Ledger.open(place, read_only=True), lambda place: audit.audit(place)):
        with pytest.raises(FormatError, match=complaint):
            opens(path)
        assert files(path.parent) == before


FOREIGN = {  # files that are no ledger of this version
    "empty": (lambda path: path.write_bytes(b""), "is a database but not a ledger|is not a ledger"),
    "text": (lambda path: path.write_bytes(b"not a database, though long enough to be one " * 50), "is not a ledger"),
    "short": (lambda path: path.write_bytes(b"SQLite format 3\0"), "not a ledger"),
    "foreign": (lambda path: execute(path, "CREATE TABLE t (x)"), "is a database but not a ledger"),
    "old": (
        lambda path: execute(path, f"PRAGMA application_id = {schema.APPLICATION_ID}", "PRAGMA user_version = 2"),
        f"the ledger has schema version 2, and this program reads {versions.NEWEST}",
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_an_empty_and_an_old_file_are_refused_untouched(tmp_path, kind):
    path = tmp_path / "ledger.sqlite"
    write, complaint = FOREIGN[kind]
    write(path)
    before, times = files(tmp_path), path.stat().st_mtime_ns
    for opens in (Ledger.open, audit.audit):
        with pytest.raises(FormatError, match=complaint):
            opens(path)
    assert files(tmp_path) == before and path.stat().st_mtime_ns == times


def test_a_folder_and_a_pipe_are_no_ledger(tmp_path):
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(FormatError, match="is not a file"):
            Ledger.open(path)


def test_yesterdays_file_is_refused_where_todays_checkpoints_are(path):
    yesterday = path.with_name("yesterday")
    shutil.copy(path, yesterday)
    with Ledger.open(path) as ledger:
        settle(ledger, withdrawal(ledger))
        digest = ledger.reader.last_event().digest
    shutil.move(yesterday, path)
    before = files(path.parent)
    with pytest.raises(EventsLost, match=f"the settled event at height 2 with digest {digest.hex()} is missing"):
        Ledger.open(path)
    with pytest.raises(audit.Discrepancy, match="the settled event at height 2"):
        audit.audit(path, any_proof)
    assert files(path.parent) == before


def test_an_older_file_can_be_accepted_and_the_evidence_is_kept(path):
    yesterday = path.with_name("yesterday")
    for number in ("", "-2"):
        shutil.copy(path, yesterday)
        with Ledger.open(path) as ledger:
            settle(ledger, withdrawal(ledger))
        evidence = path.with_name("ledger.sqlite-checkpoints").read_bytes()
        shutil.move(yesterday, path)
        Ledger.open(path, accept_older=True).close()
        assert path.with_name(f"ledger.sqlite-checkpoints.lost-2{number}").read_bytes() == evidence
        assert audit.audit(path, any_proof).warnings
    with Ledger.open(path) as ledger:
        settle(ledger, withdrawal(ledger))
    assert audit.audit(path, any_proof).warnings == ()


def test_a_file_that_went_back_while_it_was_open_takes_no_event(path):
    """Somebody writes yesterday's content into the open file: the next event is refused under the lock."""
    yesterday = path.with_name("yesterday")
    shutil.copy(path, yesterday)
    with Ledger.open(path) as ledger:
        settle(ledger, withdrawal(ledger))
        with closing(sqlite3.connect(yesterday)) as source, closing(sqlite3.connect(path)) as target:
            source.backup(target)
        with pytest.raises(FormatError, match="the settled event at height 2"):
            settle(ledger, withdrawal(ledger))


def test_another_history_of_the_same_pool_is_refused(path):
    shutil.copy(path, path.with_name("other"))
    for name in (path.name, "other"):
        with Ledger.open(path.with_name(name)) as ledger:
            settle(ledger, withdrawal(ledger))
    shutil.move(path.with_name("other"), path)
    with pytest.raises(FormatError, match="the settled event at height 2 with digest .* is not the one in the ledger"):
        Ledger.open(path)


def test_with_the_clock_set_back_an_expired_bundle_does_not_settle(path):
    with Ledger.open(path) as ledger:
        expiring = make(ledger, expiry_ms=NOW_MS + 60_000)
        settle(ledger, make(ledger), now_ms=NOW_MS + 3_600_000 - 1)
        before = ledger.reader.last_event()
        for now_ms, reason in [(NOW_MS, Rejection.CLOCK_BEHIND), (NOW_MS + 3_600_000 - 1, Rejection.EXPIRED)]:
            with pytest.raises(Rejected) as refused:
                settle(ledger, expiring, now_ms=now_ms)
            assert refused.value.rejection is reason
        with pytest.raises(Rejected) as refused:
            samples.publish(ledger, NOW_MS)
        assert refused.value.rejection is Rejection.CLOCK_BEHIND
        assert ledger.reader.last_event() == before
