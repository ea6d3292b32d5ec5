"""A session with the queue that is opened again when it is lost, with a thread that listens on it.

Threads may share a line.  What they ask waits for a database that is away, for a while.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from prover.farm.session import ENDED, Lost, Session
from settlement.errors import Unavailable

POLL_S = 1.0
"""How often `heard` is called although nobody has told anything."""
PATIENCE_S = 30.0
"""How long a question waits for a database that is away, unless the line has another patience."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0

T = TypeVar("T")


class Line:
    """The line.  Its thread calls `opened` with each new session, and then `heard` with what was told, if anything.

    What either raises ends the line, except Unavailable, which opens the next session.
    """

    def __init__(
        self, url: str, opened: Callable[[Session], None], heard: Callable[[Session, list[str]], None],
        tell: Callable[[str], None], patience_s: float = PATIENCE_S,
    ):  # fmt: skip
        self._url, self._opened, self._heard, self._tell = url, opened, heard, tell
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._session: Session | None = None
        self._is_closed = False
        self.problem: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="farm line", daemon=True)

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def close(self) -> None:
        """Ends the session and the thread."""
        with self._changed:
            self._is_closed = True
            if self._session is not None:
                self._session.close()
            self._changed.notify_all()
        self._thread.join()

    def check(self) -> None:
        """Raises what has ended the line, if anything."""
        if self.problem is not None:
            raise self.problem
        if self._is_closed:
            raise Unavailable("the connection to the queue was closed")

    def do(self, ask: Callable[[Session], T]) -> T:
        """What `ask` returns, asked again after a lost connection: it must do nothing twice.

        Raises what `ask` raises, and Lost when the database is away for longer than the line's patience.
        """
        deadline_s = time.monotonic() + self._patience_s
        while True:
            session = self._current(deadline_s)
            try:
                return ask(session)
            except Lost:
                self._drop(session)
                if time.monotonic() > deadline_s:
                    raise

    def _current(self, deadline_s: float) -> Session:
        with self._changed:
            while self._session is None:
                self.check()
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    raise Lost("the queue's database cannot be reached")
                self._changed.wait(left_s)
            self.check()
            return self._session

    def _drop(self, session: Session) -> None:
        session.close()
        with self._changed:
            if self._session is session:
                self._session = None

    def _run(self) -> None:
        pause_s = FIRST_PAUSE_S
        while not self._is_closed:
            try:
                with Session(self._url, [ENDED]) as session:
                    try:
                        self._attend(session)
                    finally:
                        self._drop(session)
            except Unavailable as error:
                if self._is_closed:
                    break
                self._tell(f"{error}; trying again")
            except Exception as error:
                self.problem = error
                with self._changed:
                    self._changed.notify_all()
                return
            with self._changed:
                self._changed.wait(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _attend(self, session: Session) -> None:
        self._opened(session)
        with self._changed:
            self._session = session
            self._changed.notify_all()
        said: list[str] = []
        while not self._is_closed:
            self._heard(session, said)
            said = session.hear(POLL_S)
