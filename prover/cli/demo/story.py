"""What all acts of the demo share: who tells, where, and what has come of it so far."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prover.cli.demo.narrator import Narrator
    from prover.cli.frame.screen import Screen
    from prover.machine.home import Home
    from prover.machine.tasks import Stopwatch
    from prover.proofs.keystores import Keystore
    from prover.trader.sessions import Session
    from settlement.ledger import Ledger
    from settlement.pool import Asset, Pool


@dataclass(frozen=True)
class Story:
    """The stage: the demo's own home, its ledger, and one session each for the maker and the taker."""

    narrator: "Narrator"
    stopwatch: "Stopwatch"
    home: "Home"
    keystore: "Keystore"
    ledger: "Ledger"
    sessions: "dict[str, Session]"

    @property
    def screen(self) -> "Screen":
        """Where it is told."""
        return self.narrator.screen

    @property
    def pool(self) -> "Pool":
        """The pool."""
        return self.ledger.pool

    @property
    def numeraire(self) -> "Asset":
        """The asset that values are told in."""
        return self.pool.assets[0]

    def amount(self, text: str) -> dict[int, int]:
        """{asset index: amount} of a text such as "8 ETH"."""
        from prover.trader import amounts

        return amounts.parse_all([text], self.pool)
