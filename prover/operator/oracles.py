"""The oracles of a pool that lives on one machine: their keys in one file, and the prices they sign together.

    HOME/pool/oracles.json   {"format": "zksettle-oracles", "version": 1, "secrets": ["…", "…", "…"]}, mode 0600

Oracles that are different people each have their own key, and their quotes travel.  On one machine they all sign here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

from prover.machine import clock, files
from prover.operator import defaults
from prover.trader import keys
from settlement import amounts, engine, market, oracle, quotes, risk
from settlement.assets import NUMERAIRE, Perpetual
from settlement.grids import Publication
from settlement.ledger import Ledger
from settlement.market import Observation
from settlement.pool import Pool, asset_index
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-oracles"
VERSION: Final = 1
MAX_FILE_BYTES = 1 << 16


@dataclass(frozen=True, repr=False)
class _OracleFile(keys.Secret):
    format: Literal["zksettle-oracles"]
    version: Literal[1]
    secrets: tuple[Annotated[int, dataclassjson.decimal(0, babyjubjub.ORDER)], ...]


def create(path: Path, count: int) -> tuple[babyjubjub.Point, ...]:
    """Creates the keys of `count` oracles, writes the secrets to a file, and returns the public keys.

    Raises FileExistsError rather than replace keys.
    """
    if path.exists():
        raise FileExistsError(f"there are oracle keys in {path} already")
    secrets = tuple(entropy.scalar(babyjubjub.ORDER) for _ in range(count))
    document = dataclassjson.write(_OracleFile(FORMAT, VERSION, secrets))
    files.replace(path, json.dumps(document, indent=1).encode() + b"\n")
    return tuple(signature.public(secret) for secret in secrets)


def read(path: Path) -> tuple[int, ...]:
    """The oracles' secrets.  Raises FormatError when the file is missing or malformed."""
    if not path.exists():
        raise FormatError(f"there are no oracle keys at {path}: only the machine that created the pool has them")
    what = f"the file of oracle keys {path}"
    document = strictjson.loads(files.read(path, MAX_FILE_BYTES), what, MAX_FILE_BYTES)
    return dataclassjson.read(_OracleFile, document, what).secrets


def parse_prices(texts: Mapping[str, str], pool: Pool) -> dict[int, int]:
    """{slot: price} of {symbol: text}, such as {"ETH": "3050.25"}, in the unit of settlement.risk.

    Raises FormatError for an unknown asset, for one that is named twice or has no price of its own, and for a price
    that is not exact.
    """
    numeraire = pool.assets[NUMERAIRE]
    prices: dict[int, int] = {}
    for symbol, text in texts.items():
        slot = _slot(symbol, prices, pool, "price")
        asset = pool.assets[slot]
        if asset.kind == "option":
            raise FormatError(
                f"{asset.symbol} has no price of its own, it follows from its underlying's: give its volatility"
            )
        if asset.kind == "loan":
            raise FormatError(f"{asset.symbol} has no price of its own: it grows by the pool's interest")
        prices[slot] = amounts.parse_price(text, asset, numeraire)
    return prices


def parse_volatilities(texts: Mapping[str, str], ledger: Ledger, now_ms: int) -> dict[int, int]:
    """{slot: volatility in bps} of {symbol: text}, such as {"ETH": "3.5%"}: of a factor a day, of an option a year.

    Raises FormatError for an unknown asset, for one that is named twice or is neither, and for a text that is not a
    percentage with at most two decimals.
    """
    pool = ledger.pool
    volatilities: dict[int, int] = {}
    factors = risk.factors(ledger.parameters(now_ms))
    for symbol, text in texts.items():
        slot = _slot(symbol, volatilities, pool, "volatility")
        if slot not in factors and pool.assets[slot].kind != "option":
            raise FormatError(f"{pool.assets[slot].symbol} has no volatility: only risk factors and options have one")
        volatilities[slot] = amounts.parse_percent(text, f"the volatility of {pool.assets[slot].symbol}")
    return volatilities


def observation(
    ledger: Ledger, prices: Mapping[int, int], volatilities: Mapping[int, int] = MappingProxyType({})
) -> Observation:
    """What oracles quote of every slot: the changed number, otherwise the newest epoch's, otherwise the example's.

    A perpetual whose underlying alone is changed moves with it.

    Raises FormatError when an asset has none: it is not an example asset, and no epoch is published yet.
    """
    newest = newest_publication(ledger)
    before = defaults.observation(ledger.pool) if newest is None else oracle.observation(newest)
    slots = range(len(ledger.pool.assets))
    merged = Observation(
        tuple(_price(ledger.pool, slot, prices, before) for slot in slots),
        tuple(volatilities.get(slot, before.volatilities[slot]) for slot in slots),
    )
    for slot in market.quoted(ledger.pool, ledger.reader.rates()):
        asset = ledger.pool.assets[slot]
        if asset.kind != "option" and not merged.prices[slot]:
            raise FormatError(f"{asset.symbol} has no price yet: give one with --price {asset.symbol}=PRICE")
    return merged


def publish(ledger: Ledger, secrets: Sequence[int], observed: Observation, now_ms: int) -> Publication:
    """Signs what was observed with every oracle's key and publishes the grids of the next epoch.

    Raises Rejected as settlement.oracle.check does.
    """
    time = clock.running(now_ms)  # a bundle may settle while the prices are signed
    newest = newest_publication(ledger)
    epoch, time_ms = 1, now_ms
    if newest is not None:
        epoch, time_ms = newest.epoch + 1, max(now_ms, newest.market.time_ms + 1)  # never twice within a millisecond
    quoted = quotes.sign_all(
        ledger.pool, ledger.parameters(now_ms), ledger.reader.rates(), secrets, observed, time_ms, epoch
    )
    return engine.publish(ledger, quoted, time()).publication


def newest_publication(ledger: Ledger) -> Publication | None:
    """The publication of the newest epoch, or None before the first."""
    return next((published.publication for published in ledger.reader.grids(1)), None)


def _price(pool: Pool, slot: int, changed: Mapping[int, int], before: Observation) -> int:
    terms, price = pool.assets[slot].terms, before.prices[slot]
    if slot in changed:
        return changed[slot]
    if isinstance(terms, Perpetual) and terms.underlying in changed and before.prices[terms.underlying]:
        return price * changed[terms.underlying] // before.prices[terms.underlying]
    return price


def _slot(symbol: str, known: Mapping[int, int], pool: Pool, what: str) -> int:
    slot = asset_index(pool, symbol)
    if slot in known:
        raise FormatError(f"the {what} of {pool.assets[slot].symbol} is given twice")
    return slot
