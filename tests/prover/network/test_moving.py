"""A ledger moves to another database: all of it, checked on the way, and never so that there are two of it."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

from prover.machine import secretfile
from prover.machine.home import Home
from prover.network.mirrors import moving, opening
from prover.operator import operatorkey
from settlement import engine
from settlement.bundles import encoding
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from tests.prover.cli.run import refused, zksettle
from tests.prover.network import serving
from tests.prover.network.serving import post
from tests.prover.network.test_bundles import deposits, encoded, read
from tests.settlement.bundles import samples
from zk.errors import FormatError


def settle(place, amount):
    with Ledger.open(place) as ledger:
        bundle = encoding.encode_bundle(samples.deposit(ledger, amount))
        engine.submit(ledger, bundle, samples.NOW_MS, samples.any_proof)


def history(place):
    with Ledger.open(place, read_only=True) as ledger:
        return ledger.reader.events()


def moved(path, place):
    with Ledger.open(path, read_only=True) as own:
        return moving.move(own, place, samples.any_proof)


@pytest.fixture
def path(tmp_path):
    """A ledger with grids and bundles."""
    (tmp_path / "home").mkdir()
    made = serving.ledger_at(tmp_path / "home")
    settle(made, 1)
    with Ledger.open(made) as ledger:
        samples.publish(ledger)
    settle(made, 2)
    return made


def test_a_ledger_moves_with_all_of_its_events_and_goes_on_there(path, where):
    assert moved(path, where) == 4 - 1 and history(where) == history(path)
    settle(path, 3)
    assert moved(path, where) == 1 and history(where) == history(path)
    settle(where, 4)
    assert moved(path, where) == 0 and history(where)[:-1] == history(path)


def test_bundles_settle_over_http_in_either_database(path, where):
    moved(path, where)
    first, second = deposits(where, 5, 7)

    async def questions(client):
        return [await post(client, "/bundles", encoded(each)) for each in (first, second, first)]

    one, other, again = serving.asked(where, questions)
    assert (read(one).height, read(other).height) == (4, 5) and again.content == one.content


def test_another_history_or_another_pools_ledger_is_left_alone(path, tmp_path):
    other = tmp_path / "other.sqlite"
    moved(path, other)
    settle(other, 3)
    settle(path, 4)
    before = history(other)
    with pytest.raises(Discrepancy, match="another history"):
        moved(path, other)
    third = tmp_path / "third.sqlite"
    Ledger.create(third, samples.pool(b"another salt, 16"), samples.NOW_MS).close()
    with pytest.raises(FormatError, match="another pool"):
        moved(path, third)
    assert history(other) == before and len(history(third)) == 1


@pytest.fixture
def home(tmp_path):
    made = Home(tmp_path / "home")
    made.pool.path.mkdir(parents=True)
    Ledger.create(made.ledger, samples.pool(), 1_700_000_000_000).close()
    key = operatorkey._OperatorFile(operatorkey.FORMAT, operatorkey.VERSION, samples.OPERATOR_SECRET)
    secretfile.create(made.pool.operator, key, "the key")
    return made


@contextmanager
def command(home, *options):
    """What a service of its own process says when it is ready."""
    words = [sys.executable, "-m", "prover.cli.main", "ledger", "serve", "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen([*words, *map(str, options), "--home", str(home.path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline()]
            while lines[-1] not in (b"}\n", b""):
                lines.append(process.stdout.readline())
            yield json.loads(b"".join(lines))
        finally:
            process.send_signal(signal.SIGTERM)


def test_after_the_move_the_homes_commands_go_through_the_service(home, tmp_path):
    elsewhere = tmp_path / "elsewhere.sqlite"
    with command(home, "--database", elsewhere) as said:
        assert said["database"] == str(elsewhere) and opening.url(home.pool) == said["url"]
        with Ledger.open(elsewhere) as ledger:
            samples.publish(ledger, 1_700_000_001_000)
        assert httpx.get(f"{said['url']}/readyz").json()["height"] == 1
        shown = zksettle(home.path, "ledger", "show", "--json")
        assert shown.code == 0 and json.loads(shown.out)["height"] == 1
    assert history(home.ledger) == history(elsewhere)
    shown = zksettle(home.path, "ledger", "show")
    assert shown.code == 0 and "cannot be reached" in shown.out and "ends at height 1" in shown.out
    refused(zksettle(home.path, "oracle", "publish"), 1, "cannot be reached")
    refused(zksettle(home.path, "ledger", "serve", "--listen", "127.0.0.1:0"), 3, "is a copy", "--database")
    own = zksettle(home.path, "ledger", "serve", "--listen", "127.0.0.1:0", "--database", home.ledger)
    refused(own, 3, "the home's own file")
