"""Pools and ledgers for tests that look at no proof."""

from circuits import registry
from prover.operator import defaults
from settlement.pool import Pool, StatementKey
from tests.settlement import samples
from zk.curves import babyjubjub, bn254
from zk.groth16.keys import Proof, VerifyingKey

ANY_PROOF = Proof(bn254.G1, bn254.G2, bn254.G1)
ORACLE_SECRETS = (1, 2, 3)


def any_key(statement: str, public: int) -> StatementKey:
    """A verifying key that nothing was proved for."""
    twice = bn254.add(bn254.G2, bn254.G2)
    verifying = VerifyingKey(bn254.G1, bn254.G2, bn254.G2, twice, (bn254.G1,) * (public + 1))
    return StatementKey(statement, registry.pinned(statement), verifying, transcript=None)


def make(name: str = "test", leg: StatementKey | None = None, margin: StatementKey | None = None) -> Pool:
    """The example assets under these keys, or under any."""
    oracles = tuple(babyjubjub.multiply(secret, babyjubjub.BASE8) for secret in ORACLE_SECRETS)
    leg, margin = leg or any_key("leg", 9), margin or any_key("margin", 513)
    assets = defaults.assets(dict.fromkeys(defaults.SYMBOLS, samples.CUSTODIAN))
    terms = (bytes(16), assets, oracles, defaults.QUORUM, defaults.LIMITS)
    return Pool(name, *terms, leg, margin, insecure_dev=True, board=defaults.BOARD)
