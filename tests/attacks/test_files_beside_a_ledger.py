"""Files that somebody put beside a ledger: SQLite, or the list of settled events, would follow them."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.storage.checkpoints import LINE_BYTES, Checkpoints
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, make
from zk.errors import FormatError


@pytest.fixture
def path(tmp_path):
    """A ledger with one deposit."""
    made = tmp_path / "ledger.sqlite"
    with Ledger.create(made, samples.pool(), NOW_MS) as ledger:
        settle(ledger, make(ledger, change(USDC=50), [samples.flow(0, 50)]))
    return made


def settle(ledger: Ledger, made: samples.Made) -> None:
    engine.submit(ledger, encoding.encode_bundle(bind(ledger.ledger_id, made)), NOW_MS, any_proof)


def files(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_a_rollback_journal_is_refused_before_it_undoes_anything(path):
    """SQLite copies the pages of such a file into the database as it opens it, also to read."""
    yesterday, journal = path.with_name("yesterday"), path.with_name(f"{path.name}-journal")
    shutil.copy(path, yesterday)
    with closing(sqlite3.connect(yesterday, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN")
        for table in ("events", "roots", "bundles", "nullifiers", "outputs", "nodes", "flows", "reserves"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("CREATE TABLE filler AS SELECT randomblob(1000000)")
        shutil.copy(f"{yesterday}-journal", path.with_name("journal"))
    with Ledger.open(path) as ledger:
        settle(ledger, make(ledger))
    shutil.move(path.with_name("journal"), journal)
    before = files(path.parent)
    for opens in (Ledger.open, lambda place: Ledger.open(place, read_only=True), audit.audit):
        with pytest.raises(FormatError, match="there is a file .*ledger.sqlite-journal, which no ledger makes"):
            opens(path)
    assert files(path.parent) == before
    journal.unlink()
    assert audit.audit(path, any_proof).bundles == 2


def test_a_ledger_never_has_a_rollback_journal(tmp_path, monkeypatch):
    """Not even where its creation is interrupted: it is a ledger only when its log is a write-ahead log."""
    monkeypatch.setattr(Ledger, "open", lambda _: None)
    Ledger.create(tmp_path / "new.sqlite", samples.pool(), NOW_MS)
    with closing(sqlite3.connect(tmp_path / "new.sqlite")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_way_out_of_a_damaged_checkpoint_file_is_one(path):
    file = Checkpoints(path).path
    file.write_bytes(b"x" * 3 * LINE_BYTES)
    with pytest.raises(FormatError, match="move that file away and run `zksettle ledger audit --expect DIGEST`"):
        audit.audit(path, any_proof)
    file.rename(path.with_name("away"))
    audit.audit(path, any_proof)
    with Ledger.open(path) as ledger:
        settle(ledger, make(ledger))
    assert audit.audit(path, any_proof).warnings == ()


@pytest.mark.parametrize("put", [os.mkfifo, lambda file: file.symlink_to(file.with_name("diary"))])
def test_checkpoints_are_neither_read_from_nor_written_to_a_pipe_or_a_link(path, put):
    with Ledger.open(path) as ledger:
        file = Checkpoints(path).path
        file.unlink()
        file.with_name("diary").write_bytes(b"")
        put(file)
        for use in (lambda: Ledger.open(path), lambda: audit.audit(path, any_proof)):
            with pytest.raises(FormatError, match="cannot be read"):
                use()
        with pytest.raises(OSError, match="ledger.sqlite-checkpoints"):
            settle(ledger, make(ledger))
        assert ledger.reader.last_event().height == 1
    assert file.with_name("diary").read_bytes() == b""
