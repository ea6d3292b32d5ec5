"""Changes of parameters, heartbeats and early expiries, as an honest governor or guardian makes them."""

from dataclasses import replace

from settlement import engine
from settlement.checks import expiry, heartbeat
from settlement.checks.expiry import Expiry
from settlement.checks.heartbeat import Heartbeat
from settlement.ledger import Ledger
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.pool.parameters import Parameters
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS, PROOF, UNSIGNED, any_proof
from zk import signature

CALL, PUT = 10, 11


def parameters(version: int, **changes) -> Parameters:
    """The sample's parameters of a later version."""
    return replace(samples.PARAMETERS, version=version, **changes)


def announce(ledger: Ledger, after: Parameters, now_ms: int = NOW_MS, effective_ms: int | None = None, signers=(0, 1)):
    """Has a change announced, by default as early as it may be in force."""
    earliest_ms = now_ms + ledger.pool.governance.delay_ms
    secrets = [samples.GOVERNOR_SECRETS[governor] for governor in signers]
    unsigned = Change(after, earliest_ms if effective_ms is None else effective_ms, ())
    data = governance.encode(governance.sign(ledger.pool, unsigned, secrets))
    return engine.govern(ledger, data, now_ms)


def beat(ledger: Ledger, now_ms: int = NOW_MS, verify=any_proof, **changes):
    """Has the insurance show that it is solvent; `changes` are to the heartbeat."""
    newest, commitment = ledger.reader.grids(1)[0].publication.epoch, ledger.reader.insurance()
    made = Heartbeat(ledger.pool.margin.digest, newest, commitment or 1, PROOF)
    return engine.beat(ledger, heartbeat.encode(replace(made, **changes)), now_ms, verify)


def expired(
    ledger: Ledger, claim: int, deficit: int = 5_000, secret: int = samples.SEIZING_SECRET, **changes
) -> Expiry:
    """An early expiry at the newest prices, as the guardians sign it."""
    publication = ledger.reader.grids(1)[0].publication
    prices = publication.prices
    rate = expiry.rate(prices[claim], prices[8], deficit, 100)
    made = replace(Expiry(claim, publication.epoch, deficit, 100, rate, UNSIGNED), **changes)
    return replace(made, signature=signature.sign(secret, expiry.message(ledger.ledger_id, made)))


def expire(ledger: Ledger, claim: int, now_ms: int = NOW_MS, **changes):
    """Has a claim expire early."""
    return engine.expire(ledger, expiry.encode(expired(ledger, claim, **changes)), now_ms)

