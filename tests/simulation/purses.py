"""Two wallets in files on one ledger, whose commands run in processes that may be killed or find the disk full.

Proofs are replaced by relations, so that a command takes milliseconds; everything else is real.
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from circuits import registry
from prover.trader import addresses, assembly, moves, sessions, settling, walletfile, wallets
from prover.trader.sessions import Session, Settlement, Unreported
from settlement import engine
from settlement.audit import audit
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from tests.prover import pools
from tests.prover.trader.payer import NoKeys
from tests.settlement.bundles import samples
from tests.simulation import children
from tests.simulation.past import MEMORY
from zk import entropy
from zk.curves import bn254
from zk.errors import FormatError, Unsatisfied
from zk.groth16.keys import Proof

USDC = 0
NAMES = ("ann", "bob")
PHRASES = {"ann": "abandon " * 23 + "art", "bob": "zoo " * 23 + "vote"}
CHEAP = {"iterations": 1, "lanes": 1, "memory_kib": 64}
SETTLED, REPEATED, REFUSED, FAILED = b"S", b"R", b"U", b"F"


@dataclass(frozen=True)
class Command:
    """What one wallet is asked for; `key` is that of --once, or None."""

    name: str
    verb: str
    amount: int
    key: str | None

    @property
    def effect(self) -> dict[str, int]:
        """The changes of both wallets' balances."""
        other = NAMES[1 - NAMES.index(self.name)]
        return {
            "deposit": {self.name: self.amount},
            "withdraw": {self.name: -self.amount},
            "pay": {self.name: -self.amount, other: self.amount},
        }[self.verb]


class Purses:
    """The files, and how the commands are run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="purses-", dir=MEMORY if MEMORY.is_dir() else None))
        self.ledger, self.now_ms = self.folder / "ledger.sqlite", samples.NOW_MS
        Ledger.create(self.ledger, pools.make(), self.now_ms).close()
        self.restored = 0
        for name in NAMES:
            with walletfile.create(self.folder / f"{name}.json", "", wallets.restore(PHRASES[name])):
                pass

    def remove(self) -> None:
        """Removes the files."""
        shutil.rmtree(self.folder)

    @contextmanager
    def session(self, name: str) -> Iterator[Session]:
        """The open ledger and an open wallet.  `on_settled` is set, so that an outcome must be confirmed."""
        with Ledger.open(self.ledger) as ledger, walletfile.open(self.folder / f"{name}.json", "") as file:
            yield Session(ledger, file, NoKeys(), samples.CUSTODIAN_SECRET, lambda _: None)  # type: ignore[arg-type]

    def start(self, command: Command, kill_at: int | None, most_bytes: int | None) -> children.Child:
        """A process that runs the command, tells its outcome, confirms that, and ends."""

        def answer(tell: Callable[[bytes], object]) -> None:
            try:
                with self.session(command.name) as session:
                    if most_bytes is not None:
                        children.limit_files(most_bytes)
                    if kill_at is not None:
                        children.kill_at_effect(kill_at)
                    settlement = self._carried_out(session, command)
                    tell((REPEATED if settlement.is_repeated else SETTLED) + str(settlement.receipt.height).encode())
                    settling.confirm(session, settlement)
            except (Unsatisfied, Rejected) as error:
                tell(REFUSED + str(error).encode())
            except (Unreported, OSError, sqlite3.Error, FormatError) as error:
                tell(FAILED + repr(error).encode())
                os._exit(2)

        return children.fork(answer)

    def height(self) -> int:
        """The height of the ledger's newest event, which the clock is not behind from now on."""
        with Ledger.open(self.ledger) as ledger:
            newest = ledger.reader.last_event()
        self.now_ms = max(self.now_ms, newest.created_ms)
        return newest.height

    def balances(self) -> dict[str, int]:
        """What each wallet holds after a sync."""
        return {name: self._synced(name) for name in NAMES}

    def restored_balance(self, name: str) -> int:
        """What a wallet holds that is restored from the phrase of this one."""
        self.restored += 1
        restored = f"restored-{self.restored}"
        with walletfile.create(self.folder / f"{restored}.json", "", wallets.restore(PHRASES[name])):
            pass
        return self._synced(restored)

    def check_audit(self, held: int) -> None:
        """The audit passes, and the reserve is what the wallets hold together."""
        report = audit.audit(self.ledger, samples.any_proof)
        assert report.reserves.get((report.pool.leg.digest, USDC), 0) == held

    def _synced(self, name: str) -> int:
        with self.session(name) as session:
            sessions.sync(session)
            return session.wallet.balances[USDC] + session.wallet.dust.balances[USDC]

    def _carried_out(self, session: Session, command: Command) -> Settlement:
        amount, now_ms, once = command.amount, self.now_ms, command.key
        if command.verb == "deposit":
            return moves.deposit(session, USDC, amount, "bank", now_ms, once=once)  # type: ignore[arg-type]
        if command.verb == "withdraw":
            return moves.withdraw(session, USDC, amount, "bank", now_ms, once=once)  # type: ignore[arg-type]
        (other,) = set(NAMES) - {command.name}
        receiver = addresses.of(wallets.restore(PHRASES[other]).seed, 0)
        return moves.pay(session, receiver, USDC, amount, now_ms, once=once)  # type: ignore[arg-type]


@contextmanager
def without_proofs() -> Iterator[None]:
    """Inside, a proof is a point that nobody checks, of a statement that is true, and a passphrase costs nothing."""
    before = assembly.pipeline.prove, engine.submit, dict(walletfile.COST)

    def prove(name: str, public: object, private: object, _: object) -> Proof:
        false_line = registry.get(name).relation(public, private)
        if false_line is not None:
            raise Unsatisfied(false_line)
        return Proof(bn254.multiply(entropy.scalar(1 << 60), bn254.G1), bn254.G2, bn254.G1)

    assembly.pipeline.prove = prove
    engine.submit = lambda ledger, data, now_ms: before[1](ledger, data, now_ms, samples.any_proof)
    walletfile.COST.update(CHEAP)
    try:
        yield
    finally:
        assembly.pipeline.prove, engine.submit = before[:2]
        walletfile.COST.update(before[2])
