"""Every rejection, each for a bundle that only its own check refuses: without that check the bundle settles.

The proofs here are not real; tests/attacks and tests/prover settle real ones.
"""

from dataclasses import dataclass, replace

import pytest

from settlement import bundle, checks, digests, encoding, engine
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement import samples
from tests.settlement.samples import LATER_MS, NOW_MS, any_proof, bind, change, make
from zk import signature
from zk.curves import babyjubjub
from zk.errors import InvalidProof


@pytest.fixture
def ledger(tmp_path):
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS) as opened:
        opened.publish(samples.publication(1), NOW_MS)
        yield opened


def settle(ledger: Ledger, submitted: bundle.Bundle, now_ms: int = NOW_MS, verify=any_proof) -> engine.Receipt:
    return engine.submit(ledger, encoding.encode_bundle(submitted), now_ms, verify)


@dataclass(frozen=True)
class Bad:
    """A bundle that should be refused, when, and by which verifier of proofs."""

    data: bytes
    now_ms: int = NOW_MS
    verify: checks.VerifyProofs = any_proof


def bad(submitted: bundle.Bundle, **how) -> Bad:
    return Bad(encoding.encode_bundle(submitted), **how)


def wrong_ledger(ledger: Ledger) -> Bad:
    other = bytes(32)
    one = make(ledger)  # signed for this ledger, inside a bundle for the other
    return bad(bind(other, one))


def unknown_leg_key(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, key=bytes(32))))


def unknown_margin_key(ledger: Ledger) -> Bad:
    proof = replace(samples.margin(ledger), key=ledger.pool.leg.digest)
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))


def clock_behind(ledger: Ledger) -> Bad:
    settle(ledger, bind(ledger.ledger_id, make(ledger)), now_ms=NOW_MS + 1)
    return bad(bind(ledger.ledger_id, make(ledger)), now_ms=NOW_MS)


def expired(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, expiry_ms=NOW_MS)))


def unknown_root(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, root=12345)))


def margin_missing(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, cash=0)))


def grid_of_another_epoch(ledger: Ledger) -> Bad:
    proof = replace(samples.margin(ledger), epoch=2)
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))


def grid_that_nobody_published(ledger: Ledger) -> Bad:
    proof = replace(samples.margin(ledger), grid_root=7)
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))


def grid_for_maintenance(ledger: Ledger) -> Bad:
    publication = samples.publication(2)
    other = replace(publication.maintenance, values=tuple(row[::-1] for row in publication.maintenance.values))
    published = ledger.publish(replace(publication, maintenance=other), NOW_MS)
    proof = replace(samples.margin(ledger), grid_root=published.maintenance_root)
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))


def grid_out_of_the_window(ledger: Ledger) -> Bad:
    proof = samples.margin(ledger)
    for epoch in range(2, 4):
        ledger.publish(samples.publication(epoch), NOW_MS)
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))


def grid_too_old(ledger: Ledger) -> Bad:
    later = NOW_MS + ledger.pool.limits.grid_age_ms + 1
    return bad(bind(ledger.ledger_id, make(ledger, cash=0, margin=samples.margin(ledger))), now_ms=later)


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
    return bad(bundle.Bundle(ledger.ledger_id, (), signature.sign(1, 1), ()))


REFUSED = [  # a bundle, its rejection, and the check without which it would settle
    (wrong_ledger, Rejection.WRONG_LEDGER, "check_ledger_id"),
    (unknown_leg_key, Rejection.UNKNOWN_KEY, "check_keys"),
    (unknown_margin_key, Rejection.UNKNOWN_KEY, "check_keys"),
    (clock_behind, Rejection.CLOCK_BEHIND, "check_clock"),
    (expired, Rejection.EXPIRED, "check_expiry"),
    (unknown_root, Rejection.UNKNOWN_ROOT, "check_roots"),
    (margin_missing, Rejection.MARGIN_MISSING, "check_grids"),
    (grid_of_another_epoch, Rejection.STALE_GRID, "check_grids"),
    (grid_that_nobody_published, Rejection.STALE_GRID, "check_grids"),
    (grid_for_maintenance, Rejection.STALE_GRID, "check_grids"),
    (grid_out_of_the_window, Rejection.STALE_GRID, "check_grids"),
    (grid_too_old, Rejection.STALE_GRID, "check_grids"),
    (nullifier_twice, Rejection.NULLIFIER_REPEATED, "check_nullifiers"),
    (nullifier_spent, Rejection.NULLIFIER_SPENT, "check_nullifiers"),
    (signed_by_another, Rejection.LEG_SIGNATURE, "check_leg_signatures"),
    (one_unit_too_much, Rejection.UNBALANCED, "check_binding"),
    (bound_by_one_who_lacks_a_blinding, Rejection.UNBALANCED, "check_binding"),
    (blindings_that_cancel, Rejection.UNBALANCED, "check_binding"),
    (bad_proof, Rejection.INVALID_PROOF, "check_proofs"),
    (not_attested, Rejection.ATTESTATION, "check_attestations"),
    (attested_by_a_stranger, Rejection.ATTESTATION, "check_attestations"),
    (attested_for_another_flow, Rejection.ATTESTATION, "check_attestations"),
    (attested_for_another_leg, Rejection.ATTESTATION, "check_attestations"),
    (attested_for_another_ledger, Rejection.ATTESTATION, "check_attestations"),
    (reference_twice, Rejection.REFERENCE_USED, "check_references"),
    (reference_of_a_settled_deposit, Rejection.REFERENCE_USED, "check_references"),
    (more_than_is_held, Rejection.CUSTODY, "check_custody"),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_bundle_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    attempt = make_bad(ledger)
    before = ledger.reader.last_event()
    with pytest.raises(Rejected) as refused:
        engine.submit(ledger, attempt.data, attempt.now_ms, attempt.verify)
    assert refused.value.rejection is reason
    assert ledger.reader.last_event() == before
    monkeypatch.setattr(checks, check, lambda *_: None)
    assert engine.check(ledger, attempt.data, attempt.now_ms, attempt.verify).data == attempt.data


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
    lambda data: b"zkB1" + data[4:],
    lambda data: b"zkB3" + data[4:],
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
    wrong = {"key": bytes(32), "expiry_ms": 1, "root": 1, "cash": 0, "nullifier": 5}
    expected = [Rejection.UNKNOWN_KEY, Rejection.EXPIRED, Rejection.UNKNOWN_ROOT, Rejection.MARGIN_MISSING,
                Rejection.NULLIFIER_SPENT]
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
    "TOO_LARGE": 1, "MALFORMED": 2, "WRONG_LEDGER": 3, "UNKNOWN_KEY": 4, "CLOCK_BEHIND": 16, "EXPIRED": 5,
    "UNKNOWN_ROOT": 6, "MARGIN_MISSING": 7, "STALE_GRID": 8, "NULLIFIER_REPEATED": 9, "NULLIFIER_SPENT": 10,
    "LEG_SIGNATURE": 11,
    "UNBALANCED": 12, "INVALID_PROOF": 13, "ATTESTATION": 17, "REFERENCE_USED": 18,
    "CUSTODY": 14, "TREE_FULL": 15,
    "ORDER_TOO_LONG": 23, "TERMS_SIGNATURE": 25, "FUNDS_MISSING": 26, "FUNDS_INVALID": 27, "ORDER_KNOWN": 21,
    "PROOF_KNOWN": 28, "ACCOUNT_FULL": 24, "BOARD_FULL": 20, "ORDER_UNKNOWN": 22,
    "UNKNOWN_ORACLE": 30, "PRICE_SIGNATURE": 31, "PRICE_STALE": 32, "NO_QUORUM": 33, "PRICE_DEVIATION": 34,
    "WRONG_EPOCH": 35, "PRICE_RANGE": 36,
}  # fmt: skip


def test_the_numbers_of_the_rejections_never_change():
    assert {name: member.value for name, member in Rejection.__members__.items()} == NUMBERS


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


def test_a_margined_leg_settles_with_a_proof_against_either_of_the_newest_grids(ledger):
    older = samples.margin(ledger)
    ledger.publish(samples.publication(2), NOW_MS)
    for proof in (older, samples.margin(ledger)):
        settle(ledger, bind(ledger.ledger_id, make(ledger, cash=0, margin=proof)))
    assert ledger.reader.tree().size == 2


def test_a_waiting_leg_stays_valid_however_many_other_bundles_settle(ledger):
    waiting = make(ledger)
    for _ in range(129):
        settle(ledger, bind(ledger.ledger_id, make(ledger)))
    settle(ledger, bind(ledger.ledger_id, waiting))


def test_every_proof_is_verified_with_its_own_key_and_public_inputs(ledger):
    seen = []
    plain, margined = make(ledger), make(ledger, cash=0, margin=samples.margin(ledger))
    settle(ledger, bind(ledger.ledger_id, plain, margined), verify=seen.extend)
    legs = [made.leg.public for made in (plain, margined)]
    grid = ledger.reader.grids(2)[0]
    assert [(key, public) for key, public, _ in seen] == [
        (ledger.pool.leg.verifying, (legs[0].root, *_rest(legs[0]))),
        (ledger.pool.leg.verifying, (legs[1].root, *_rest(legs[1]))),
        (ledger.pool.margin.verifying, (legs[1].commitment, grid.initial_root, 1, 0)),
    ]


@pytest.mark.parametrize("index, named", [(0, "leg 0: its proof"), (1, "leg 1: its proof"), (2, "leg 1: its margin")])
def test_a_bad_proof_is_named_by_its_leg(ledger, index, named):
    def refuse(items):
        raise InvalidProof("no", index=index)

    margined = make(ledger, cash=0, margin=samples.margin(ledger))
    with pytest.raises(Rejected, match=named):
        settle(ledger, bind(ledger.ledger_id, make(ledger), margined), verify=refuse)


def test_check_leg_rejects_what_the_ledger_rejects(ledger):
    good = make(ledger).leg
    assert engine.check_leg(ledger, encoding.encode_leg(good), NOW_MS, any_proof) == good
    settle(ledger, bind(ledger.ledger_id, make(ledger, nullifier=5)))
    for wrong, reason in [
        ({"key": bytes(32)}, Rejection.UNKNOWN_KEY),
        ({"expiry_ms": NOW_MS}, Rejection.EXPIRED),
        ({"root": 1}, Rejection.UNKNOWN_ROOT),
        ({"cash": 0}, Rejection.MARGIN_MISSING),
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


def _rest(public):
    return (public.nullifier, public.commitment, public.value_x, public.value_y, public.rk_x, public.rk_y, public.cash)
