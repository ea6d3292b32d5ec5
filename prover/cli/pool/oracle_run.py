"""Runs `zksettle oracle publish`."""

from pathlib import Path
from typing import Any

from prover.cli.frame import pairs, paths, workspace
from prover.cli.frame.command import App
from prover.machine import clock
from prover.operator import oracles
from settlement import amounts, market
from settlement.assets import NUMERAIRE
from settlement.grids import Coverage, Publication
from settlement.pool import Pool
from zk.errors import FormatError
from zk.formats import strictjson

COLUMNS = ("asset", ">price", ">volatility", ">initial, worst", ">best", ">maintenance, worst", ">best")

DECIMALS = 6

COVERED = {
    Coverage.MIXTURE: "The last epoch's margin proofs stay good: every row of the new maintenance grid is a mixture of "
    "rows of the last initial grid.",
    Coverage.RANGE: "Only margin proofs against this epoch's initial grid are good from now on.",
    Coverage.FROZEN: "FROZEN: a price left the range that the last grid covers. Only cash legs, top-ups and seizures "
    "settle until prices are published that this epoch covers.",
}
"""What the coverage of an epoch means, in a sentence."""


def publish(app: App, prices: tuple[str, ...], volatilities: tuple[str, ...], prices_file: Path | None) -> None:
    """Publishes prices and shows the grids."""
    with workspace.ledger(app) as ledger:
        now_ms, pool = clock.now_ms(), ledger.pool
        new_prices = oracles.parse_prices(_from_file(prices_file), pool) if prices_file else {}
        new_prices |= oracles.parse_prices(pairs.parse(prices, "ASSET=PRICE, such as ETH=3050.25"), pool)
        new_volatilities = oracles.parse_volatilities(
            pairs.parse(volatilities, "ASSET=PERCENT, such as ETH=3.5%"), ledger, now_ms
        )
        observed = oracles.observation(ledger, new_prices, new_volatilities)
        publication = oracles.publish(ledger, oracles.read(app.home.oracles), observed, now_ms)
        signers, signed = len(ledger.parameters(now_ms).oracle_keys), len(market.quoted(pool, publication.rates))
        app.screen.say(f"Epoch {publication.epoch} is published: {signers} oracles signed quotes of {signed} assets.")
        app.screen.table(COLUMNS, price_rows(pool, publication))
        for sentence in sentences(pool, publication):
            app.screen.paragraph(sentence)
        app.screen.document(document(pool, publication))


def price_rows(pool: Pool, publication: Publication) -> list[tuple[str, ...]]:
    """(asset, price, volatility, and its worst and best value over the scenarios of both grids)."""
    numeraire, rows = pool.assets[NUMERAIRE], []
    for slot, asset in enumerate(pool.assets):
        if asset.is_unused:
            continue
        volatility_bps = publication.market.volatilities[slot]
        cells = [
            _cut(amounts.show_price(publication.prices[slot], asset, numeraire)),
            f"{amounts.number(volatility_bps, 2)} %" if volatility_bps else "",
        ]
        for grid in (publication.initial, publication.maintenance):
            column = [row[slot] for row in grid.values]
            cells += [_cut(amounts.show_price(value, asset, numeraire)) for value in (min(column), max(column))]
        rows.append((asset.symbol, *cells))
    return rows


def sentences(pool: Pool, publication: Publication) -> list[str]:
    """The coverage, the indices of loan and perpetuals, and the rates of claims that have expired."""
    lines = [COVERED[publication.coverage]]
    for slot, asset in enumerate(pool.assets):
        index, rate = publication.market.indices[slot], publication.market.rates[slot]
        if rate is not None:
            loan = next(each for each in pool.assets if each.kind == "loan")
            lines.append(
                f"{asset.symbol} has expired: one of it converts into "
                f"{amounts.show(rate * 10**asset.decimals, loan)} from now on."
            )
        elif asset.kind in ("loan", "perpetual"):
            name = "Interest" if asset.kind == "loan" else "Funding"
            lines.append(f"{name} index of {asset.symbol}: {amounts.number(index, len(str(market.ONE)) - 1)}.")
    return lines


def document(pool: Pool, publication: Publication) -> dict[str, Any]:
    """A publication as JSON values: prices in the unit of settlement.risk, volatilities in bps, indices in 10^-12.

    Each has an entry for every asset that is not unused; the grids have all sixteen slots.
    """
    used = [(slot, asset.symbol) for slot, asset in enumerate(pool.assets) if not asset.is_unused]
    found = publication.market
    return {
        "epoch": publication.epoch,
        "time_ms": found.time_ms,
        "coverage": publication.coverage.value,
        "prices": {symbol: str(found.prices[slot]) for slot, symbol in used},
        "volatilities_bps": {symbol: found.volatilities[slot] for slot, symbol in used if found.volatilities[slot]},
        "indices": {
            symbol: str(found.indices[slot]) for slot, symbol in used if pool.assets[slot].kind in ("loan", "perpetual")
        },
        "rates": {symbol: str(publication.rates[slot]) for slot, symbol in used if slot in publication.rates},
        "grids": {
            name: {"values": [[str(value) for value in row] for row in grid.values]}
            for name, grid in (("initial", publication.initial), ("maintenance", publication.maintenance))
        },
    }


def _cut(text: str) -> str:
    """The number with at most six decimals, rounded down; an option's has ten and more."""
    whole, point, fraction = text.partition(".")
    return f"{whole}{point}{fraction[:DECIMALS]}".rstrip("0").rstrip(".") if point else text


def _from_file(path: Path) -> dict[str, str]:
    """{symbol: price} of a JSON file."""
    prices = strictjson.loads(paths.read_bytes(path), str(path), paths.MAX_BYTES)
    if not isinstance(prices, dict) or not all(isinstance(price, str) for price in prices.values()):
        raise FormatError(f'{path} must be an object with a price as a string for each asset: {{"ETH": "3050"}}')
    return prices
