"""A pool's bytes are canonical, and commit to all of it."""

import json
from dataclasses import replace

import pytest

from settlement.pool import poolfile
from settlement.pool.parameters import Fees
from settlement.pool.pool import asset_index
from tests.settlement.bundles import samples
from tests.settlement.log.test_cosignatures import VALIDATORS
from tests.settlement.pool.poolchanges import (
    ages,
    asset,
    factors,
    governors,
    guardians,
    of_ceremonies,
    option,
    oracles,
    other_key,
    parameters,
    risk,
)
from zk.curves import babyjubjub
from zk.errors import FormatError


def test_a_pool_comes_back_from_its_bytes_with_its_ledger_id():
    pool = samples.pool()
    again = poolfile.decode(poolfile.encode(pool))
    assert again == pool and len(poolfile.ledger_id(pool)) == 32
    assert b"." not in poolfile.encode(pool)


def test_every_term_of_a_pool_changes_its_ledger_id():
    pool = samples.pool()
    others = [
        {"name": "other"},
        {"salt": bytes(16)},
        {"operator": bytes(32)},
        asset(4, custodian=babyjubjub.BASE8),
        asset(9, symbol="ETH-FUT"),
        option(strike=1),
        option(is_call=False),
        option(expiry_ms=1),
        risk(4, own_move_bps=51),
        risk(1, least_volatility_bps=351),
        parameters(oracle_keys=samples.PARAMETERS.oracle_keys[::-1]),
        parameters(oracle_keys=samples.PARAMETERS.oracle_keys[:2], quorum=2),
        parameters(limits=replace(samples.LIMITS, grid_age_ms=1)),
        parameters(board=replace(samples.BOARD, funds_required=True)),
        parameters(board=replace(samples.BOARD, funds=(1, *samples.BOARD.funds[1:]))),
        parameters(fees=Fees(1, 0)),
        parameters(fees=Fees(0, 1)),
        parameters(penalty_bps=1),
        parameters(grace_epochs=1),
        parameters(loan_rate_bps=1),
        parameters(guardians=None),
        parameters(validators=VALIDATORS),
        parameters(validators=replace(VALIDATORS, quorum=4)),
        guardians(number=2),
        guardians(members=2),
        guardians(signing_key=babyjubjub.BASE8),
        {"governance": replace(samples.GOVERNANCE, quorum=1)},
        {"governance": replace(samples.GOVERNANCE, delay_ms=1)},
        {"governance": replace(samples.GOVERNANCE, keys=samples.GOVERNANCE.keys[::-1])},
        {"leg": replace(pool.leg, fingerprint="c" * 64)},
        *({key.statement: replace(key, verifying=other_key(key.statement))} for key in pool.keys),
        {**of_ceremonies("d" * 64), "insecure_dev": False},
        {**of_ceremonies("e" * 64), "insecure_dev": False},
    ]
    assert len({poolfile.ledger_id(replace(pool, **other)) for other in ({}, *others)}) == len(others) + 1


ENCODED = poolfile.encode(samples.pool())


def of_version(data, version):
    return data.replace(b'"version":5}', b'"version":%d}' % version)


@pytest.mark.parametrize("spoil, complaint", [
    (lambda data: data + b" ", "canonical"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum": 3'), "canonical"),
    (lambda data: data.replace(b'"quorum":3', b'"quorum":3,"extra":1'), "unknown field 'extra'"),
    (lambda data: of_version(data, 6), "version 6, and this program reads version 5"),
    (lambda data: of_version(data, 4), "version 4, which does not count top-ups, .*: create a new pool"),
    (lambda data: of_version(data, 3), "version 3, which has eight assets and no guardians: create a new pool"),
    (lambda data: of_version(data, 2), "version 2, which names no custodians: create a new"),
    (lambda data: of_version(data, 1), "does not say where its keys come from: create a new"),
    (lambda data: data.replace(b'{"loan":', b'{"swap":'), "not an object with one of the keys perpetual, option, loan"),
    (lambda data: data.replace(b'{"loan":{', b'{"loan":{"x":1,'), r"assets\[8\].terms.loan has an unknown field 'x'"),
    (lambda data: data.replace(b'"quorum":3,', b""), "the pool: parameters.quorum is missing"),
    (lambda data: data.replace(b'"factor":null', b'"factor":"0"', 1), r"parameters.risk\[0\].factor is not an integer"),
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
        poolfile.decode(spoil(ENCODED))


FIELDS = ["name", "salt", "assets", "operator", "governance", "parameters", "leg", "margin", "escrow", "seize", "funds"]


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [None, -1, "", [], {}, [1], [[]], 1.5])
def test_a_field_of_another_type_is_a_format_error(name, value):
    fields = json.loads(ENCODED)
    fields[name] = value
    with pytest.raises(FormatError):
        poolfile.decode(json.dumps(fields, sort_keys=True, separators=(",", ":")).encode())


def test_a_pool_with_a_ceremonys_keys_says_so_and_comes_back_from_its_bytes():
    pool = replace(samples.pool(), **of_ceremonies("d" * 64), insecure_dev=False)
    assert poolfile.decode(poolfile.encode(pool)) == pool
    assert "ceremony dddddddddddddddd" in pool.leg.origin and "made by one party" in samples.pool().leg.origin


def test_an_asset_is_found_by_its_symbol_or_named_as_missing():
    assert asset_index(samples.pool(), "ETH") == 2 and asset_index(samples.pool(), "dusdc") == 8
    for symbol in ("DOGE", "-"):
        with pytest.raises(FormatError, match=f"no asset {symbol}: it has USDC, BTC, .*, XAU, dUSDC"):
            asset_index(samples.pool(), symbol)


@pytest.mark.parametrize("largest, beyond", [
    (lambda: {"name": "n" * 64}, lambda: {"name": "n" * 65}),
    (lambda: oracles(16), lambda: oracles(17)),
    (lambda: governors(16), lambda: governors(17)),
    (lambda: asset(symbol="S" * 16), lambda: asset(symbol="S" * 17)),
    (lambda: asset(symbol="d" + "S" * 15), lambda: asset(symbol="d" + "S" * 16)),
    (lambda: asset(decimals=6), lambda: asset(decimals=19)),
    (lambda: asset(1, decimals=18), lambda: asset(1, decimals=19)),
    (lambda: asset(9, decimals=9), lambda: asset(9, decimals=10)),
    (lambda: option(strike=2**63 - 1), lambda: option(strike=2**63)),
    (lambda: risk(1, least_volatility_bps=10**6), lambda: risk(1, least_volatility_bps=10**6 + 1)),
    (lambda: risk(1, own_move_bps=10**4), lambda: risk(1, own_move_bps=10**4 + 1)),
    (lambda: factors(0, 1, 2, 3), lambda: factors(0, 1, 2, 3, 4)),
    (lambda: parameters(fees=Fees(2**63 - 1, 2**63 - 1)), lambda: parameters(fees=Fees(2**63, 0))),
    (lambda: parameters(penalty_bps=10**4), lambda: parameters(penalty_bps=10**4 + 1)),
    (lambda: guardians(members=16, threshold=16), lambda: guardians(members=17, threshold=16)),
    (lambda: guardians(number=2**32 - 1, stale_before=2**32 - 1), lambda: guardians(number=2**32)),
    (ages(grid_age_ms=10**12), ages(grid_age_ms=10**12 + 1)),
    (ages(price_age_ms=1), ages(price_age_ms=0)),
])  # fmt: skip
def test_every_limit_is_inclusive(largest, beyond):
    pool = replace(samples.pool(), **largest())
    assert poolfile.decode(poolfile.encode(pool)) == pool
    with pytest.raises(FormatError):
        replace(samples.pool(), **beyond())


def test_parameters_come_back_from_their_canonical_bytes_alone():
    data = poolfile.encode_parameters(samples.PARAMETERS)
    assert poolfile.decode_parameters(data) == samples.PARAMETERS
    with pytest.raises(FormatError, match="the parameters are not in their canonical form"):
        poolfile.decode_parameters(data + b" ")


def test_the_largest_pool_there_can_be_has_room_in_its_limit():
    largest = replace(samples.pool(), name="\u754c" * 64, **governors(16), **oracles(16))
    assert len(poolfile.encode(largest)) + 64 * 1024 < poolfile.MAX_POOL_BYTES
