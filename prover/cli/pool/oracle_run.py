"""Runs `zksettle oracle publish`."""

from pathlib import Path
from typing import Any

from prover.cli.frame import pairs, paths, workspace
from prover.cli.frame.command import App
from prover.machine import clock
from prover.operator import oracles
from settlement import amounts
from settlement.grids import Publication
from settlement.pool import Pool
from zk.errors import FormatError
from zk.formats import strictjson
from zk.hashes import poseidon

COLUMNS = ("asset", ">price", ">initial, worst", ">best", ">maintenance, worst", ">best")


def publish(app: App, prices: tuple[str, ...], prices_file: Path | None) -> None:
    """Publishes prices and shows the grids."""
    with workspace.ledger(app) as ledger:
        new_prices = oracles.parse_prices(_from_file(prices_file), ledger.pool) if prices_file else {}
        new_prices |= oracles.parse_prices(pairs.parse(prices, "ASSET=PRICE, such as ETH=3050.25"), ledger.pool)
        all_prices = oracles.prices(ledger, new_prices)
        publication = oracles.publish(ledger, oracles.read(app.home.oracles), all_prices, clock.now_ms())
        signers = len(ledger.pool.parameters.oracle_keys)
        app.screen.say(f"Epoch {publication.epoch} is published: {signers} oracles signed {len(all_prices)} prices.")
        app.screen.table(COLUMNS, price_rows(ledger.pool, all_prices, publication))
        app.screen.document(document(ledger.pool, all_prices, publication))


def price_rows(pool: Pool, prices: tuple[int, ...], publication: Publication) -> list[tuple[str, ...]]:
    """(asset, price, and its worst and best value over the scenarios of both grids)."""
    numeraire, rows = pool.assets[amounts.NUMERAIRE], []
    for index, (asset, price) in enumerate(zip(pool.assets, prices, strict=True)):
        cells = [amounts.show_price(price, asset, numeraire)]
        for grid in (publication.initial, publication.maintenance):
            column = [row[index] for row in grid.values]
            cells += [amounts.show_price(value, asset, numeraire) for value in (min(column), max(column))]
        rows.append((asset.symbol, *cells))
    return rows


def document(pool: Pool, prices: tuple[int, ...], publication: Publication) -> dict[str, Any]:
    """A publication as JSON values; prices in the unit of settlement.risk."""
    grids = {"initial": publication.initial, "maintenance": publication.maintenance}
    return {
        "epoch": publication.epoch,
        "prices": {asset.symbol: str(price) for asset, price in zip(pool.assets, prices, strict=True)},
        "grids": {
            name: {
                "root": str(grid.root(poseidon.hash)),
                "values": [[str(value) for value in row] for row in grid.values],
            }
            for name, grid in grids.items()
        },
    }


def _from_file(path: Path) -> dict[str, str]:
    """{symbol: price} of a JSON file."""
    prices = strictjson.loads(paths.read_bytes(path), str(path), paths.MAX_BYTES)
    if not isinstance(prices, dict) or not all(isinstance(price, str) for price in prices.values()):
        raise FormatError(f'{path} must be an object with a price as a string for each asset: {{"ETH": "3050"}}')
    return prices
