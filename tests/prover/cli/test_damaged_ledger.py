"""Rows are deleted from a ledger, or its pages damaged: every command says one sentence, and has no internal error."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from prover.machine.home import Home
from tests.prover.cli.run import zksettle

COMMANDS = [
    "ledger show", "ledger audit", "pool show", "wallet show", "wallet sync", "order list", "order show ab",
    "deposit 1 USDC", "withdraw 1 USDC", "oracle publish --price ETH=3000", "doctor",
]  # fmt: skip
DAMAGE = [
    "DELETE FROM pool", "DELETE FROM events", "DELETE FROM roots", "DELETE FROM nodes", "DELETE FROM outputs",
    "DELETE FROM bundles", "UPDATE events SET body = x''",
    "CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT RAISE(IGNORE); END", "PRAGMA user_version = 2",
]  # fmt: skip


@pytest.fixture(scope="module")
def whole(home):
    """The files of a pool with a deposit in wallet main."""
    for arguments in (("pool", "new", "--insecure-dev"), ("wallet", "new", "main"), ("deposit", "1000 USDC")):
        assert zksettle(home, *arguments).code == 0
    ledger = Home(home).ledger
    return {path: path.read_bytes() for path in ledger.parent.glob(f"{ledger.name}*")}


@pytest.fixture
def put_back(whole, home):
    """Writes the whole ledger again, after a test that damaged it, and the wallets as they were."""
    wallets = Home(home).wallets
    copy = wallets.with_name("wallets-before")
    shutil.copytree(wallets, copy)
    yield
    shutil.rmtree(wallets)
    copy.rename(wallets)
    for path in Home(home).ledger.parent.glob("ledger.sqlite*"):
        path.unlink()
    for path, data in whole.items():
        path.write_bytes(data)


def answers(home: Path) -> dict[str, str]:
    """What each command says on standard error; none may call its failure internal, or say more than one sentence."""
    said = {}
    for command in COMMANDS:
        ran = zksettle(home, *command.split())
        assert "internal error" not in ran.err + ran.out, (command, ran)
        assert ran.code == 0 or len(ran.err.splitlines()) <= 2, (command, ran)
        said[command] = f"{ran.code} {ran.err}"
    return said


@pytest.mark.parametrize("damage", DAMAGE)
def test_no_command_has_an_internal_error_on_a_damaged_ledger(home, put_back, damage):
    with closing(sqlite3.connect(Home(home).ledger)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(damage)
    said = answers(home)
    assert said["ledger audit"][0] in "13", said


@pytest.mark.parametrize("table", ["sqlite_schema", "pool", "events", "roots", "outputs"])
def test_no_command_has_an_internal_error_on_a_damaged_page(home, put_back, table):
    ledger = Home(home).ledger
    with closing(sqlite3.connect(ledger)) as connection:
        (page,) = connection.execute(
            "SELECT coalesce((SELECT rootpage FROM sqlite_schema WHERE name = ?), 1)", (table,)
        ).fetchone()
    data = bytearray(ledger.read_bytes())
    end = page * 4096
    data[end - 300 : end] = bytes(255 - byte for byte in data[end - 300 : end])  # cells stand at the end of a page
    ledger.write_bytes(bytes(data))
    said = answers(home)
    assert said["ledger audit"][0] in "13", said
