"""Opens the home's ledger, and a wallet with it, for commands."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prover import desk
from prover.carriers import carrying
from prover.cli.frame import passphrase, watching
from prover.cli.frame.command import App
from prover.dealer import status as statuses
from prover.machine import files
from prover.trader import sessions
from prover.upkeep import warmup
from settlement.ledger import Ledger


@contextmanager
def ledger(app: App, *, read_only: bool = False) -> Iterator[Ledger]:
    """Opens the home's ledger, and says when it is a copy that is not up to date.  Raises as sessions.open_ledger."""
    with sessions.open_ledger(app.home, read_only=read_only) as opened:
        if opened.stale is not None:
            height = opened.reader.last_event().height
            app.screen.say(f"{opened.stale}: this is the copy here, which ends at height {height}.", "warn")
        if read_only:
            yield opened
            return
        with carrying.attached(app.home, opened):
            yield opened


@contextmanager
def open_desk(
    app: App, wallet_name: str, passphrase_file: Path | None, *, proves: bool = False,
    accept_older_ledger: bool = False, on_done: Callable[[desk.Settlement | desk.Placed], None] | None = None,
) -> Iterator[desk.Desk]:  # fmt: skip
    """Opens a wallet with the home's ledger and shows progress; with `proves`, compiles the proving kernels first.

    `on_done` is as for `desk.open`.
    """
    home = app.home
    if accept_older_ledger:
        home.check_pool()  # what the ledger lost is accepted when the passphrase has been seen to be right
    else:
        sessions.open_ledger(home).close()
    sessions.check_wallet(home, wallet_name)  # before anybody is asked for a passphrase
    secret = passphrase.ask(passphrase_file, wallet_name)
    with watching.show_progress(app):
        if proves:
            warmup.compile_kernels()
        try:
            opened = desk.open(home, wallet_name, secret, accept_older_ledger=accept_older_ledger, on_done=on_done)
        except files.Busy as busy:
            if not statuses.is_running(home.wallet(wallet_name)):
                raise
            raise files.Busy(f"{busy}, its desk: `zksettle desk status` shows it, and `desk stop` ends it") from None
        with opened:
            yield opened
