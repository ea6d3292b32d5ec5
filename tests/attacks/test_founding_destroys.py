"""`pool new` where a pool is or was: what it once destroyed stays, and of two at once one founds a pool that works.

Each of these was done: the oracle keys of a pool removed while its ledger was away, the keys of the surviving pool
overwritten by a second founding (6 of 6), and a new pool that failed its first audit because of a stale `-wal`.
"""

import os
import sqlite3

import pytest

from prover.machine import files
from prover.machine.home import Home
from prover.operator import creation, founderkeys, oracles, ownkey
from settlement.audit import audit
from settlement.ledger import Ledger
from tests.prover import pools
from zk.errors import FormatError

NOW_MS = 1_800_000_000_000


class AnyKeys:
    """A keystore of development keys that nothing was proved for."""

    transcript = None

    def statement_key(self, name: str):
        return pools.any_key(name)


def found(home: Home) -> None:
    creation.create(home, AnyKeys(), "a pool", NOW_MS)


def check_works(home: Home) -> None:
    """The pool passes its audit, and its oracles publish prices."""
    with Ledger.open(home.ledger) as ledger:
        oracles.publish(ledger, founderkeys.read(home.pool, ownkey.ORACLE), oracles.observation(ledger, {}), NOW_MS)
    assert audit.audit(home.ledger).publications >= 1


def test_a_pool_whose_ledger_is_away_for_a_moment_keeps_its_oracle_keys(tmp_path):
    home = Home(tmp_path)
    found(home)
    away = home.ledger.rename(tmp_path / "away")
    with pytest.raises(FormatError, match="there is a pool in .* already, without a ledger.sqlite"):
        found(home)
    away.rename(home.ledger)
    check_works(home)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the test forks")
def test_of_two_foundings_at_once_one_stands_and_publishes_prices(tmp_path):
    for attempt in range(8):
        home = Home(tmp_path / f"home-{attempt}")
        home.path.mkdir()
        assert sorted(at_once(lambda home=home: found(home), 3)) == [0, 1, 1]
        check_works(home)


def at_once(act, count: int) -> list[int]:
    """The exit codes of processes that begin `act` together: 0, or 1 when it is refused in a sentence."""
    reads, writes = os.pipe()
    children = []
    for _ in range(count):
        children.append(os.fork())
        if children[-1] == 0:
            os.close(writes)
            os.read(reads, 1)  # until the parent closes its end
            try:
                act()
            except (FormatError, files.Busy):
                os._exit(1)
            except BaseException:
                os._exit(2)
            os._exit(0)
    os.close(reads)
    os.close(writes)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def test_a_stale_write_ahead_log_has_no_effect_on_a_new_pool(tmp_path):
    """The log of a ledger that another program removed while it was open."""
    stale = Home(tmp_path / "stale")
    stale.path.mkdir()
    found(stale)
    with sqlite3.connect(stale.ledger) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("UPDATE events SET body = x'00'")
    log = stale.ledger.with_name(stale.ledger.name + "-wal").read_bytes()
    connection.close()
    home = Home(tmp_path / "home")
    home.path.mkdir()
    (home.path / "ledger.sqlite-wal").write_bytes(log)  # where it once lay
    home.pool.path.mkdir()
    (home.pool.path / "ledger.sqlite-wal").write_bytes(log)
    with pytest.raises(FormatError, match="already, without a ledger.sqlite .ledger.sqlite-wal in "):
        found(home)
    home.pool.path.rename(home.path / ".unfinished-pool-of-a-founding-that-was-killed")
    found(home)
    check_works(home)
    names = sorted(path.name for path in home.path.iterdir())
    assert names == ["custodian.json", "guardians", "home.lock", "ledger.sqlite-wal", "pool"]
