"""The story that `zksettle demo` tells: a pool, a leveraged maker, a taker, one settlement, four cheats.

Everything is done by the functions that the commands call, with real proofs and a real database.  What is here is the
stage, a home of its own; who is in the story and what they trade; and what is worked out only to be told.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from circuits import records
from prover.machine import files
from prover.machine.home import Home
from prover.proofs.keystores import Keystore
from prover.trader import addresses, plan, sessions, walletfile, wallets
from prover.trader.sessions import Session
from settlement import risk
from settlement.ledger import Ledger
from settlement.pool import Pool

HOUR_MS = 3_600_000
PASSPHRASE = "zksettle demo"

DEPOSITS = (("maker", "8,000 USDC"), ("maker", "1 XAU"), ("taker", "10 ETH"))
SELL, BUY = "24,000 USDC", "8 ETH"
TOO_MUCH_SELL, TOO_MUCH_BUY = "120,000 USDC", "40 ETH"
WITHDRAWN = "1,000 USDC"


@dataclass(frozen=True)
class Scenario:
    """One scenario: how far each factor moves, in bps, and a portfolio's value in it, as risk.equity counts."""

    number: int
    moves_bps: Mapping[str, int]
    value: int


@dataclass(frozen=True)
class Conserved:
    """One asset: what was paid in less what was paid out, what the ledger says is held, and what each wallet has."""

    symbol: str
    flows: int
    reserve: int
    wallets: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was created or lost."""
        return self.flows == self.reserve == sum(self.wallets)


@contextmanager
def set_up(own: Home, kept: Path | None) -> Iterator[Home]:
    """A home for the story, gone afterwards unless `kept` names a folder for it; proving keys are the user's own.

    Raises FileExistsError when the folder is there already.
    """
    files.make_folder(own.keys)
    if kept is not None:
        if kept.exists():
            raise FileExistsError(f"{kept} is there already; the demo wants a new folder")
        files.make_folder(kept)
        os.symlink(own.keys, kept / "keys", target_is_directory=True)
        yield Home(kept.absolute())
        return
    with tempfile.TemporaryDirectory(prefix="zksettle-demo-") as folder:
        yield Home(Path(folder))


@contextmanager
def open_session(home: Home, ledger: Ledger, keystore: Keystore, name: str) -> Iterator[Session]:
    """A session of a new wallet under the story's passphrase."""
    with walletfile.create(home.wallet(name), PASSPHRASE, wallets.new()) as file:
        yield Session(ledger, file, keystore)


def receiving_address(session: Session) -> addresses.Address:
    """Where the wallet of this session is paid, and what an order's terms are sealed to."""
    return addresses.of(session.wallet.seed, 0)


def scenarios(pool: Pool, grid: records.RiskGrid, balances: plan.Changes) -> list[Scenario]:
    """The sixteen scenarios of an initial grid, and what a portfolio is worth in each."""
    factors = [pool.assets[index] for index in risk.factors(pool)]
    ranges = [risk.range_bps(risk.INITIAL, factor.risk.volatility_bps) for factor in factors]

    def moves(number: int) -> dict[str, int]:
        pairs = enumerate(zip(factors, ranges, strict=True))
        return {factor.symbol: risk.sign(number, 1 << bit) * range_bps for bit, (factor, range_bps) in pairs}

    return [Scenario(number, moves(number), value) for number, value in enumerate(risk.scenario_values(balances, grid))]


def conservation(ledger: Ledger, sessions_: Mapping[str, Session]) -> list[Conserved]:
    """What came in, what is held, and what the wallets have, asset by asset, after syncing them."""
    for session in sessions_.values():
        sessions.sync(session)
    flows = [settled.flow for settled in ledger.flows()]
    reserves = ledger.reserves()
    return [
        Conserved(
            symbol=asset.symbol,
            flows=sum(flow.amount for flow in flows if flow.asset == index),
            reserve=sum(amount for (_, of), amount in reserves.items() if of == index),
            wallets=tuple(session.wallet.balances[index] for session in sessions_.values()),
        )
        for index, asset in enumerate(ledger.pool.assets)
    ]


def key_bytes(keystore: Keystore, name: str) -> int:
    """The size of a statement's proving key and witness program on disk."""
    return sum(path.stat().st_size for path in keystore.folder(name).iterdir())


def ledger_bytes(home: Home) -> int:
    """The size of the ledger's database on disk, its write-ahead log included."""
    return sum(path.stat().st_size for path in home.path.glob(f"{home.ledger.name}*"))
