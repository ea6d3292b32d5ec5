"""Runs `zksettle desk check`: what a desk would do now, on a copy of the wallet, so that nothing changes."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from math import ceil, floor
from pathlib import Path

from prover.cli.frame import passphrase, watching, workspace
from prover.cli.frame.command import App
from prover.cli.trader import desk_run
from prover.dealer import config as configs
from prover.dealer import outlook
from prover.dealer.config import Config
from prover.dealer.outlook import Outlook
from prover.dealer.strategies.strategy import Wish
from prover.machine import clock
from prover.proofs import keystores
from prover.trader import sessions, walletfile
from prover.trader.sessions import Session
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Pool

LEFT_OUT = (".lock", ".journal", ".desk")
"""The endings of files beside a wallet that a desk does not read."""


def check(app: App, config: Path, wallet_name: str, passphrase_file: Path | None) -> None:
    """Shows what a desk would do."""
    with workspace.ledger(app) as ledger:
        configs.read(config, ledger.pool).sources.close()  # what is wrong is said before anybody is asked
        sessions.check_wallet(app.home, wallet_name)
        secret = passphrase.ask(passphrase_file, wallet_name)
        with _copied(app, ledger, wallet_name, secret) as session:
            found = configs.read(config, ledger.pool)
            with closing(found.sources):
                _show(app, session, found)


@contextmanager
def _copied(app: App, ledger: Ledger, wallet_name: str, secret: str) -> Iterator[Session]:
    """A session of a copy of the wallet and of what lies beside it, as of now."""
    wallet = app.home.wallet(wallet_name)
    with tempfile.TemporaryDirectory(prefix="zksettle-check-") as folder:
        for path in wallet.parent.glob(f"{wallet_name}.*"):
            if path.is_file() and not path.name.endswith(LEFT_OUT):
                shutil.copyfile(path, Path(folder) / path.name)
        with walletfile.open(Path(folder) / wallet.name, secret) as file:
            session = Session(ledger, file, keystores.of_pool(app.home.keys, clock.now_ms(), ledger.pool))
            with watching.show_progress(app):
                sessions.sync(session)
            yield session


def _show(app: App, session: Session, found: Config) -> None:
    resolve = desk_run.settings(session, found).resolve
    seen = outlook.look(session, found, desk_run.exposures(session, found), resolve, clock.now_ms())
    _say(app, session, seen)
    pool = session.ledger.pool
    app.screen.document({
        "prices": _prices(seen, session),
        "problems": list(seen.reading.problems),
        "inventory": amounts.show_all(seen.inventory.balances, pool),
        "quotes": [
            {"strategy": each.name[0], "quote": each.name[1], "sells": sold, "buys": bought, "lots": each.wanted.lots,
             "readers": list(each.wanted.readers), "what": each.what, "why": each.wanted.why, "refused": each.refusal}
            for each in seen.planned
            for sold, bought in [amounts.show_trade(each.wanted.changes, pool)]
        ],
        "ended": [{"strategy": stood.strategy, "quote": stood.name} for stood in seen.ended],
        "wishes": [
            {"strategy": each.name[0], "wish": each.name[1], "wants": wanted, "at_worst": limit,
             "why": each.wish.why, "refused": each.refusal}
            for each in seen.wished
            for wanted, limit in [_wanted(each.wish, pool)]
        ],
        "top_ups": [
            {"position": each.position, "from_position": each.from_position, "amount": _money(each.amount, pool),
             "why": each.why}
            for each in seen.top_ups
        ],
    })  # fmt: skip


def _say(app: App, session: Session, seen: Outlook) -> None:
    pool, screen = session.ledger.pool, app.screen
    screen.say("Nothing was changed. A desk would do this now:", "title")
    screen.fields([
        ("prices", ", ".join(f"{symbol} {price}" for symbol, price in _prices(seen, session).items()) or "none"),
        ("trades with", ", ".join(amounts.show_all(seen.inventory.balances, pool)) or "nothing"),
    ])  # fmt: skip
    for problem in seen.reading.problems:
        screen.say(problem, "warn")
    orders = [
        (*each.name, *amounts.show_trade(each.wanted.changes, pool), each.what, _why(each.wanted.why, each.refusal))
        for each in seen.planned
    ] + [
        (stood.strategy, stood.name, *amounts.show_trade(stood.changes, pool), "end it", "no strategy wants it")
        for stood in seen.ended
    ]
    wishes = [(*each.name, *_wanted(each.wish, pool), _why(each.wish.why, each.refusal)) for each in seen.wished]
    top_ups = [
        (str(each.position), str(each.from_position), _money(each.amount, pool), each.why) for each in seen.top_ups
    ]
    if not orders:
        screen.say("No strategy wants anything on the board.")
    tables: list[tuple[Sequence[str], Sequence[Sequence[str]]]] = [
        (("strategy", "quote", "sells", "buys", "what", "why"), orders),
        (("strategy", "wish", "takes", "at worst", "why"), wishes),
        (("top up position", "from position", "by", "why"), top_ups),
    ]
    for heads, rows in tables:
        if rows:
            screen.gap()
            screen.table(heads, rows)


def _why(why: str, refusal: str | None) -> str:
    return why if refusal is None else f"refused: {refusal}"


def _wanted(wish: Wish, pool: Pool) -> tuple[str, str]:
    """What is to be bought or sold, and the worst price of a whole one, rounded as a taker's limit is."""
    asset, unit = pool.assets[wish.asset], pool.assets[wish.unit]
    whole = wish.limit * 10**asset.decimals
    limit = amounts.show(floor(whole) if wish.amount > 0 else ceil(whole), unit)
    return f"{'buys' if wish.amount > 0 else 'sells'} {amounts.show(abs(wish.amount), asset)}", limit


def _money(amount: int, pool: Pool) -> str:
    return amounts.show(amount, pool.assets[amounts.NUMERAIRE])


def _prices(seen: Outlook, session: Session) -> dict[str, str]:
    """The prices, each of a whole one in the numeraire."""
    market, found = seen.reading.market, {}
    for slot, asset in enumerate(session.ledger.pool.assets):
        price = market.price(slot, amounts.NUMERAIRE)
        if price is not None and not asset.is_unused and slot != amounts.NUMERAIRE:
            unit = session.ledger.pool.assets[amounts.NUMERAIRE]
            found[asset.symbol] = amounts.show(int(price * 10**asset.decimals), unit)
    return found

