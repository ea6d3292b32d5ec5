"""Fixtures that many tests share and that take long to make: the keys of all statements, databases, and chains."""

import os
import signal

import pytest

from circuits import registry
from prover.proofs.keystores import Keystore
from tests import databases, evm

ON_THE_OTHER_PATH = "test_the_arithmetic_passes_its_tests_on_the_other_path_too"


def pytest_xdist_auto_num_workers():
    """One process more than there are cores: some tests wait for other processes, and others compute meanwhile."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart():
    """Makes SIGINT interrupt, as at a terminal: in a background job it would be ignored, by child processes too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Starts the longest test first: one worker waits for its process, and the others continue."""
    items.sort(key=lambda item: item.name != ON_THE_OTHER_PATH)


@pytest.fixture(scope="session")
def keystore(tmp_path_factory):
    """A keystore with a real key for every statement."""
    made = Keystore(tmp_path_factory.mktemp("keys"), now_ms=1_700_000_000_000)
    for name in registry.names():
        made.open(name)
    return made


@pytest.fixture(scope="session", params=["pyrevm", "anvil"] if evm.HAS_PYREVM else ["anvil"])
def chain(request):
    """A place to deploy and call a contract: an EVM in this process, or a node."""
    if request.param == "pyrevm":
        pytest.importorskip("pyrevm", reason="pyrevm is not installed: the extra `test` has it")
        yield evm.InProcess()
        return
    with evm.anvil() as node:
        yield node


@pytest.fixture(scope="session")
def server():
    """A PostgreSQL server, which all processes of these tests share."""
    with databases.server() as running:
        yield running


@pytest.fixture
def url(server):
    """The URL of an empty PostgreSQL database."""
    return databases.emptied(server)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    """Where a new ledger may be created: a file, or a database that is empty."""
    return tmp_path / "ledger.sqlite" if request.param == "sqlite" else request.getfixturevalue("url")
