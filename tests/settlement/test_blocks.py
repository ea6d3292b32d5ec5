"""A block: many bundles in one transaction, each checked against the state after those before it."""

from dataclasses import replace

import pytest

from settlement import engine, submitting
from settlement.audit import audit
from settlement.block import Block
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Account, Seizure, SeizurePublic
from settlement.checks.checks import Checked
from settlement.ledger import Applied, Ledger
from settlement.rejection import Rejected, Rejection
from settlement.storage import writes
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, Made, any_proof, bind, change, make
from tests.settlement.guarded import public_flow
from zk import signature
from zk.curves import babyjubjub
from zk.errors import InvalidProof


@pytest.fixture
def ledger(where):
    with Ledger.create(where, samples.pool(), NOW_MS) as opened:
        yield opened


def checked(ledger: Ledger, *made: Made) -> Checked:
    return engine.check(ledger, encoding.encode_bundle(bind(ledger.ledger_id, *made)), NOW_MS, any_proof)


def test_the_bundles_of_a_block_settle_in_order_and_the_audit_finds_them_as_if_one_by_one(ledger, where):
    deposits = [make(ledger, change(USDC=n), [samples.flow(0, n)]) for n in (5, 6, 7)]
    block = [checked(ledger, deposits[0], make(ledger)), *(checked(ledger, one) for one in deposits[1:])]
    answers = ledger.apply_all(block, NOW_MS)
    assert [(one.height, one.positions) for one in answers] == [(1, (0, 1)), (2, (2,)), (3, (3,))]
    assert answers[-1].root == ledger.reader.tree().root and all(one.is_checkpointed for one in answers)
    report = audit.audit(where, any_proof)
    assert (report.bundles, report.legs, sum(report.reserves.values())) == (3, 4, 18)


CONFLICTS = [  # two bundles, of which the later is refused, and why
    (lambda ledger: [make(ledger, nullifier=5), make(ledger, nullifier=5)], Rejection.NULLIFIER_SPENT),
    (lambda ledger: [make(ledger, change(BTC=5), [samples.flow(1, 5, reference=b"7")]) for _ in range(2)],
     Rejection.REFERENCE_USED),
    (lambda ledger: [make(ledger, change(USDC=-120), [samples.flow(0, -120)]) for _ in range(2)], Rejection.CUSTODY),
    (lambda ledger: [make(ledger, change(USDC=60), [public_flow(0, 60, Account.FEE)]) for _ in range(2)],
     Rejection.PUBLIC_ACCOUNT),
]  # fmt: skip


@pytest.mark.parametrize("rivals, reason", CONFLICTS, ids=[reason.name for _, reason in CONFLICTS])
def test_of_two_bundles_in_conflict_the_later_is_refused_and_the_rest_settles(ledger, where, rivals, reason):
    paid = make(ledger, change(USDC=100), [samples.flow(0, 200), public_flow(0, -100, Account.FEE)])
    ledger.apply(checked(ledger, paid), NOW_MS)
    first, second = (checked(ledger, one) for one in rivals(ledger))
    answers = ledger.apply_all([first, second, checked(ledger, make(ledger))], NOW_MS)
    assert [type(one) for one in answers] == [Applied, Rejected, Applied]
    assert answers[1].rejection is reason and answers[2].height == 3
    with pytest.raises(Rejected) as refused:  # as if it came later
        ledger.apply(second, NOW_MS)
    assert refused.value.rejection is reason
    assert audit.audit(where, any_proof).bundles == 3


def test_a_block_counts_the_fees_for_an_order_that_its_bundles_pay(ledger):
    order_id = bytes([3] * 32)
    paid = [make(ledger, change(USDC=0), [samples.flow(0, 4), public_flow(0, -4, Account.FEE, order_id)]) for _ in "ab"]
    ledger.apply(checked(ledger, paid[0]), NOW_MS)
    block = Block(ledger)
    assert block.order_fee(order_id) == 4
    block.settle(checked(ledger, paid[1]), NOW_MS)
    assert block.order_fee(order_id) == 8 and ledger.reader.order_fee(order_id) == 4


def test_a_block_of_which_nothing_settles_leaves_no_event(ledger):
    first, second = (checked(ledger, make(ledger, nullifier=5)) for _ in range(2))
    ledger.apply(first, NOW_MS)
    before = ledger.reader.last_event()
    (answer,) = ledger.apply_all([second], NOW_MS)
    assert isinstance(answer, Rejected) and ledger.reader.last_event() == before
    assert ledger.apply_all([], NOW_MS) == []


def test_a_bundle_that_has_settled_keeps_its_place_in_a_later_block_and_in_its_own(ledger):
    one, other = checked(ledger, make(ledger), make(ledger)), checked(ledger, make(ledger))
    first, again, _ = ledger.apply_all([one, one, other], NOW_MS)
    assert first == again and first.positions == (0, 1)
    assert ledger.apply_all([other, one], NOW_MS)[1] == first
    assert ledger.reader.last_event().height == 2


def test_a_block_that_fails_after_its_rows_were_written_leaves_nothing(ledger, monkeypatch):
    before = ledger.reader.last_event()
    block = [checked(ledger, make(ledger)) for _ in range(3)]

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError):
        patch.setattr(writes, "spent", full)
        ledger.apply_all(block, NOW_MS)
    assert ledger.reader.last_event() == before and ledger.reader.outputs() == []
    assert len(ledger.apply_all(block, NOW_MS)) == 3


def test_a_bundle_is_checked_again_under_the_parameters_in_force(ledger, monkeypatch):
    block = [checked(ledger, make(ledger)), checked(ledger, make(ledger))]
    changed = replace(samples.PARAMETERS, version=2, penalty_bps=7)
    monkeypatch.setattr(ledger, "parameters", lambda now_ms: changed)
    assert [one.rejection for one in ledger.apply_all(block, NOW_MS)] == [Rejection.PARAMETERS_CHANGED] * 2


def submitted(ledger: Ledger, *made: Made) -> bytes:
    return encoding.encode_bundle(bind(ledger.ledger_id, *made))


def only_true(false: set[int]):
    """A verifier of batches that refuses the proofs whose leg has one of these commitments, and counts its batches."""

    def verify(claims: list) -> None:
        verify.batches += 1
        for index, (_, inputs, _) in enumerate(claims):
            if false & set(inputs):
                raise InvalidProof("no", index)

    verify.batches = 0
    return verify


def test_each_bundle_of_a_block_is_answered_as_if_it_came_alone(ledger, where):
    """One that is malformed, one whose proof is false, one that was settled, and honest ones between them."""
    settled = submitted(ledger, make(ledger, ciphertexts=()))
    before = engine.submit(ledger, settled, NOW_MS, any_proof)
    liar = make(ledger)
    false = bind(ledger.ledger_id, make(ledger), liar)
    unattested = replace(samples.deposit(ledger, 5), attestations=(None,))
    data = [
        submitted(ledger, make(ledger)), b"junk", encoding.encode_bundle(false), settled,
        submitted(ledger, make(ledger, expiry_ms=NOW_MS)), encoding.encode_bundle(unattested),
        submitted(ledger, make(ledger)),
    ]  # fmt: skip
    verify = only_true({liar.leg.commitment})
    answers = engine.submit_all(ledger, data, NOW_MS, verify)
    assert [getattr(one, "rejection", None) for one in answers] == [
        None, Rejection.MALFORMED, Rejection.INVALID_PROOF, None, Rejection.EXPIRED, Rejection.ATTESTATION, None,
    ]  # fmt: skip
    assert "leg 1: its proof" in str(answers[2]) and answers[3] == before
    assert [answers[number].height for number in (0, 6)] == [2, 3]
    assert verify.batches == 3, "the block's, the rest's after the false one, and one to name the false proof"
    for number in (1, 2, 4, 5):
        with pytest.raises(Rejected) as refused:
            engine.submit(ledger, data[number], NOW_MS, verify)
        assert str(refused.value) == str(answers[number])
    assert audit.audit(where, any_proof).bundles == 3


def test_all_signatures_of_a_block_are_one_sum_and_a_false_one_costs_its_own_bundle_alone(ledger, monkeypatch):
    forged, unbalanced = make(ledger), make(ledger, change(USDC=1))
    forged = replace(forged, leg=replace(forged.leg, signature=samples.UNSIGNED))
    data = [
        submitted(ledger, *made)
        for made in ([make(ledger)], [make(ledger), forged], [unbalanced], [forged, unbalanced], [make(ledger)])
    ]
    verify_batch, sums, proved = signature.verify_batch, [], []
    monkeypatch.setattr(signature, "verify_batch", lambda claims: sums.append(len(claims)) or verify_batch(claims))
    answers = engine.submit_all(ledger, data, NOW_MS, lambda claims: proved.append(len(claims)))
    assert [getattr(one, "rejection", None) for one in answers] == [
        None, Rejection.LEG_SIGNATURE, Rejection.UNBALANCED, Rejection.LEG_SIGNATURE, None,
    ]  # fmt: skip
    assert "leg 1 is not signed" in str(answers[1]) and "leg 0 is not signed" in str(answers[3])
    assert sums == [12] and proved == [2], "what is not signed is not proved"
    for number in (1, 2, 3):
        with pytest.raises(Rejected) as refused:
            engine.submit(ledger, data[number], NOW_MS, any_proof)
        assert str(refused.value) == str(answers[number])


def test_a_legs_false_signature_comes_before_what_is_checked_after_it(ledger):
    samples.publish(ledger)
    one = make(ledger)
    unsigned = bind(ledger.ledger_id, replace(one, leg=replace(one.leg, signature=samples.UNSIGNED)))
    seizure = Seizure(
        ledger.pool.seize.digest, SeizurePublic(ledger.reader.tree().root, 7, 8, *babyjubjub.BASE8, 0), 1,
        samples.PROOF, samples.LATER_MS, digests.companions([one.leg.commitment]), samples.UNSIGNED,
    )  # fmt: skip
    for bundle, reason in ((unsigned, Rejection.LEG_SIGNATURE), (bind(ledger.ledger_id, one), Rejection.SEIZURE)):
        refused = replace(bundle, seizures=(seizure,))
        (answer,) = engine.submit_all(ledger, [encoding.encode_bundle(refused)], NOW_MS, any_proof)
        assert answer.rejection is reason, answer


def test_a_bundle_with_a_false_proof_neither_hides_nor_hurts_the_same_bundle_with_a_good_one(ledger):
    one, other = make(ledger), samples.verifying_key(1, 7).ic[0]
    bad_proof = replace(samples.PROOF, c=other)
    bad = replace(one, leg=samples.sign(ledger.ledger_id, replace(one.leg, proof=bad_proof)))

    def verify(claims: list) -> None:
        for index, (_, _, proof) in enumerate(claims):
            if proof == bad_proof:
                raise InvalidProof("no", index)

    good_data, bad_data = submitted(ledger, one), submitted(ledger, bad)
    refused, settled, again = engine.submit_all(ledger, [bad_data, good_data, bad_data], NOW_MS, verify)
    assert refused.rejection is Rejection.INVALID_PROOF and settled.height == 1 and again == settled


def test_bundles_that_do_not_fit_one_block_settle_in_several(ledger, monkeypatch):
    monkeypatch.setattr(submitting, "MAX_LEGS", 3)
    blocks = []
    apply_all = ledger.apply_all
    monkeypatch.setattr(ledger, "apply_all", lambda some, *rest: blocks.append(len(some)) or apply_all(some, *rest))
    data = [submitted(ledger, *(make(ledger) for _ in range(legs))) for legs in (2, 1, 2, 2, 4, 1)]
    answers = engine.submit_all(ledger, data, NOW_MS, any_proof)
    assert [one.height for one in answers] == [1, 2, 3, 4, 5, 6] and blocks == [2, 1, 1, 1, 1]
    assert engine.submit_all(ledger, [], NOW_MS, any_proof) == []


def test_who_got_no_answer_learns_the_place_from_the_bundles_id(ledger):
    data = [submitted(ledger, make(ledger), make(ledger)), submitted(ledger, make(ledger))]
    for receipt in engine.submit_all(ledger, data, NOW_MS, any_proof):
        assert engine.settled(ledger, receipt.bundle_id) == receipt
    assert engine.settled(ledger, bytes(32)) is None
    assert [receipt.positions for receipt in engine.submit_all(ledger, data, NOW_MS, any_proof)] == [(0, 1), (2,)]


def test_what_settled_while_it_was_checked_is_told_from_what_settles_now(ledger):
    one, other = (checked(ledger, make(ledger)) for _ in range(2))
    assert [each.is_new for each in ledger.apply_all([one, one], NOW_MS)] == [True, True]
    assert [each.is_new for each in ledger.apply_all([one, other], NOW_MS)] == [False, True]
