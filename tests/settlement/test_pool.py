"""A pool's bytes are canonical, and an unsound pool cannot be made."""

import json
from dataclasses import replace

import pytest

from settlement import poolfile
from settlement.pool import asset_index
from tests.settlement import samples
from zk import signature
from zk.curves import babyjubjub, bn254
from zk.errors import FormatError


def test_a_pool_comes_back_from_its_bytes_with_its_ledger_id():
    pool = samples.pool()
    again = poolfile.decode(poolfile.encode(pool))
    assert again == pool and len(poolfile.ledger_id(pool)) == 32
    assert b"." not in poolfile.encode(pool)


def test_every_term_of_a_pool_changes_its_ledger_id():
    pool = samples.pool()
    asset = replace(pool.assets[4], risk=replace(pool.assets[4].risk, haircut_bps=51))
    others = [
        replace(pool, name="other"),
        replace(pool, salt=bytes(16)),
        replace(pool, assets=(*pool.assets[:4], asset, *pool.assets[5:])),
        replace(pool, assets=(*pool.assets[:7], replace(pool.assets[7], custodian=babyjubjub.BASE8))),
        replace(pool, oracle_keys=pool.oracle_keys[::-1]),
        replace(pool, oracle_keys=pool.oracle_keys[:2], quorum=2),
        replace(pool, limits=replace(pool.limits, grid_age_ms=1)),
        replace(pool, board=replace(pool.board, funds_required=True)),
        replace(pool, board=replace(pool.board, funds=(1, *pool.board.funds[1:]))),
        replace(pool, leg=replace(pool.leg, fingerprint="c" * 64)),
        replace(pool, leg=replace(pool.leg, verifying=samples.verifying_key(8, 300))),
        replace(pool, margin=replace(pool.margin, verifying=samples.verifying_key(4, 300))),
        replace(pool, **of_ceremonies("d" * 64), insecure_dev=False),
        replace(pool, **of_ceremonies("e" * 64), insecure_dev=False),
    ]
    assert len({poolfile.ledger_id(other) for other in (pool, *others)}) == len(others) + 1


def asset(**changes):
    first = samples.ASSETS[0]
    risk = {name: changes.pop(name) for name in list(changes) if hasattr(first.risk, name)}
    return (replace(first, risk=replace(first.risk, **risk), **changes), *samples.ASSETS[1:])


def of_ceremonies(leg, *margin):
    """Keys that come from ceremonies with these transcripts, both from one where only one is named."""
    keys = (samples.LEG_KEY, leg), (samples.MARGIN_KEY, *(margin or [leg]))
    return {key.statement: replace(key, transcript=transcript) for key, transcript in keys}


SECOND = bn254.multiply(7, bn254.G2)
UNSOUND = [
    (lambda: {"name": ""}, "name"),
    (lambda: {"name": "a pool\x1b[2J"}, "cannot be printed"),
    (lambda: {"assets": asset(symbol="\x1b[2J")}, r"asset '\\x1b\[2J': a symbol must be"),
    (lambda: {"assets": asset(custodian=(0, 1))}, "the custodian's key of USDC is the identity"),
    (lambda: {"assets": asset(custodian=(1, 1))}, "the custodian's key of USDC is not on Baby Jubjub"),
    (lambda: {"assets": asset(custodian=babyjubjub.GENERATOR)}, "the custodian's key of USDC is not in the subgroup"),
    (lambda: {"salt": b"short"}, "salt"),
    (lambda: {"assets": samples.ASSETS[:7]}, "8 assets"),
    (lambda: {"assets": asset(symbol="BTC")}, "same symbol"),
    (lambda: {"assets": asset(symbol="usdc")}, "a symbol must be"),
    (lambda: {"assets": asset(kind="share")}, "kind"),
    (lambda: {"assets": asset(decimals=19)}, "decimals"),
    (lambda: {"assets": asset(decimals=6.0)}, "decimals"),
    (lambda: {"assets": asset(decimals=True)}, "decimals"),
    (lambda: {"assets": asset(volatility_bps=-1)}, "volatility_bps"),
    (lambda: {"assets": asset(gamma_bps=-1)}, "gamma_bps"),
    (lambda: {"assets": asset(delta_bps=10**7)}, "delta_bps"),
    (lambda: {"assets": asset(haircut_bps=10_001)}, "haircut_bps"),
    (lambda: {"assets": asset(factor=8)}, "factor"),
    (lambda: {"assets": asset(factor=5)}, "moved by another"),
    (lambda: {"oracle_keys": ()}, "oracle keys"),
    (lambda: {"oracle_keys": (babyjubjub.BASE8,) * 2}, "same key"),
    (lambda: {"oracle_keys": (babyjubjub.BASE8, babyjubjub.IDENTITY)}, "identity"),
    (lambda: {"quorum": 0}, "quorum"),
    (lambda: {"quorum": 4}, "quorum"),
    (lambda: {"quorum": 2}, "two thirds"),
    (lambda: {"limits": replace(samples.LIMITS, grid_age_ms=0)}, "age limit"),
    (lambda: {"limits": replace(samples.LIMITS, price_age_ms=10**13)}, "age limit"),
    (lambda: {"leg": samples.MARGIN_KEY}, "leg key is for margin"),
    (lambda: {"leg": replace(samples.LEG_KEY, verifying=samples.verifying_key(7, 100))}, "8 public inputs"),
    (lambda: {"margin": replace(samples.MARGIN_KEY, fingerprint="B" * 64)}, "64 hex digits"),
    (lambda: {"insecure_dev": False}, "the party that made them can forge proofs: the pool must say insecure_dev"),
    (lambda: {"insecure_dev": 1}, "true or false"),
    (lambda: {**of_ceremonies("d" * 64), "insecure_dev": True}, "says insecure_dev, but its keys come from a ceremony"),
    (lambda: {**of_ceremonies("d" * 64, "e" * 64), "insecure_dev": False}, "not come from one and the same ceremony"),
    (lambda: {**of_ceremonies("d" * 64, None), "insecure_dev": True}, "not come from one and the same ceremony"),
    (lambda: {**of_ceremonies("D" * 64), "insecure_dev": False}, "neither null nor 64 hex digits"),
    (lambda: {**of_ceremonies(""), "insecure_dev": False}, "neither null nor 64 hex digits"),
    (lambda: {**of_ceremonies(7), "insecure_dev": False}, "neither null nor 64 hex digits"),
]


@pytest.mark.parametrize("changes, complaint", UNSOUND)
def test_an_unsound_pool_is_refused_by_what_is_wrong(changes, complaint):
    with pytest.raises(FormatError, match=complaint):
        replace(samples.pool(), **changes())


@pytest.mark.parametrize("spoil, complaint", [
    (lambda data: data + b" ", "canonical"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum": 3'), "canonical"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum":3,"extra":1'), "unknown field 'extra'"),
    (lambda data: data.replace(b'"version":3', b'"version":4'), "version 4, and this program reads version 3"),
    (lambda data: data.replace(b'"version":3', b'"version":2'), "version 2, which names no custodians: create a new"),
    (lambda data: data.replace(b'"version":3', b'"version":1'), "does not say where its keys come from: create a new"),
    (lambda data: data.replace(b'"quorum":3,', b""), "the pool: quorum is missing"),
    (lambda data: data.replace(b'"factor":null', b'"factor":"0"', 1), r"assets\[0\].risk.factor is not an integer"),
    (lambda data: data.replace(b'"decimals":6', b'"decimals":19', 1), r"assets\[0\]: asset 'USDC': decimals is not"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum":"2"'), "quorum"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum":null'), "quorum"),
    (lambda data: b"[]", "the pool is not an object"),
    (lambda data: b"\xff", "not UTF-8"),
    (lambda data: b"[" * 60_000, "nests deeper"),
    (lambda data: bytes(poolfile.MAX_POOL_BYTES + 1), "is the limit"),
])
def test_bytes_that_encode_would_not_write_are_refused(spoil, complaint):
    with pytest.raises(FormatError, match=complaint):
        poolfile.decode(spoil(poolfile.encode(samples.pool())))


@pytest.mark.parametrize("name", ["name", "salt", "assets", "oracle_keys", "quorum", "limits", "leg", "margin"])
@pytest.mark.parametrize("value", [None, -1, "", [], {}, [1], [[]], 1.5])
def test_a_field_of_another_type_is_a_format_error(name, value):
    fields = json.loads(poolfile.encode(samples.pool()))
    fields[name] = value
    with pytest.raises(FormatError):
        poolfile.decode(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_a_pool_with_a_ceremonys_keys_says_so_and_comes_back_from_its_bytes():
    pool = replace(samples.pool(), **of_ceremonies("d" * 64), insecure_dev=False)
    assert poolfile.decode(poolfile.encode(pool)) == pool
    assert "ceremony dddddddddddddddd" in pool.leg.origin and "made by one party" in samples.pool().leg.origin


def test_an_asset_is_found_by_its_symbol_or_named_as_missing():
    assert asset_index(samples.pool(), "ETH") == 2
    with pytest.raises(FormatError, match="no asset DOGE: it has USDC, BTC"):
        asset_index(samples.pool(), "DOGE")


def test_an_oracle_key_is_what_its_secret_gives():
    assert samples.pool().oracle_keys[0] == signature.public(samples.ORACLE_SECRETS[0])


def oracles(count):
    """As many different oracle keys, all of whom must agree."""
    return {"oracle_keys": tuple(signature.public(secret) for secret in range(1, count + 1)), "quorum": count}


def ages(**changes):
    return lambda: {"limits": replace(samples.LIMITS, **changes)}


@pytest.mark.parametrize("largest, beyond", [
    (lambda: {"name": "n" * 64}, lambda: {"name": "n" * 65}),
    (lambda: oracles(16), lambda: oracles(17)),
    (lambda: {"assets": asset(symbol="S" * 16)}, lambda: {"assets": asset(symbol="S" * 17)}),
    (lambda: {"assets": asset(decimals=18)}, lambda: {"assets": asset(decimals=19)}),
    (lambda: {"assets": asset(volatility_bps=10**6)}, lambda: {"assets": asset(volatility_bps=10**6 + 1)}),
    (lambda: {"assets": asset(gamma_bps=10**6)}, lambda: {"assets": asset(gamma_bps=10**6 + 1)}),
    (lambda: {"assets": asset(delta_bps=-(10**6))}, lambda: {"assets": asset(delta_bps=-(10**6) - 1)}),
    (lambda: {"assets": asset(haircut_bps=10**4)}, lambda: {"assets": asset(haircut_bps=10**4 + 1)}),
    (ages(grid_age_ms=10**12), ages(grid_age_ms=10**12 + 1)),
    (ages(price_age_ms=1), ages(price_age_ms=0)),
])  # fmt: skip
def test_every_limit_is_inclusive(largest, beyond):
    pool = replace(samples.pool(), **largest())
    assert poolfile.decode(poolfile.encode(pool)) == pool
    with pytest.raises(FormatError):
        replace(samples.pool(), **beyond())
