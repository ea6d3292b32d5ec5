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


def test_a_new_home_is_private_to_its_user(tmp_path):
    path = home.find(tmp_path / "a" / "b").path
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", "A", "x" * 33, "-a", "é", "a\n", "a.json"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, name):
    with pytest.raises(FormatError, match="a wallet's name"):
        home.Home(tmp_path).wallet(name)


def test_a_plain_name_is_a_file_in_the_folder(tmp_path):
    assert home.Home(tmp_path).wallet("alice-2").parent == home.Home(tmp_path).wallets
