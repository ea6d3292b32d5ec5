"""Opens what commands work on: the ledger, and a session of a wallet at it.  The one place that reads the clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prover.cli.frame import passphrase, watching
from prover.cli.frame.command import App
from zk.errors import FormatError

if TYPE_CHECKING:
    from prover.trader.sessions import Session
    from settlement.ledger import Ledger


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@contextmanager
def ledger(app: App) -> Iterator["Ledger"]:
    """The ledger of the home.  Raises FormatError, with the way out, when there is none."""
    from settlement.ledger import Ledger

    home = app.home
    if not home.ledger.exists():
        raise FormatError(f"there is no ledger in {home.path}: make one with `zksettle pool new`")
    with Ledger.open(home.ledger) as opened:
        yield opened


@contextmanager
def session(app: App, wallet_name: str, passphrase_file: Path | None, *, proves: bool = False) -> Iterator["Session"]:
    """Opens a wallet at the home's ledger and shows progress; with `proves` it compiles the proving kernels first."""
    from prover.trader import sessions
    from prover.upkeep import warmup

    with ledger(app) as opened:
        path = app.home.wallet(wallet_name)
        if not path.exists():
            raise FormatError(
                f"there is no wallet named {wallet_name}: make one with `zksettle wallet new {wallet_name}`"
            )
        secret = passphrase.ask(passphrase_file, wallet_name)
        with watching.show_progress(app):
            if proves:
                warmup.compile_kernels()
            with sessions.open(app.home, opened, wallet_name, secret, now_ms()) as opened_session:
                yield opened_session
