"""What many tests need and what takes long: the keys of all statements, chains, the tests of the path not taken."""

import signal

import pytest

from circuits import registry
from prover.proofs.keystore import Keystore
from tests import evm
from zk import width

ON_THE_OTHER_PATH = "test_the_arithmetic_passes_its_tests_on_the_other_path_too"


def pytest_sessionstart():
    """Ctrl-C means what it does at a terminal: where tests are begun in the background it is ignored, by children too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """The test that waits for the longest comes last."""
    items.sort(key=lambda item: item.name == ON_THE_OTHER_PATH)


@pytest.fixture(scope="session", autouse=True)
def arithmetic_elsewhere(request):
    """The arithmetic's tests on the other path, begun with the session when it has the test that waits for them."""
    if not width.is_wide_cpu() or all(item.name != ON_THE_OTHER_PATH for item in request.session.items):
        yield None
        return
    from tests.zk import test_other_path

    run = test_other_path.begin()
    yield run
    run.stop()


@pytest.fixture(scope="session")
def keystore(tmp_path_factory):
    """A keystore with a real key for every statement."""
    made = Keystore(tmp_path_factory.mktemp("keys"), now_ms=1_700_000_000_000)
    for name in registry.names():
        made.open(name)
    return made


@pytest.fixture(scope="session", params=["pyrevm", "anvil"] if evm.HAS_PYREVM else ["anvil"])
def chain(request):
    """Somewhere to deploy a contract and to call it: in this process, and a node."""
    if request.param == "pyrevm":
        pytest.importorskip("pyrevm", reason="pyrevm is not installed: the extra `test` has it")
        yield evm.InProcess()
        return
    with evm.anvil() as node:
        yield node
