"""What must hold of a pool before anybody may use it.

That its keys are sound, their type says (zk/groth16/keys.py).  Keys without the transcript of a ceremony were made by
one party, who could forge, so a pool with such a key must say `insecure_dev`, and a pool without one must not: a
warning that is not true makes people overlook the one that is.
"""

import re
from typing import TYPE_CHECKING

from circuits import records
from zk.curves import babyjubjub
from zk.errors import FormatError

if TYPE_CHECKING:
    from settlement.pool import Asset, Pool, StatementKey

KINDS = ("cash", "spot", "bill", "perpetual", "option", "commodity")
MAX_DECIMALS = 18
MAX_ORACLES = 16
MAX_BPS = 10**6
MAX_AGE_MS = 10**12
SALT_BYTES = 16
# How many public inputs each statement has: circuits.statements.leg.Public and circuits.statements.margin.Public.
PUBLIC_INPUTS = {"leg": 8, "margin": 4}

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check(pool: "Pool") -> None:
    """Raises FormatError, naming what is wrong, when a pool is not sound."""
    _require(isinstance(pool.name, str) and 0 < len(pool.name) <= 64, "the pool's name has 1 to 64 characters")
    _require(pool.name.isprintable(), "the pool's name has a character that cannot be printed")
    _require(len(pool.salt) == SALT_BYTES, f"the pool's salt has {SALT_BYTES} bytes")
    _require(len(pool.assets) == records.ASSETS, f"a pool has {records.ASSETS} assets")
    for asset in pool.assets:
        _check_asset(asset, pool.assets)
    _require(len({asset.symbol for asset in pool.assets}) == len(pool.assets), "two assets have the same symbol")
    _check_oracles(pool)
    for age in (pool.limits.grid_age_ms, pool.limits.price_age_ms):
        _check_range(age, 1, MAX_AGE_MS, "an age limit")
    check_key(pool.leg, "leg")
    check_key(pool.margin, "margin")
    _check_origin(pool)


def check_key(key: "StatementKey", statement: str) -> None:
    """Raises FormatError when this is not a key for the statement."""
    _require(key.statement == statement, f"the {statement} key is for {key.statement}")
    _require(
        isinstance(key.fingerprint, str) and _DIGEST.fullmatch(key.fingerprint) is not None,
        f"the fingerprint of the {statement} key is not 64 hex digits",
    )
    _require(
        key.transcript is None or isinstance(key.transcript, str) and _DIGEST.fullmatch(key.transcript) is not None,
        f"the transcript of the {statement} key is neither null nor 64 hex digits",
    )
    _require(
        len(key.verifying.ic) == PUBLIC_INPUTS[statement] + 1,
        f"the {statement} key does not have {PUBLIC_INPUTS[statement]} public inputs",
    )


def _check_origin(pool: "Pool") -> None:
    """Raises FormatError unless the pool tells truly whether one party could forge."""
    _require(isinstance(pool.insecure_dev, bool), "insecure_dev is true or false")
    _require(
        pool.leg.transcript == pool.margin.transcript, "the pool's keys do not come from one and the same ceremony"
    )
    is_made_alone = pool.leg.transcript is None
    _require(
        pool.insecure_dev or not is_made_alone,
        "the keys come from no ceremony, so whoever made them can forge: a pool with them must say insecure_dev",
    )
    _require(is_made_alone or not pool.insecure_dev, "the pool says insecure_dev, and its keys come from a ceremony")


def _check_asset(asset: "Asset", assets: tuple["Asset", ...]) -> None:
    what = f"asset {asset.symbol!r}"
    _require(isinstance(asset.symbol, str) and _SYMBOL.fullmatch(asset.symbol) is not None, f"{what}: bad symbol")
    _require(asset.kind in KINDS, f"{what}: its kind is not one of {', '.join(KINDS)}")
    _check_range(asset.decimals, 0, MAX_DECIMALS, f"{what}: decimals")
    _check_range(asset.risk.volatility_bps, 0, MAX_BPS, f"{what}: volatility_bps")
    _check_range(asset.risk.delta_bps, -MAX_BPS, MAX_BPS, f"{what}: delta_bps")
    _check_range(asset.risk.gamma_bps, 0, MAX_BPS, f"{what}: gamma_bps")
    _check_range(asset.risk.haircut_bps, 0, 10**4, f"{what}: haircut_bps")
    if asset.risk.factor is not None:
        _check_range(asset.risk.factor, 0, len(assets) - 1, f"{what}: factor")
        factor = assets[asset.risk.factor].risk.factor
        _require(factor == asset.risk.factor, f"{what}: its factor is moved by another factor")


def _check_oracles(pool: "Pool") -> None:
    _require(0 < len(pool.oracle_keys) <= MAX_ORACLES, f"a pool has 1 to {MAX_ORACLES} oracle keys")
    _require(len(set(pool.oracle_keys)) == len(pool.oracle_keys), "two oracles have the same key")
    for key in pool.oracle_keys:
        babyjubjub.point(*key, "an oracle key")
    _check_range(pool.quorum, 1, len(pool.oracle_keys), "the quorum")
    # A minority of liars, under a third of all, is then less than half of any quorum: settlement.oracle says why.
    _require(3 * pool.quorum > 2 * len(pool.oracle_keys), "the quorum is not more than two thirds of the oracles")


def _check_range(value: object, least: int, most: int, what: str) -> None:
    _require(type(value) is int and least <= value <= most, f"{what} is not an integer from {least} to {most}")


def _require(holds: bool, complaint: str) -> None:
    if not holds:
        raise FormatError(complaint)
