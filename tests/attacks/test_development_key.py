"""A key by one party is never mistaken for a ceremony's: in an edited record, in a leg, among another home's keys."""

import json
import sqlite3
from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.audit.audit import Discrepancy
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.pool import poolfile
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.risk.publications import publish
from zk.errors import FormatError

TRANSCRIPT = "d" * 64


@pytest.fixture
def pool():
    """A pool with keys of a ceremony."""
    own = {key.statement: replace(key, transcript=TRANSCRIPT) for key in samples.KEYS}
    return replace(samples.pool(), **own, insecure_dev=False)


@pytest.fixture
def path(tmp_path, pool):
    """The file of its ledger."""
    made = tmp_path / "ledger.sqlite"
    Ledger.create(made, pool, NOW_MS).close()
    return made


def edit(path, **changes) -> None:
    """Writes other fields into the pool's record, in its canonical form."""
    with sqlite3.connect(path) as database:
        ((data,),) = database.execute("SELECT data FROM pool").fetchall()
        fields = json.loads(data)
        for name, value in changes.items():
            fields[name] = fields[name] | value if isinstance(value, dict) else value
        edited = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
        database.execute("UPDATE pool SET data = ?", (edited,))
    database.close()


DEVELOPMENT = json.loads(poolfile.encode(replace(
    samples.pool(), leg=replace(samples.LEG_KEY, verifying=samples.verifying_key(11, 300))
)))["leg"]
OTHERS = {statement: {"transcript": None} for statement in ("margin", "escrow", "seize", "funds")}


def test_a_ledger_with_a_ceremonys_keys_opens_without_a_flag(path):
    with Ledger.open(path) as opened:
        assert not opened.pool.insecure_dev
    assert audit.audit(path, any_proof).events == 1


def test_a_development_key_in_the_record_is_refused_when_the_ledger_is_opened(path):
    edit(path, leg=DEVELOPMENT, **OTHERS)
    with pytest.raises(FormatError, match="come from no ceremony, .* must say insecure_dev"):
        Ledger.open(path)


def test_a_development_key_beside_one_of_a_ceremony_is_refused(path):
    edit(path, leg=DEVELOPMENT, insecure_dev=True)
    with pytest.raises(FormatError, match="do not come from one and the same ceremony"):
        Ledger.open(path)


def test_adding_the_flag_later_changes_the_ledger_id(path, pool):
    edit(path, leg=DEVELOPMENT, **OTHERS, insecure_dev=True)
    with Ledger.open(path) as opened:
        assert opened.ledger_id != poolfile.ledger_id(pool)
    with pytest.raises(Discrepancy, match="event at height 0"):
        audit.audit(path, any_proof)


def test_a_development_key_under_the_ceremonys_name_changes_the_ledger_id(path):
    edit(path, leg=DEVELOPMENT | {"transcript": TRANSCRIPT})
    with pytest.raises(Discrepancy, match="event at height 0"):
        audit.audit(path, any_proof)


def test_a_leg_under_a_development_key_is_refused(path):
    with Ledger.open(path) as opened:
        publish(opened, 1)
        development = replace(samples.LEG_KEY, verifying=samples.verifying_key(11, 300))
        made = samples.make(opened, key=development.digest)
        with pytest.raises(Rejected) as refused:
            engine.submit(opened, encoding.encode_bundle(samples.bind(opened.ledger_id, made)), NOW_MS, any_proof)
        assert refused.value.rejection == Rejection.UNKNOWN_KEY
        own = samples.make(opened)
        engine.submit(opened, encoding.encode_bundle(samples.bind(opened.ledger_id, own)), NOW_MS, any_proof)


def test_a_record_of_version_1_which_has_no_origin_of_keys_is_refused(path):
    edit(path, version=1)
    with pytest.raises(FormatError, match="does not say where its keys come from: create a new pool"):
        Ledger.open(path)
