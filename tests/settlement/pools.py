"""A pool for tests: invented assets with every kind of risk, oracles whose secrets are known, keys that prove nothing."""

from settlement.pool import Asset, Limits, Pool, Risk, StatementKey
from zk import signature
from zk.curves import bn254
from zk.groth16.keys import VerifyingKey

ORACLE_SECRETS = (11, 22, 33)
LIMITS = Limits(grid_age_ms=3_600_000, price_age_ms=60_000, price_deviation_bps=1_000)

ASSETS = (
    Asset("USDC", "cash", 6, Risk(None, 0, 0, 0, 0)),
    Asset("BTC", "spot", 8, Risk(1, 250, 10_000, 0, 0)),
    Asset("ETH", "spot", 9, Risk(2, 350, 10_000, 0, 0)),
    Asset("SOL", "spot", 9, Risk(3, 450, 10_000, 0, 0)),
    Asset("BILL", "bill", 6, Risk(None, 0, 0, 0, 50)),
    Asset("ETH-PERP", "perpetual", 9, Risk(2, 0, 10_000, 0, 100)),
    Asset("ETH-CALL", "option", 9, Risk(2, 0, 5_000, 23_000, 0)),
    Asset("GOLD", "commodity", 6, Risk(7, 100, 10_000, 0, 0)),
)
# USDC 1.00 | BTC 95,000 | ETH 3,000 | SOL 150 | BILL 1.01 | ETH-PERP 3,010 | ETH-CALL 207 | GOLD 4,000
PRICES = (
    1_000_000_000,
    950_000_000_000,
    3_000_000_000,
    150_000_000,
    1_010_000_000,
    3_010_000_000,
    207_000_000,
    4_000_000_000_000,
)


def verifying_key(public: int, seed: int) -> VerifyingKey:
    """A well-formed key of `public` inputs whose points are small multiples of the generators."""
    points = [bn254.multiply(seed + i, bn254.G2) for i in range(3)]
    ic = tuple(bn254.multiply(seed + i, bn254.G1) for i in range(public + 1))
    return VerifyingKey(bn254.multiply(seed, bn254.G1), *points, ic)


LEG_KEY = StatementKey("leg", "11" * 32, verifying_key(8, 100))
MARGIN_KEY = StatementKey("margin", "22" * 32, verifying_key(4, 200))


def make(**changes) -> Pool:
    """The pool, with some of its fields changed."""
    fields = {
        "name": "test",
        "salt": bytes(16),
        "assets": ASSETS,
        "oracle_keys": tuple(signature.public(secret) for secret in ORACLE_SECRETS),
        "quorum": 2,
        "limits": LIMITS,
        "leg": LEG_KEY,
        "margin": MARGIN_KEY,
        "insecure_dev": True,
    }
    return Pool(**{**fields, **changes})
