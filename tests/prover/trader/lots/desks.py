"""Desks on one ledger: their wallets in files, a notary for proofs, and what each of them has in all."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prover.trader import addresses, moves, sessions, trade, walletfile, wallets
from prover.trader.lots import offering
from prover.trader.lots.offering import PlacedSet
from prover.trader.sessions import Session
from settlement import engine
from settlement.ledger import Ledger
from settlement.orders import board
from settlement.pool.parameters import Fees
from settlement.rejection import Rejected, Rejection
from tests.prover import pools
from tests.prover.trader.payer import NoKeys
from tests.settlement.bundles import samples
from tests.simulation.notary import Notary

NOW_MS = 1_800_000_000_000
HOUR_MS = 3_600_000
USDC, ETH, DUSDC, PERP = 0, 2, 8, 9
ONE_ETH, ONE_USDC = 10**9, 10**6

submit, post, refresh_all = engine.submit, board.place, board.refresh_all


@dataclass
class Desks:
    """An open ledger, its time, and a session for each desk; `meanwhile` is done before the next bundle is submitted.

    `bundles` counts the legs of each bundle that settled.
    """

    ledger: Ledger
    sessions: dict[str, Session]
    now_ms: int = NOW_MS
    meanwhile: list = field(default_factory=list)
    bundles: list[int] = field(default_factory=list)

    def later(self, ms: int = 30_000) -> int:
        """The time, a little later."""
        self.now_ms += ms
        return self.now_ms

    def deposit(self, name: str, **amounts: int) -> None:
        """Gives a desk amounts of USDC and ETH in smallest units, in one account."""
        for asset, amount in amounts.items():
            moves.deposit(self.sessions[name], {"usdc": USDC, "eth": ETH}[asset], amount, "bank", self.later())

    def offer(self, name: str, sell: dict[int, int], buy: dict[int, int], lots: int, *to: str, **how) -> PlacedSet:
        """A desk places an order in lots, which the desks `to` can read, or all of them."""
        readers = [addresses.of(self.sessions[reader].wallet.seed, 0) for reader in to or self.sessions]
        return offering.place(
            self.sessions[name], sell, buy, readers, self.now_ms + HOUR_MS, self.later(), lots,
            **{"agree": trade.allow_new_debts, "is_backed": False, **how},
        )  # fmt: skip

    def balances(self, name: str) -> tuple[int, ...]:
        """All that a desk has."""
        return sessions.sync(self.sessions[name]).wallet.balances

    def board(self) -> list[str]:
        """The ids of the orders that can be taken."""
        return [order.order_id.hex() for order in board.listed(self.ledger, self.now_ms)]

    def outbox(self, name: str) -> tuple:
        return self.sessions[name].wallet.outbox


@contextmanager
def opened(folder: Path, *names: str, leg_fee: int = 0) -> Iterator[Desks]:
    """Desks of these names, with empty wallets."""
    made = pools.make()
    pool = replace(made, parameters=replace(made.parameters, fees=Fees(leg=leg_fee, order=0)))
    notary, pending = Notary(pool), []

    def submitting(ledger: Ledger, data: bytes, now_ms: int) -> engine.Receipt:
        for act in [pending[0].meanwhile.pop(0)] if pending and pending[0].meanwhile else []:
            act()
        receipt = submit(ledger, data, now_ms, notary.verify)
        pending[0].bundles.append(len(receipt.positions))
        return receipt

    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        notary.prove_for_all(patch)
        patch.setattr(engine, "submit", submitting)
        patch.setattr(board, "place", lambda *given: post(*given, notary.verify))
        patch.setattr(board, "refresh_all", lambda ledger, margins, now_ms, *_: refresh_all(
            ledger, margins, now_ms, notary.verify
        ))  # fmt: skip
        ledger = stack.enter_context(Ledger.create(folder / "ledger.sqlite", pool, NOW_MS))
        files = {
            name: stack.enter_context(walletfile.create(folder / f"{name}.json", "", wallets.new())) for name in names
        }
        desks = Desks(ledger, {
            name: Session(ledger, file, NoKeys(), samples.CUSTODIAN_SECRET) for name, file in files.items()
        })  # fmt: skip
        pending.append(desks)
        yield desks


def refuse_with(rejection: Rejection):
    """Something to do meanwhile that has the ledger refuse the bundle."""

    def act() -> None:
        raise Rejected(rejection, "by the test")

    return act
