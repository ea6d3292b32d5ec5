"""Settled, and told as refused: what breaks after the commit must not make anybody pay twice.

A command runs in a process of its own, with real proofs, and is made to fail after the ledger has committed; then the
user does the natural thing and repeats it.  The amount must leave once, and both must say so.
"""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from prover.cli.frame import passphrase
from prover.machine import home as homes
from prover.trader import walletfile
from settlement.ledger import Ledger
from tests.prover.cli.run import zksettle

ROOT = Path(__file__).parents[2]
USDC = 0

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")

RUN = "from prover.cli import main; main.run()"
ARMED = """
import os, resource, signal
from settlement import engine
from settlement.orders import board
def armed(act):
    def call(*arguments, **options):
        {before}
        done = act(*arguments, **options)
        {after}
        return done
    return call
engine.submit, board.place = armed(engine.submit), armed(board.place)
"""
NO_FILE_GROWS = "resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))"  # as a full disk does
TERMINATED = "os.kill(os.getpid(), signal.SIGTERM)"
KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(scope="module")
def payer(keystore, tmp_path_factory) -> Path:
    """A home with a pool, and an account of 4,000 USDC in each of the wallets `payer` and `maker`."""
    made = tmp_path_factory.mktemp("home")
    (made / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv(passphrase.VARIABLE, "correct horse battery staple")
        assert zksettle(made, "pool", "new", "--insecure-dev").code == 0
        for name in ("payer", "maker"):
            assert zksettle(made, "wallet", "new", name).code == 0
            assert zksettle(made, "deposit", "4000 USDC", "--wallet", name).code == 0
        yield made


def run(
    home: Path, *arguments: str, before: str = "pass", after: str = "pass", **streams
) -> subprocess.CompletedProcess:
    """One command in a process of its own, which does something just `before` and `after` the ledger commits."""
    script = ARMED.format(before=before, after=after) + RUN
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    command = [sys.executable, "-P", "-c", script, *arguments, "--home", str(home)]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True, **streams)


def afterwards(home: Path, *arguments: str) -> subprocess.CompletedProcess:
    """One command to which nothing happens, in this process: a new one takes a second to start."""
    ran = zksettle(home, *arguments)
    return subprocess.CompletedProcess(arguments, ran.code, ran.out, ran.err)


def reserve(home: Path) -> int:
    """What the ledger holds of USDC."""
    with Ledger.open(homes.find(home).ledger) as ledger:
        return ledger.reader.reserve(ledger.pool.leg.digest, USDC)


def usdc(home: Path, wallet: str = "payer") -> int:
    """What a wallet holds of USDC."""
    return int(json.loads(afterwards(home, "wallet", "sync", wallet, "--json").stdout)["balances"]["USDC"])


def height(home: Path) -> int:
    """The height of the ledger's newest event."""
    with Ledger.open(homes.find(home).ledger) as ledger:
        return ledger.reader.last_event().height


def check_settled_once(home: Path, arguments: tuple[str, ...], first, amount: int, before: int) -> None:
    """The first run ended with 4 and said that it settled; repeated, the command reports the same settlement."""
    assert before - reserve(home) == amount, first
    told = first.stderr.splitlines()[-1]  # below what took long
    assert first.returncode == 4 and told.startswith("settled at height ") and "Traceback" not in first.stderr, first
    where = told[: told.index(")") + 1]  # settled at height … (bundle …)
    again = afterwards(home, *arguments)
    assert again.returncode == 0, again
    assert again.stdout.startswith(f"S{where[1:]} by an earlier run of this command, whose report did not arrive, on ")
    assert before - reserve(home) == amount, "paid twice"


def test_output_to_a_full_device(payer):
    before, arguments = reserve(payer), ("withdraw", "11 USDC", "--wallet", "payer")
    with open("/dev/full", "w") as full:
        first = run(payer, *arguments, stdout=full)
    assert "No space left on device" in first.stderr
    check_settled_once(payer, arguments, first, 11_000_000, before)
    assert afterwards(payer, *arguments).returncode == 0
    assert before - reserve(payer) == 22_000_000, "a third run is a new withdrawal, for the second one was told"


def test_a_document_to_a_full_device(payer):
    before, arguments = reserve(payer), ("withdraw", "12 USDC", "--wallet", "payer", "--json")
    with open("/dev/full", "w") as full:
        first = run(payer, *arguments, stdout=full)
    assert before - reserve(payer) == 12_000_000 and first.returncode == 4
    again = afterwards(payer, *arguments)
    assert again.returncode == 0 and json.loads(again.stdout)["repeated"] is True
    assert before - reserve(payer) == 12_000_000, "paid twice"


def test_both_streams_to_a_full_device(payer):
    before, arguments = reserve(payer), ("withdraw", "13 USDC", "--wallet", "payer")
    with open("/dev/full", "w") as full:
        first = run(payer, *arguments, stdout=full, stderr=full)
    assert before - reserve(payer) == 13_000_000 and first.returncode == 4


def test_a_pipe_whose_reader_is_gone(payer):
    before, arguments = reserve(payer), ("withdraw", "14 USDC", "--wallet", "payer")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        first = run(payer, *arguments, stdout=writing)
    finally:
        os.close(writing)
    assert "Broken pipe" in first.stderr
    check_settled_once(payer, arguments, first, 14_000_000, before)


def test_a_disk_that_is_full_after_the_commit(payer):
    before, arguments = reserve(payer), ("withdraw", "15 USDC", "--wallet", "payer")
    first = run(payer, *arguments, after=NO_FILE_GROWS)
    assert first.stdout.startswith("Settled at height "), "said before anything else could fail"
    check_settled_once(payer, arguments, first, 15_000_000, before)


def test_a_disk_that_is_full_after_the_commit_in_json(payer):
    before, arguments = reserve(payer), ("withdraw", "16 USDC", "--wallet", "payer", "--json")
    first = run(payer, *arguments, after=NO_FILE_GROWS)
    document = json.loads(first.stdout)
    assert first.returncode == document["exit_code"] == 4
    assert before - reserve(payer) == 16_000_000
    again = json.loads(afterwards(payer, *arguments).stdout)
    assert again["repeated"] is True and again["bundle"] == document["settled"]["bundle"]
    assert before - reserve(payer) == 16_000_000, "paid twice"


def test_a_signal_after_the_commit(payer):
    before, arguments = reserve(payer), ("withdraw", "17 USDC", "--wallet", "payer")
    first = run(payer, *arguments, after=TERMINATED)
    assert "SIGTERM" in first.stderr
    check_settled_once(payer, arguments, first, 17_000_000, before)


def test_a_kill_after_the_commit(payer):
    before, arguments = reserve(payer), ("withdraw", "18 USDC", "--wallet", "payer")
    assert run(payer, *arguments, after=KILLED).returncode == -signal.SIGKILL
    again = afterwards(payer, *arguments)
    assert again.returncode == 0 and "earlier run" in again.stdout
    assert before - reserve(payer) == 18_000_000, "paid twice"


def test_an_interruption_after_the_commit(payer):
    before, arguments = reserve(payer), ("withdraw", "24 USDC", "--wallet", "payer")
    first = run(payer, *arguments, after="os.kill(os.getpid(), signal.SIGINT)")
    assert "interrupted" in first.stderr
    check_settled_once(payer, arguments, first, 24_000_000, before)


def test_a_disk_that_is_full_before_the_commit_is_a_refusal_and_the_repetition_settles(payer):
    before, arguments = reserve(payer), ("withdraw", "25 USDC", "--wallet", "payer")
    first = run(payer, *arguments, before=NO_FILE_GROWS)
    assert first.returncode == 1 and first.stdout == "" and "settled" not in first.stderr, first
    assert reserve(payer) == before
    again = afterwards(payer, *arguments)
    assert again.returncode == 0 and "earlier run" not in again.stdout
    assert before - reserve(payer) == 25_000_000


def test_an_order_is_placed_once_and_taken_once(payer):
    assert afterwards(payer, "deposit", "1 ETH", "--wallet", "maker").returncode == 0
    terms = ("--sell", "1 ETH", "--buy", "300 USDC", "--to", "everybody")
    place = ("order", "place", *terms, "--yes", "--wallet", "maker")
    first = run(payer, *place, after=NO_FILE_GROWS)
    told = first.stderr.splitlines()[-1].split()
    assert first.returncode == 4 and (told[0], told[2], told[3].strip(",:")) == ("order", "is", "placed"), first
    order = told[1]
    again = afterwards(payer, *place, "--json")
    assert json.loads(again.stdout)["order"] == order and json.loads(again.stdout)["repeated"] is True
    listed = json.loads(afterwards(payer, "order", "list", "--json").stdout)["orders"]
    assert [each["order"] for each in listed] == [order]

    take = ("order", "take", order, "--sell", "300 USDC", "--buy", "1 ETH", "--wallet", "payer")
    held = usdc(payer)
    first = run(payer, *take, after=NO_FILE_GROWS)
    assert first.returncode == 4 and f"settled at height {height(payer)} " in first.stderr, first
    again = run(payer, *take)  # the order is gone from the board
    assert again.returncode == 0 and "earlier run" in again.stdout
    assert usdc(payer) == held - 300_000_000
    refused = afterwards(payer, *take)
    assert refused.returncode == 1 and "ORDER_UNKNOWN" in refused.stderr


def test_a_payment_is_paid_once(payer):
    address = zksettle(payer, "wallet", "address", "maker").out.strip()
    arguments, before = ("pay", "19 USDC", "--to", address, "--wallet", "payer"), usdc(payer, "maker")
    with open("/dev/full", "w") as full:
        assert run(payer, *arguments, stdout=full).returncode == 4
    assert afterwards(payer, *arguments).returncode == 0
    assert usdc(payer, "maker") - before == 19_000_000


def test_the_same_key_settles_once_and_another_key_settles_again(payer):
    before, arguments = reserve(payer), ("withdraw", "21 USDC", "--wallet", "payer", "--once")
    first, again = (afterwards(payer, *arguments, "rent for May") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0) and "earlier run" in again.stdout
    assert before - reserve(payer) == 21_000_000, "paid twice"
    assert afterwards(payer, *arguments, "rent for June").returncode == 0
    assert before - reserve(payer) == 42_000_000


def test_a_key_is_refused_for_anything_else(payer):
    assert afterwards(payer, "withdraw", "22 USDC", "--wallet", "payer", "--once", "taken").returncode == 0
    before = reserve(payer)
    for other in (("withdraw", "23 USDC"), ("withdraw", "22 USDC", "--party", "others"), ("deposit", "22 USDC")):
        refused = afterwards(payer, *other, "--wallet", "payer", "--once", "taken")
        assert refused.returncode == 1 and "was used for something else" in refused.stderr, refused
    assert reserve(payer) == before
