"""The state that all acts of the demo share: the narrator, the stage, and its sessions."""

from dataclasses import dataclass

from circuits.records import Amount
from prover.cli.demo.narrator import Narrator
from prover.cli.frame.screen import Screen
from prover.machine.home import Home
from prover.machine.tasks import Stopwatch
from prover.proofs.keystores import Keystore
from prover.trader.sessions import Session
from settlement import amounts
from settlement.assets import Asset
from settlement.ledger import Ledger
from settlement.pool import Pool


@dataclass(frozen=True)
class Story:
    """The demo's own home, its ledger, and one session each for the maker and the taker."""

    narrator: Narrator
    stopwatch: Stopwatch
    home: Home
    keystore: Keystore
    ledger: Ledger
    sessions: dict[str, Session]

    @property
    def screen(self) -> Screen:
        """The screen on which the story is told."""
        return self.narrator.screen

    @property
    def pool(self) -> Pool:
        """The pool."""
        return self.ledger.pool

    @property
    def numeraire(self) -> Asset:
        """The asset in which values are stated."""
        return self.pool.assets[amounts.NUMERAIRE]

    def amount(self, text: str) -> dict[int, Amount]:
        """{asset index: amount} of a text such as "8 ETH"."""
        return amounts.parse_all([text], self.pool)
