"""The oracles of a pool that lives on one machine: their keys in one file, and the prices they sign together.

    HOME/oracles.json        {"format": "zksettle-oracles", "version": 1, "secrets": ["…", "…", "…"]}, mode 0600

Where oracles are different people each has their own key and a quote travels; on one machine all of them sign here.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from prover.machine import files
from prover.operator import defaults
from settlement import oracle
from settlement.grids import Publication
from settlement.ledger import Ledger
from zk import entropy, signature
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import strictjson

FORMAT = "zksettle-oracles"
VERSION = 1
MAX_FILE_BYTES = 1 << 16


def make(path: Path, count: int) -> tuple[babyjubjub.Point, ...]:
    """Makes the keys of `count` oracles, keeps the secrets in a file, and returns the public keys.

    Raises FileExistsError rather than replace keys.
    """
    if path.exists():
        raise FileExistsError(f"there are oracle keys in {path} already")
    secrets = [entropy.scalar(babyjubjub.ORDER) for _ in range(count)]
    document = {"format": FORMAT, "version": VERSION, "secrets": [str(secret) for secret in secrets]}
    files.replace(path, json.dumps(document, indent=1).encode() + b"\n")
    return tuple(signature.public(secret) for secret in secrets)


def read(path: Path) -> tuple[int, ...]:
    """The oracles' secrets.  Raises FormatError when the file is missing or not what `make` writes."""
    try:
        document = strictjson.loads(path.read_bytes(), "the file of oracle keys", MAX_FILE_BYTES)
        if (document["format"], document["version"]) != (FORMAT, VERSION):
            raise ValueError
        return tuple(prime.parse(secret, babyjubjub.ORDER, "an oracle's secret") for secret in document["secrets"])
    except FileNotFoundError:
        raise FormatError(f"there are no oracle keys at {path}: only the machine that made the pool has them") from None
    except (OSError, ValueError, TypeError, KeyError):
        raise FormatError(f"{path} is not a file of oracle keys") from None


def current_prices(ledger: Ledger) -> tuple[int, ...] | None:
    """The prices of the newest epoch, in the unit of settlement.risk, or None before the first."""
    newest = _newest(ledger)
    return None if newest is None else oracle.prices(newest)


def prices(ledger: Ledger, changed: Mapping[int, int]) -> tuple[int, ...]:
    """A price for every asset: as `changed` says, else the newest epoch's, else the example's.

    Raises FormatError when one is missing: the pool's assets are not the example's and nothing is published yet.
    """
    before = current_prices(ledger) or defaults.prices(ledger.pool)
    found = []
    for index, asset in enumerate(ledger.pool.assets):
        price = changed.get(index, before[index])
        if price is None:
            raise FormatError(f"{asset.symbol} has no price yet: name one")
        found.append(price)
    return tuple(found)


def publish(ledger: Ledger, secrets: Sequence[int], priced: Sequence[int], now_ms: int) -> Publication:
    """Every oracle signs every price for the next epoch, and the ledger takes the grids.

    Raises Rejected as settlement.oracle.check does.
    """
    newest = _newest(ledger)
    epoch = 1 if newest is None else newest.epoch + 1
    quotes = [
        oracle.sign(ledger.pool, secret, asset, price, now_ms, epoch)
        for secret in secrets
        for asset, price in enumerate(priced)
    ]
    return oracle.publish(ledger, quotes, now_ms).publication


def _newest(ledger: Ledger) -> Publication | None:
    """The publication of the newest epoch."""
    return next((published.publication for published in ledger.grids(newest=1)), None)
