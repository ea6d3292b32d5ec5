"""The commands that take a ledger elsewhere: in a PostgreSQL database, which a URL names."""

import json

from prover.machine.home import PoolFolder
from prover.network.mirrors import opening
from settlement import databases
from settlement.ledger import Ledger
from tests.prover.cli.run import refused, zksettle
from tests.settlement import older
from tests.settlement.bundles import samples
from tests.settlement.bundles.samples import NOW_MS


def test_anybody_who_reaches_the_database_audits_it_without_a_home(url, tmp_path):
    Ledger.create(tmp_path / "ledger.sqlite", samples.pool(), NOW_MS).close()
    databases.copy(tmp_path / "ledger.sqlite", url)
    home = tmp_path / "home"
    audits = [json.loads(zksettle(home, "--json", "ledger", "audit", "--database", place).out)
              for place in (tmp_path / "ledger.sqlite", url)]  # fmt: skip
    assert audits[0]["digest"] == audits[1]["digest"] and audits[1]["sound"]
    assert "no list of settled events" in audits[1]["warnings"][0]
    assert "in PostgreSQL" in zksettle(home, "ledger", "audit", "--database", url).out


def test_a_server_that_is_not_there_is_one_sentence_and_exit_code_1(url, tmp_path):
    nowhere = f"postgresql://me:hunter2@/db?host={tmp_path}"
    ran = zksettle(tmp_path, "ledger", "audit", "--database", nowhere)
    refused(ran, 1, "the ledger's database cannot be reached")
    assert "hunter2" not in ran.err
    refused(zksettle(tmp_path, "ledger", "audit", "--database", url), 3, "there is no ledger in this database")


def test_an_older_ledger_is_upgraded_by_the_command_that_its_refusal_names(tmp_path):
    place = tmp_path / "ledger.sqlite"
    Ledger.create(place, samples.pool(), NOW_MS).close()
    older.make(place)
    audit = "ledger", "audit", "--database", place
    refused(zksettle(tmp_path, *audit), 3, "`zksettle ledger upgrade` makes it one of this version")
    upgrade = "ledger", "upgrade", "--database", place
    assert "had schema version 5 and has 6 now" in zksettle(tmp_path, *upgrade).out
    assert json.loads(zksettle(tmp_path, "--json", *upgrade).out) == {"before": 6, "now": 6}
    assert json.loads(zksettle(tmp_path, "--json", *audit).out)["cosignatures"] == 0


def test_the_copy_in_a_joined_home_is_upgraded_although_nobody_can_read_it(tmp_path):
    pool = PoolFolder(tmp_path / "pool")
    pool.path.mkdir()
    Ledger.create(pool.ledger, samples.pool(), NOW_MS).close()
    opening.write(pool, "http://127.0.0.1:1")
    older.make(pool.ledger)
    refused(zksettle(tmp_path, "ledger", "audit"), 3, "`zksettle ledger upgrade` makes it one of this version")
    assert "had schema version 5 and has 6 now" in zksettle(tmp_path, "ledger", "upgrade").out
    Ledger.open(pool.ledger).close()
