"""A payer whose commands can be made to fail at any of their steps, and what its user was told.

A notary stands in for proofs, so that a command takes milliseconds.  A crash is an exception that nothing catches, at
one of the steps of a command: around each save of the wallet, around the ledger's commit, around each thing that is
told.  Afterwards only the files are left, as after a kill.
"""

import copy
import errno
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prover.trader import addresses, moves, orders, outbox, settling, walletfile, wallets
from prover.trader.sessions import Placed, Session, Unreported
from settlement import engine
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool.parameters import Fees
from tests.prover import pools
from tests.settlement.bundles import samples
from tests.simulation.notary import Notary

NOW_MS = 1_800_000_000_000
USDC, ETH, FUNDS = 0, 2, 1_000_000
HOUR_MS = 3_600_000
PHRASE = "abandon " * 23 + "art"
RECEIVER = "zoo " * 23 + "vote"
STEPS = 12
"""How many steps a command has, at most: any of them may be its last."""

submit = engine.submit
post = board.place
save = walletfile.WalletFile.save


class Crash(BaseException):
    """The process is gone."""


class NoKeys:
    """A keystore for pools whose proofs are the notary's."""

    farm = None

    def check_pool(self, pool) -> None:
        pass


class World:
    """A ledger and a wallet in files, and what their user was told."""

    def __init__(self, folder: Path, order_fee: int = 0):
        made = pools.make()
        pool = replace(made, parameters=replace(made.parameters, fees=Fees(leg=0, order=order_fee)))
        self.folder, self.now_ms = folder, NOW_MS
        self.fault: BaseException | None = None
        self.left = -1
        self.told: list[Any] = []
        Ledger.create(folder / "ledger.sqlite", pool, NOW_MS).close()
        with walletfile.create(folder / "payer.json", "", wallets.restore(PHRASE)):
            pass
        with self.session() as session:
            moves.deposit(session, USDC, FUNDS, "bank", self.now_ms)

    def copy(self, folder: Path) -> "World":
        """The same ledger and wallets in another folder; their user was told nothing yet."""
        shutil.copytree(self.folder, folder)
        made = copy.copy(self)
        made.folder, made.told = folder, []
        return made

    def step(self) -> None:
        """One step of a command, which may be the one that fails."""
        self.left -= 1
        if self.left == 0 and self.fault is not None:
            raise self.fault

    @contextmanager
    def session(self, on_done=None, name: str = "payer") -> Iterator[Session]:
        """The wallet, or another one, opened from its file, ten seconds after the time before."""
        self.now_ms += 10_000
        with Ledger.open(self.folder / "ledger.sqlite") as ledger, \
                walletfile.open(self.folder / f"{name}.json", "") as file:  # fmt: skip
            yield Session(ledger, file, NoKeys(), samples.CUSTODIAN_SECRET, on_done)

    @contextmanager
    def receiver(self, asset: int) -> Iterator[Session]:
        """Another wallet, the receiver's, which has deposited an asset."""
        with walletfile.create(self.folder / "receiver.json", "", wallets.restore(RECEIVER)):
            pass
        with self.session(name="receiver") as session:
            moves.deposit(session, asset, FUNDS, "bank", self.now_ms)
        with self.session(name="receiver") as session:
            yield session

    def run(self, amount: int, key: str | None = None, *, fault: BaseException | None = None, at: int = 0) -> bool:
        """The command `withdraw`, as `command`."""
        return self.command(
            lambda session: moves.withdraw(session, USDC, amount, "bank", self.now_ms, once=key), fault, at
        )

    def place(
        self, key: str | None = None, *, fault: BaseException | None = None, at: int = 0, pays_fee: bool = False
    ) -> bool:
        """The command `order place`, as `command`: 5 USDC for 1 ETH, to whoever has the address."""
        return self.command(lambda session: self.order(session, key, pays_fee=pays_fee), fault, at)

    def order(self, session: Session, key: str | None = None, *, pays_fee: bool = False) -> Placed:
        """Places that order."""
        to = [addresses.of(wallets.restore(RECEIVER).seed, 0)]
        return orders.place(
            session, {USDC: 5}, {ETH: 1}, to, self.now_ms + HOUR_MS, self.now_ms, once=key, is_backed=False,
            pays_fee=pays_fee,
        )  # fmt: skip

    def command(self, act: Callable[[Session], Any], fault: BaseException | None, at: int) -> bool:
        """A command that fails at its step number `at`.  Whether it told its outcome and noted that.

        A fault after that cannot be told from none, because the user has the full report.
        """
        self.fault, self.left = fault, at
        before = len(self.told)
        try:
            with self.session(on_done=lambda outcome: self.step()) as session:
                outcome = act(session)
                self.step()
                self.told.append(outcome)
                self.step()
                settling.confirm(session, outcome)
        except (Crash, OSError, Unreported):
            self.fault = None
            waiting = {entry.made for entry in self.entries() if not entry.is_told}
            return len(self.told) > before and self.told[-1].entry.made not in waiting
        finally:
            self.fault = None
        return True

    def settled(self) -> Counter:
        """How many withdrawals of each amount are on the ledger."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            return Counter(-row.flow.amount for row in ledger.reader.flows() if row.flow.amount < 0)

    def board(self) -> list[str]:
        """The ids of the orders on the board."""
        with Ledger.open(self.folder / "ledger.sqlite") as ledger:
            return [order.order_id.hex() for order in board.listed(ledger, self.now_ms)]

    def entries(self) -> tuple[outbox.Entry, ...]:
        with self.session() as session:
            return session.wallet.outbox


@contextmanager
def stepping() -> Iterator[list[World]]:
    """Proofs by a notary, cheap passphrases, and a step before and after each commit and each save.

    Whoever uses it puts the world, whose steps these are, into the list.
    """
    notary, worlds = Notary(pools.make()), []

    def step() -> None:
        for world in worlds:
            world.step()

    def stepping_submit(ledger, data, now_ms):
        step()
        receipt = submit(ledger, data, now_ms, notary.verify)
        step()
        return receipt

    def stepping_post(ledger, posting, now_ms):
        step()
        post(ledger, posting, now_ms, notary.verify)
        step()

    def stepping_save(file, *arguments):
        step()
        save(file, *arguments)
        step()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        notary.prove_for_all(patch)
        patch.setattr(engine, "submit", stepping_submit)
        patch.setattr(board, "place", stepping_post)
        patch.setattr(walletfile.WalletFile, "save", stepping_save)
        yield worlds


def full() -> OSError:
    """What a full disk raises."""
    return OSError(errno.ENOSPC, "No space left on device")
