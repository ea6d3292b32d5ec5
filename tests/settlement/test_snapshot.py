"""A snapshot is a ledger of its own with everything that had settled, and nothing is copied over."""

import pytest

from settlement import engine, snapshot
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.ledger import Ledger
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk.errors import FormatError


def test_a_snapshot_has_every_event_and_goes_its_own_way(tmp_path):
    with Ledger.create(tmp_path / "ledger", samples.pool(), NOW_MS) as ledger:
        engine.submit(ledger, encoding.encode_bundle(samples.deposit(ledger, 100)), NOW_MS, any_proof)
        ledger_id, newest = snapshot.write(tmp_path / "ledger", tmp_path / "copy")
        assert (ledger_id, newest) == (ledger.ledger_id, ledger.reader.last_event())
        engine.submit(ledger, encoding.encode_bundle(samples.deposit(ledger, 5)), NOW_MS, any_proof)
    report = audit.audit(tmp_path / "copy", any_proof)
    assert (report.digest, report.bundles, report.warnings) == (newest.digest, 1, ())
    with Ledger.open(tmp_path / "copy") as copy:
        engine.submit(copy, encoding.encode_bundle(samples.deposit(copy, 7)), NOW_MS, any_proof)


def test_what_is_no_ledger_and_what_is_there_already_are_refused(tmp_path):
    with pytest.raises(FormatError, match="no ledger at"):
        snapshot.write(tmp_path / "none", tmp_path / "copy")
    Ledger.create(tmp_path / "ledger", samples.pool(), NOW_MS).close()
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(FormatError, match="there is already a file at"):
        snapshot.write(tmp_path / "ledger", tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"
