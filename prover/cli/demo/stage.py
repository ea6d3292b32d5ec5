"""The stage of `zksettle demo`: a home of its own, the traders and their amounts, and figures to show.

The acts call the same functions as the commands, with real proofs and a real database.
"""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prover.machine import files
from prover.machine.home import Home
from prover.operator import ownkey
from prover.proofs.keystores import Keystore
from prover.trader import addresses, plan, sessions, walletfile, wallets
from prover.trader.sessions import Session
from settlement.bundles.bundle import Account
from settlement.ledger import Ledger
from settlement.risk import risk

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
PASSPHRASE = "zksettle demo"

LASTS_DAYS = 92
"""The days from the beginning of the story to its end, which is the present: the option lives for ninety."""

DEPOSITS = (
    ("maker", "6,000 USDC"), ("maker", "1 XAU"), ("taker", "16 ETH"), ("taker", "1,000 USDC"), ("holder", "5,000 USDC"),
)  # fmt: skip
FOUNDER, INSURED = "founder", "10,000 USDC"
SELL, BUY = "42,000 dUSDC", "14 ETH-PERP"
TOO_MUCH_SELL, TOO_MUCH_BUY = "120,000 dUSDC", "40 ETH-PERP"
OPTION, PREMIUM = "1 ETH-PUT", "690 USDC"
WITHDRAWN = "500 USDC"
TOP_UP = "1,000 USDC"
FIRST_FALL, SECOND_FALL, AT_EXPIRY = "2700", "2400", "2500"


@dataclass(frozen=True)
class Scenario:
    """One scenario: the move of each factor in bps, and a portfolio's value in it, as risk.equity counts it."""

    number: int
    moves_bps: Mapping[str, int]
    value: int


@dataclass(frozen=True)
class Conservation:
    """One asset: deposits less withdrawals, the reserve according to the ledger, and who holds how much of it."""

    symbol: str
    flows: int
    reserve: int
    held: Mapping[str, int]

    @property
    def holds(self) -> bool:
        """Whether nothing was created or lost."""
        return self.flows == self.reserve == sum(self.held.values())


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
        yield _home(keep.absolute(), own)
        return
    with tempfile.TemporaryDirectory(prefix="zksettle-demo-") as folder:
        yield _home(Path(folder), own)


def _home(folder: Path, own: Home) -> Home:
    os.symlink(own.keys, folder / "keys", target_is_directory=True)
    return Home(folder)


@contextmanager
def open_session(home: Home, ledger: Ledger, keystore: Keystore, name: str) -> Iterator[Session]:
    """A session of a new wallet under the story's passphrase."""
    with walletfile.create(home.wallet(name), PASSPHRASE, wallets.new()) as file:
        yield Session(ledger, file, keystore, ownkey.read(home, ownkey.CUSTODIAN))


def receiving_address(session: Session) -> addresses.Address:
    """The address at which the session's wallet is paid, and to which terms are sealed."""
    return addresses.of(session.wallet.seed, 0)


def scenarios(ledger: Ledger, balances: plan.Changes, now_ms: int) -> list[Scenario]:
    """The scenarios of the newest initial grid, and what a portfolio is worth in each, the worst first."""
    pool, newest = ledger.pool, ledger.reader.grids(1)[0].publication
    moves = risk.factor_moves(pool, ledger.parameters(now_ms), newest.market, risk.INITIAL)
    values = risk.scenario_values(balances, newest.initial)
    found = [
        Scenario(number, {pool.assets[slot].symbol: bps for slot, bps in moves[number].items()}, value)
        for number, value in enumerate(values)
    ]
    return sorted(found, key=lambda scenario: scenario.value)


def distinct(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """One scenario of each value.  Claims that a portfolio does not have move in others, which look the same to it."""
    return list({scenario.value: scenario for scenario in reversed(scenarios)}.values())[::-1]


def conservation(
    ledger: Ledger, by_name: Mapping[str, Session], insurance: Sequence[int]
) -> list[Conservation]:
    """The conservation of every asset, after syncing the wallets; `insurance` are the balances of its account."""
    for session in by_name.values():
        sessions.sync(session)
    flows = [row.flow for row in ledger.reader.flows()]
    reserves = ledger.reader.reserves()
    return [
        Conservation(
            symbol=asset.symbol,
            flows=sum(flow.amount for flow in flows if flow.asset == slot and flow.account is Account.OUTSIDE),
            reserve=sum(amount for (_, of), amount in reserves.items() if of == slot),
            held={
                **{name: session.wallet.balances[slot] for name, session in by_name.items()},
                "insurance": insurance[slot],
            },
        )
        for slot, asset in enumerate(ledger.pool.assets)
    ]  # fmt: skip


def key_bytes(keystore: Keystore, name: str) -> int:
    """The size on disk of a statement's proving key and witness program."""
    return sum(path.stat().st_size for path in keystore.folder(name).iterdir())


def ledger_bytes(home: Home) -> int:
    """The size on disk of the ledger's database, including its write-ahead log."""
    return sum(path.stat().st_size for path in home.pool.path.glob(f"{home.ledger.name}*"))
