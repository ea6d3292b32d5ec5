"""The audit finds every single change that somebody could make to the file."""

import shutil
import sqlite3
from dataclasses import replace

import pytest

from settlement import engine, events
from settlement.audit import audit, replayedblocks, replaying
from settlement.bundles import encoding
from settlement.bundles.bundle import Bundle
from settlement.ledger import Ledger
from settlement.storage.checkpoints import Checkpoints
from settlement.storage.sqlitereader import SqliteReader
from tests.settlement.audit import histories
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from tests.settlement.guarded import guarded
from zk.errors import FormatError, InvalidProof


@pytest.fixture(scope="module", autouse=True)
def remembered():
    with pytest.MonkeyPatch.context() as patch:
        histories.remember_publications(patch)
        yield


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    path = tmp_path_factory.mktemp("history") / "ledger.sqlite"
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
        settle(ledger, samples.deposit(ledger, 500, asset=0))
        settle(ledger, samples.deposit(ledger, 70, asset=2))
        sell = guarded(ledger, change(USDC=-300, ETH=20))
        settle(ledger, bind(ledger.ledger_id, sell, make(ledger, change(USDC=300, ETH=-20))))
        samples.publish(ledger, NOW_MS + 1)
        settle(ledger, bind(ledger.ledger_id, make(ledger, change(USDC=-1), [samples.flow(0, -1, b"me")])))
    return path


@pytest.fixture
def path(history, tmp_path):
    shutil.copytree(history.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / history.name


def settle(ledger: Ledger, bundle: Bundle, now_ms: int | None = None) -> None:
    """Settles at a time, by default that of the newest event."""
    time_ms = ledger.reader.last_event().created_ms if now_ms is None else now_ms
    engine.submit(ledger, encoding.encode_bundle(bundle), time_ms, any_proof)


def tamper(path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement
    connection.close()


def test_an_honest_history_is_confirmed_and_counted(path):
    seen = []
    report = audit.audit(path, any_proof, lambda done, total: seen.append((done, total)))
    with Ledger.open(path) as ledger:
        assert report == audit.Report(
            ledger.ledger_id, ledger.pool, ledger.reader.last_event().digest, events=7, bundles=4, publications=2,
            changes=0, heartbeats=0, expiries=0, legs=5, proofs=7, orders=0, cosignatures=0, accounts={},
            root=ledger.reader.tree().root,
            reserves={(ledger.pool.leg.digest, 0): 499, (ledger.pool.leg.digest, 2): 70}, expected_at=(), warnings=(),
        )
    assert seen == [(1, 6), (4, 6), (5, 6), (6, 6)], "bundles that follow each other are one step"


def test_a_new_ledger_is_confirmed(tmp_path):
    Ledger.create(tmp_path / "new.sqlite", samples.pool(), NOW_MS).close()
    assert audit.audit(tmp_path / "new.sqlite", any_proof).events == 1


OTHER = f"x'{1:064x}'"
CHANGES = [  # a change, and what the audit says
    ("UPDATE roots SET root = " + OTHER + " WHERE height = 2", "should have been refused: rejection 6|the roots"),
    ("UPDATE roots SET size = 9 WHERE height = 6", "the roots"),
    ("DELETE FROM roots WHERE height = 6", "the roots"),
    ("UPDATE nullifiers SET nullifier = " + OTHER + " WHERE height = 2", "the nullifiers"),
    ("DELETE FROM nullifiers WHERE height = 2", "the nullifiers"),
    ("INSERT INTO nullifiers VALUES (" + OTHER + ", 2)", "the nullifiers"),
    ("UPDATE outputs SET commitment = " + OTHER + " WHERE position = 1", "the accounts"),
    ("UPDATE outputs SET ciphertexts = zeroblob(0) WHERE position = 1", "the accounts"),
    ("DELETE FROM outputs WHERE position = 4", "the accounts"),
    ("UPDATE nodes SET node = " + OTHER + " WHERE level = 3", "tree's nodes"),
    ("DELETE FROM nodes WHERE level = 0 AND place = 0", "tree's nodes"),
    ("UPDATE flows SET amount = 501 WHERE height = 2", "the flows"),
    ("UPDATE flows SET party = x'00' WHERE height = 2", "the flows"),
    ("DELETE FROM flows WHERE height = 6", "the flows"),
    ("UPDATE reserves SET amount = amount - 1 WHERE asset = 0", "the reserves"),
    ("INSERT INTO reserves VALUES (zeroblob(32), 1, 5)", "the reserves"),
    ("UPDATE events SET created_ms = created_ms + 1 WHERE height = 0", "event at height 0"),
    ("UPDATE events SET body = zeroblob(104) WHERE height = 3", "event at height 3"),
    ("UPDATE events SET digest = " + OTHER + " WHERE height = 3", "event at height 3"),
    ("UPDATE events SET created_ms = created_ms + 1 WHERE height = 3", "event at height 3"),
    ("UPDATE events SET created_ms = created_ms + 4000000 WHERE height = 3", "refused: rejection 5"),
    ("UPDATE events SET kind = 'genesis' WHERE height = 3", "height 3 is a second genesis"),
    ("UPDATE events SET kind = 'grids' WHERE height = 2", "event at height 2"),
    ("UPDATE events SET kind = 'bundle' WHERE height = 5", "bundle at height 5 is missing"),
    ("UPDATE bundles SET bundle_id = " + OTHER + " WHERE height = 3", "has another id"),
    ("UPDATE bundles SET data = substr(data, 1, 900) WHERE height = 3", "refused: rejection 2"),
    ("UPDATE bundles SET data = (SELECT data FROM bundles WHERE height = 2) WHERE height = 3", "refused: rejection 10"),
    ("UPDATE bundles SET data = (SELECT data FROM bundles WHERE height = 6) WHERE height = 2", "refused: rejection 6"),
    ("UPDATE grids SET publication = (SELECT publication FROM grids WHERE epoch = 2) WHERE epoch = 1",
     "publication at height 1 should have been refused: rejection 35"),
    ("UPDATE grids SET publication = CAST(substr(publication, 1, 3000) || zeroblob(8) || substr(publication, 3009)"
     " AS BLOB) WHERE epoch = 1", "grids of epoch 1 do not follow from their prices"),
    ("UPDATE grids SET publication = CAST(substr(publication, 1, length(publication) - 1) AS BLOB) WHERE epoch = 1",
     "publication at height 1 should have been refused"),
    ("UPDATE grids SET published_ms = published_ms + 1 WHERE epoch = 2", "the grids in the database"),
    ("DELETE FROM grids WHERE epoch = 2", "grids of epoch 2, published at height 5, are missing"),
    ("UPDATE grids SET epoch = 3 WHERE epoch = 2", "grids of epoch 2, published at height 5, are missing"),
    ("INSERT INTO bundles SELECT 1, zeroblob(32), data FROM bundles WHERE height = 2", "there are 5 bundles"),
    ("INSERT INTO grids SELECT 9, 2, published_ms, publication FROM grids WHERE epoch = 2",
     "the grids in the database"),
    ("UPDATE pool SET data = CAST(replace(data, '\"salt\":\"7369', '\"salt\":\"7368') AS BLOB)", "event at height 0"),
    ("UPDATE pool SET data = substr(data, 2)", "not JSON"),
]


@pytest.mark.parametrize("statement, complaint", CHANGES, ids=range(len(CHANGES)))
def test_every_change_to_the_file_is_found_and_named(path, statement, complaint):
    tamper(path, statement)
    with pytest.raises(audit.Discrepancy, match=complaint):
        audit.audit(path, any_proof)


def test_cutting_off_the_last_bundle_leaves_traces(path):
    tables = ("nullifiers", "outputs", "flows", "roots", "bundles", "events")
    tamper(path, *(f"DELETE FROM {table} WHERE height = 6" for table in tables))
    with pytest.raises(audit.Discrepancy, match="the settled event at height 6 with digest .* is missing"):
        audit.audit(path, any_proof)
    Checkpoints(path).path.unlink()
    with pytest.raises(audit.Discrepancy, match="the nodes of the log"):
        audit.audit(path, any_proof)


def test_a_stored_proof_that_does_not_verify_is_found_at_its_height(path):
    with Ledger.open(path) as ledger:
        false = {height: encoding.decode_bundle(ledger.reader.bundle(height)[1]).legs[0].public.nullifier
                 for height in (3, 6)}  # fmt: skip
    for height, nullifier in false.items():

        def refuse(items, nullifier=nullifier):
            for index, (_, inputs, _) in enumerate(items):
                if nullifier in inputs:
                    raise InvalidProof("no", index)

        with pytest.raises(audit.Discrepancy, match=f"a proof of the bundle at height {height} does not verify"):
            audit.audit(path, refuse)


def test_proofs_are_verified_in_batches_and_none_is_left_out(path, monkeypatch):
    sizes = []
    monkeypatch.setattr(replayedblocks, "CLAIMS", 2)
    audit.audit(path, lambda items: sizes.append(len(items)))
    assert sizes == [2, 4, 1]


def test_an_honest_history_is_never_replayed_bundle_by_bundle(path, monkeypatch):
    monkeypatch.delitem(replaying._COMPUTING, events.BUNDLE)
    assert audit.audit(path, any_proof).bundles == 4


def test_a_bundle_with_a_new_signature_is_found(path):
    """The leg's signature is not part of the bundle's id, but the event has the digest of every byte."""
    with Ledger.open(path) as ledger:
        data = ledger.reader.bundle(2)[1]
        bundle = encoding.decode_bundle(data)
        signed = samples.sign(ledger.ledger_id, bundle.legs[0])
        swapped = encoding.encode_bundle(replace(bundle, legs=(signed,)))
    tamper(path, f"UPDATE bundles SET data = x'{swapped.hex()}' WHERE height = 2")
    with pytest.raises(audit.Discrepancy, match="height 2 should have been refused: rejection 12"):
        audit.audit(path, any_proof)


def test_a_bundle_with_a_rerandomised_proof_is_found(path):
    """A Groth16 proof can be re-randomised: the bundle is as valid as before, but it is not the one that settled."""
    with Ledger.open(path) as ledger:
        bundle = encoding.decode_bundle(ledger.reader.bundle(2)[1])
        other = replace(samples.PROOF, c=ledger.pool.leg.verifying.ic[0])
        swapped = encoding.encode_bundle(replace(bundle, legs=(replace(bundle.legs[0], proof=other),)))
    tamper(path, f"UPDATE bundles SET data = x'{swapped.hex()}' WHERE height = 2")
    with pytest.raises(audit.Discrepancy, match="event at height 2"):
        audit.audit(path, any_proof)


def test_a_file_that_is_not_a_ledger_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no ledger at"):
        audit.audit(tmp_path / "nothing", any_proof)
    (tmp_path / "text").write_bytes(b"this is not a database, but long enough to be looked at" * 50)
    with pytest.raises(FormatError, match="is not a ledger"):
        audit.audit(tmp_path / "text", any_proof)


def test_a_damaged_file_is_reported_as_damaged(path):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = 'outputs_by_commitment'"
        root = connection.execute(query).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    data = bytearray(path.read_bytes())
    start = (root - 1) * size
    data[start + size // 2 : start + size] = bytes(size - size // 2)
    path.write_bytes(bytes(data))
    with pytest.raises(audit.Discrepancy, match="^the file is damaged: .+$") as refusal:
        audit.audit(path, any_proof)
    assert str(refusal.value).isprintable()  # SQLite tells several lines


@pytest.mark.parametrize("table", ["pool", "events", "bundles", "nodes"])
def test_an_unreadable_page_is_reported_as_damage(path, table):
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    connection.close()
    data = bytearray(path.read_bytes())
    data[(root - 1) * size : root * size] = b"\xff" * size
    path.write_bytes(bytes(data))
    with pytest.raises((audit.Discrepancy, FormatError), match="damaged|cannot be read"):
        audit.audit(path, any_proof)


def test_a_file_that_cannot_be_read_is_reported(path, monkeypatch):
    def locked(repository):
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(SqliteReader, "damage", locked)
    with pytest.raises(audit.Discrepancy, match="database is locked"):
        audit.audit(path, any_proof)
