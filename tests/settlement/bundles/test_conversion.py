"""Conversions: a proof passes a second implementation, and is good for one claim, rate, ledger and bundle."""

from dataclasses import replace

import pytest

from circuits import generators, records
from settlement.bundles import conversion
from settlement.bundles.bundle import MAX_AMOUNT, MAX_BUNDLE_FLOWS, MAX_LEGS, MAX_SEIZURES
from settlement.rejection import Rejected, Rejection
from tests.reference import babyjubjub as plain_curve
from tests.reference import representation as plain
from zk.curves.babyjubjub import ORDER

LOAN, CALL, PUT = 8, 10, 11
RATES = {CALL: 50_000, PUT: 0}
LEDGER_ID = bytes(range(32))
LEG_IDS = [b"\1" * 32, b"\2" * 32]


def check(conversions, rates=RATES, loan=LOAN, ledger_id=LEDGER_ID, leg_ids=LEG_IDS):
    conversion.check(conversions, rates, loan, ledger_id, leg_ids)


def refusal(*arguments, **changes) -> str:
    with pytest.raises(Rejected) as refused:
        check(*arguments, **changes)
    assert refused.value.rejection is Rejection.CONVERSION
    return refused.value.detail


def prove(quantity, claim=CALL, rates=RATES, loan=LOAN, ledger_id=LEDGER_ID, leg_ids=LEG_IDS):
    return conversion.prove(quantity, claim, rates, loan, ledger_id, leg_ids)


HONEST, BLINDING = prove(-7)


def context_from_its_definition() -> bytes:
    terms = bytes([CALL, LOAN]) + (50_000).to_bytes(8, "big")
    parts = [b"zksettle/conversion", LEDGER_ID, terms, *LEG_IDS]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


@pytest.mark.parametrize("quantity", [-7, 0, 1, 2**64, -(2**70)])
def test_a_conversion_is_what_its_definition_says(quantity):
    made, blinding = prove(quantity)
    check([made])
    k = plain_curve.add(generators.assets()[CALL], plain.combine([-50_000], [generators.assets()[LOAN]]))
    bases = [k, generators.blinding()]
    assert made.point == plain.combine([quantity, blinding], bases)
    responses = [made.proof.z_amount, made.proof.z_blinding]
    assert plain.verify(made.point, bases, context_from_its_definition(), made.proof.r, responses)


def test_the_value_of_a_conversion_is_that_of_the_changes_that_it_balances():
    """Seven calls leave and 350,000 of the loan claim enter: the legs' value less C is a multiple of H."""
    changes = [0] * records.ASSETS
    changes[CALL], changes[LOAN] = -7, 7 * 50_000
    value = generators.commit(changes, 99)
    remainder = plain_curve.add(value, plain.combine([-1], [conversion.total([HONEST])]))
    assert remainder == plain.combine([99 - BLINDING], [generators.blinding()])


def test_the_total_adds_up_all_conversions():
    other, _ = prove(5, PUT)
    assert conversion.total([HONEST, other]) == plain_curve.add(HONEST.point, other.point)
    assert conversion.total([]) == (0, 1)


@pytest.mark.parametrize(
    "changes, why",
    [
        ({"rates": {}}, "conversion 0 is of asset 10, which has no rate"),
        ({"rates": {PUT: 50_000}}, "conversion 0 is of asset 10, which has no rate"),
        ({"rates": {CALL: 50_001}}, "does not verify"),
        ({"loan": 9}, "does not verify"),
        ({"ledger_id": bytes(32)}, "does not verify"),
        ({"leg_ids": LEG_IDS[::-1]}, "does not verify"),
        ({"leg_ids": LEG_IDS[:1]}, "does not verify"),
        ({"leg_ids": [*LEG_IDS, b"\3" * 32]}, "does not verify"),
    ],
)
def test_a_conversion_is_for_one_claim_rate_ledger_and_bundle(changes, why):
    check([HONEST])
    assert why in refusal([HONEST], **changes)


def test_the_bad_one_of_several_conversions_is_named():
    other, _ = prove(5, PUT)
    check([other, HONEST])
    bad = replace(HONEST, claim=PUT)
    assert refusal([other, bad]).startswith("conversion 1: ")


def test_neither_a_changed_point_nor_a_changed_proof_passes():
    other, _ = prove(-7)
    for changed in (
        replace(HONEST, point=other.point),
        replace(HONEST, point=(0, 1)),
        replace(HONEST, proof=other.proof),
        replace(HONEST, proof=replace(HONEST.proof, r=other.proof.r)),
        replace(HONEST, proof=replace(HONEST.proof, z_amount=(HONEST.proof.z_amount + 1) % ORDER)),
        replace(HONEST, proof=replace(HONEST.proof, z_blinding=(HONEST.proof.z_blinding + 1) % ORDER)),
        replace(HONEST, proof=replace(HONEST.proof, z_amount=HONEST.proof.z_amount + ORDER)),
    ):
        refusal([changed])


@pytest.mark.parametrize(
    "claim, rate, rates, why",
    [
        (0, 1, {}, "asset 0 is held"),
        (records.HELD - 1, 1, {}, "asset 7 is held"),
        (records.ASSETS, 1, {}, "asset 16 is held"),
        (LOAN, 1, {}, "the loan claim is what other claims convert into"),
        (CALL, 50_000, RATES, "claim 10 has its rate already"),
        (PUT, 1, RATES, "claim 11 has its rate already"),
        (CALL, -1, {}, "does not have 64 bits"),
        (CALL, 2**64, {}, "does not have 64 bits"),
    ],
)
def test_a_claim_other_than_the_loan_gets_one_rate_of_64_bits(claim, rate, rates, why):
    with pytest.raises(Rejected, match=why) as refused:
        conversion.check_rate(claim, rate, LOAN, rates)
    assert refused.value.rejection is Rejection.CONVERSION


def test_every_rate_that_the_argument_covers_may_be_published():
    for rate in (0, 1, 2**64 - 1):
        conversion.check_rate(CALL, rate, LOAN, {PUT: 5})


def test_the_limits_of_a_bundle_are_those_of_the_integer_argument():
    """The largest sums that the limits allow, against the bounds in the text and the group's order."""
    changes = (MAX_LEGS + MAX_SEIZURES) * 2**64 + MAX_BUNDLE_FLOWS * MAX_AMOUNT
    claims = records.ASSETS - records.HELD - 1
    assert changes < 2**71
    assert changes + claims * (2**conversion.RATE_BITS - 1) * changes < 2**138 < ORDER
