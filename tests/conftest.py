"""Fixtures that many tests share and that take long to make: the keys of all statements, databases, and chains."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from circuits import registry
from prover.proofs.keystores import Keystore
from tests import databases, evm, once, patience

# A test takes what it takes, on a machine that others use too.  The same commit has the same examples everywhere, so
# that a failure can be repeated by whoever reads of it: `pytest --hypothesis-profile=exploring` draws new ones.
settings.register_profile("exploring", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", settings.get_profile("exploring"), derandomize=True, database=None)
settings.load_profile("repeatable")

HERE = Path(__file__).parent
NOW_MS = 1_700_000_000_000  # of the keys that tests share
MAKES_KEYS, NEEDS_NO_KEYS = HERE / "architecture" / "test_readme.py", HERE / "zk"
ON_THE_OTHER_PATH = "test_the_arithmetic_passes_its_tests_on_the_other_path_too"


def pytest_xdist_auto_num_workers():
    """One process more than there are cores: some tests wait for other processes, and others compute meanwhile."""
    return (os.cpu_count() or 1) + 1


def pytest_sessionstart():
    """Makes SIGINT interrupt, as at a terminal: in a background job it would be ignored, by child processes too.

    And nobody waits for an answer for less time than a machine may stand still.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    patience.give_httpx_time()


def pytest_configure(config):
    """Has each process import another part of the tests first: in a fresh checkout pytest compiles all of them, which
    takes half a minute, and whoever comes to a file later finds what the first has compiled."""
    worker = getattr(config, "workerinput", None)
    if worker is None or [Path(arg).resolve() for arg in config.args] != [HERE]:
        return
    files = sorted(map(str, HERE.rglob("test_*.py")))
    first = int(worker["workerid"].removeprefix("gw")) * len(files) // worker["workercount"]
    config.args[:] = files[first:] + files[:first]


def pytest_collection_modifyitems(items):
    """Starts the longest test first: one worker waits for its process, and the others continue.

    Then one worker makes the keys that most of the others would wait for, and these begin with what needs none.  The
    rest is in one order, whatever each process has imported first: by file, and within a file by chain.
    """

    def place(item):
        chain_name = item.callspec.params.get("chain", "") if hasattr(item, "callspec") else ""
        comes_first = item.name == ON_THE_OTHER_PATH, item.path == MAKES_KEYS, NEEDS_NO_KEYS in item.path.parents
        return *(not each for each in comes_first), item.path, chain_name

    items.sort(key=place)


@pytest.fixture(scope="session")
def keystore(tmp_path_factory):
    """A keystore with a real key for every statement, which all processes of these tests share."""

    def make(folder):
        made = Keystore(folder, NOW_MS)
        for name in registry.names():
            made.open(name)

    return Keystore(once.folder(tmp_path_factory, "keys", make), NOW_MS)


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
