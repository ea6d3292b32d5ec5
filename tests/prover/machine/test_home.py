"""The data directory: the option, else the environment, else the system's; no wallet leaves it by its name."""

import stat

import pytest

from prover.machine import home
from zk.errors import FormatError


def test_the_option_comes_before_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv(home.VARIABLE, str(tmp_path / "environment"))
    assert home.find(tmp_path / "option").path == tmp_path / "option"
    assert home.find().path == tmp_path / "environment"


def test_the_default_is_the_systems_folder_for_application_data(tmp_path, monkeypatch):
    monkeypatch.delenv(home.VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    found = home.find().path
    assert found.name == "zksettle" and tmp_path in found.parents


def test_looking_for_a_home_does_not_make_it(tmp_path):
    found = home.find(tmp_path / "a" / "b")
    for check in (found.check, found.check_pool):
        with pytest.raises(home.Missing, match="there is no home at .*/a/b: "):
            check()
    assert list(tmp_path.iterdir()) == []


def test_what_is_written_makes_a_home_that_is_private_to_its_user(tmp_path):
    with home.changing(home.find(tmp_path / "a" / "b")):
        pass
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700


def test_a_file_is_not_a_home(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FormatError, match="cannot be entered: Not a directory"):
        home.find(tmp_path / "file").check()


def test_a_home_without_a_pool_and_a_pool_without_a_ledger_are_told_apart(tmp_path):
    found = home.find(tmp_path)
    with pytest.raises(home.Missing, match="there is no pool in"):
        found.check_pool()
    found.pool.path.mkdir()
    with pytest.raises(FormatError, match="has no ledger.sqlite: put that file back"):
        found.check_pool()
    found.ledger.touch()
    found.check_pool()


@pytest.mark.parametrize("name", home.OLD_POOL)
def test_a_pool_of_an_earlier_version_is_refused_in_a_sentence(tmp_path, name):
    found = home.find(tmp_path)
    (tmp_path / name).touch()
    with pytest.raises(FormatError, match=f"the pool of an earlier version .{name}."):
        found.check_pool()
    found.pool.path.mkdir()
    found.ledger.touch()
    found.check_pool()


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "A", "x" * 33, "-a", "é", "a\n", "a.json"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(FormatError, match="a wallet's name"):
        home.Home(tmp_path).wallet(name)


def test_a_plain_name_is_a_file_in_the_folder(tmp_path):
    assert home.Home(tmp_path).wallet("alice-2").parent == home.Home(tmp_path).wallets
