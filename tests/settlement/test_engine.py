"""Every rejection, each for a bundle that only its own check refuses: without that check the bundle settles.

The proofs here are not real; tests/attacks and tests/prover settle real ones.
"""

from dataclasses import replace

import pytest

from settlement import custody, engine
from settlement.bundles import bundle, digests, encoding
from settlement.bundles.bundle import Account, Flow
from settlement.checks import checks, proofclaims
from settlement.ledger import Ledger
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import LATER_MS, NOW_MS, any_proof, bind, change, make
from tests.settlement.guarded import Bad, bad, guarded, refused_by_only
from tests.settlement.risk.publications import publish
from zk import signature
from zk.curves import babyjubjub
from zk.errors import InvalidProof


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        publish(opened, 1)
        yield opened


def settle(ledger: Ledger, submitted: bundle.Bundle, now_ms: int = NOW_MS, verify=any_proof) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(submitted), now_ms, verify)


def wrong_ledger(ledger: Ledger) -> Bad:
    other = bytes(32)
    one = make(ledger)  # signed for this ledger, inside a bundle for the other
    return bad(bind(other, one))


def unknown_leg_key(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, key=bytes(32))))


def clock_behind(ledger: Ledger) -> Bad:
    settle(ledger, bind(ledger.ledger_id, make(ledger)), now_ms=NOW_MS + 1)
    return bad(bind(ledger.ledger_id, make(ledger)), now_ms=NOW_MS)


def expired(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, expiry_ms=NOW_MS)))


def unknown_root(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, root=12345)))


def nullifier_twice(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, nullifier=5), make(ledger, nullifier=5)))


def nullifier_spent(ledger: Ledger) -> Bad:
    settle(ledger, bind(ledger.ledger_id, make(ledger, nullifier=5)))
    return bad(bind(ledger.ledger_id, make(ledger, nullifier=5)))


def signed_by_another(ledger: Ledger) -> Bad:
    one = make(ledger)
    forged = replace(one, leg=samples.sign(ledger.ledger_id, one.leg, samples.RK_SECRET + 1))
    return bad(bind(ledger.ledger_id, forged))


def one_unit_too_much(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=101), [samples.flow(0, 100, b"bank")])))


def bound_by_one_who_lacks_a_blinding(ledger: Ledger) -> Bad:
    one, other = make(ledger), make(ledger)
    return bad(bind(ledger.ledger_id, one, replace(other, blinding=other.blinding + 1)))


def blindings_that_cancel(ledger: Ledger) -> Bad:
    one, other = make(ledger), make(ledger)
    minus = babyjubjub.negate((one.leg.public.value_x, one.leg.public.value_y))
    public = replace(other.leg.public, value_x=minus[0], value_y=minus[1])
    mirrored = samples.Made(samples.sign(ledger.ledger_id, replace(other.leg, public=public)), 1)
    return bad(bind(ledger.ledger_id, one, mirrored))


def bad_proof(ledger: Ledger) -> Bad:
    def refuse(items):
        raise InvalidProof("no", index=len(items) - 1)

    return bad(bind(ledger.ledger_id, make(ledger)), verify=refuse)


def not_attested(ledger: Ledger) -> Bad:
    deposit = samples.deposit(ledger, 100)
    return bad(replace(deposit, attestations=(None,)))


def attested_by_a_stranger(ledger: Ledger) -> Bad:
    return bad(samples.attest(samples.deposit(ledger, 100), samples.CUSTODIAN_SECRET + 1))


def attested_for_another_flow(ledger: Ledger) -> Bad:
    paid = bind(ledger.ledger_id, make(ledger, change(USDC=2), [samples.flow(0, 1), samples.flow(0, 1)]))
    return bad(replace(paid, attestations=paid.attestations[::-1]))


def attested_for_another_leg(ledger: Ledger) -> Bad:
    flow = samples.flow(0, 100)
    other, own = (bind(ledger.ledger_id, make(ledger, change(USDC=100), [flow])) for _ in range(2))
    return bad(replace(own, attestations=other.attestations))


def attested_for_another_ledger(ledger: Ledger) -> Bad:
    deposit = samples.deposit(ledger, 100)
    elsewhere = samples.attest(replace(deposit, ledger_id=bytes(32)))
    return bad(replace(deposit, attestations=elsewhere.attestations))


def reference_twice(ledger: Ledger) -> Bad:
    flows = [samples.flow(0, 1, reference=b"7"), samples.flow(0, 1, reference=b"7")]
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=2), flows)))


def reference_of_a_settled_deposit(ledger: Ledger) -> Bad:
    settle(ledger, bind(ledger.ledger_id, make(ledger, change(USDC=9), [samples.flow(0, 9, reference=b"7")])))
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=-9), [samples.flow(0, -9, reference=b"7")])))


def more_than_is_held(ledger: Ledger) -> Bad:
    settle(ledger, samples.deposit(ledger, 100))
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=-101), [samples.flow(0, -101, b"me")])))


def too_many_flows(ledger: Ledger) -> Bad:
    flows = [samples.flow(0, (-1) ** number, b"") for number in range(bundle.MAX_FLOWS + 1)]
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=1), flows)))


def too_many_flows_in_all(ledger: Ledger) -> Bad:
    flows = [samples.flow(0, (-1) ** number, b"") for number in range(bundle.MAX_FLOWS)]
    full, one_more = bundle.MAX_BUNDLE_FLOWS // bundle.MAX_FLOWS, make(ledger, change(USDC=1), [samples.flow(0, 1)])
    return bad(bind(ledger.ledger_id, *(make(ledger, flows=_again(flows)) for _ in range(full)), one_more))


def _again(flows: list[bundle.Flow]) -> list[bundle.Flow]:
    """The same flows with fresh references."""
    return [samples.flow(flow.asset, flow.amount) for flow in flows]


def no_legs(ledger: Ledger) -> Bad:
    return bad(bundle.Bundle(ledger.ledger_id, (), (), (), signature.sign(1, 1), ()))


REFUSED = [  # a bundle, its rejection, and the check without which it would settle
    (wrong_ledger, Rejection.WRONG_LEDGER, checks.check_ledger_id),
    (unknown_leg_key, Rejection.UNKNOWN_KEY, checks.check_keys),
    (clock_behind, Rejection.CLOCK_BEHIND, checks.check_clock),
    (expired, Rejection.EXPIRED, checks.check_expiry),
    (unknown_root, Rejection.UNKNOWN_ROOT, checks.check_roots),
    (nullifier_twice, Rejection.NULLIFIER_REPEATED, checks.check_nullifiers),
    (nullifier_spent, Rejection.NULLIFIER_SPENT, checks.check_nullifiers),
    (signed_by_another, Rejection.LEG_SIGNATURE, checks.check_leg_signatures),
    (one_unit_too_much, Rejection.UNBALANCED, checks.check_binding),
    (bound_by_one_who_lacks_a_blinding, Rejection.UNBALANCED, checks.check_binding),
    (blindings_that_cancel, Rejection.UNBALANCED, checks.check_binding),
    (bad_proof, Rejection.INVALID_PROOF, proofclaims.check_labelled),
    (not_attested, Rejection.ATTESTATION, custody.check_attestations),
    (attested_by_a_stranger, Rejection.ATTESTATION, custody.check_attestations),
    (attested_for_another_flow, Rejection.ATTESTATION, custody.check_attestations),
    (attested_for_another_leg, Rejection.ATTESTATION, custody.check_attestations),
    (attested_for_another_ledger, Rejection.ATTESTATION, custody.check_attestations),
    (reference_twice, Rejection.REFERENCE_USED, custody.check_references),
    (reference_of_a_settled_deposit, Rejection.REFERENCE_USED, custody.check_references),
    (more_than_is_held, Rejection.CUSTODY, custody.check),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_bundle_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    refused_by_only(ledger, monkeypatch, make_bad(ledger), reason, check)


@pytest.mark.parametrize("check", [engine.check, engine.check_request])
@pytest.mark.parametrize(
    "make_bad, reason", [(signed_by_another, Rejection.LEG_SIGNATURE), (one_unit_too_much, Rejection.UNBALANCED)]
)
def test_signatures_are_looked_at_whoever_asks(ledger, check, make_bad, reason):
    with pytest.raises(Rejected) as refused:
        check(ledger, make_bad(ledger).data, NOW_MS, any_proof)
    assert refused.value.rejection is reason


@pytest.mark.parametrize("make_bad, reason, limit, module", [
    (too_many_flows, Rejection.TOO_LARGE, "MAX_FLOWS", encoding),
    (too_many_flows_in_all, Rejection.TOO_LARGE, "MAX_BUNDLE_FLOWS", encoding),
])
def test_a_limit_refuses_what_a_greater_limit_would_settle(ledger, monkeypatch, make_bad, reason, limit, module):
    attempt = make_bad(ledger)
    with pytest.raises(Rejected) as refused:
        engine.submit(ledger, attempt.data, NOW_MS, any_proof)
    assert refused.value.rejection is reason
    monkeypatch.setattr(module, limit, 255)
    assert engine.submit(ledger, attempt.data, NOW_MS, any_proof).positions[0] == 0


@pytest.mark.parametrize("spoil", [
    lambda data: data[:-1],
    lambda data: data + b"\0",
    lambda data: b"",
    lambda data: b"zkB2" + data[4:],
    lambda data: b"zkB3" + data[4:],
    lambda data: b"zkB5" + data[4:],
])
def test_bytes_that_are_not_a_bundle_are_malformed(ledger, spoil):
    data = encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, spoil(data), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.MALFORMED


def test_a_bundle_without_legs_is_malformed(ledger):
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, no_legs(ledger).data, NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.MALFORMED


def test_thirty_three_legs_are_too_many_before_any_leg_is_read(ledger):
    data = bytearray(encoding.encode_bundle(bind(ledger.ledger_id, make(ledger))))
    data[4 + 32] = bundle.MAX_LEGS + 1
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, bytes(data), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.TOO_LARGE
    with pytest.raises(Rejected) as refused:
        engine.check(ledger, bytes(encoding.MAX_BUNDLE_BYTES + 1), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.TOO_LARGE


def test_the_first_reason_in_the_order_of_the_enum_is_given(ledger):
    """One leg with nearly everything wrong: corrected check by check, it shows each reason in turn."""
    def refuse(items):
        raise InvalidProof("no", index=0)

    settle(ledger, bind(ledger.ledger_id, make(ledger, nullifier=5)))
    settle(ledger, bind(ledger.ledger_id, make(ledger, change(BTC=1), [samples.flow(1, 1, reference=b"used")])))
    flows = [samples.flow(1, -2, b"me")]
    wrong = {"key": bytes(32), "expiry_ms": 1, "root": 1, "guard": 7, "nullifier": 5, "companions": bytes([1] * 32)}
    expected = [Rejection.UNKNOWN_KEY, Rejection.EXPIRED, Rejection.UNKNOWN_ROOT, Rejection.GUARD_UNKNOWN,
                Rejection.NULLIFIER_SPENT, Rejection.COMPANIONS]
    seen = []
    while wrong:
        one = make(ledger, flows=flows, **wrong)
        unsigned = replace(one, leg=replace(one.leg, signature=samples.UNSIGNED))
        with pytest.raises(Rejected) as refused:
            settle(ledger, bind(ledger.ledger_id, unsigned), verify=refuse)
        seen.append(refused.value.rejection)
        wrong.pop(next(iter(wrong)))
    assert seen == expected
    one = make(ledger, change(BTC=-2), flows)
    unbalanced = make(ledger, flows=flows)
    unsigned = replace(unbalanced, leg=replace(unbalanced.leg, signature=samples.UNSIGNED))
    used = make(ledger, change(BTC=-1), [samples.flow(1, -1, reference=b"used")])
    bundles = [bind(ledger.ledger_id, made) for made in (unsigned, unbalanced, one, one, used, one)]
    bundles[3] = replace(bundles[3], attestations=(None,))
    for bad_bundle, verify in zip(bundles, [refuse, refuse, refuse, any_proof, any_proof, any_proof], strict=True):
        with pytest.raises(Rejected) as refused:
            settle(ledger, bad_bundle, verify=verify)
        seen.append(refused.value.rejection)
    assert seen[-6:] == [Rejection.LEG_SIGNATURE, Rejection.UNBALANCED, Rejection.INVALID_PROOF, Rejection.ATTESTATION,
                         Rejection.REFERENCE_USED, Rejection.CUSTODY]
    order = list(Rejection)
    assert seen == sorted(seen, key=order.index)


def test_the_remedy_and_the_number_are_in_the_message(ledger):
    with pytest.raises(Rejected, match=r"rejection 5 \(EXPIRED\): leg 0 expired 0 ms ago\. Make the leg again"):
        engine.check(ledger, expired(ledger).data, NOW_MS, any_proof)


NUMBERS = {
    "TOO_LARGE": 1, "MALFORMED": 2, "WRONG_LEDGER": 3, "UNKNOWN_KEY": 4, "CLOCK_BEHIND": 16, "PARAMETERS_CHANGED": 49,
    "EXPIRED": 5, "UNKNOWN_ROOT": 6, "GUARD_UNKNOWN": 40, "ESCROW_MISSING": 41, "MARGIN_MISSING": 7, "FROZEN": 42,
    "RESTRICTED": 43, "STALE_GRID": 8, "TOP_UP_STALE": 66, "NULLIFIER_REPEATED": 9, "NULLIFIER_SPENT": 10,
    "TOP_UP_REPEATED": 65, "COMPANIONS": 44, "LEG_SIGNATURE": 11, "SEIZURE": 45, "CONVERSION": 50, "UNBALANCED": 12,
    "INVALID_PROOF": 13, "ATTESTATION": 17, "INSURANCE": 48, "REFERENCE_USED": 18, "FEE_MISSING": 46,
    "PUBLIC_ACCOUNT": 47, "POT": 51, "CUSTODY": 14, "TREE_FULL": 15, "VERSION": 62, "GOVERNANCE_EARLY": 61,
    "GOVERNANCE": 60, "HEARTBEAT": 63, "EXPIRY": 64, "ORDER_TOP_UP": 29, "ORDER_TOO_LONG": 23, "TERMS_SIGNATURE": 25,
    "FUNDS_MISSING": 26, "FUNDS_INVALID": 27, "ORDER_WITHDRAWN": 68, "ORDER_KNOWN": 21, "PROOF_KNOWN": 28,
    "ACCOUNT_FULL": 24, "BOARD_FULL": 20, "ORDER_UNKNOWN": 22, "WITHDRAWAL": 67, "UNKNOWN_ORACLE": 30,
    "PRICE_SIGNATURE": 31, "PRICE_STALE": 32, "PRICE_SPREAD": 38, "PRICE_ORDER": 39, "NO_QUORUM": 33, "WRONG_EPOCH": 35,
    "PRICE_COARSE": 37, "PRICE_RANGE": 36,
}  # fmt: skip
RETIRED = {34}


def test_the_numbers_of_the_rejections_never_change():
    assert {name: member.value for name, member in Rejection.__members__.items()} == NUMBERS
    assert len(set(NUMBERS.values())) == len(NUMBERS) and not RETIRED & set(NUMBERS.values())


def test_the_members_are_in_the_order_of_the_checks_and_say_what_to_do():
    assert all(member.remedy.endswith(".") for member in Rejection)
    assert list(Rejection.__members__) == list(NUMBERS)


def test_a_reference_may_be_used_for_another_asset(ledger):
    for asset, symbol in enumerate(("USDC", "BTC")):
        flow = samples.flow(asset, 5, reference=b"7")
        settle(ledger, bind(ledger.ledger_id, make(ledger, change(**{symbol: 5}), [flow])))
    assert [row.flow.reference for row in ledger.reader.flows()] == [b"7", b"7"]


def test_a_swap_of_two_parties_settles_both_legs_or_none(ledger):
    settle(ledger, samples.deposit(ledger, 500, asset=0))
    settle(ledger, samples.deposit(ledger, 70, asset=2))
    sell, buy = make(ledger, change(USDC=-300, ETH=20)), make(ledger, change(USDC=300, ETH=-20))
    with pytest.raises(Rejected) as refused:
        settle(ledger, bind(ledger.ledger_id, sell))
    assert refused.value.rejection is Rejection.UNBALANCED
    receipt = settle(ledger, bind(ledger.ledger_id, sell, buy))
    assert receipt.positions == (2, 3)
    assert ledger.reader.reserves() == {(ledger.pool.leg.digest, 0): 500, (ledger.pool.leg.digest, 2): 70}


def test_a_waiting_leg_stays_valid_however_many_other_bundles_settle(ledger):
    waiting = make(ledger)
    for _ in range(129):
        settle(ledger, bind(ledger.ledger_id, make(ledger)))
    settle(ledger, bind(ledger.ledger_id, waiting))


def test_check_leg_rejects_what_the_ledger_rejects(ledger):
    good = make(ledger).leg
    assert engine.check_leg(ledger, encoding.encode_leg(good), NOW_MS, any_proof) == good
    settle(ledger, bind(ledger.ledger_id, make(ledger, nullifier=5)))
    for wrong, reason in [
        ({"key": bytes(32)}, Rejection.UNKNOWN_KEY),
        ({"expiry_ms": NOW_MS}, Rejection.EXPIRED),
        ({"root": 1}, Rejection.UNKNOWN_ROOT),
        ({"guard": 2}, Rejection.GUARD_UNKNOWN),
        ({"guard": 1}, Rejection.ESCROW_MISSING),
        ({"nullifier": 5}, Rejection.NULLIFIER_SPENT),
    ]:
        with pytest.raises(Rejected) as refused:
            engine.check_leg(ledger, encoding.encode_leg(make(ledger, **wrong).leg), NOW_MS, any_proof)
        assert refused.value.rejection is reason
    with pytest.raises(Rejected) as refused:
        engine.check_leg(ledger, encoding.encode_leg(replace(good, expiry_ms=LATER_MS + 1)), NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.LEG_SIGNATURE


def test_a_change_between_check_and_apply_is_refused_under_the_lock(ledger, tmp_path):
    flow = samples.flow(1, 5)
    settle(ledger, samples.deposit(ledger, 100))
    pairs = [
        (make(ledger, nullifier=5), make(ledger, nullifier=5), Rejection.NULLIFIER_SPENT),
        (make(ledger, change(BTC=5), [flow]), make(ledger, change(BTC=5), [flow]), Rejection.REFERENCE_USED),
        (*(make(ledger, change(USDC=-60), [samples.flow(0, -60)]) for _ in range(2)), Rejection.CUSTODY),
    ]
    with Ledger.open(tmp_path / "ledger.sqlite") as second:
        for here, there, reason in pairs:
            data = encoding.encode_bundle(bind(ledger.ledger_id, here))
            checked = engine.check(ledger, data, NOW_MS, any_proof)
            settle(second, bind(ledger.ledger_id, there))
            before = ledger.reader.last_event()
            with pytest.raises(Rejected) as refused:
                ledger.apply(checked, NOW_MS)
            assert refused.value.rejection is reason
            assert ledger.reader.last_event() == before


def test_the_binding_signature_covers_order_and_signatures_of_the_legs(ledger):
    one, other = make(ledger), make(ledger)
    bound = bind(ledger.ledger_id, one, other)
    again = samples.sign(ledger.ledger_id, one.leg)
    for changed in [replace(bound, legs=bound.legs[::-1]), replace(bound, legs=(again, bound.legs[1]))]:
        with pytest.raises(Rejected) as refused:
            settle(ledger, changed)
        assert refused.value.rejection is Rejection.UNBALANCED
    settle(ledger, bound)


def test_the_id_of_a_bundle_does_not_depend_on_proofs_or_signatures(ledger):
    bound = bind(ledger.ledger_id, make(ledger))
    other = replace(samples.PROOF, c=ledger.pool.leg.verifying.ic[0])
    signed_again = samples.sign(ledger.ledger_id, replace(bound.legs[0], proof=other))
    remade = replace(bound, legs=(signed_again,), binding=samples.UNSIGNED)
    assert digests.bundle_id(remade) == digests.bundle_id(bound)
    elsewhere = replace(bound, ledger_id=bytes(32))
    for digest in (digests.bundle_id, digests.bundle_message):
        assert digest(elsewhere) != digest(bound)
    later = replace(bound, legs=(replace(bound.legs[0], expiry_ms=LATER_MS + 1),))
    assert digests.bundle_id(later) != digests.bundle_id(bound)


def test_a_leg_of_the_insurance_is_no_order(ledger):
    marked = encoding.encode_leg(guarded(ledger, is_insurance=True).leg)
    with pytest.raises(Rejected) as refused:
        engine.check_leg(ledger, marked, NOW_MS, any_proof)
    assert refused.value.rejection is Rejection.INSURANCE


def test_a_bundle_whose_parameters_changed_while_it_was_checked_is_submitted_again(ledger, monkeypatch):
    data = encoding.encode_bundle(bind(ledger.ledger_id, make(ledger)))
    checked = engine.check(ledger, data, NOW_MS, any_proof)
    changed: Parameters = replace(samples.PARAMETERS, version=2, penalty_bps=7)
    monkeypatch.setattr(ledger, "parameters", lambda now_ms: changed)
    with pytest.raises(Rejected) as refused:
        ledger.apply(checked, NOW_MS)
    assert refused.value.rejection is Rejection.PARAMETERS_CHANGED
    assert ledger.reader.tree().size == 0


def test_a_reference_of_other_capitals_is_malformed(ledger):
    """So nobody can have both signed while neither has settled."""
    flow = Flow(0, 5, Account.OUTSIDE, b"bank", b"Wire 7")
    with pytest.raises(Rejected, match="'Wire 7' is not plain") as refused:
        settle(ledger, bind(ledger.ledger_id, make(ledger, change(USDC=5), [flow])))
    assert refused.value.rejection is Rejection.MALFORMED
