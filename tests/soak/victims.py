"""What tests.soak.killing kills: services, the processes of a PostgreSQL server, or both at once."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from settlement.databases import Place
from tests import clusters
from tests.clusters import Cluster
from tests.patience import PATIENCE_S
from tests.soak import nursery

Heal = Callable[[], object]
"""Starts again what was killed."""
Kill = Callable[[int], Heal | None]


@dataclass
class Stage:
    """A place for ledgers, how to empty it, in how many processes it is served, and what may be killed.

    A kill takes the service's process group.  What returns None has killed the service, which must be started again; of
    the rest the service lives, or whatever they return starts what they have killed.
    """

    name: str
    place: Place
    processes: int
    empty: Callable[[], None]
    kills: dict[str, Kill]


def on_sqlite(folder: Path, processes: int, dice: random.Random) -> Stage:
    """A ledger in a file."""
    place = folder / f"ledger-{processes}.sqlite"

    def empty() -> None:
        for left in folder.glob(f"{place.name}*"):
            left.unlink()

    return Stage(f"SQLite, {processes} processes", place, processes, empty, _of_service(processes, dice))


def on_postgresql(cluster: Cluster, processes: int, dice: random.Random) -> Stage:
    """A ledger in a database of this cluster."""

    def server(group: int) -> Heal:
        cluster.kill()
        return cluster.start

    def session(group: int) -> Heal:
        cluster.kill_session(dice)
        return lambda: None

    def both(group: int) -> None:
        cluster.kill()
        nursery.kill(group)
        cluster.start()

    def empty() -> None:
        cluster.ask("DROP SCHEMA IF EXISTS zksettle CASCADE")

    kills = {**_of_service(processes, dice), "server": server, "session": session, "both": both}
    return Stage(f"PostgreSQL, {processes} processes", cluster.url(), processes, empty, kills)


def _of_service(processes: int, dice: random.Random) -> dict[str, Kill]:
    """The whole service, one of its processes, which the first one replaces, or the first one, after which all end."""

    def process(group: int) -> Heal:
        with suppress(IndexError, ProcessLookupError):
            os.kill(dice.choice(nursery.members(group)), signal.SIGKILL)
        return lambda: None

    def first(group: int) -> None:
        os.kill(group, signal.SIGKILL)
        assert nursery.wait(group, time.monotonic() + PATIENCE_S), "the processes outlive the first one"

    more: dict[str, Kill] = {"process": process, "first": first} if processes > 1 else {}
    return {"service": nursery.kill, **more}


@contextmanager
def stages(dice: random.Random) -> Iterator[list[Stage]]:
    """Both databases, each served by one process and by two."""
    with clusters.running() as cluster, tempfile.TemporaryDirectory() as folder:
        yield [
            stage
            for processes in (1, 2)
            for stage in (on_sqlite(Path(folder), processes, dice), on_postgresql(cluster, processes, dice))
        ]
