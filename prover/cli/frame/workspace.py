"""Opening what commands work at: the ledger, and a desk with a wallet at it.  The one place that reads the clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prover.cli.frame import passphrase, watching
from prover.cli.frame.command import Session
from zk.errors import FormatError

if TYPE_CHECKING:
    from prover.trader.session import Desk
    from settlement.ledger import Ledger


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@contextmanager
def ledger(session: Session) -> Iterator["Ledger"]:
    """The ledger of the home.  Raises FormatError, with the way out, when there is none."""
    from settlement.ledger import Ledger

    home = session.home
    if not home.ledger.exists():
        raise FormatError(f"there is no ledger in {home.path}: make one with `zksettle pool new`")
    with Ledger.open(home.ledger) as opened:
        yield opened


@contextmanager
def desk(session: Session, wallet_name: str, passphrase_file: Path | None, *, proves: bool = False) -> Iterator["Desk"]:
    """A desk at the home's ledger, with progress shown while it is in use; with the kernels it takes to prove there."""
    from prover.trader import session as desks
    from prover.upkeep import warmup

    with ledger(session) as opened:
        path = session.home.wallet(wallet_name)
        if not path.exists():
            raise FormatError(
                f"there is no wallet named {wallet_name}: make one with `zksettle wallet new {wallet_name}`"
            )
        secret = passphrase.ask(passphrase_file, wallet_name)
        with watching.show_progress(session):
            if proves:
                warmup.compile_kernels()
            with desks.sit(session.home, opened, wallet_name, secret, now_ms()) as sat:
                yield sat
