"""Early expiry: only when the insurance is silent, at the rate that follows from what the guardians signed."""

from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.checks import expiry
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from tests.settlement.announcing import CALL, PUT, beat, expire, expired
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, any_proof
from tests.settlement.guarded import guarded, insured, settle, top_up
from zk.errors import FormatError

LOAN, PERPETUAL, UNUSED = 8, 9, 12


@pytest.fixture
def ledger(tmp_path):
    """A ledger whose insurance has been silent for one epoch more than it may."""
    with Ledger.create(tmp_path / "ledger.sqlite", samples.pool(grace_epochs=1), NOW_MS) as created:
        samples.publish(created)
        samples.publish(created)
        yield created


def refused(attempt, reason, words=None):
    with pytest.raises(Rejected, match=words) as refusal:
        attempt()
    assert refusal.value.rejection is reason


def test_a_claim_that_expires_early_has_a_rate_from_then_on(ledger):
    assert PERPETUAL not in ledger.reader.rates()
    event = expire(ledger, PERPETUAL)
    rate = ledger.reader.rates()[PERPETUAL]
    assert event.kind == "expiry" and event.body[0] == PERPETUAL and rate > 0
    samples.publish(ledger)
    assert ledger.reader.rates()[PERPETUAL] == rate


def test_margin_waits_for_the_first_epoch_that_knows_of_an_expiry(ledger):
    """With a loss to share, a claim may be worth a half of what the newest grid still says: nobody borrows against it.

    The insurance may speak again in the same epoch, so the pool need not be restricted any more.
    """
    settle(ledger, insured(ledger))
    expire(ledger, PERPETUAL)
    beat(ledger)
    refused(lambda: settle(ledger, guarded(ledger)), Rejection.STALE_GRID)
    settle(ledger, top_up(ledger))
    samples.publish(ledger)
    settle(ledger, guarded(ledger))


@pytest.mark.parametrize("deficit", [0, 1, 99, 100, 101, 10**6, -1, -100, -101])
def test_the_rate_shares_the_loss_over_the_open_interest(deficit):
    price, loan, interest = 301_000_000_000_007, 1_000_000_003, 100
    exact = Fraction(price, loan)
    expected = floor(exact) - ceil(Fraction(deficit, interest)) if deficit >= 0 else (
        floor(exact) + ceil(Fraction(-deficit, interest))
    )  # fmt: skip
    assert expiry.rate(price, loan, deficit, interest) == max(0, expected)


def test_a_loss_larger_than_the_claim_makes_it_worthless():
    assert expiry.rate(10**9, 10**9, 10**12, 1) == 0


@pytest.mark.parametrize("deficit", [-(2**60) * 100, -(2**127)])
def test_no_figures_of_the_guardians_stop_the_prices(ledger, deficit):
    """A rate near 2^63 was once recorded, and no epoch could be published ever after: its price had too many bits."""
    prices = ledger.reader.grids(1)[0].publication.prices
    rate = expiry.rate(prices[CALL], prices[LOAN], deficit, 100)
    expire(ledger, CALL, deficit=deficit, rate=min(rate, expiry.MAX_RATE))
    samples.publish(ledger)
    assert ledger.reader.grids(1)[0].publication.prices[CALL] == rate * prices[LOAN] <= 2**53


def test_a_claim_that_is_dear_expires_at_its_fair_rate_at_least():
    price, loan = 2**62, 2**30
    assert expiry.rate(price, loan, -5, 1) == price // loan


def test_while_the_insurance_speaks_nothing_expires_early(tmp_path):
    with Ledger.create(tmp_path / "other.sqlite", samples.pool(grace_epochs=1), NOW_MS) as ledger:
        samples.publish(ledger)
        refused(lambda: expire(ledger, CALL), Rejection.EXPIRY, "silent for 1 epoch only")


@pytest.mark.parametrize("claim, words", [
    (0, "is held"), (LOAN, "is what other claims convert into"),
])
def test_only_claims_that_convert_expire(ledger, claim, words):
    refused(lambda: expire(ledger, claim), Rejection.CONVERSION, words)


def test_a_claim_expires_once(ledger):
    expire(ledger, CALL)
    refused(lambda: expire(ledger, CALL), Rejection.CONVERSION, "has its rate already")
    expire(ledger, PUT)


@pytest.mark.parametrize("changes, words", [
    ({"epoch": 1}, "not the newest"),
    ({"open_interest": 0}, "nobody holds"),
    ({"rate": 1}, "by these figures it is"),
])
def test_figures_must_be_of_now_and_lead_to_the_rate(ledger, changes, words):
    refused(lambda: expire(ledger, CALL, **changes), Rejection.EXPIRY, words)


def test_an_unused_slot_does_not_expire_again(ledger):
    refused(lambda: expire(ledger, UNUSED), Rejection.CONVERSION, "has its rate already")


def test_the_guardians_sign_the_figures(ledger):
    refused(lambda: expire(ledger, CALL, secret=samples.GUARDIAN_SECRET), Rejection.EXPIRY, "did not sign")
    own = expired(ledger, CALL)
    other = replace(expired(ledger, PUT), signature=own.signature)
    refused(lambda: engine.expire(ledger, expiry.encode(other), NOW_MS), Rejection.EXPIRY, "did not sign")


def test_a_pool_without_guardians_has_no_early_expiry(tmp_path):
    with Ledger.create(tmp_path / "x.sqlite", samples.pool(grace_epochs=1, guardians=None), NOW_MS) as ledger:
        samples.publish(ledger)
        samples.publish(ledger)
        refused(lambda: expire(ledger, CALL), Rejection.EXPIRY, "no guardians")


def test_a_clock_that_is_behind_records_nothing(ledger):
    refused(lambda: expire(ledger, CALL, now_ms=NOW_MS - 60_000), Rejection.CLOCK_BEHIND)


def test_it_comes_back_from_its_bytes_and_from_no_others(ledger):
    made = expired(ledger, CALL, deficit=-7)
    data = expiry.encode(made)
    assert expiry.decode(data) == made and len(data) == expiry.EXPIRY_BYTES
    for wrong, words in (
        (data + b"\0", "bytes instead of"), (b"zkX2" + data[4:], "does not start with zkX1"),
        (data[:4] + b"\x10" + data[5:], "the claim is above 15"),
        (expiry.encode(replace(made, rate=2**63)), "the rate is above"),
    ):  # fmt: skip
        with pytest.raises(FormatError, match=words):
            expiry.decode(wrong)
    refused(lambda: engine.expire(ledger, b"", NOW_MS), Rejection.MALFORMED)


def test_the_audit_finds_one_that_the_ledger_should_have_refused(ledger, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(expiry, "check", lambda *_: None)
        expire(ledger, CALL, rate=1)
    with pytest.raises(audit.Discrepancy, match="the expiry at height 3 should have been refused: .* 64 .EXPIRY"):
        audit.audit(tmp_path / "ledger.sqlite", any_proof)
