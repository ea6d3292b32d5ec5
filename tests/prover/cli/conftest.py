"""A home with the session's proving keys, and wallets that are cheap to open."""

from pathlib import Path

import pytest

from prover.cli.frame import passphrase
from prover.trader import walletfile

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(scope="module")
def home(keystore, tmp_path_factory) -> Path:
    """A home that shares the session's keys; the passphrase of every wallet in it is in the environment."""
    made = tmp_path_factory.mktemp("home")
    (made / "keys").symlink_to(keystore.folder("leg").parent, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walletfile, "COST", {"iterations": 1, "lanes": 1, "memory_kib": 64})
        patch.setenv(passphrase.VARIABLE, PASSPHRASE)
        yield made
