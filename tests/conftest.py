"""What many tests need and what takes long to make: the keys of all statements, once per session."""

import pytest

from circuits import registry
from prover.proofs.keystore import Keystore


@pytest.fixture(scope="session")
def keystore(tmp_path_factory):
    """A keystore with a real key for every statement."""
    made = Keystore(tmp_path_factory.mktemp("keys"), now_ms=1_700_000_000_000)
    for name in registry.names():
        made.open(name)
    return made
