"""What happens to a farm in tests/soak/farm.py: to its workers, and to the two servers of its database."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from prover.farm.session import SCHEMA
from tests import clusters
from tests.clusters import Cluster
from tests.soak.farmcrew import Crew

KINDS = {
    "worker killed": 8, "worker drained": 3, "worker that lies": 1, "database killed": 2, "failover": 1, "disk full": 2,
}  # fmt: skip
"""How often each happens, beside the others."""

_TABLES = "jobs", "inputs", "attempts", "workers", "quarantine"
_DISK = f"""
CREATE TABLE {SCHEMA}.full_disk (name text);
CREATE FUNCTION {SCHEMA}.fill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM {SCHEMA}.full_disk WHERE name = TG_TABLE_NAME) THEN
        RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
    END IF;
    RETURN NULL;
END $$"""


class Servers:
    """A primary and its synchronous standby.  `away_ms` has from when until when they were not there, or full."""

    def __init__(self, primary: Cluster, standby: Cluster):
        self._primary, self._standby = primary, standby
        self.away_ms: list[tuple[int, int]] = []
        primary.initialize()
        primary.start()
        primary.ask("ALTER SYSTEM SET wal_retrieve_retry_interval = '50ms'")  # the standby's, which is its copy
        self._follow()

    @property
    def url(self) -> str:
        """The URL of the one that takes writes."""
        return f"postgresql://postgres@/postgres?host={self._primary.folder},{self._standby.folder}"

    def prepare_disk(self) -> None:
        """Prepares tables that say they are full when they are told to; a trigger that comes later would wait for
        transactions, and they for it."""
        self._primary.ask(_DISK)
        for table in _TABLES:
            self._primary.ask(f"CREATE TRIGGER fill BEFORE INSERT OR UPDATE ON {SCHEMA}.{table}"
                              f" EXECUTE FUNCTION {SCHEMA}.fill()")  # fmt: skip

    def kill(self) -> None:
        """kill -9 of the primary, which starts again."""
        with self._away():
            self._primary.kill()
            self._primary.start()
            self._primary.require(self._standby)

    def fail_over(self) -> None:
        """kill -9 of the primary; the standby takes its place, and a copy of it the standby's."""
        with self._away():
            self._primary.kill()
            self._standby.promote()
        self._primary, self._standby = self._standby, self._primary
        self._standby.stop()
        self._follow()

    def fill(self, dice: random.Random) -> None:
        """No room in some of the tables, for a while."""
        full = dice.sample(_TABLES, dice.randint(1, len(_TABLES)))
        with self._away():
            self._primary.ask(f"INSERT INTO {SCHEMA}.full_disk SELECT unnest('{{{','.join(full)}}}'::text[])")
            time.sleep(dice.random())
            self._primary.ask(f"DELETE FROM {SCHEMA}.full_disk")

    def stop(self) -> None:
        """Ends both."""
        self._primary.stop()
        self._standby.stop()

    def _follow(self) -> None:
        self._standby.follow(self._primary)
        self._standby.start()
        self._primary.require(self._standby)

    @contextmanager
    def _away(self) -> Iterator[None]:
        began_ms = time.time_ns() // 1_000_000
        yield
        self.away_ms.append((began_ms, time.time_ns() // 1_000_000))


@contextmanager
def running() -> Iterator[Servers]:
    """Two new servers."""
    with clusters.folders(2) as (first, second):
        one, two = Cluster(first), Cluster(second)
        try:
            yield Servers(one, two)
        finally:
            one.stop()
            two.stop()


def happen(kind: str, crew: Crew, servers: Servers, dice: random.Random) -> None:
    """Has one of the KINDS happen, and waits until it is over."""
    match kind:
        case "worker killed":
            crew.kill(dice)
        case "worker drained":
            crew.drain(dice)
        case "worker that lies":
            crew.add_liar()
        case "database killed":
            servers.kill()
        case "failover":
            servers.fail_over()
        case "disk full":
            servers.fill(dice)
