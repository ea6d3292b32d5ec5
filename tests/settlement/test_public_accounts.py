"""Fees, draws and the pot: what flows between legs and the ledger's public accounts; each refusal by its own check."""

from dataclasses import replace

import pytest

from settlement import custody, publicaccounts
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import MAX_AMOUNT, Account
from settlement.ledger import Ledger
from settlement.pool.parameters import Fees
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, bind, change, make
from tests.settlement.guarded import (
    Bad,
    bad,
    beside,
    insured,
    public_flow,
    refused_by_only,
    seizure,
    settle,
    submit,
)
from tests.settlement.risk.publications import publish
from zk import signature

FEE = 5


@pytest.fixture
def ledger(tmp_path):
    pool = samples.pool(fees=Fees(leg=FEE, order=0))
    with Ledger.create(tmp_path / "ledger.sqlite", pool, NOW_MS) as opened:
        publish(opened, 1)
        submit(opened, bind(opened.ledger_id, make(opened, change(USDC=1000), [samples.flow(0, 1000 + FEE), fee(1)])))
        yield opened


def fee(legs: int, reference: bytes = b""):
    return public_flow(0, -FEE * legs, Account.FEE, reference)


def paying(ledger: Ledger, legs: int = 1):
    """A leg that pays the fee of so many legs."""
    return make(ledger, change(USDC=-FEE * legs), [fee(legs)])


def drawing(ledger: Ledger, amount: int, account: Account):
    """A leg that draws from a public account, and pays its fee."""
    return make(ledger, change(USDC=amount - FEE), [public_flow(0, amount, account), fee(1)])


def no_fee(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger)))


def a_fee_for_one_leg_of_two(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, paying(ledger), make(ledger)))


def a_fee_for_an_order_in_its_place(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=-FEE), [fee(1, bytes([7] * 32))])))


def a_fee_in_another_asset(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, change(BTC=-FEE), [public_flow(1, -FEE, Account.FEE)])))


def a_fee_to_the_insurance(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=-FEE), [public_flow(0, -FEE, Account.INSURANCE)])))


def a_draw_without_a_signature(ledger: Ledger) -> Bad:
    bundle = bind(ledger.ledger_id, drawing(ledger, 3, Account.FEE))
    return bad(replace(bundle, attestations=(None, None)))


def a_draw_that_a_custodian_signed(ledger: Ledger) -> Bad:
    bundle = bind(ledger.ledger_id, drawing(ledger, 3, Account.FEE))
    message = digests.attestation_message(ledger.ledger_id, bundle.legs[0], 0)
    return bad(replace(bundle, attestations=(signature.sign(samples.CUSTODIAN_SECRET, message), None)))


def a_payment_that_is_signed_for_nothing(ledger: Ledger) -> Bad:
    bundle = bind(ledger.ledger_id, paying(ledger))
    return bad(replace(bundle, attestations=(samples.UNSIGNED,)))


def more_than_the_fees_that_were_paid(ledger: Ledger) -> Bad:
    """FEE was paid before, and FEE is paid in the same bundle."""
    return bad(bind(ledger.ledger_id, drawing(ledger, 2 * FEE + 1, Account.FEE)))


def a_draw_from_an_empty_insurance(ledger: Ledger) -> Bad:
    return bad(bind(ledger.ledger_id, drawing(ledger, 1, Account.INSURANCE)))


def more_than_the_pot_has(ledger: Ledger) -> Bad:
    """It gives loan claims of the same worth, but nobody has paid dollars in."""
    price = ledger.reader.grids(1)[0].publication.prices
    claims = -(-price[0] // price[8])
    flows = [public_flow(0, 1, Account.POT), public_flow(8, -claims, Account.POT), fee(1)]
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=1 - FEE, dUSDC=-claims), flows)))


def more_than_an_account_can_count(ledger: Ledger) -> Bad:
    flows = [public_flow(0, -MAX_AMOUNT, Account.INSURANCE), fee(1)]
    settle(ledger, make(ledger, change(USDC=-MAX_AMOUNT - FEE), flows))
    one_more = [public_flow(0, -1, Account.INSURANCE), fee(1)]
    return bad(bind(ledger.ledger_id, make(ledger, change(USDC=-1 - FEE), one_more)))


REFUSED = [
    (no_fee, Rejection.FEE_MISSING, publicaccounts.check_fees),
    (a_fee_for_one_leg_of_two, Rejection.FEE_MISSING, publicaccounts.check_fees),
    (a_fee_for_an_order_in_its_place, Rejection.FEE_MISSING, publicaccounts.check_fees),
    (a_fee_in_another_asset, Rejection.FEE_MISSING, publicaccounts.check_fees),
    (a_fee_to_the_insurance, Rejection.FEE_MISSING, publicaccounts.check_fees),
    (a_draw_without_a_signature, Rejection.ATTESTATION, custody.check_attestations),
    (a_draw_that_a_custodian_signed, Rejection.ATTESTATION, custody.check_attestations),
    (a_payment_that_is_signed_for_nothing, Rejection.ATTESTATION, custody.check_attestations),
    (more_than_the_fees_that_were_paid, Rejection.PUBLIC_ACCOUNT, publicaccounts.check),
    (a_draw_from_an_empty_insurance, Rejection.PUBLIC_ACCOUNT, publicaccounts.check),
    (more_than_an_account_can_count, Rejection.PUBLIC_ACCOUNT, publicaccounts.check),
    (more_than_the_pot_has, Rejection.POT, publicaccounts.check),
]


@pytest.mark.parametrize("make_bad, reason, check", REFUSED, ids=[row[0].__name__ for row in REFUSED])
def test_a_bundle_is_refused_for_its_reason_and_passes_every_other_check(ledger, monkeypatch, make_bad, reason, check):
    refused_by_only(ledger, monkeypatch, make_bad(ledger), reason, check)


def test_one_leg_pays_the_fees_of_all_and_the_account_counts_them(ledger):
    settle(ledger, paying(ledger, legs=3), make(ledger), make(ledger))
    assert ledger.reader.account_balance(Account.FEE, 0) == 4 * FEE
    assert ledger.reader.account_balance(Account.INSURANCE, 0) == 0


def test_seizures_and_the_insurance_pay_no_fee(ledger):
    settle(ledger, *beside(ledger, seizure(ledger), insured(ledger)))


def test_the_guardians_move_fees_to_the_insurance_and_the_reserve_stays(ledger):
    reserves = ledger.reader.reserves()
    flows = [public_flow(0, FEE, Account.FEE), public_flow(0, -FEE, Account.INSURANCE)]
    settle(ledger, insured(ledger, flows=flows))
    assert [ledger.reader.account_balance(account, 0) for account in Account] == [0, 0, FEE, 0]
    assert ledger.reader.reserves() == reserves


def test_the_fee_of_an_order_is_counted_for_the_order(ledger):
    order = bytes([7] * 32)
    for paid in (3, 4):
        settle(ledger, make(ledger, change(USDC=-FEE - paid), [fee(1), public_flow(0, -paid, Account.FEE, order)]))
    assert ledger.reader.order_fee(order) == 7
    assert ledger.reader.order_fee(bytes([8] * 32)) == 0


def test_the_pot_pays_out_what_was_paid_in_and_owes_what_was_cancelled(ledger):
    price = ledger.reader.grids(1)[0].publication.prices
    debt = 10
    dollars = -(-debt * price[8] // price[0])
    flows = [public_flow(0, -dollars, Account.POT), public_flow(8, debt, Account.POT), fee(1)]
    settle(ledger, make(ledger, change(USDC=-dollars - FEE, dUSDC=debt), flows))
    assert ledger.reader.account_balance(Account.POT, 0) == dollars
    assert ledger.reader.account_balance(Account.POT, 8) == -debt
    out = debt * price[8] // price[0]
    flows = [public_flow(0, out, Account.POT), public_flow(8, -debt, Account.POT), fee(1)]
    settle(ledger, make(ledger, change(USDC=out - FEE, dUSDC=-debt), flows))
    assert ledger.reader.account_balance(Account.POT, 0) == dollars - out
    assert ledger.reader.account_balance(Account.POT, 8) == 0


def test_public_accounts_are_counted_again_under_the_lock(ledger, tmp_path):
    """Two draws of the whole account, of which the second is checked before the first settles."""
    def draw_meanwhile(claims):
        with Ledger.open(tmp_path / "ledger.sqlite") as second:
            settle(second, drawing(second, 2 * FEE, Account.FEE))

    late = drawing(ledger, 2 * FEE, Account.FEE)
    with pytest.raises(Rejected) as refused:
        settle(ledger, late, verify=draw_meanwhile)
    assert refused.value.rejection is Rejection.PUBLIC_ACCOUNT


def test_a_withdrawal_cannot_be_larger_than_the_reserve_even_from_an_account_that_has_more(ledger):
    with pytest.raises(Rejected) as refused:
        settle(ledger, make(ledger, change(USDC=-2000 - FEE), [samples.flow(0, -2000, b"me"), fee(1)]))
    assert refused.value.rejection is Rejection.CUSTODY


@pytest.mark.parametrize("make_bad, named", [
    (a_draw_without_a_signature, "flow 0 of leg 0 is not signed by the guardians"),
    (a_draw_that_a_custodian_signed, "the signature on flow 0 of leg 0 is not by the guardians"),
    (a_payment_that_is_signed_for_nothing, "flow 0 of leg 0 is signed, which nobody needs to do"),
])  # fmt: skip
def test_a_missing_signature_is_told_from_a_false_and_a_needless_one(ledger, make_bad, named):
    with pytest.raises(Rejected, match=named):
        submit(ledger, encoding.decode_bundle(make_bad(ledger).data))


def test_of_two_accounts_that_are_overdrawn_the_pot_is_told_last(ledger):
    price = ledger.reader.grids(1)[0].publication.prices
    claims = -(-price[0] // price[8])
    pot = [public_flow(0, 1, Account.POT), public_flow(8, -claims, Account.POT)]
    flows = [*pot, public_flow(0, 1, Account.INSURANCE), fee(1)]
    with pytest.raises(Rejected) as refused:
        settle(ledger, make(ledger, change(USDC=2 - FEE, dUSDC=-claims), flows))
    assert refused.value.rejection is Rejection.PUBLIC_ACCOUNT
