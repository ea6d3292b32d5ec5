"""What a worker does beside proving, in a thread of its own: tells that it is there, listens for jobs, and sweeps."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from prover.farm import accusing, claiming, keysweep
from prover.farm.claiming import Standing
from prover.farm.farmkey import FarmPublic
from prover.farm.jobs import NotProved
from prover.farm.session import Session

POLL_S = 0.4
"""How often an idle worker looks whether a job has become free: of a killed worker's, nobody tells."""
REPORT_S, SWEEP_S, KEY_SWEEP_S = 1.0, 10.0, 600.0


class Quarantined(NotProved):
    """This worker has signed a proof that does not verify: its machine must not be trusted."""


@dataclass
class Tally:
    """What a worker tells: what it does, and what it has done."""

    state: str = "idle"
    done: int = 0
    failed: int = 0


class Herald:
    """The thread.  `wake` is set whenever there may be something to claim; `problem` is what has ended it."""

    def __init__(self, control: Session, standing: Standing, farm: FarmPublic, tally: Tally):
        self._control, self._standing, self._tally = control, standing, tally
        self._judge = accusing.Judge(farm)
        self._is_over = False
        self.wake = threading.Event()
        self.workers = 1
        self.problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="farm herald", daemon=True)

    def start(self, stopping: Callable[[], bool]) -> None:
        """Reports for the first time, and starts.  Raises Quarantined."""
        self._stopping = stopping
        self._check_conduct()
        self._report()
        self._thread.start()

    def end(self) -> None:
        """Ends the thread."""
        self._is_over = True
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        reported_s = swept_s = keys_swept_s = time.monotonic()
        try:
            while not self._is_over:
                if self._control.hear(POLL_S) or self._stopping():
                    self.wake.set()
                now_s = time.monotonic()
                if now_s - reported_s >= REPORT_S:
                    reported_s = now_s
                    self._report()
                    self._check_conduct()
                if now_s - swept_s >= SWEEP_S:
                    swept_s = now_s
                    claiming.sweep(self._control)
                if now_s - keys_swept_s >= KEY_SWEEP_S:
                    keys_swept_s = now_s
                    keysweep.sweep(self._control)
        except Exception as error:
            self.problem = error
        self.wake.set()

    def _report(self) -> None:
        tally = self._tally
        state = "draining" if self._stopping() else tally.state
        self.workers = claiming.report(self._control, self._standing, state, tally.done, tally.failed)

    def _check_conduct(self) -> None:
        """Raises Quarantined when there is true evidence against this worker."""
        if self._judge.is_liar(self._control, self._standing.identity):
            raise Quarantined(
                "this worker has signed a proof that does not verify, and is quarantined: check the machine"
            )
