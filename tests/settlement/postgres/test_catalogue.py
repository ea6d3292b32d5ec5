"""A database whose tables were changed is refused before anything is read from it."""

import psycopg
import pytest

from settlement.ledger import Ledger
from settlement.storage import versions
from settlement.storage.postgres import catalogue
from settlement.storage.postgres.connection import SCHEMA
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS
from zk.errors import FormatError


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(f"SET search_path = {SCHEMA}")
        for statement in statements:
            session.execute(statement)


CHANGES = [  # what somebody did to the tables, and which fact tells
    ("ALTER TABLE nullifiers DROP CONSTRAINT nullifiers_pkey", "the primary key of nullifiers"),
    ("DROP INDEX flows_by_reference", "an index of flows"),
    ("DROP INDEX flows_by_reference; CREATE UNIQUE INDEX flows_by_reference ON flows (asset, reference, height)",
     "an index of flows"),
    ("DROP INDEX roots_by_root; CREATE INDEX roots_by_root ON roots (root) WHERE size > 0", "an index of roots"),
    ("ALTER TABLE events DROP CONSTRAINT events_digest_key", "an index of events"),
    ("CREATE INDEX more ON outputs (height)", "an index of outputs"),
    ("ALTER TABLE bundles DROP CONSTRAINT bundles_height_fkey", "a reference of bundles"),
    ("ALTER TABLE reserves DROP CONSTRAINT reserves_amount_check", "the number of checks of reserves"),
    ("ALTER TABLE events ALTER body DROP NOT NULL", "a column of events"),
    ("ALTER TABLE outputs ADD secret text", "a column of outputs"),
    ("ALTER TABLE accounts ALTER amount TYPE numeric", "a column of accounts"),
    ("ALTER TABLE insurance SET UNLOGGED", "the kind of insurance"),
    ("ALTER TABLE orders ENABLE ROW LEVEL SECURITY", "the kind of orders"),
    ("CREATE RULE lost AS ON INSERT TO nullifiers DO INSTEAD NOTHING", "the kind of nullifiers"),
    ("ALTER TABLE outputs DISABLE TRIGGER ALL", "a trigger of outputs"),
    ("CREATE VIEW seen AS SELECT * FROM pool", "the kind of seen"),
    ("DROP TABLE expiries", "of expiries"),
    ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
     "CREATE TRIGGER lost BEFORE INSERT ON nullifiers FOR EACH ROW EXECUTE FUNCTION f()", "a function of f"),
    ("ALTER TABLE roots DROP CONSTRAINT roots_height_fkey;"
     "ALTER TABLE roots ADD FOREIGN KEY (height) REFERENCES events NOT VALID", "a reference of roots"),
]  # fmt: skip


def test_a_database_with_other_tables_is_refused_and_says_what_differs(url):
    Ledger.create(url, samples.pool(), NOW_MS).close()
    for statements, said in CHANGES:
        with psycopg.connect(url) as session:
            session.execute(f"SET search_path = {SCHEMA}")
            session.execute(statements)
            with pytest.raises(FormatError, match=f"the ledger's tables were changed: .*{said}"):
                catalogue.check(session_as_ours(session))
            session.rollback()
    Ledger.open(url).close()
    run(url, "DROP INDEX roots_by_root")
    for read_only in (False, True):
        with pytest.raises(FormatError, match="an index of roots"):
            Ledger.open(url, read_only=read_only)


def session_as_ours(session: psycopg.Connection):
    class Ours:
        def execute(self, query, values=()):
            return session.execute(query.replace("?", "%s"), values)

    return Ours()


def test_no_ledger_another_schema_and_another_version_are_told_apart(url):
    with pytest.raises(FormatError, match="there is no ledger in this database"):
        Ledger.open(url)
    run(url, f"CREATE SCHEMA {SCHEMA}")
    with pytest.raises(FormatError, match="that is not a ledger"):
        Ledger.open(url)
    with pytest.raises(FormatError, match="there is already a ledger in this database"):
        Ledger.create(url, samples.pool(), NOW_MS)
    run(url, f"DROP SCHEMA {SCHEMA}")
    with Ledger.create(url, samples.pool(), NOW_MS) as ledger:
        run(url, f"COMMENT ON SCHEMA {SCHEMA} IS 'a zksettle ledger of schema version {versions.NEWEST + 1}'")
        sentence = f"the ledger has schema version {versions.NEWEST + 1}, and this program reads {versions.NEWEST}"
        with pytest.raises(FormatError, match=sentence):
            Ledger.open(url)
        with pytest.raises(FormatError, match=sentence):  # noticed under the lock by who had opened it before
            ledger.record(lambda *_: pytest.fail("not asked"), NOW_MS)


def test_an_interrupted_creation_leaves_nothing(url, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("settlement.storage.postgres.repository.PostgresRepository._insert", killed)
        Ledger.create(url, samples.pool(), NOW_MS)
    Ledger.create(url, samples.pool(), NOW_MS).close()
    with pytest.raises(FormatError, match="already a ledger"):
        Ledger.create(url, samples.pool(), NOW_MS)


def test_both_databases_have_the_same_tables_and_columns(url):
    Ledger.create(url, samples.pool(), NOW_MS).close()
    with psycopg.connect(url) as session:
        rows = session.execute(
            "SELECT table_name, data_type FROM information_schema.columns WHERE table_schema = %s"
            " ORDER BY table_name, ordinal_position", (SCHEMA,)
        ).fetchall()  # fmt: skip
    ours = {table: tuple(kind for name, kind in rows if name == table) for table, _ in rows}
    assert ours == {table: catalogue.types(table) for table in versions.tables()}
