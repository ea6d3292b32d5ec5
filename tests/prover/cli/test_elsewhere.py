"""Commands on a ledger that is elsewhere: --ledger URL, what it joins, what it refuses, and the same output as here."""

import json
from contextlib import contextmanager

import pytest

from prover.cli.frame import passphrase
from prover.machine.home import Home
from prover.network.mirrors import opening
from prover.trader import walletfile
from settlement.ledger import Ledger
from settlement.pool import poolfile
from tests import processes
from tests.prover.cli.run import refused, zksettle

SHOWN = (
    ("ledger", "show"), ("pool", "show"), ("pool", "show", "--parameters"), ("order", "list"), ("oracle", "show"),
    ("ledger", "audit"), ("ledger", "checkpoint"), ("wallet", "show"), ("wallet", "sync"), ("order", "show", "0" * 64),
)  # fmt: skip

OWN = ("address", "checkpoint", "cosignatures", "warnings")


@pytest.fixture(scope="module", autouse=True)
def cheap():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv(passphrase.VARIABLE, "a phrase of your own")
        yield


@contextmanager
def served(home):
    """The URL of the service over a home's ledger."""
    with processes.started(home, "ledger", "serve", "--listen", "127.0.0.1:0", "--json") as process:
        yield processes.document(process)["url"]


@pytest.fixture(scope="module")
def operated(keystore, tmp_path_factory):
    """An operator's home and the URL of its service, which runs as a process."""
    home = tmp_path_factory.mktemp("operator")
    (home / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    assert zksettle(home, "pool", "new", "--insecure-dev").code == 0
    assert zksettle(home, "oracle", "publish").code == 0
    assert zksettle(home, "wallet", "new", "main").code == 0
    with served(home) as url:
        yield home, url


@pytest.fixture
def home(tmp_path, keystore):
    path = tmp_path / "home"
    path.mkdir()
    (path / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    return path


def digits(operated):
    with Ledger.open(Home(operated[0]).ledger, read_only=True) as ledger:
        return poolfile.ledger_id(ledger.pool).hex()[:16]


def test_who_gives_url_and_fingerprint_joins_and_sees_what_the_operator_sees(operated, home):
    """In a home without a pool; and every command ends there as it does on the operator's own ledger."""
    own, url = operated
    option = ("--ledger", f"{url}#{digits(operated)}")
    assert zksettle(home, "wallet", "new", "main").code == 0
    assert zksettle(home, "ledger", "show", *option, "--json").code == 0
    assert opening.joined(Home(home).pool) == opening.Joined(url)
    for words in SHOWN:
        there, here = zksettle(home, *words, *option, "--json"), zksettle(own, *words, "--json")
        assert there.code == here.code, (words, there, here)
        assert document(there) == document(here), words


def document(ran):
    """What a command has said, but for the wallet's own address, and what a copy keeps beside the history."""
    said = json.loads(ran.out) if ran.out else {}
    return {name: value for name, value in said.items() if name not in OWN}


def test_without_a_pool_and_a_fingerprint_nothing_is_joined(operated, home):
    refused(zksettle(home, "ledger", "show", "--ledger", operated[1]), 3, "there is no pool in", "zksettle pool join")
    refused(zksettle(home, "ledger", "show", "--ledger", f"{operated[1]}#{'0' * 16}"), 3, "has another pool")
    refused(zksettle(home, "ledger", "show", "--ledger", f"{operated[1]}#123"), 3, "16 to 64 hex digits")
    refused(zksettle(home, "ledger", "show", "--ledger", "ftp://x"), 3, "is not the URL of a service")
    assert not Home(home).pool.exists()


def test_another_service_of_the_ledger_is_used_for_one_command(operated, home):
    url = operated[1]
    assert zksettle(home, "pool", "join", url).code == 0
    opening.write(Home(home).pool, "http://127.0.0.1:9")
    assert zksettle(home, "oracle", "publish").code == 1
    shown = zksettle(home, "ledger", "show", "--ledger", url)
    assert shown.code == 0 and "which ends at" not in shown.out + shown.err
    assert opening.joined(Home(home).pool).url == "http://127.0.0.1:9"
    option = ("--ledger", f"{url}#{'0' * 16}")
    refused(zksettle(home, "ledger", "show", *option), 3, "the pool in", "has another ledger id")


def test_a_service_of_another_ledger_is_refused(operated, home, tmp_path, keystore):
    other = tmp_path / "other"
    other.mkdir()
    (other / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    assert zksettle(other, "pool", "new", "--insecure-dev").code == 0
    with served(other) as url:
        assert zksettle(home, "pool", "join", url).code == 0
    refused(zksettle(home, "ledger", "show", "--ledger", operated[1]), 1, "not signed by")


def test_a_home_with_a_ledger_of_its_own_is_asked_to_leave_the_option_out(operated):
    own, url = operated
    refused(zksettle(own, "ledger", "show", "--ledger", url), 3, "this home's own", "leave --ledger out")
