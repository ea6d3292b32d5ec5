"""What the rules of each number make of a few markets, to the last bit: an audit computes all of it again."""

import hashlib
from dataclasses import replace

import pytest

from settlement import engine
from settlement.audit import audit
from settlement.checks import expiry
from settlement.ledger import Ledger
from settlement.pool import governance, poolfile, rules
from settlement.pool.governance import Change
from settlement.rejection import Rejected, Rejection
from settlement.risk import grids, oracle, quotes
from settlement.risk.market import Observation
from settlement.storage import decoders
from tests.settlement import announcing
from tests.settlement.bundles import samples
from tests.settlement.risk import markets
from tests.settlement.risk.markets import DAY_MS, HOUR_MS, NOW_MS

MARKETS = (
    (NOW_MS, samples.OBSERVED),
    (NOW_MS + HOUR_MS, samples.OBSERVED),
    (NOW_MS + 2 * HOUR_MS, markets.moved(ETH=1.021, BTC=0.987, volatility=1.3, basis=1.004, USDC=0.9997)),
    (NOW_MS + 30 * DAY_MS, markets.moved(ETH=0.7, SOL=2, volatility=3, TBILL=1.01)),
    (NOW_MS + 91 * DAY_MS, markets.moved(ETH=1.3, basis=0.99)),
)
"""The first, the same again, an ordinary hour, a crash, and a day on which options have expired."""

DIGESTS = {
    1: (
        "e720845bd124993cddaca9b8361ae2b5",
        "bdd8a07a815609dcef9c698f760c19db",
        "6dd8abeead4c186bbb3c31c0e11142c7",
        "8624e502456384a83f046e665f902205",
        "b12224e0258db78e902d746c32da2115",
    ),
}
"""The digests of the publications by the number of the rules.  Nobody changes one: a changed formula is new rules."""

RATES = {1: (2_999, 0, 3_150, 3_010)}
"""The rates of FIGURES."""

FIGURES = ((3_010 * 10**12, 10**12, 1_000, 91), (10**12, 10**12, 7, 2), (3_010 * 10**12, 10**12, -14_000, 100),
           (3_010 * 10**12 - 1, 10**12 + 1, -1, 7))  # fmt: skip


def published(number: int) -> list[str]:
    """The digests of the publications of these markets by the rules of this number, without their signed quotes."""
    oracles = {"oracle_keys": samples.PARAMETERS.oracle_keys[:1], "quorum": 1}
    parameters = replace(samples.PARAMETERS, rules=number, **oracles)
    pool, found, previous, rates = markets.pool(), [], None, {}
    pool = replace(pool, parameters=parameters)
    for epoch, (time_ms, observed) in enumerate(MARKETS, 1):
        live = Observation(*(
            tuple(0 if slot in rates else value for slot, value in enumerate(row))
            for row in (observed.prices, observed.volatilities)
        ))  # fmt: skip
        signed = quotes.sign_all(pool, parameters, rates, samples.ORACLE_SECRETS[:1], live, time_ms, epoch)
        previous = oracle.check(pool, parameters, rates, signed, previous, time_ms)
        rates = previous.rates
        found.append(hashlib.sha256(grids.encode(replace(previous, evidence=b""))).hexdigest()[:32])
    return found


@pytest.mark.parametrize("number", rules.KNOWN)
def test_what_was_published_by_these_rules_is_still_computed(number):
    assert tuple(published(number)) == DIGESTS[number]


@pytest.mark.parametrize("number", rules.KNOWN)
def test_an_early_expiry_has_the_rate_that_it_had(number):
    assert tuple(expiry.rate(*figures) for figures in FIGURES) == RATES[number]


def test_new_pools_compute_by_the_newest_rules():
    assert samples.PARAMETERS.rules == rules.NEWEST == max(rules.KNOWN)


@pytest.fixture
def newer(monkeypatch):
    """What a newer version of this program does."""
    caches = poolfile.decode, governance.decode, decoders.decoded_change

    def do(action):
        with monkeypatch.context() as patch:
            patch.setattr(rules, "KNOWN", (1, 2))
            done = action()
        for each in caches:
            each.cache_clear()
        return done

    return do


COMPLAINT = "computes by rules 2, and this program knows rules 1: use a newer version of zksettle$"


def test_a_pool_of_newer_rules_is_not_opened(tmp_path, newer):
    path = tmp_path / "ledger.sqlite"
    newer(lambda: Ledger.create(path, samples.pool(rules=2), NOW_MS).close())
    with pytest.raises(rules.UnknownRules, match=COMPLAINT):
        Ledger.open(path)
    with pytest.raises(audit.Discrepancy, match=COMPLAINT):
        audit.audit(path, samples.any_proof)


def test_a_change_to_newer_rules_is_read_and_taken_by_a_newer_version_only(tmp_path, newer):
    path, in_force_ms = tmp_path / "ledger.sqlite", NOW_MS + samples.GOVERNANCE.delay_ms
    later = newer(lambda: announcing.parameters(2, rules=2))
    with Ledger.create(path, samples.pool(), NOW_MS) as ledger:
        signed = governance.sign(ledger.pool, Change(later, in_force_ms, ()), samples.GOVERNOR_SECRETS[:2])
        with pytest.raises(Rejected, match="computes by rules 2, and this program knows rules 1") as refused:
            engine.govern(ledger, governance.encode(signed), NOW_MS)
        assert refused.value.rejection is Rejection.MALFORMED
        newer(lambda: announcing.announce(ledger, later))
        assert ledger.parameters(in_force_ms - 1).rules == 1
        with pytest.raises(rules.UnknownRules, match=COMPLAINT):
            ledger.parameters(in_force_ms)
