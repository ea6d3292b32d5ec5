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
from prover.proofs.keystore import Keystore
from prover.trader import address, plan, session, wallet, walletfile
from prover.trader.session import Desk
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
def sit(home: Home, ledger: Ledger, keystore: Keystore, name: str) -> Iterator[Desk]:
    """A desk with a new wallet under the story's passphrase."""
    with walletfile.create(home.wallet(name), PASSPHRASE, wallet.new()) as file:
        yield Desk(ledger, file, keystore)


def receiving_address(at: Desk) -> address.Address:
    """Where the wallet at this desk is paid, and what an order's terms are sealed to."""
    return address.of(at.wallet.seed, 0)


def scenarios(pool: Pool, grid: records.RiskGrid, balances: plan.Changes) -> list[Scenario]:
    """The sixteen scenarios of an initial grid, and what a portfolio is worth in each."""
    factors = [pool.assets[index] for index in risk.factors(pool)]
    ranges = [risk.range_bps(risk.INITIAL, factor.risk.volatility_bps) for factor in factors]

    def moves(number: int) -> dict[str, int]:
        pairs = enumerate(zip(factors, ranges, strict=True))
        return {factor.symbol: risk.sign(number, 1 << bit) * range_bps for bit, (factor, range_bps) in pairs}

    return [Scenario(number, moves(number), value) for number, value in enumerate(risk.scenario_values(balances, grid))]


def conservation(ledger: Ledger, desks_: Mapping[str, Desk]) -> list[Conserved]:
    """What came in, what is held, and what the wallets have, asset by asset, after syncing them."""
    for at in desks_.values():
        session.sync(at)
    flows = [settled.flow for settled in ledger.flows()]
    reserves = ledger.reserves()
    return [
        Conserved(
            symbol=asset.symbol,
            flows=sum(flow.amount for flow in flows if flow.asset == index),
            reserve=sum(amount for (_, of), amount in reserves.items() if of == index),
            wallets=tuple(at.wallet.balances[index] for at in desks_.values()),
        )
        for index, asset in enumerate(ledger.pool.assets)
    ]


def key_bytes(keystore: Keystore, name: str) -> int:
    """The size of a statement's proving key and witness program on disk."""
    return sum(path.stat().st_size for path in keystore.folder(name).iterdir())


def ledger_bytes(home: Home) -> int:
    """The size of the ledger's database on disk, its write-ahead log included."""
    return sum(path.stat().st_size for path in home.path.glob(f"{home.ledger.name}*"))
