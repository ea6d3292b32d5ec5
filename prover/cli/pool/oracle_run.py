"""Runs `zksettle oracle quote` and `publish`."""

from pathlib import Path
from typing import Any

import click

from prover.cli.frame import pairs, paths, workspace
from prover.cli.frame.command import App
from prover.machine import clock, files
from prover.operator import founderkeys, oracles
from prover.operator.ownkey import ORACLE
from prover.trader import silence
from settlement import amounts, engine
from settlement.ledger import Ledger
from settlement.pool.assets import NUMERAIRE
from settlement.pool.pool import Pool
from settlement.risk import market, quotes
from settlement.risk.grids import Coverage, Publication
from settlement.risk.market import Observation
from settlement.risk.quotes import Quote
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


def quote(
    app: App, file: Path, prices: tuple[str, ...], volatilities: tuple[str, ...], prices_file: Path | None
) -> None:
    """Signs prices with the keys that are here, and writes the quotes."""
    paths.check_folder(file)
    with workspace.ledger(app, read_only=True) as ledger:
        now_ms = clock.now_ms()
        secrets = _secrets(app, ledger, now_ms)
        observed = _observed(ledger, prices, volatilities, prices_file, now_ms)
        signed = oracles.signed(ledger, secrets.values(), observed, now_ms)
        files.replace(file, quotes.encode(signed), files.PUBLIC_FILE)
        pool, numeraire, epoch = ledger.pool, ledger.pool.assets[NUMERAIRE], signed[0].epoch
        who = ", ".join(str(index + 1) for index in secrets)
        app.screen.say(f"Quotes of oracle {who} for epoch {epoch} are in {file}: publish them within a minute.")
        first = [each for each in signed if each.oracle == signed[0].oracle]
        app.screen.table(("asset", ">price", ">volatility"), [
            (
                pool.assets[each.asset].symbol,
                _cut(amounts.show_price(each.price, pool.assets[each.asset], numeraire)) if each.price else "",
                f"{amounts.number(each.volatility_bps, 2)} %" if each.volatility_bps else "",
            )
            for each in first
        ])  # fmt: skip
        app.screen.document({
            "file": str(file), "epoch": epoch, "time_ms": signed[0].time_ms,
            "oracles": [index + 1 for index in secrets],
            "prices": {pool.assets[each.asset].symbol: str(each.price) for each in first},
        })  # fmt: skip


def publish(
    app: App, prices: tuple[str, ...], volatilities: tuple[str, ...], prices_file: Path | None,
    quote_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Publishes prices and shows the grids."""
    if quote_files and (prices or volatilities or prices_file):
        raise click.UsageError("the prices are in the quotes: leave --price, --prices and --volatility out")
    with workspace.ledger(app) as ledger:
        now_ms, pool = clock.now_ms(), ledger.pool
        if quote_files:
            signed = oracles.together(_quotes(path) for path in quote_files)
            publication = engine.publish(ledger, signed, now_ms).publication
            signers = len({each.oracle for each in signed})
        else:
            secrets = _secrets(app, ledger, now_ms)
            observed = _observed(ledger, prices, volatilities, prices_file, now_ms)
            publication, signers = oracles.publish(ledger, secrets.values(), observed, now_ms), len(secrets)
        what = f"quotes of {len(market.quoted(pool, publication.rates))} assets"
        who = "1 oracle" if signers == 1 else f"{signers} oracles"
        app.screen.say(f"Epoch {publication.epoch} is published: {who} signed {what}.")
        app.screen.table(COLUMNS, price_rows(pool, publication))
        for sentence in sentences(pool, publication):
            app.screen.paragraph(sentence)
        if told := silence.sentence(ledger, now_ms):
            app.screen.paragraph(told, "warn")
        app.screen.document({**document(pool, publication), "insurance": silence.document(ledger, now_ms)})


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
        if slot in publication.market.suspended:
            lines.append(
                f"{asset.symbol} is suspended, because it has no price, or too high a one. Until it has one, who owes"
                " it can only add to the account or be seized, and who holds it cannot borrow against it."
            )
        index, rate = publication.market.indices[slot], publication.market.rates[slot]
        if rate is not None and not asset.is_unused:
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
    """A publication as JSON values: prices in the unit of settlement.risk.risk, volatilities in bps, indices in 10^-12.

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
        "suspended": [symbol for slot, symbol in used if slot in found.suspended],
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


def _secrets(app: App, ledger: Ledger, now_ms: int) -> dict[int, int]:
    return founderkeys.here(app.home, ORACLE, ledger.parameters(now_ms).oracle_keys)


def _observed(
    ledger: Ledger, prices: tuple[str, ...], volatilities: tuple[str, ...], prices_file: Path | None, now_ms: int
) -> Observation:
    """What the options say of prices and volatilities, and what was published of the others."""
    pool = ledger.pool
    new_prices = oracles.parse_prices(_from_file(prices_file), pool) if prices_file else {}
    new_prices |= oracles.parse_prices(pairs.parse(prices, "ASSET=PRICE, such as ETH=3050.25"), pool)
    new_volatilities = oracles.parse_volatilities(
        pairs.parse(volatilities, "ASSET=PERCENT, such as ETH=3.5%"), ledger, now_ms
    )
    return oracles.observation(ledger, new_prices, new_volatilities)


def _quotes(path: Path) -> tuple[Quote, ...]:
    """The quotes in a file.  Raises FormatError, naming the file."""
    try:
        return quotes.decode(paths.read_bytes(path, quotes.MAX_EVIDENCE_BYTES))
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None


def _from_file(path: Path) -> dict[str, str]:
    """{symbol: price} of a JSON file."""
    prices = strictjson.loads(paths.read_bytes(path), str(path), paths.MAX_BYTES)
    if not isinstance(prices, dict) or not all(isinstance(price, str) for price in prices.values()):
        raise FormatError(f'{path} must be an object with a price as a string for each asset: {{"ETH": "3050"}}')
    return prices
