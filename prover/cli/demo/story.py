"""The state that all acts of the demo share: the narrator, the stage, its clock, and its sessions."""

from dataclasses import dataclass

from circuits.records import Amount
from prover.cli.demo.narrator import Narrator
from prover.cli.frame.screen import Screen
from prover.guardian.watch import Watch
from prover.machine import clock
from prover.machine.home import Home
from prover.machine.tasks import Stopwatch
from prover.proofs.keystores import Keystore
from prover.trader.sessions import Session
from settlement import amounts
from settlement.ledger import Ledger
from settlement.pool.pool import Asset, Pool


class StoryClock:
    """The machine's clock, set back.  The story begins in the past, so that an option can expire before it ends."""

    def __init__(self, behind_ms: int):
        self._behind_ms = behind_ms

    def __call__(self) -> int:
        """Now, in the story, in milliseconds."""
        return clock.now_ms() - self._behind_ms

    def pass_by(self, time_ms: int) -> None:
        """Lets time pass, but never beyond the present."""
        assert 0 <= time_ms <= self._behind_ms, "the story does not end in the future"
        self._behind_ms -= time_ms


@dataclass(frozen=True)
class Story:
    """The demo's own home, its ledger and its guardians' watch, and one session for each trader."""

    narrator: Narrator
    stopwatch: Stopwatch
    home: Home
    keystore: Keystore
    ledger: Ledger
    sessions: dict[str, Session]
    watch: Watch
    now_ms: StoryClock

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

    def value(self, value: int) -> str:
        """A portfolio's value in the numeraire."""
        return f"{amounts.show_value(value, self.numeraire)} {self.numeraire.symbol}"
