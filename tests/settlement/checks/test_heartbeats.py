"""The insurance's heartbeats: of the newest epoch and account, proved against the maintenance grid, once an epoch."""

from dataclasses import replace

import pytest

from circuits.records import Commitment
from settlement import engine
from settlement.audit import audit
from settlement.checks import heartbeat, margins
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.announcing import beat
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.guarded import guarded, insured, settle
from zk.errors import FormatError, InvalidProof


@pytest.fixture
def ledger(tmp_path):
    """A ledger with one epoch and an insurance."""
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as created:
        samples.publish(created)
        settle(created, insured(created))
        yield created


def refused(attempt, reason, words=None):
    with pytest.raises(Rejected, match=words) as refusal:
        attempt()
    assert refusal.value.rejection is reason


def test_a_heartbeat_ends_the_silence(ledger):
    assert (ledger.reader.heartbeat(), margins.silent_epochs(ledger)) == (0, 1)
    assert beat(ledger).kind == "insurance"
    assert (ledger.reader.heartbeat(), margins.silent_epochs(ledger)) == (1, 0)
    samples.publish(ledger)
    assert margins.silent_epochs(ledger) == 1


def test_its_proof_is_about_the_maintenance_grid_of_its_epoch(ledger):
    seen = []
    beat(ledger, verify=seen.extend)
    published = ledger.reader.epoch(1).publication
    values = tuple(value for row in published.maintenance.values for value in row)
    assert seen == [(ledger.pool.margin.verifying, (ledger.reader.insurance(), *values), samples.PROOF)]
    assert published.maintenance != published.initial


def test_a_proof_that_does_not_verify_is_refused(ledger):
    def refuse(claims):
        raise InvalidProof("no", index=0)

    refused(lambda: beat(ledger, verify=refuse), Rejection.INVALID_PROOF)
    assert ledger.reader.heartbeat() == 0


@pytest.mark.parametrize("epoch", [0, 2])
def test_it_is_of_the_newest_epoch(ledger, epoch):
    refused(lambda: beat(ledger, epoch=epoch), Rejection.HEARTBEAT, "not the newest")


def test_an_epoch_has_one(ledger):
    beat(ledger)
    refused(lambda: beat(ledger), Rejection.HEARTBEAT, "epoch 1 already")


def test_it_is_of_the_insurances_account_as_it_is_now(ledger):
    old = ledger.reader.insurance()
    other = guarded(ledger)
    settle(ledger, insured(ledger), other)
    for named in (old, Commitment(other.leg.public.commitment)):
        refused(lambda named=named: beat(ledger, commitment=named), Rejection.HEARTBEAT, "another account")
    beat(ledger)


def test_without_an_insurance_there_is_none(tmp_path):
    with Ledger.create(tmp_path / "other.sqlite", samples.pool(), NOW_MS) as ledger:
        samples.publish(ledger)
        refused(lambda: beat(ledger, commitment=5), Rejection.HEARTBEAT, "another account")


def test_it_is_proved_under_the_pools_key(ledger):
    refused(lambda: beat(ledger, key=bytes(32)), Rejection.UNKNOWN_KEY)


def test_a_clock_that_is_behind_records_nothing(ledger):
    refused(lambda: beat(ledger, now_ms=NOW_MS - 60_000), Rejection.CLOCK_BEHIND)


def test_it_is_looked_at_again_under_the_lock(ledger):
    """Another process records the epoch's heartbeat while this one's proof is verified."""
    data = heartbeat.encode(made(ledger))

    def meanwhile(claims):
        with Ledger.open(ledger._repository.checkpoints.path.with_name("ledger.sqlite")) as other:
            engine.beat(other, data, NOW_MS, any_proof)

    refused(lambda: engine.beat(ledger, data, NOW_MS, meanwhile), Rejection.HEARTBEAT, "already")


def made(ledger) -> heartbeat.Heartbeat:
    return heartbeat.Heartbeat(ledger.pool.margin.digest, 1, ledger.reader.insurance(), samples.PROOF)


def test_it_comes_back_from_its_bytes_and_from_no_others(ledger):
    data = heartbeat.encode(made(ledger))
    assert heartbeat.decode(data) == made(ledger) and len(data) == heartbeat.HEARTBEAT_BYTES
    for wrong, words in (
        (data + b"\0", "bytes instead of"), (b"zkH2" + data[4:], "does not start with zkH1"),
        (heartbeat.encode(replace(made(ledger), commitment=0)), "commitment is 0"),
        (data[:-32] + bytes([255] * 32), "the proof"),
    ):  # fmt: skip
        with pytest.raises(FormatError, match=words):
            heartbeat.decode(wrong)
    refused(lambda: engine.beat(ledger, b"", NOW_MS, any_proof), Rejection.MALFORMED)


@pytest.mark.parametrize("skipped, changes, reason", [
    ("check", {"epoch": 0}, "63 .HEARTBEAT"),
    ("check_proof", {"key": bytes(32)}, "4 .UNKNOWN_KEY"),
])
def test_the_audit_finds_one_that_the_ledger_should_have_refused(
    ledger, tmp_path, monkeypatch, skipped, changes, reason
):
    with monkeypatch.context() as patch:
        patch.setattr(heartbeat, skipped, lambda *_: None)
        if "epoch" in changes:
            samples.publish(ledger)
            patch.setattr(heartbeat, "check_proof", lambda *_: None)
            changes = {"epoch": 1}
        beat(ledger, **changes)
    with pytest.raises(audit.Discrepancy, match=f"the heartbeat at height .* should have been refused: .* {reason}"):
        audit.audit(tmp_path / "ledger.sqlite", any_proof)


def test_the_audit_verifies_its_proof(ledger, tmp_path):
    beat(ledger)

    def refuse_a_single_one(claims):  # which the heartbeat's is, when all others are a bundle's
        if len(claims) == 1:
            raise InvalidProof("no", index=0)

    with pytest.raises(audit.Discrepancy, match="a proof of the heartbeat at height 3 does not verify"):
        audit.audit(tmp_path / "ledger.sqlite", refuse_a_single_one)
