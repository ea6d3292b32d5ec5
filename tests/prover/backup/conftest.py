"""Homes to back up."""

import shutil

import pytest

from prover.machine.home import Home
from prover.operator import creation, signer
from prover.trader import walletfile, wallets
from tests.prover.backup.homes import NOW_MS, PASSPHRASE, publish


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    monkeypatch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})


@pytest.fixture
def small(tmp_path) -> Home:
    """A home with two wallets and a ceremony key, without a pool."""
    home = Home(tmp_path / "small")
    for name in ("alice", "bob"):
        with walletfile.create(home.wallet(name), PASSPHRASE, wallets.new()):
            pass
    signer.own(home.ceremony_key)
    return home


@pytest.fixture(scope="module")
def whole(keystore, tmp_path_factory) -> Home:
    """A home with a pool, prices and development keys."""
    home = Home(tmp_path_factory.mktemp("whole"))
    shutil.copytree(keystore.folder("leg").parent, home.keys)
    creation.create(home, creation.choose_keys(home, NOW_MS, insecure_dev=True), "a pool", NOW_MS)
    publish(home, NOW_MS)
    return home
