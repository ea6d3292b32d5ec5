"""Changes of the parameters: signed by enough governors, version by version, and in force not a moment early."""

from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.pool import governance, parameters, poolfile
from settlement.pool.governance import Change
from settlement.pool.parameters import Fees
from settlement.rejection import Rejected, Rejection
from tests.settlement.announcing import announce
from tests.settlement.announcing import parameters as later
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from zk import signature
from zk.errors import FormatError

DELAY_MS = samples.GOVERNANCE.delay_ms
FORCE_MS = NOW_MS + DELAY_MS


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as created:
        yield created


def refused(ledger, attempt, reason, words=None):
    before = ledger.reader.last_event()
    with pytest.raises(Rejected, match=words) as refusal:
        attempt()
    assert refusal.value.rejection is reason
    assert ledger.reader.last_event() == before and not ledger.reader.changes()


def test_parameters_are_in_force_from_their_time_on_and_not_before(ledger):
    announce(ledger, later(2, penalty_bps=7))
    announce(ledger, later(3, penalty_bps=8), effective_ms=FORCE_MS + 5)
    for now_ms, version in ((NOW_MS, 1), (FORCE_MS - 1, 1), (FORCE_MS, 2), (FORCE_MS + 4, 2), (FORCE_MS + 5, 3)):
        assert ledger.parameters(now_ms).version == version
    assert [each.change.parameters.penalty_bps for each in ledger.reader.changes()] == [7, 8]


def test_a_bundle_is_checked_under_the_parameters_of_its_time(ledger):
    announce(ledger, later(2, fees=Fees(leg=10, order=0)))
    made = samples.make(ledger, samples.change(USDC=9), [samples.flow(0, 9)], expiry_ms=FORCE_MS + 10)
    bundle = samples.encoding.encode_bundle(samples.bind(ledger.ledger_id, made))
    assert engine.check(ledger, bundle, FORCE_MS - 1, any_proof)
    with pytest.raises(Rejected) as refusal:
        engine.check(ledger, bundle, FORCE_MS, any_proof)
    assert refusal.value.rejection is Rejection.FEE_MISSING


@pytest.mark.parametrize("signers", [(), (0,), (2,)])
def test_too_few_governors_change_nothing(ledger, signers):
    refused(ledger, lambda: announce(ledger, later(2), signers=signers), Rejection.GOVERNANCE, "of the 2 governors")


@pytest.mark.parametrize("signers", [(0, 1), (1, 2), (0, 1, 2)])
def test_any_quorum_of_governors_is_enough(ledger, signers):
    assert announce(ledger, later(2, penalty_bps=7), signers=signers).height == 1


def signed(ledger, **changes) -> Change:
    change = Change(later(2, penalty_bps=7), FORCE_MS, ())
    return replace(governance.sign(ledger.pool, change, samples.GOVERNOR_SECRETS[:2]), **changes)


@pytest.mark.parametrize("changes", [
    {"parameters": later(2, penalty_bps=8)},
    {"effective_ms": FORCE_MS + 1},
])
def test_signatures_are_for_these_parameters_from_this_time_on(ledger, changes):
    data = governance.encode(signed(ledger, **changes))
    refused(ledger, lambda: engine.govern(ledger, data, NOW_MS), Rejection.GOVERNANCE, "did not sign this change")


def test_signatures_for_another_pool_do_not_count(ledger):
    other = governance.sign(samples.pool(bytes(16)), Change(later(2), FORCE_MS, ()), samples.GOVERNOR_SECRETS[:2])
    refused(ledger, lambda: engine.govern(ledger, governance.encode(other), NOW_MS), Rejection.GOVERNANCE)


def test_a_stranger_is_no_governor(ledger):
    own = signed(ledger)
    stranger = ((0, own.signatures[0][1]), (1, signature.sign(99, 5)))
    forged = governance.encode(replace(own, signatures=stranger))
    refused(ledger, lambda: engine.govern(ledger, forged, NOW_MS), Rejection.GOVERNANCE, "governor 2 did not sign")
    beyond = governance.encode(replace(own, signatures=(*own.signatures, (3, own.signatures[0][1]))))
    refused(ledger, lambda: engine.govern(ledger, beyond, NOW_MS), Rejection.GOVERNANCE, "no governor 4")
    with pytest.raises(FormatError, match="not one of the pool's governors'"):
        governance.sign(ledger.pool, own, [99])


def test_a_change_waits_for_the_pools_delay(ledger):
    early = {"effective_ms": FORCE_MS - 1}
    refused(ledger, lambda: announce(ledger, later(2), **early), Rejection.GOVERNANCE_EARLY, "1 ms too early")


def test_the_delay_counts_from_the_time_of_the_event_under_the_lock(ledger, monkeypatch):
    """Another process settled a second later while this one was on its way: the change would be a second early."""
    data = governance.encode(signed(ledger))
    engine.submit(ledger, samples.encoding.encode_bundle(samples.deposit(ledger, 5)), NOW_MS + 1_000, any_proof)
    monkeypatch.setattr(engine, "_since", lambda start_ns: lambda: 10**10)
    with pytest.raises(Rejected) as refusal:
        engine.govern(ledger, data, NOW_MS)
    assert refusal.value.rejection is Rejection.GOVERNANCE_EARLY


@pytest.mark.parametrize("version", [1, 3])
def test_versions_count_one_by_one(ledger, version):
    refused(ledger, lambda: announce(ledger, later(version)), Rejection.VERSION, "and 2 is next")


def test_a_change_is_never_in_force_before_its_predecessor(ledger):
    announce(ledger, later(2), effective_ms=FORCE_MS + 1_000)
    with pytest.raises(Rejected, match="1000 ms too early") as refusal:
        announce(ledger, later(3), effective_ms=FORCE_MS)
    assert refusal.value.rejection is Rejection.GOVERNANCE_EARLY


def test_a_change_for_a_far_future_would_be_the_last_and_is_refused(ledger):
    """Governors who mistake seconds for milliseconds once ended the pool's governance: no change overtakes another."""
    latest_ms = FORCE_MS + governance.MAX_NOTICE_MS
    far = {"effective_ms": latest_ms + 1}
    refused(ledger, lambda: announce(ledger, later(2), **far), Rejection.MALFORMED, "and no others until then")
    announce(ledger, later(2), effective_ms=latest_ms)
    announce(ledger, later(3), effective_ms=latest_ms)


GUARDIANS = samples.GUARDIANS
NEW_KEYS = {"encryption_key": signature.public(5), "signing_key": signature.public(6)}


@pytest.mark.parametrize("changes, words", [
    ({"guardians": None}, "name no guardians"),
    ({"guardians": replace(GUARDIANS, **NEW_KEYS)}, "number does not count"),
    ({"guardians": replace(GUARDIANS, number=2)}, "number does not count"),
    ({"guardians": replace(GUARDIANS, **NEW_KEYS, number=3)}, "number does not count"),
    ({"risk": (replace(samples.RISK[0], factor=1), *samples.RISK[1:])}, "another factor moves it than its underlying"),
])
def test_a_record_that_the_pool_cannot_have_is_refused(ledger, changes, words):
    refused(ledger, lambda: announce(ledger, later(2, **changes)), Rejection.MALFORMED, words)


def test_guardians_are_replaced_and_their_old_key_retired_later(ledger):
    """Two changes, so that owners have time to move what is sealed to the old key."""
    replaced = replace(GUARDIANS, **NEW_KEYS, number=2)
    announce(ledger, later(2, guardians=replaced))
    announce(ledger, later(3, guardians=replace(replaced, stale_before=2)))
    with pytest.raises(Rejected, match="stale_before goes back"):
        announce(ledger, later(4, guardians=replaced))


def test_a_change_comes_back_from_its_bytes_and_from_no_others(ledger):
    data = governance.encode(signed(ledger))
    assert governance.encode(governance.decode(data)) == data
    backwards = governance.encode(replace(signed(ledger), signatures=signed(ledger).signatures[::-1]))
    for wrong, words in (
        (b"", "ends inside"), (b"zkG2" + data[4:], "does not start with zkG1"), (data[:-1], "not JSON"),
        (data + b" ", "not in their canonical form"), (backwards, "not in the order"), (bytes(10**6), "more than"),
    ):  # fmt: skip
        with pytest.raises(FormatError, match=words):
            governance.decode(wrong)
    with pytest.raises(Rejected) as refusal:
        engine.govern(ledger, b"", NOW_MS)
    assert refusal.value.rejection is Rejection.MALFORMED


@pytest.mark.parametrize("module, name, attempt", [
    (governance, "check_successor", lambda ledger: later(2, guardians=None)),
    (parameters, "check_for", lambda ledger: later(2, board=replace(samples.BOARD, funds=(*[0] * 8, 1, *[0] * 7)))),
])
def test_without_its_check_a_record_that_the_pool_cannot_have_is_announced(ledger, monkeypatch, module, name, attempt):
    monkeypatch.setattr(module, name, lambda *_: None)
    assert announce(ledger, attempt(ledger)).kind == "parameters"


def test_without_the_signatures_check_one_governor_is_enough(ledger, monkeypatch):
    monkeypatch.setattr(governance, "signers", lambda *_: [0, 1])
    assert announce(ledger, later(2), signers=()).height == 1


def test_the_audit_finds_a_change_that_the_ledger_should_have_refused(ledger, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(governance, "check", lambda *_: None)
        announce(ledger, later(2), effective_ms=NOW_MS)
    with pytest.raises(audit.Discrepancy, match="change of the parameters at height 1 should .* 61 .GOVERNANCE_EARLY"):
        audit.audit(tmp_path / "ledger.sqlite", any_proof)


def test_the_audit_replays_parameters_at_the_time_of_each_event(ledger, tmp_path):
    announce(ledger, later(2, quorum=2, oracle_keys=samples.PARAMETERS.oracle_keys[:2]))
    samples.publish(ledger, FORCE_MS - 1)
    with pytest.raises(Rejected, match="no oracle 3|has 3 prices|UNKNOWN_ORACLE"):
        engine.publish(ledger, late_quotes(ledger), FORCE_MS)
    assert audit.audit(tmp_path / "ledger.sqlite", any_proof).changes == 1


def late_quotes(ledger):
    """Quotes of all three oracles, of whom two are left when they arrive."""
    parameters_then = replace(samples.PARAMETERS)
    publication = ledger.reader.grids(1)[0].publication
    return samples.quoting.sign_all(
        ledger.pool, parameters_then, {}, samples.ORACLE_SECRETS, samples.OBSERVED, publication.market.time_ms + 1, 2
    )


def test_a_clock_that_is_behind_announces_nothing(ledger):
    refused(ledger, lambda: announce(ledger, later(2), now_ms=NOW_MS - 60_000), Rejection.CLOCK_BEHIND)


def test_the_event_names_version_time_and_every_byte(ledger):
    event = announce(ledger, later(2, penalty_bps=7))
    assert event.body[:12] == (2).to_bytes(4, "big") + FORCE_MS.to_bytes(8, "big")
    assert poolfile.parameters_json(ledger.reader.changes()[0].change.parameters)["penalty_bps"] == 7
