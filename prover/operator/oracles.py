"""The oracles of a pool that lives on one machine: their keys in one file, and the prices they sign together.

    HOME/pool/oracles.json   {"format": "zksettle-oracles", "version": 1, "secrets": ["…", "…", "…"]}, mode 0600

Oracles that are different people each have their own key, and their quotes travel.  On one machine they all sign here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.machine import clock, files
from prover.operator import defaults
from prover.trader import keys
from settlement import amounts, engine, oracle
from settlement.grids import Publication
from settlement.ledger import Ledger
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
    """{asset index: price} of {symbol: text}, such as {"ETH": "3050.25"}, in the unit of settlement.risk.

    Raises FormatError for an unknown asset, for one that is named twice, and for a price that is not exact.
    """
    numeraire, prices = pool.assets[amounts.NUMERAIRE], {}
    for symbol, text in texts.items():
        index = asset_index(pool, symbol)
        if index in prices:
            raise FormatError(f"the price of {pool.assets[index].symbol} is given twice")
        prices[index] = amounts.parse_price(text, pool.assets[index], numeraire)
    return prices


def current_prices(ledger: Ledger) -> tuple[int, ...] | None:
    """The prices of the newest epoch, in the unit of settlement.risk, or None before the first."""
    newest = _newest(ledger)
    return None if newest is None else oracle.prices(newest)


def prices(ledger: Ledger, changed: Mapping[int, int]) -> tuple[int, ...]:
    """A price for every asset: the changed one, otherwise the newest epoch's, otherwise the example's.

    Raises FormatError when an asset has none: it is not an example asset, and no epoch is published yet.
    """
    before = current_prices(ledger) or defaults.prices(ledger.pool)
    complete = []
    for index, asset in enumerate(ledger.pool.assets):
        price = changed.get(index, before[index])
        if price is None:
            raise FormatError(f"{asset.symbol} has no price yet: give one with --price {asset.symbol}=PRICE")
        complete.append(price)
    return tuple(complete)


def publish(ledger: Ledger, secrets: Sequence[int], asset_prices: Sequence[int], now_ms: int) -> Publication:
    """Signs every price with every oracle's key and publishes the grids of the next epoch.

    Raises Rejected as settlement.oracle.check does.
    """
    time = clock.running(now_ms)  # a bundle may settle while the prices are signed
    newest = _newest(ledger)
    epoch = 1 if newest is None else newest.epoch + 1
    quotes = [
        oracle.sign(ledger.pool, secret, asset, price, now_ms, epoch)
        for secret in secrets
        for asset, price in enumerate(asset_prices)
    ]
    return engine.publish(ledger, quotes, time()).publication


def _newest(ledger: Ledger) -> Publication | None:
    """The publication of the newest epoch, or None before the first."""
    return next((published.publication for published in ledger.reader.grids(1)), None)
