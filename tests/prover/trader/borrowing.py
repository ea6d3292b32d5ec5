"""A borrower who owes 2,000 dUSDC, a lender, and a ledger whose prices move; a notary stands for proofs."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from circuits import seizure
from prover.operator import defaults, oracles
from prover.trader import addresses, moves, orders, sessions, trade, walletfile, wallets, walletsync
from prover.trader.sessions import Placed, Session
from prover.trader.wallets import Holding
from settlement import amounts, engine
from settlement.bundles import encoding
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool.pool import Pool
from tests.prover import pools
from tests.prover.risks import DUSDC, ETH, USDC
from tests.prover.trader.payer import PHRASE, RECEIVER, NoKeys
from tests.settlement import guarded
from tests.settlement.bundles import samples
from tests.simulation.notary import Notary
from zk.hashes import poseidon

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
SYMBOLS = {"USDC": USDC, "ETH": ETH, "dUSDC": DUSDC}


@dataclass
class World:
    """An open ledger, its time, and the two sessions."""

    ledger: Ledger
    notary: Notary
    borrower: Session
    lender: Session
    now_ms: int = NOW_MS

    def later(self, ms: int = 10_000) -> int:
        """The time, a little later."""
        self.now_ms += ms
        return self.now_ms

    def publish(self, **prices: str) -> int:
        """Publishes prices such as ETH="2500".  The epoch."""
        pool, now_ms = self.ledger.pool, self.later()
        named = {SYMBOLS[symbol]: amounts.parse_price(text, pool.assets[SYMBOLS[symbol]], pool.assets[0])
                 for symbol, text in prices.items()}  # fmt: skip
        observed = defaults.observation(pool) if not self.ledger.reader.grids(1) else oracles.observation(
            self.ledger, named, {}
        )  # fmt: skip
        return oracles.publish(self.ledger, pools.ORACLE_SECRETS, observed, now_ms).epoch

    def lend(self, session: Session, **how: Any) -> Placed:
        """The borrower's order: 2,000 dUSDC for 2,000 USDC, to the lender."""
        to = [addresses.of(wallets.restore(RECEIVER).seed, 0)]
        return orders.place(
            session, {DUSDC: 2_000_000_000}, {USDC: 2_000_000_000}, to, self.now_ms + HOUR_MS, self.later(),
            agree=trade.allow_new_debts, **how,
        )  # fmt: skip

    def margined(self) -> Holding:
        """The borrower's margined account."""
        sessions.sync(self.borrower)
        return next(holding for holding in self.borrower.wallet.live if holding.account.guard)

    def seize(self) -> engine.Receipt:
        """The guardians end the borrower's margined account, beside a leg of the insurance."""
        holding, ledger = self.margined(), self.ledger
        published = ledger.reader.grids(1)[0].publication
        account, rows = holding.account, published.maintenance.values
        scenario = seizure.worst_scenario(account.balances, rows)
        penalty = ledger.parameters(self.now_ms).penalty_bps
        amount = seizure.residual_amount(account.balances, published.prices, rows[scenario], penalty)
        changes = seizure.changes(account, amount)
        made = guarded.seizure(
            ledger, changes, commitment=seizure.residual(account, amount).commitment(poseidon.hash),
            nullifier=walletsync.nullifier(self.borrower.wallet.view, holding), expiry_ms=self.now_ms + HOUR_MS,
        )  # fmt: skip
        taken_over = guarded.insured(
            ledger, tuple(-change for change in changes), expiry_ms=self.now_ms + HOUR_MS,
            margin=guarded.margin(ledger, published.epoch),
        )  # fmt: skip
        bundle = samples.bind(ledger.ledger_id, *guarded.beside(ledger, made, taken_over))
        return submit(ledger, encoding.encode_bundle(bundle), self.later(), samples.any_proof)


submit = engine.submit


@contextmanager
def world(folder: Path, pool: Pool | None = None) -> Iterator[World]:
    """A borrower with 2 ETH and 500 USDC in two accounts, and a lender with 10,000 USDC, at the prices of epoch 1."""
    pool = pools.make() if pool is None else pool
    notary = Notary(pool)
    place, refresh_all = board.place, board.refresh_all
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        notary.prove_for_all(patch)
        patch.setattr(engine, "submit", lambda ledger, data, now_ms: submit(ledger, data, now_ms, notary.verify))
        patch.setattr(board, "place", lambda *given: place(*given, notary.verify))
        patch.setattr(board, "refresh_all", lambda ledger, margins, now_ms, *_: refresh_all(
            ledger, margins, now_ms, notary.verify
        ))  # fmt: skip
        ledger = stack.enter_context(Ledger.create(folder / "ledger.sqlite", pool, NOW_MS))
        files = [
            stack.enter_context(walletfile.create(folder / f"{name}.json", "", wallets.restore(phrase)))
            for name, phrase in (("borrower", PHRASE), ("lender", RECEIVER))
        ]
        made = World(ledger, notary, *(Session(ledger, file, NoKeys(), samples.CUSTODIAN_SECRET) for file in files))
        moves.deposit(made.borrower, ETH, 2_000_000_000, "bank", made.later())
        moves.deposit(made.lender, USDC, 10_000_000_000, "bank", made.later())
        made.publish()
        yield made

