"""The letters that a service carries for whoever reads them: sealed, of no ledger's history, and soon forgotten.

    numbers     microseconds since 1970 when a letter came, or one more than the letter before: they only grow, also
                over a restart, so that whoever asks for what came after a number misses nothing that is kept
    kept        for LIFE_MS, and MAX_LETTERS and MAX_BYTES of them: the oldest give way

They lie in a small database of their own beside the ledger, which all processes of a service share and which outlives
them.  Its writers send what nobody answers again, so nothing waits for the disk, and one that is damaged or of another
version is made anew.
"""

import hashlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from prover.machine import files
from prover.network.wire.letterpage import LETTER_SIZES, MAX_PAGE_BYTES
from settlement.errors import Unavailable

LIFE_MS = 3_600_000
MAX_LETTERS = 16_384
MAX_BYTES = 64 << 20
NAME = "letters.sqlite"
VERSION = 1
_BUSY_S, _OPENING_S = 2.0, 10.0
_US_PER_MS = 1000
_SCHEMA = (
    "PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", f"PRAGMA user_version = {VERSION}",
    "CREATE TABLE IF NOT EXISTS letter (number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, data BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS kept (only INTEGER PRIMARY KEY CHECK (only = 1), letters INTEGER, bytes INTEGER)",
    "INSERT OR IGNORE INTO kept VALUES (1, 0, 0)",
)  # fmt: skip


class Mailbox:
    """The letters of one service, which its processes share if they name the same folder.  Any thread may call it."""

    def __init__(self, folder: Path | None, clock: Callable[[], int]):
        """Opens the letters of this folder, or without one a mailbox in memory.  Raises OSError."""
        self._clock, self._lock = clock, threading.Lock()
        if folder is None:
            self._database = _opened(":memory:")
            return
        path = folder / NAME
        with files.locked(path, "the mailbox", _OPENING_S):
            try:
                self._database = _opened(path)
            except sqlite3.DatabaseError:
                for each in (path, path.with_name(f"{NAME}-wal"), path.with_name(f"{NAME}-shm")):
                    each.unlink(missing_ok=True)
                self._database = _opened(path)

    def close(self) -> None:
        """Closes the database."""
        with self._lock:
            self._database.close()

    def put(self, letter: bytes) -> int:
        """The number of a letter, which is kept from now on; one that is here already keeps its number.

        Raises errors.Unavailable when the database is busy.
        """
        with self._writing() as now_us:
            return self._put(letter, max(now_us, self._newest() + 1))

    def copy(self, letters: list[tuple[int, bytes]]) -> bool:
        """Takes letters with the numbers that another service gave them; whether any was new.  Raises as `put`."""
        with self._writing():
            before = self._newest()
            return any([self._put(letter, number) == number > before for number, letter in letters])

    def newest(self) -> int:
        """The number of the newest letter, or 0.  Raises errors.Unavailable."""
        with self._reading():
            return self._newest()

    def after(self, number: int) -> list[tuple[int, bytes]]:
        """The letters after this number with their own, the oldest first: up to MAX_PAGE_BYTES of them.

        Raises errors.Unavailable.
        """
        with self._reading():
            found, size = [], 0
            for each, data in self._database.execute(
                "SELECT number, data FROM letter WHERE number > ? ORDER BY number", (number,)
            ):
                size += len(data)
                if size > MAX_PAGE_BYTES:
                    break
                found.append((int(each), bytes(data)))
            return found

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error:
                raise Unavailable("the mailbox cannot be read") from None

    @contextmanager
    def _writing(self) -> Iterator[int]:
        """One transaction, at this time in microseconds."""
        with self._lock:
            now_us = self._clock() * _US_PER_MS
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield now_us
                    self._forget(now_us)
                finally:
                    self._database.execute("COMMIT")
            except sqlite3.Error:
                raise Unavailable("the mailbox is busy") from None

    def _newest(self) -> int:
        return int(self._database.execute("SELECT coalesce(max(number), 0) FROM letter").fetchone()[0])

    def _put(self, letter: bytes, number: int) -> int:
        """The letter's number: this one, if it is new."""
        assert len(letter) in LETTER_SIZES, "the route and the page check that"
        run, digest = self._database.execute, hashlib.sha256(letter).digest()
        known = run("SELECT number FROM letter WHERE digest = ?", (digest,)).fetchone()
        if known is not None:
            return int(known[0])
        if run("INSERT OR IGNORE INTO letter VALUES (?, ?, ?)", (number, digest, letter)).rowcount:
            run("UPDATE kept SET letters = letters + 1, bytes = bytes + ?", (len(letter),))
        return number

    def _forget(self, now_us: int) -> None:
        """Deletes what is too old or too much, but never the newest, whose number the next one must exceed."""
        letters, size = self._database.execute("SELECT letters, bytes FROM kept").fetchone()
        until_us, newest = now_us - LIFE_MS * _US_PER_MS, self._newest()
        rows = self._database.execute("SELECT number, length(data) FROM letter ORDER BY number")
        last = None
        for number, length in rows:
            if number == newest or not (number < until_us or letters > MAX_LETTERS or size > MAX_BYTES):
                break
            last, letters, size = number, letters - 1, size - length
        rows.close()
        if last is not None:
            self._database.execute("DELETE FROM letter WHERE number <= ?", (last,))
            self._database.execute("UPDATE kept SET letters = ?, bytes = ?", (letters, size))


def _opened(where: Path | str) -> sqlite3.Connection:
    """The database, made if necessary.  Raises sqlite3.DatabaseError when it is damaged or of another version."""
    database = sqlite3.connect(where, _BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version not in (0, VERSION) or database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
            raise sqlite3.DatabaseError(f"the mailbox has version {version}, or is damaged")
        for statement in _SCHEMA:
            database.execute(statement)
    except BaseException:
        database.close()
        raise
    return database
