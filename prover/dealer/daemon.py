"""The loop around a desk's rounds: it waits for requests, and tells others how the desk is.

SIGTERM and SIGINT end it after the round that it is in: its orders stay on the board, where others can take them while
nobody watches, until they expire or are cancelled.  A second signal ends the process at once, as kill -9 would, and
harms nothing either.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from prover.dealer import status
from prover.dealer.book import Stood
from prover.dealer.dealer import Dealer
from prover.dealer.journal import Journal
from prover.dealer.status import Quote, Status
from prover.rfq.inbox import Inbox
from settlement import amounts
from settlement.pool.pool import Pool

POLL_S = 0.25
"""A round begins at least so often; a request begins one at once."""


class Loop:
    """The rounds of one desk, until `stop` is set."""

    def __init__(
        self, dealer: Dealer, inbox: Inbox, pool: Pool, wallet: Path, begun: Status, now_ms: Callable[[], int],
        prepare: Callable[[], bool] = lambda: False,
    ):  # fmt: skip
        """`prepare` does a little of what the next quote needs, and says whether there was any."""
        self.stop, self.status, self._prepare = threading.Event(), begun, prepare
        self._dealer, self._inbox, self._pool, self._wallet, self._now_ms = dealer, inbox, pool, wallet, now_ms

    def run(self) -> None:
        """Does rounds until it is stopped.  Raises what a round raises, after it has said so in the file."""
        try:
            while not self.stop.is_set():
                is_busy = self._dealer.step(self._now_ms())
                self._beat(is_busy)
                if not is_busy and not self._prepare():
                    self._inbox.wait(lambda: self._inbox.is_awaited or self.stop.is_set(), POLL_S)
            self._end(None)
        except BaseException as error:
            self._end(f"{type(error).__name__}: {error}" if isinstance(error, Exception) else None)
            raise

    def _beat(self, is_busy: bool) -> None:
        """Writes the file when something has changed, and from time to time."""
        now_ms = self._now_ms()
        self.status = replace(self.status, rounds=self.status.rounds + 1)
        quotes, trouble = shown(self._dealer.standing.values(), self._pool), self._dealer.trouble
        is_news = (quotes, trouble) != (self.status.quotes, self.status.trouble)
        if is_busy or is_news or now_ms - self.status.beat_ms >= status.BEAT_MS:
            self.status = replace(self.status, beat_ms=now_ms, quotes=quotes, trouble=trouble)
            status.write(self._wallet, self.status)

    def _end(self, trouble: str | None) -> None:
        quotes, now_ms = shown(self._dealer.standing.values(), self._pool), self._now_ms()
        self.status = replace(self.status, beat_ms=now_ms, ended_ms=now_ms, quotes=quotes, trouble=trouble)
        status.write(self._wallet, self.status)


def begun(journal: Journal, status: Status) -> None:
    """Notes that the desk begins."""
    journal.write(
        status.started_ms, "started", "the desk begins", pid=status.pid, wallet=status.wallet, config=status.config
    )  # fmt: skip


def ended(journal: Journal, loop: Loop, now_ms: int) -> None:
    """Notes that the desk ended."""
    left = len(loop.status.quotes)
    why = "it was asked to end" if loop.status.trouble is None else loop.status.trouble
    journal.write(now_ms, "ended", why, standing=left, rounds=loop.status.rounds)
    journal.sync()


def shown(standing: Iterable[Stood], pool: Pool) -> tuple[Quote, ...]:
    """These quotes, as people read them."""
    return tuple(
        Quote(
            each.strategy, each.name, *amounts.show_trade(each.changes, pool),
            tuple(part.order_id for part in each.parts), each.expiry_ms,
        )
        for each in standing
    )  # fmt: skip
