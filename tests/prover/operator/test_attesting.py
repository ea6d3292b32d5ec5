"""A custodian signs its own payments and no others, and only in what would settle; and knows what it signed."""

from dataclasses import replace

import pytest

from prover.operator import attesting
from settlement import custody, engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof, bind, change, flow, make
from zk import signature
from zk.errors import Unsatisfied

BANK, VAULT = 77, 88


@pytest.fixture
def ledger(tmp_path):
    """A ledger whose USDC the bank holds, and everything else the vault."""
    pool = samples.pool()
    bank, vault = signature.public(BANK), signature.public(VAULT)
    assets = tuple(
        replace(asset, custodian=vault if slot else bank) if asset.is_held else asset
        for slot, asset in enumerate(pool.assets)
    )
    with Ledger.create(tmp_path / "ledger.sqlite", replace(pool, assets=assets), NOW_MS) as opened:
        yield opened


def unsigned(ledger: Ledger, *made) -> bytes:
    bundle = bind(ledger.ledger_id, *made)
    return encoding.encode_bundle(replace(bundle, attestations=(None,) * len(bundle.attestations)))


def examine(ledger: Ledger, data: bytes, secret: int) -> attesting.Request:
    return attesting.examine(ledger, data, secret, NOW_MS, any_proof)


def submit(ledger: Ledger, data: bytes) -> engine.Receipt:
    return engine.submit(ledger, data, NOW_MS, any_proof)


def test_a_request_of_two_custodians_passes_from_one_to_the_other(ledger):
    both = make(ledger, change(USDC=2, ETH=9), [flow(2, 9), flow(0, 2)])
    data = unsigned(ledger, make(ledger, change(USDC=5), [flow(0, 5)]), both)
    first = examine(ledger, data, BANK)
    assert [(p.flow.asset, p.is_own, p.is_signed) for p in first.payments] == [
        (0, True, False), (2, False, False), (0, True, False),
    ]  # fmt: skip
    assert not first.is_complete
    halfway = attesting.sign(ledger.pool, first, BANK)
    with pytest.raises(Rejected, match="flow 0 of leg 1 is not signed by the custodian of ETH") as refused:
        submit(ledger, halfway)
    assert refused.value.rejection is Rejection.ATTESTATION
    second = examine(ledger, halfway, VAULT)
    assert [p.is_signed for p in second.payments] == [True, False, True] and second.is_complete
    submit(ledger, attesting.sign(ledger.pool, second, VAULT))
    shown = {account.asset.symbol: account.reserve for account in attesting.accounts(ledger, BANK)}
    assert shown == {"USDC": 7}
    assert [row.flow.amount for row in attesting.settled(ledger, BANK)] == [5, 2]
    assert [row.flow.asset for row in attesting.settled(ledger, VAULT)] == [2]


def test_an_account_adds_up_to_the_reserve(ledger):
    for amount in (100, -30, 7):
        request = examine(ledger, unsigned(ledger, make(ledger, change(USDC=amount), [flow(0, amount)])), BANK)
        submit(ledger, attesting.sign(ledger.pool, request, BANK))
    (account,) = attesting.accounts(ledger, BANK)
    assert (account.paid_in, account.paid_out, account.reserve) == (107, 30, 77)
    assert len(attesting.accounts(ledger, VAULT)) == 5 and attesting.accounts(ledger, 99) == []


def test_others_signatures_stay_and_ones_own_are_made_again(ledger):
    data = unsigned(ledger, make(ledger, change(USDC=5, ETH=9), [flow(0, 5), flow(2, 9)]))
    once = custody.attest(ledger.pool, encoding.decode_bundle(data), BANK)
    assert once.attestations[1] is None
    twice = custody.attest(ledger.pool, custody.attest(ledger.pool, once, VAULT), BANK)
    again = custody.attest(ledger.pool, twice, VAULT)
    assert again.attestations[0] == twice.attestations[0] and again.attestations[1] != twice.attestations[1]
    submit(ledger, encoding.encode_bundle(again))


@pytest.mark.parametrize("secret", [VAULT, 5])
def test_a_request_that_is_another_custodians_is_not_signed(ledger, secret):
    data = unsigned(ledger, make(ledger, change(USDC=5), [flow(0, 5)]), make(ledger, change(USDC=5), [flow(0, 5)]))
    with pytest.raises(Unsatisfied, match="the key on this machine is not the custodian's of USDC$"):
        examine(ledger, data, secret)


def test_a_bundle_without_payments_needs_no_custodian(ledger):
    with pytest.raises(Unsatisfied, match="pays nothing in or out"):
        examine(ledger, unsigned(ledger, make(ledger)), BANK)


def test_what_could_not_settle_is_refused_for_its_reason(ledger):
    with pytest.raises(Rejected) as refused:
        examine(ledger, unsigned(ledger, make(ledger, change(USDC=-5), [flow(0, -5)])), BANK)
    assert refused.value.rejection is Rejection.CUSTODY
    with pytest.raises(Rejected) as refused:
        examine(ledger, unsigned(ledger, make(ledger, change(USDC=6), [flow(0, 5)])), BANK)
    assert refused.value.rejection is Rejection.UNBALANCED
    paid = make(ledger, change(USDC=5), [flow(0, 5, reference=b"wire 7")])
    submit(ledger, attesting.sign(ledger.pool, examine(ledger, unsigned(ledger, paid), BANK), BANK))
    with pytest.raises(Unsatisfied, match="settled at height 1 already"):
        examine(ledger, unsigned(ledger, paid), BANK)
    other = make(ledger, change(USDC=5), [flow(0, 5, reference=b"wire 7")])
    with pytest.raises(Rejected) as refused:
        examine(ledger, unsigned(ledger, other), BANK)
    assert refused.value.rejection is Rejection.REFERENCE_USED


@pytest.mark.parametrize("reference", ["Wire 7", "wire 7 ", " wire 7", "wire  7", "wire\u00a07", "wire\n7"])
def test_one_payment_spelled_twice_is_not_attested_twice(ledger, reference):
    paid = make(ledger, change(USDC=5), [flow(0, 5, reference=b"wire 7")])
    submit(ledger, attesting.sign(ledger.pool, examine(ledger, unsigned(ledger, paid), BANK), BANK))
    again = make(ledger, change(USDC=5), [flow(0, 5, reference=reference.encode())])
    with pytest.raises(Rejected, match="is not plain: use small letters") as refused:
        examine(ledger, unsigned(ledger, again), BANK)
    assert refused.value.rejection is Rejection.MALFORMED
    other = make(ledger, change(USDC=5), [flow(0, 5, reference=b"wire 8")])
    assert examine(ledger, unsigned(ledger, other), BANK).is_complete


def test_a_false_signature_does_not_pass_for_one_that_was_given(ledger):
    made = make(ledger, change(USDC=5), [flow(0, 5)]), make(ledger, change(BTC=5), [flow(1, 5)])
    false = encoding.encode_bundle(custody.attest(ledger.pool, bind(ledger.ledger_id, *made), 5))  # signed by neither
    request = examine(ledger, false, BANK)
    assert [payment.is_signed for payment in request.payments] == [False, False] and not request.is_complete
