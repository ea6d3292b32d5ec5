"""Prices as files and commands write them, in JSON or CSV, and as strictly read as anything from outside.

    {"format": "zksettle-prices", "version": 1, "time_ms": 1800000000000,
     "prices": {"ETH": "3000.50"}, "volatilities": {"ETH-C-3500": "62%"}}

    time_ms,asset,price,volatility
    1800000000000,ETH,3000.50,
    1800000000000,ETH-C-3500,,62%

A price is of a whole unit in whole units of the numeraire, as an oracle of the pool would sign it, and exact: it may
have as many decimals as the pool's unit.  A volatility is of a year for an option, and of a day for what is held.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from settlement import amounts
from settlement.pool import pool as pools
from settlement.pool.pool import Pool
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

MAX_BYTES = 1 << 20
MAX_MS = 1 << 62
HEADER = ["time_ms", "asset", "price", "volatility"]


@dataclass(frozen=True)
class Said:
    """What was said of one asset, and when: a price in the pool's unit and a volatility in bps, or None."""

    time_ms: int
    price: int | None
    volatility: int | None


@dataclass(frozen=True)
class _Document:
    format: Literal["zksettle-prices"]
    version: Literal[1]
    time_ms: int
    prices: dict[str, str]
    volatilities: dict[str, str]


def decode(data: bytes, pool: Pool, what: str) -> dict[int, Said]:
    """What is said of each asset, by slot: JSON where it begins with a brace, otherwise CSV.  Raises FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError(f"{what} has {len(data)} bytes, and {MAX_BYTES} is the limit")
    if data.lstrip()[:1] == b"{":
        return _of_json(data, pool, what)
    return _of_csv(data, pool, what)


def _of_json(data: bytes, pool: Pool, what: str) -> dict[int, Said]:
    value = strictjson.loads(data, what, MAX_BYTES)
    if isinstance(value, dict):
        value.setdefault("volatilities", {})
    document = dataclassjson.read(_Document, value, what)
    prices, volatilities = _slots(document.prices, pool, what), _slots(document.volatilities, pool, what)
    return {
        slot: _said(str(document.time_ms), prices.get(slot, ""), volatilities.get(slot, ""), slot, pool, what)
        for slot in sorted({*prices, *volatilities})
    }


def _of_csv(data: bytes, pool: Pool, what: str) -> dict[int, Said]:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError(f"{what} is neither JSON nor CSV: {error}") from None
    if not rows or rows[0] != HEADER:
        raise FormatError(f"{what} does not begin with a brace, as JSON, or with the line {','.join(HEADER)}")
    found: dict[int, Said] = {}
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(HEADER):
            raise FormatError(f"{what}: line {number} has {len(row)} fields instead of {len(HEADER)}")
        time_ms, symbol, price, volatility = row
        (slot,) = _slots({symbol: price}, pool, what)
        if slot in found:
            raise FormatError(f"{what}: line {number} is about {pool.assets[slot].symbol} again")
        found[slot] = _said(time_ms, price, volatility, slot, pool, what)
    return found


def _slots(named: Mapping[str, str], pool: Pool, what: str) -> dict[int, str]:
    found = {}
    for symbol, text in named.items():
        try:
            slot = pools.asset_index(pool, symbol)
        except FormatError as error:
            raise FormatError(f"{what}: {error}") from None
        if slot in found:
            raise FormatError(f"{what} names {pool.assets[slot].symbol} twice")
        found[slot] = text
    return found


def _said(time_ms: str, price: str, volatility: str, slot: int, pool: Pool, what: str) -> Said:
    asset, numeraire = pool.assets[slot], pool.assets[amounts.NUMERAIRE]
    if not (time_ms.isascii() and time_ms.isdecimal() and len(time_ms) < 20 and int(time_ms) < MAX_MS):
        raise FormatError(f"{what}: {time_ms[:20]!r} is not a time in milliseconds")
    try:
        return Said(
            int(time_ms), amounts.parse_price(price, asset, numeraire) if price else None,
            amounts.parse_percent(volatility, f"the volatility of {asset.symbol}") if volatility else None,
        )  # fmt: skip
    except FormatError as error:
        raise FormatError(f"{what}: {error}") from None
