"""`zksettle oracle publish`: prices, and the risk grids that follow from them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prover.cli.frame import paths, workspace
from prover.cli.frame.command import App, group, pass_app
from zk.errors import FormatError

if TYPE_CHECKING:
    from settlement.grids import Publication
    from settlement.pool import Pool


@group()
def oracle() -> None:
    """Publish prices as the pool's oracles.

    Their keys are on the machine that founded the pool.
    """


@oracle.command()
@click.option("--price", "prices", multiple=True, metavar="ASSET=PRICE", help="Such as ETH=3050.25; may be repeated.")
@click.option("--prices", "prices_file", type=paths.Existing(), metavar="FILE",
              help='A JSON file such as {"ETH": "3050.25", "BTC": "94100"}.')  # fmt: skip
@pass_app
def publish(app: App, prices: tuple[str, ...], prices_file: Path | None) -> None:
    """Sign prices and publish the grids of the next epoch.

    An asset that is not named keeps its price; before the first epoch that is an example, not the market's.
    """
    from prover.operator import oracles

    with workspace.ledger(app) as ledger:
        given = _from_file(prices_file, ledger.pool) if prices_file else {}
        given |= _from_options(prices, ledger.pool)
        priced = oracles.prices(ledger, given)
        published = oracles.publish(ledger, oracles.read(app.home.oracles), priced, workspace.now_ms())
        app.screen.say(
            f"Epoch {published.epoch} is published: {len(ledger.pool.oracle_keys)} oracles signed {len(priced)} prices."
        )
        app.screen.table(("asset", ">price", ">initial, worst", ">best", ">maintenance, worst", ">best"),
                             price_rows(ledger.pool, priced, published))  # fmt: skip
        app.screen.document(document(ledger.pool, priced, published))


def price_rows(pool: "Pool", priced: tuple[int, ...], published: "Publication") -> list[tuple[str, ...]]:
    """(asset, price, and its worst and best value over the scenarios of both grids)."""
    from prover.trader import amounts

    numeraire, rows = pool.assets[amounts.NUMERAIRE], []
    for index, (asset, price) in enumerate(zip(pool.assets, priced, strict=True)):
        cells = [amounts.show_price(price, asset, numeraire)]
        for grid in (published.initial, published.maintenance):
            column = [row[index] for row in grid.values]
            cells += [amounts.show_price(value, asset, numeraire) for value in (min(column), max(column))]
        rows.append((asset.symbol, *cells))
    return rows


def document(pool: "Pool", priced: tuple[int, ...], published: "Publication") -> dict[str, Any]:
    """A publication as JSON values; prices in the unit of settlement.risk."""
    from zk.hashes import poseidon

    grids = {"initial": published.initial, "maintenance": published.maintenance}
    return {
        "epoch": published.epoch,
        "prices": {asset.symbol: str(price) for asset, price in zip(pool.assets, priced, strict=True)},
        "grids": {
            name: {
                "root": str(grid.root(poseidon.hash)),
                "values": [[str(value) for value in row] for row in grid.values],
            }
            for name, grid in grids.items()
        },
    }


def _from_options(prices: tuple[str, ...], pool: "Pool") -> dict[int, int]:
    found = {}
    for text in prices:
        symbol, equals, price = text.partition("=")
        if not equals:
            raise click.UsageError(f"{text!r} is not ASSET=PRICE", click.get_current_context())
        found |= _price(symbol, price, pool)
    return found


def _from_file(path: Path, pool: "Pool") -> dict[int, int]:
    from zk.formats import strictjson

    document = strictjson.loads(paths.read_bytes(path), str(path), paths.MAX_BYTES)
    if not isinstance(document, dict) or not all(isinstance(price, str) for price in document.values()):
        raise FormatError(f"{path} is not an object with a price as a string for each asset")
    found = {}
    for symbol, price in document.items():
        found |= _price(symbol, price, pool)
    return found


def _price(symbol: str, text: str, pool: "Pool") -> dict[int, int]:
    from prover.trader import amounts
    from settlement.pool import asset_index

    index = asset_index(pool, symbol.upper())
    return {index: amounts.parse_price(text, pool.assets[index], pool.assets[amounts.NUMERAIRE])}
