"""Seizures, companions and the insurance's legs; each refusal by its own check."""

from dataclasses import replace

import pytest

from settlement import custody, merkle
from settlement.bundles import digests
from settlement.checks import checks
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, bind, change, make
from tests.settlement.guarded import (
    Bad,
    bad,
    beside,
    guarded,
    insured,
    refused_by_only,
    seizure,
    settle,
    sign,
    submit,
)
from tests.settlement.risk.publications import publish
from zk import signature
from zk.errors import InvalidProof

STRANGER = 737373


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def pair(ledger: Ledger, **changes):
    """A seizure and the leg of the insurance that takes the portfolio over."""
    deltas = change(USDC=-40, BTC=-3, **{"ETH-PERP": 7})
    return beside(ledger, seizure(ledger, deltas, **changes), insured(ledger, tuple(-amount for amount in deltas)))


def expired_seizure(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, *pair(ledger, expiry_ms=NOW_MS)))


def seizure_under_an_unknown_root(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, *pair(ledger, root=12345)))


def seizure_beside_a_leg_of_its_account(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, *beside(ledger, seizure(ledger, nullifier=5), make(ledger, nullifier=5))))


def seizure_of_an_account_that_moved(ledger: Ledger) -> Bad:
    """Its owner cured the breach first."""
    settle(ledger, make(ledger, nullifier=5))
    return bad(bind(ledger.ledger_id, *pair(ledger, nullifier=5)))


def seizure_that_is_taken_over_by_another(ledger: Ledger) -> Bad:
    """Whoever knows the blinding of a seizure puts a leg of his own beside it."""
    taken, insurance = pair(ledger)
    thief = make(ledger, change(USDC=40, BTC=3, **{"ETH-PERP": -7}))
    assert thief.leg.commitment != insurance.leg.commitment
    return bad(bind(ledger.ledger_id, thief, taken))


def payment_beside_another_payee(ledger: Ledger) -> Bad:
    payer, _ = beside(ledger, make(ledger, change(USDC=-5)), make(ledger, change(USDC=5)))
    return bad(bind(ledger.ledger_id, payer, make(ledger, change(USDC=5))))


def payment_beside_one_leg_too_many(ledger: Ledger) -> Bad:
    payer, payee = beside(ledger, make(ledger, change(USDC=-5)), make(ledger, change(USDC=5)))
    return bad(bind(ledger.ledger_id, payer, payee, make(ledger)))


def payment_alone(ledger: Ledger) -> Bad:
    payer, _ = beside(ledger, make(ledger), make(ledger))
    return bad(bind(ledger.ledger_id, payer))


def seizure_signed_by_a_stranger(ledger: Ledger) -> Bad:
    taken, insurance = pair(ledger)
    return bad(bind(ledger.ledger_id, sign(ledger, taken, STRANGER), insurance))


def seizure_changed_after_it_was_signed(ledger: Ledger) -> Bad:
    taken, insurance = pair(ledger)
    later = replace(taken, leg=replace(taken.leg, expiry_ms=taken.leg.expiry_ms + 1))
    return bad(bind(ledger.ledger_id, later, insurance))


def seizure_signed_for_another_ledger(ledger: Ledger) -> Bad:
    taken, insurance = pair(ledger)
    elsewhere = signature.sign(samples.SEIZING_SECRET, digests.seizure_message(bytes(32), taken.leg))
    return bad(bind(ledger.ledger_id, replace(taken, leg=replace(taken.leg, signature=elsewhere)), insurance))


def seizure_of_guards_that_are_not_retired(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, *pair(ledger, stale_before=2)))


def unattested_insurance(ledger: Ledger) -> Bad:
    return bad(replace(bind(ledger.ledger_id, insured(ledger)), attestations=(None,)))


def insurance_attested_by_a_stranger(ledger: Ledger) -> Bad:
    bundle = bind(ledger.ledger_id, insured(ledger))
    forged = signature.sign(STRANGER, digests.insurance_message(ledger.ledger_id, bundle.legs[0]))
    return bad(replace(bundle, attestations=(forged,)))


def insurance_attested_for_another_leg(ledger: Ledger) -> Bad:
    own, other = bind(ledger.ledger_id, insured(ledger)), bind(ledger.ledger_id, insured(ledger))
    return bad(replace(own, attestations=other.attestations))


REFUSED = [
    (expired_seizure, Rejection.EXPIRED, checks.check_expiry),
    (seizure_under_an_unknown_root, Rejection.UNKNOWN_ROOT, checks.check_roots),
    (seizure_beside_a_leg_of_its_account, Rejection.NULLIFIER_REPEATED, checks.check_nullifiers),
    (seizure_of_an_account_that_moved, Rejection.NULLIFIER_SPENT, checks.check_nullifiers),
    (seizure_that_is_taken_over_by_another, Rejection.COMPANIONS, checks.check_companions),
    (payment_beside_another_payee, Rejection.COMPANIONS, checks.check_companions),
    (payment_beside_one_leg_too_many, Rejection.COMPANIONS, checks.check_companions),
    (payment_alone, Rejection.COMPANIONS, checks.check_companions),
    (seizure_signed_by_a_stranger, Rejection.SEIZURE, checks.check_seizures),
    (seizure_changed_after_it_was_signed, Rejection.SEIZURE, checks.check_seizures),
    (seizure_signed_for_another_ledger, Rejection.SEIZURE, checks.check_seizures),
    (seizure_of_guards_that_are_not_retired, Rejection.SEIZURE, checks.check_seizures),
    (unattested_insurance, Rejection.INSURANCE, custody.check_insurance),
    (insurance_attested_by_a_stranger, Rejection.INSURANCE, custody.check_insurance),
    (insurance_attested_for_another_leg, Rejection.INSURANCE, custody.check_insurance),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_bundle_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    refused_by_only(ledger, monkeypatch, make_bad(ledger), reason, check)


def test_a_seizure_settles_beside_the_leg_that_takes_the_portfolio_over(ledger):
    taken, insurance = pair(ledger)
    receipt = settle(ledger, taken, insurance)
    outputs = ledger.reader.outputs()
    assert [output.commitment for output in outputs] == [insurance.leg.commitment, taken.leg.commitment]
    assert [len(output.ciphertexts) for output in outputs] == [1, 0]
    assert receipt.positions == (0, 1)
    for made in (taken, insurance):
        assert ledger.reader.is_spent(made.leg.nullifier)


def test_several_accounts_are_seized_in_one_bundle(ledger):
    losses = [change(USDC=-n, **{"ETH-PERP": n}) for n in (1, 2, 3)]
    total = tuple(-sum(column) for column in zip(*losses, strict=True))
    made = beside(ledger, *(seizure(ledger, loss) for loss in losses), insured(ledger, total))
    assert settle(ledger, *made).positions == (0, 1, 2, 3)


def test_a_seizure_does_not_balance_without_the_one_who_takes_over(ledger):
    taken, _ = pair(ledger)
    alone = beside(ledger, taken, make(ledger))
    with pytest.raises(Rejected) as refused:
        settle(ledger, *alone)
    assert refused.value.rejection is Rejection.UNBALANCED


def test_the_binding_signature_covers_seizures(ledger):
    bound = bind(ledger.ledger_id, *pair(ledger))
    again = sign(ledger, samples.Made(bound.seizures[0], 0)).leg
    for changed in (replace(bound, seizures=(again,)), replace(bound, seizures=())):
        with pytest.raises(Rejected) as refused:
            submit(ledger, changed)
        assert refused.value.rejection in (Rejection.UNBALANCED, Rejection.COMPANIONS)
    submit(ledger, bound)


def test_every_proof_is_verified_with_its_own_key_and_what_was_published(ledger):
    seen = []
    taken, insurance = pair(ledger)
    trader = guarded(ledger)
    made = beside(ledger, trader, insurance, taken)
    settle(ledger, *made, verify=seen.extend)
    publication, pool = ledger.reader.grids(1)[0].publication, ledger.pool
    initial, maintenance = (
        tuple(value for row in grid.values for value in row) for grid in (publication.initial, publication.maintenance)
    )
    assert initial != maintenance
    leg, insured_leg, seized_leg = (one.leg.public for one in made)
    assert [key for key, _, _ in seen] == [
        pool.leg.verifying, pool.escrow.verifying, pool.margin.verifying,
        pool.leg.verifying, pool.escrow.verifying, pool.margin.verifying, pool.seize.verifying,
    ]  # fmt: skip
    inputs = [tuple(public) for _, public, _ in seen]
    assert inputs[2] == (leg.commitment, *initial)
    assert inputs[5] == (insured_leg.commitment, *maintenance)
    own = (seized_leg.root, seized_leg.nullifier, seized_leg.commitment, seized_leg.value_x, seized_leg.value_y, 0)
    assert inputs[6] == (*own, samples.PARAMETERS.penalty_bps, *publication.prices, *maintenance)
    for key, public, _ in seen:
        assert len(public) == key.num_public


@pytest.mark.parametrize("index, named", [
    (0, "leg 0: its proof"), (1, "leg 0: its escrow proof"), (2, "leg 0: its margin proof"),
    (6, "seizure 0: its proof"),
])  # fmt: skip
def test_a_bad_proof_is_named_by_what_it_proves(ledger, index, named):
    def refuse(items):
        raise InvalidProof("no", index=index)

    taken, insurance = pair(ledger)
    with pytest.raises(Rejected, match=named) as refused:
        settle(ledger, *beside(ledger, guarded(ledger), insurance, taken), verify=refuse)
    assert refused.value.rejection is Rejection.INVALID_PROOF


def test_the_digest_of_an_escrow_is_of_the_legs_own_ciphertext_for_the_guardians_of_the_day(ledger):
    from circuits import escrow

    seen = []
    settle(ledger, guarded(ledger), verify=seen.extend)
    expected = escrow.digest(samples.GUARDIANS.encryption_key, *_sealed(ledger))
    assert seen[1][1][1] == expected


def _sealed(ledger: Ledger):
    made = guarded(ledger).leg.escrow
    return made.ephemeral, made.ciphertext


def test_what_a_seizure_leaves_needs_room_in_the_tree(ledger, monkeypatch):
    monkeypatch.setattr(merkle, "CAPACITY", 2)
    settle(ledger, make(ledger))
    with pytest.raises(Rejected) as refused:
        settle(ledger, *pair(ledger))
    assert refused.value.rejection is Rejection.TREE_FULL


def test_the_insurances_account_is_the_one_that_its_last_leg_made(ledger):
    first, second, other = insured(ledger), insured(ledger), guarded(ledger)
    settle(ledger, first, second, other)
    assert ledger.reader.insurance() == second.leg.commitment
