"""The stage of `zksettle demo`: a home of its own, the traders and their amounts, and figures to show.

The acts call the same functions as the commands, with real proofs and a real database.
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
from prover.operator import custodian
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
    """One scenario: the move of each factor in bps, and a portfolio's value in it, as risk.equity counts it."""

    number: int
    moves_bps: Mapping[str, int]
    value: int


@dataclass(frozen=True)
class Conservation:
    """One asset: deposits less withdrawals, the reserve according to the ledger, and the balance of each wallet."""

    symbol: str
    flows: int
    reserve: int
    wallets: tuple[int, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was created or lost."""
        return self.flows == self.reserve == sum(self.wallets)


@contextmanager
def set_up(own: Home, keep: Path | None) -> Iterator[Home]:
    """A home for the story, removed afterwards unless `kept` names a folder for it; it uses the user's proving keys.

    Raises FileExistsError when the folder is there already.
    """
    files.make_folder(own.keys)
    if keep is not None:
        if keep.exists():
            raise FileExistsError(f"{keep} is there already: the demo needs a new folder")
        files.make_folder(keep)
        os.symlink(own.keys, keep / "keys", target_is_directory=True)
        yield Home(keep.absolute())
        return
    with tempfile.TemporaryDirectory(prefix="zksettle-demo-") as folder:
        yield Home(Path(folder))


@contextmanager
def open_session(home: Home, ledger: Ledger, keystore: Keystore, name: str) -> Iterator[Session]:
    """A session of a new wallet under the story's passphrase."""
    with walletfile.create(home.wallet(name), PASSPHRASE, wallets.new()) as file:
        yield Session(ledger, file, keystore, custodian.read(home.custodian))


def receiving_address(session: Session) -> addresses.Address:
    """The address at which the session's wallet is paid, and to which terms are sealed."""
    return addresses.of(session.wallet.seed, 0)


def scenarios(pool: Pool, grid: records.RiskGrid, balances: plan.Changes) -> list[Scenario]:
    """The sixteen scenarios of an initial grid, and what a portfolio is worth in each."""
    factors = [pool.assets[index] for index in risk.factors(pool)]
    ranges = [risk.range_bps(risk.INITIAL, factor.risk.volatility_bps) for factor in factors]

    def moves(number: int) -> dict[str, int]:
        pairs = enumerate(zip(factors, ranges, strict=True))
        return {factor.symbol: risk.sign(number, 1 << bit) * range_bps for bit, (factor, range_bps) in pairs}

    return [Scenario(number, moves(number), value) for number, value in enumerate(risk.scenario_values(balances, grid))]


def conservation(ledger: Ledger, by_name: Mapping[str, Session]) -> list[Conservation]:
    """The conservation of every asset, after syncing the wallets."""
    for session in by_name.values():
        sessions.sync(session)
    flows = [row.flow for row in ledger.reader.flows()]
    reserves = ledger.reader.reserves()
    return [
        Conservation(
            symbol=asset.symbol,
            flows=sum(flow.amount for flow in flows if flow.asset == index),
            reserve=sum(amount for (_, of), amount in reserves.items() if of == index),
            wallets=tuple(session.wallet.balances[index] for session in by_name.values()),
        )
        for index, asset in enumerate(ledger.pool.assets)
    ]


def key_bytes(keystore: Keystore, name: str) -> int:
    """The size on disk of a statement's proving key and witness program."""
    return sum(path.stat().st_size for path in keystore.folder(name).iterdir())


def ledger_bytes(home: Home) -> int:
    """The size on disk of the ledger's database, including its write-ahead log."""
    return sum(path.stat().st_size for path in home.pool.path.glob(f"{home.ledger.name}*"))
