"""A home's guardians at work: the staff, the proving keys and the watch of the home's ledger, opened together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from circuits import samples
from prover.guardian import staff
from prover.guardian.acting import Means
from prover.guardian.ledgers import Ledgers
from prover.guardian.staff import Staff
from prover.guardian.watch import Watch
from prover.machine.home import Home
from prover.proofs import keystores, pipeline
from prover.trader import sessions
from settlement.ledger import Ledger
from zk.groth16.keys import Proof

STATEMENTS = ("leg", "escrow", "margin", "seize")


def rehearse(watch: Watch) -> None:
    """Proves and verifies an example of every statement, so that the keys are loaded when it matters."""
    for name in STATEMENTS:
        watch.means.prove(name, *samples.honest(name)[0])


@contextmanager
def opened(
    home: Home, ledger: Ledger, now_ms: Callable[[], int], only: int | None = None
) -> Iterator[tuple[Watch, Staff]]:
    """The watch of a home's ledger by its guardians, or by member `only`, who ask the others.

    Raises FormatError when there are no guardians here, or not the pool's proving keys.
    """
    keystore = keystores.of_pool(home.keys, now_ms(), ledger.pool)

    def prove(name: str, public: Any, private: Any) -> Proof:
        return pipeline.prove(name, public, private, keystore)

    watch: Watch | None = None

    def accounts() -> list:
        return [] if watch is None else [one.account for one in list(watch.view.accounts.values())]

    ledgers = Ledgers(lambda: sessions.open_ledger(home, read_only=True))
    with staff.hired(home.guardians, ledgers.open, now_ms, only, accounts) as hired:
        keystore.check_pool(ledger.pool)
        watch = Watch(ledger, Means(prove, hired.groups), hired.signing_keys, now_ms)
        yield watch, hired
