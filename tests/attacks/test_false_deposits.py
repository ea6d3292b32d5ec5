"""Nobody but the custodian of an asset says what was paid in or out, and every payment counts once.

Before attestations, anybody could deposit 2^63 - 1 out of nothing: the reserve could then count no further deposit, so
the asset was blocked for everybody.
"""

from dataclasses import replace

import pytest

from settlement import custody, engine
from settlement.audit import audit
from settlement.bundles import encoding
from settlement.bundles.bundle import MAX_AMOUNT, Bundle
from settlement.checks import effects
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, flow, make
from zk import signature


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with Ledger.create(path, samples.pool(), NOW_MS) as opened:
        yield opened


def submit(ledger: Ledger, bundle: Bundle) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(bundle), NOW_MS, any_proof)


def refusal(ledger: Ledger, bundle: Bundle) -> Rejection:
    before = ledger.reader.last_event()
    with pytest.raises(Rejected) as refused:
        submit(ledger, bundle)
    assert ledger.reader.last_event() == before
    return refused.value.rejection


def paid(ledger: Ledger, amount: int, reference: bytes | None = None) -> Bundle:
    """A bundle that pays in or out, with the custodian's signature."""
    return bind(ledger.ledger_id, make(ledger, change(USDC=amount), [flow(0, amount, reference=reference)]))


def test_a_stranger_cannot_block_an_asset_with_an_enormous_deposit(ledger):
    enormous = paid(ledger, MAX_AMOUNT)
    assert refusal(ledger, replace(enormous, attestations=(None,))) is Rejection.ATTESTATION
    assert refusal(ledger, samples.attest(enormous, secret=666)) is Rejection.ATTESTATION
    submit(ledger, paid(ledger, 1))
    assert ledger.reader.reserve(ledger.pool.leg.digest, 0) == 1


def test_even_the_custodian_cannot_make_the_reserve_uncountable(ledger):
    submit(ledger, paid(ledger, MAX_AMOUNT))
    assert refusal(ledger, paid(ledger, 1)) is Rejection.CUSTODY


def test_a_signature_cannot_be_taken_from_the_ledger_for_another_deposit(ledger):
    """Everything but the owner is the same: asset, amount, party, reference of a payment that has not settled yet."""
    victims = paid(ledger, 100, b"wire 7")
    thiefs = replace(paid(ledger, 100, b"wire 7"), attestations=victims.attestations)
    assert refusal(ledger, thiefs) is Rejection.ATTESTATION
    submit(ledger, victims)


def test_a_signature_on_one_flow_of_a_leg_does_not_serve_another(ledger):
    flows = [flow(0, 100), flow(0, -100)]
    both = bind(ledger.ledger_id, make(ledger, flows=flows))
    assert refusal(ledger, replace(both, attestations=(both.attestations[0],) * 2)) is Rejection.ATTESTATION
    assert refusal(ledger, replace(both, attestations=both.attestations[::-1])) is Rejection.ATTESTATION
    submit(ledger, both)


@pytest.mark.parametrize("again", [100, -100, 1])
def test_one_payment_outside_counts_once(ledger, again):
    submit(ledger, paid(ledger, 100, b"wire 7"))
    assert refusal(ledger, paid(ledger, again, b"wire 7")) is Rejection.REFERENCE_USED
    submit(ledger, paid(ledger, again, b"wire 8"))


def test_one_payment_counts_once_within_a_bundle_too(ledger):
    twice = [make(ledger, change(USDC=100), [flow(0, 100, reference=b"wire 7")]) for _ in range(2)]
    assert refusal(ledger, bind(ledger.ledger_id, *twice)) is Rejection.REFERENCE_USED


def test_a_deposit_for_one_ledger_does_not_settle_on_its_twin(ledger, tmp_path):
    with Ledger.create(tmp_path / "twin.sqlite", samples.pool(salt=b"another 16 bytes"), NOW_MS) as twin:
        one = make(twin, change(USDC=100), [flow(0, 100)])
        own = replace(one, leg=samples.sign(ledger.ledger_id, one.leg))
        stolen = replace(bind(ledger.ledger_id, own), attestations=bind(twin.ledger_id, one).attestations)
        assert refusal(ledger, stolen) is Rejection.ATTESTATION


def test_the_custodian_of_one_asset_has_no_say_about_another(path):
    pool = samples.pool()
    usdc, *others = pool.assets
    shared = replace(pool, assets=(replace(usdc, custodian=signature.public(99)), *others))
    with Ledger.create(path, shared, NOW_MS) as ledger:
        made = make(ledger, change(USDC=5, BTC=6), [flow(0, 5), flow(1, 6)])
        by_bitcoins = bind(ledger.ledger_id, made)
        by_dollars = samples.attest(by_bitcoins, secret=99)
        assert refusal(ledger, by_bitcoins) is Rejection.ATTESTATION
        assert refusal(ledger, by_dollars) is Rejection.ATTESTATION
        whole = replace(by_bitcoins, attestations=(by_dollars.attestations[0], by_bitcoins.attestations[1]))
        submit(ledger, whole)


@pytest.mark.parametrize("secret, complaint", [(None, "ATTESTATION"), (666, "ATTESTATION")])
def test_an_audit_finds_a_deposit_that_no_custodian_signed(ledger, path, secret, complaint):
    """Whoever can write to the file can append a consistent event; only the signature shows that it is a lie."""
    bundle = paid(ledger, MAX_AMOUNT)
    forged = replace(bundle, attestations=(None,)) if secret is None else samples.attest(bundle, secret)
    checked = engine.check(ledger, encoding.encode_bundle(bundle), NOW_MS, any_proof)
    ledger.apply(replace(checked, bundle=forged, data=encoding.encode_bundle(forged)), NOW_MS)
    with pytest.raises(audit.Discrepancy, match=f"height 1 should have been refused: .*{complaint}"):
        audit.audit(path, any_proof)


def test_an_audit_finds_a_reference_that_counted_twice(ledger, path, monkeypatch):
    submit(ledger, paid(ledger, 100, b"wire 7"))
    written = effects._flows

    def hidden(legs, height):
        """The rows as a forger would write them, so that the table's own index does not notice."""
        return tuple(replace(row, flow=replace(row.flow, reference=b"wire 8")) for row in written(legs, height))

    with monkeypatch.context() as patch:
        patch.setattr(custody, "check_references", lambda *_: None)
        patch.setattr(effects, "_flows", hidden)
        submit(ledger, paid(ledger, 100, b"wire 7"))
    with pytest.raises(audit.Discrepancy, match=r"height 2 should have been refused: .*REFERENCE_USED"):
        audit.audit(path, any_proof)


def test_the_table_itself_refuses_a_reference_twice_and_nothing_is_written(ledger, monkeypatch):
    submit(ledger, paid(ledger, 100, b"wire 7"))
    before = ledger.reader.last_event()
    monkeypatch.setattr(custody, "check_references", lambda *_: None)
    with pytest.raises(Exception, match="UNIQUE constraint failed: flows.asset, flows.reference"):
        submit(ledger, paid(ledger, 100, b"wire 7"))
    assert ledger.reader.last_event() == before and len(ledger.reader.flows()) == 1
