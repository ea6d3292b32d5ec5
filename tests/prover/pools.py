"""Pools and ledgers for tests that look at no proof."""

from circuits import registry
from prover.operator import defaults, oracles
from settlement.ledger import Ledger
from settlement.pool.pool import NUM_PUBLIC, Pool, StatementKey
from tests.settlement.bundles import samples
from zk import signature
from zk.curves import bn254
from zk.groth16.keys import Proof, VerifyingKey

ANY_PROOF = Proof(bn254.G1, bn254.G2, bn254.G1)
ORACLE_SECRETS = (1, 2, 3, 4, 5)


def any_key(statement: str) -> StatementKey:
    """A verifying key that nothing was proved for."""
    twice = bn254.add(bn254.G2, bn254.G2)
    ic = (bn254.G1,) * (NUM_PUBLIC[statement] + 1)
    fingerprint = registry.pinned(statement) if statement in registry.names() else "0" * 64
    verifying = VerifyingKey(bn254.G1, bn254.G2, bn254.G2, twice, ic)
    return StatementKey(statement, fingerprint, verifying, transcript=None)


def make(name: str = "test", **keys: StatementKey) -> Pool:
    """The example assets under these keys, or under any."""
    oracle_keys = tuple(signature.public(secret) for secret in ORACLE_SECRETS)
    assets = defaults.assets(dict.fromkeys(defaults.SYMBOLS, samples.CUSTODIAN), samples.NOW_MS)
    parameters = defaults.parameters(oracle_keys, samples.GUARDIANS)
    keys = {statement: keys.get(statement) or any_key(statement) for statement in NUM_PUBLIC}
    return Pool(
        name, bytes(16), assets, samples.OPERATOR, samples.GOVERNANCE, parameters, **keys, insecure_dev=True
    )  # fmt: skip


def publish(ledger: Ledger, now_ms: int) -> None:
    """Takes the next epoch's grids at the example's prices, signed by all oracles."""
    oracles.publish(ledger, ORACLE_SECRETS, defaults.observation(ledger.pool), now_ms)
