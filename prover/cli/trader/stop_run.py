"""Runs `zksettle order stop …`, also while a desk has the wallet open."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from prover.cli.frame import passphrase, workspace
from prover.cli.frame.command import App, Done
from prover.machine import clock
from prover.stops import firing, stopfile, stops
from prover.stops.stops import Stop
from prover.trader import addresses, contacts, durations, keys, readers, sessions, walletfile
from prover.trader.sealing import EVERYBODY_ADDRESS
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool, asset_index
from zk.errors import FormatError


def add(
    app: App, watched: str, above: str | None, below: str | None, sell: str | None, buy: str | None, unit: str,
    limit: str, minimum: str | None, readers: tuple[str, ...], expires: str, until: str | None, may_owe: bool,
    wallet_name: str, passphrase_file: Path | None,
) -> None:  # fmt: skip
    """Adds a stop."""
    if (above is None) == (below is None) or (sell is None) == (buy is None):
        raise click.UsageError("say --above or --below a price, and what to --sell or to --buy")
    with _open(app, wallet_name, passphrase_file) as (path, view, ledger):
        pool, now_ms, prices = ledger.pool, clock.now_ms(), firing.newest(ledger)
        slot, other = asset_index(pool, watched), asset_index(pool, unit)
        trigger = amounts.parse_price(above or below or "", pool.assets[slot], pool.assets[amounts.NUMERAIRE])
        asset, amount = amounts.parse(sell or buy or "", pool)
        least = 0 if minimum is None else _of(pool, asset, minimum)
        price = amounts.parse_ratio(limit, pool.assets[asset], pool.assets[other])
        made = Stop(
            stopfile.new_id(), slot, above is not None, trigger, sell is not None, asset, amount, least, other,
            price.numerator, price.denominator, _readers(path, view, readers), durations.parse_ms(expires), may_owe,
            now_ms, _until(until, now_ms), prices.epoch if prices else 0,
        )  # fmt: skip
        stops.check(made, prices, pool, now_ms)
        stopfile.change(path, view, lambda kept: [*kept, made])
        document = _json(made, pool)
        app.done = Done(f"stop {made.stop_id} is set", document, "")
        app.screen.say(f"Stop {made.stop_id} is set: {_text(made, pool)}.", "good")
        app.screen.say(f"It acts only while `zksettle desk run` runs with wallet {wallet_name}.", "warn")
        app.screen.document(document)


def show(app: App, wallet_name: str, passphrase_file: Path | None) -> None:
    """Lists the stops of a wallet."""
    with _open(app, wallet_name, passphrase_file) as (path, view, ledger):
        kept, pool = stopfile.read(path, view), ledger.pool
        if kept:
            app.screen.table(("stop", "it will", "state", "until", "what became of it"), [
                (stop.stop_id, _text(stop, pool), stop.state, clock.text(stop.until_ms) if stop.until_ms else "",
                 stop.made[:16] or stop.why)
                for stop in kept
            ])  # fmt: skip
        else:
            app.screen.say(f"Wallet {wallet_name} has no stops.")
        app.screen.document({"wallet": wallet_name, "stops": [_json(stop, pool) for stop in kept]})


def remove(app: App, stop_id: str, wallet_name: str, passphrase_file: Path | None) -> None:
    """Removes a stop."""
    with _open(app, wallet_name, passphrase_file) as (path, view, ledger):
        gone: list[Stop] = []

        def without(kept: tuple[Stop, ...]) -> list[Stop]:
            gone.append(stopfile.find(kept, stop_id))
            return [stop for stop in kept if stop != gone[0]]

        stopfile.change(path, view, without)
        document = _json(gone[0], ledger.pool)
        app.done = Done(f"stop {gone[0].stop_id} is removed", document, "")
        app.screen.say(f"Stop {gone[0].stop_id} is removed.", "good")
        if gone[0].state == stops.TRIGGERED:
            app.screen.say("It was triggered: what a desk is doing at this moment is not undone.", "warn")
        app.screen.document(document)


@contextmanager
def _open(app: App, wallet_name: str, passphrase_file: Path | None) -> Iterator[tuple[Path, keys.View, Ledger]]:
    """The wallet's file and its view, without its lock, which a desk that runs has; and the ledger as it is here."""
    home = app.home
    home.check_pool()
    sessions.check_wallet(home, wallet_name)
    path = home.wallet(wallet_name)
    view = walletfile.view(path, passphrase.ask(passphrase_file, wallet_name))
    with workspace.ledger(app, read_only=True) as ledger:
        yield path, view, ledger


def _readers(path: Path, view: keys.View, texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts:
        return ()
    kept = contacts.read(path, view)
    named = readers.addresses_of(texts, lambda text: contacts.resolve(kept, text))
    return (readers.EVERYBODY,) if named == (EVERYBODY_ADDRESS,) else tuple(map(addresses.encode, named))


def _until(text: str | None, now_ms: int) -> int:
    if text is None:
        return 0
    return now_ms + durations.parse_ms(text) if text[-1:].isalpha() else clock.parse(text)


def _of(pool: Pool, asset: int, text: str) -> int:
    found, amount = amounts.parse(text, pool)
    if found != asset:
        raise FormatError(f"the minimum must be an amount of {pool.assets[asset].symbol}, as the amount is")
    return amount


def _text(stop: Stop, pool: Pool) -> str:
    watched, numeraire = pool.assets[stop.watched], pool.assets[amounts.NUMERAIRE]
    trigger = amounts.show_price(stop.trigger, watched, numeraire)
    sold, bought = stops.sides(stop)
    sells, buys = (", ".join(amounts.show(each, pool.assets[slot]) for slot, each in side.items())
                   for side in (sold, bought))  # fmt: skip
    what = f"sell {sells} for {buys} or more" if stop.sells else f"buy {buys} for {sells} or less"
    how = "place an order to" if stop.readers else "take from the board to"
    return f"{watched.symbol} {'≥' if stop.is_above else '≤'} {trigger}: {how} {what}"


def _json(stop: Stop, pool: Pool) -> dict[str, Any]:
    return {"stop": stop.stop_id, "state": stop.state, **firing.describe(stop, pool), "limit": [
        str(stop.price_numerator), str(stop.price_denominator)
    ], "minimum": str(stop.minimum), "may_owe": stop.may_owe, "made_ms": stop.made_ms}  # fmt: skip
