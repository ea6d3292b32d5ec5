"""Runs `zksettle desk run` and `desk stop`."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from prover import desk as desks
from prover.cli.frame import failure, passphrase, watching
from prover.cli.frame.command import App
from prover.cli.frame.screen import tell
from prover.cli.trader import desk_show_run, rfq_run
from prover.dealer import config as configs
from prover.dealer import daemon, farming, killing
from prover.dealer import status as statuses
from prover.dealer.config import Config
from prover.dealer.daemon import Loop
from prover.dealer.dealer import Dealer, Settings
from prover.dealer.journal import Journal
from prover.dealer.limits.exposures import Exposures
from prover.dealer.standing import Quotes
from prover.dealer.status import Status
from prover.desk import Desk
from prover.machine import clock, stopping
from prover.network.mirrors.joined import JoinedLedger
from prover.trader import contacts, readers, readiness, sessions
from prover.trader.addresses import Address
from prover.trader.moving import Moved
from prover.trader.sessions import Session
from prover.upkeep import warmup


def run(
    app: App, config: Path, wallet_name: str, passphrase_file: Path | None, mailboxes: tuple[str, ...]
) -> None:  # fmt: skip
    """Runs a desk until a signal ends it."""
    home, wallet = app.home, app.home.wallet(wallet_name)
    with sessions.open_ledger(home) as ledger:  # what is wrong is said before anybody is asked for a passphrase
        first = configs.read(config, ledger.pool)
        first.sources.close()
    sessions.check_wallet(home, wallet_name)
    secret = passphrase.ask(passphrase_file, wallet_name)
    with ExitStack() as stack:
        stack.enter_context(statuses.running(wallet))
        begun = statuses.begin(
            wallet, config.absolute(), (first.journal or default_journal(wallet)).absolute(), clock.now_ms()
        )  # fmt: skip
        desk = stack.enter_context(_opened(app, wallet_name, secret))
        if isinstance(desk.session.ledger, JoinedLedger):
            desk.session.ledger.run_on()
        readiness.rehearse(desk.session.keystore)  # so that the first quote does not wait for kernels and keys
        found = configs.read(config, desk.pool)
        stack.enter_context(closing(found.sources))
        named = rfq_run.named_carriers(app, mailboxes)
        post = stack.enter_context(rfq_run.using(desk, named))
        journal = Journal(Path(begun.journal), lambda line: tell(desk_show_run.text(line)))
        stack.enter_context(closing(journal))
        if found.queue is not None:
            told = partial(_note, journal)
            stack.enter_context(farming.proving(found.queue, home, desk.session.keystore, told))
        dealer = Dealer(
            desk.session, post, journal, found.strategies, found.sources,
            exposures(desk.session, found), settings(desk.session, found),
        )  # fmt: skip
        loop = Loop(
            dealer, post.inbox, desk.pool, wallet, begun, clock.now_ms,
            lambda: readiness.prepare(desk.session, clock.now_ms()),
        )  # fmt: skip
        daemon.begun(journal, begun)
        with stopping.by_signals(loop.stop):
            _say_that_it_runs(app, desk, found, begun, can_be_asked=bool(named))
            try:
                loop.run()
            finally:
                daemon.ended(journal, loop, clock.now_ms())
    left = len(loop.status.quotes)
    stay = f"{_count(left, 'quote')} of it may be taken until they expire" if left else "nothing of it is on the board"
    app.screen.say(f"The desk of wallet {wallet_name} has ended; {stay}.")


def _note(journal: Journal, sentence: str) -> None:
    """Notes what was told of the queue that proves for the desk."""
    journal.write(clock.now_ms(), "queue", sentence)


def settings(session: Session, found: Config) -> Settings:
    """How a desk quotes that this file describes.  Readers may be contacts."""

    def resolve(texts: Sequence[str]) -> tuple[Address, ...]:
        if readers.EVERYBODY in texts:
            return readers.addresses_of(texts)
        kept = contacts.read(session.file.path, session.wallet.view)
        return tuple(contacts.resolve(kept, text) for text in texts)

    return Settings(found.answers, found.firm_ms, found.known, resolve, found.reserve, found.makers)


def exposures(session: Session, found: Config) -> Exposures:
    """What stands open of the desk that this file describes, and its limits; its reserve is left out."""
    keep_off = frozenset[int]() if found.reserve is None else found.reserve.addresses
    return Exposures(session, found.limits, clock.now_ms, keep_off)


def default_journal(wallet: Path) -> Path:
    """The journal of a wallet's desk whose file names none."""
    return wallet.with_suffix(".journal")


@contextmanager
def _opened(app: App, wallet_name: str, secret: str) -> Iterator[Desk]:
    """Opens the wallet.  Progress is shown until it is open."""
    with watching.show_progress(app):
        warmup.compile_kernels()
        opened = desks.open(app.home, wallet_name, secret)
    with opened:
        yield opened


def _say_that_it_runs(app: App, desk: Desk, found: Config, begun: Status, *, can_be_asked: bool) -> None:
    """Says so, on standard output, once; whatever happens later is in the journal."""
    app.screen.say(f"The desk of wallet {desk.name} runs. Ctrl-C ends it.")
    app.screen.fields([
        ("strategies", ", ".join(name for name, _ in found.strategies)), ("address", desk.address),
        ("journal", begun.journal),
        *([] if can_be_asked else [("requests", "cannot arrive: this home has no carrier (`zksettle carrier add`)")]),
    ])  # fmt: skip
    app.screen.document({
        "running": True, "wallet": desk.name, "address": desk.address, "journal": begun.journal,
        "strategies": [name for name, _ in found.strategies], "can_be_asked": can_be_asked,
    })  # fmt: skip
    sys.stdout.flush()


def stop(app: App, cancels_all: bool, patience: int, wallet_name: str, passphrase_file: Path | None) -> None:
    """Stops the desk of a wallet, and moves every account."""
    home, wallet = app.home, app.home.wallet(wallet_name)
    sessions.check_wallet(home, wallet_name)
    secret = passphrase.ask(passphrase_file, wallet_name) if cancels_all else ""
    did_run = statuses.end(wallet, patience, kills=cancels_all)
    app.screen.say(f"The desk of wallet {wallet_name} {'has ended' if did_run else 'does not run'}.")
    if not cancels_all:
        app.screen.document({"did_run": did_run})
        return
    last = statuses.read(wallet)
    path = default_journal(wallet) if last is None else Path(last.journal)
    with statuses.running(wallet), _opened(app, wallet_name, secret) as desk, closing(Journal(path)) as journal:
        quotes = Quotes(desk.session, journal)
        moved = killing.cancel_all(desk.session, quotes, journal, clock.now_ms())
        if last is not None:
            statuses.write(wallet, replace(last, ended_ms=last.ended_ms or clock.now_ms(), quotes=daemon.shown(
                quotes.standing.values(), desk.pool
            )))  # fmt: skip
    _report(app, did_run, moved)


def _report(app: App, did_run: bool, moved: Moved) -> None:
    heights = [settlement.receipt.height for settlement in moved.settlements]
    app.screen.document({
        "did_run": did_run, "moved": len(moved.positions), "heights": heights,
        "failed": [{"position": position, "why": why} for position, why in moved.failed],
    })  # fmt: skip
    if moved.positions:
        where = f"in {_count(len(heights), 'bundle')}, at height {', '.join(map(str, heights))}"
        moved_accounts = _count(len(moved.positions), "account")
        app.screen.say(f"{moved_accounts} moved {where}: what they had offered is void.", "good")
    elif not moved.failed:
        app.screen.say("The wallet has no account: there is nothing to void.")
    for position, why in moved.failed:
        app.screen.say(f"The account at position {position} did not move, and what it offered stands: {why}", "bad")
    if moved.failed:
        click.get_current_context().exit(failure.REFUSED)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
