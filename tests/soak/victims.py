"""What tests.soak.killing kills: services, the processes of a PostgreSQL server, or both at once."""

import random
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from settlement.databases import Place
from tests import clusters
from tests.clusters import Cluster
from tests.soak import nursery

Heal = Callable[[], object]
"""Starts again what was killed."""


@dataclass
class Stage:
    """A place for ledgers, how to empty it, and what may be killed, all of which take the service's process group.

    What returns None has killed the service, which must be started again; of the rest the service lives, or whatever
    they return starts what they have killed.
    """

    place: Place
    empty: Callable[[], None]
    kills: dict[str, Callable[[int], Heal | None]]


def on_sqlite(folder: Path) -> Stage:
    """A ledger in a file."""
    place = folder / "ledger.sqlite"

    def empty() -> None:
        for left in folder.glob("ledger.sqlite*"):
            left.unlink()

    return Stage(place, empty, {"service": nursery.kill})


def on_postgresql(cluster: Cluster, dice: random.Random) -> Stage:
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

    return Stage(cluster.url(), empty, {"service": nursery.kill, "server": server, "session": session, "both": both})


@contextmanager
def stages(dice: random.Random) -> Iterator[list[Stage]]:
    """Both databases."""
    with clusters.running() as cluster, tempfile.TemporaryDirectory() as folder:
        yield [on_sqlite(Path(folder)), on_postgresql(cluster, dice)]
