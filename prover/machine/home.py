"""The home: the one directory per user that holds all data of zksettle.

    HOME/ledger.sqlite · HOME/wallets/NAME.json · HOME/oracles.json · HOME/keys/STATEMENT-FINGERPRINT/
    HOME/ceremony-key.pem · HOME/service/

It is `--home`, else the environment variable ZKSETTLE_HOME, else the operating system's folder for application data.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from prover.machine import files
from zk.errors import FormatError

VARIABLE = "ZKSETTLE_HOME"
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


@dataclass(frozen=True)
class Home:
    """The paths inside one home."""

    path: Path

    @property
    def ledger(self) -> Path:
        """The ledger's database file."""
        return self.path / "ledger.sqlite"

    @property
    def keys(self) -> Path:
        """The folder of proving keys."""
        return self.path / "keys"

    @property
    def wallets(self) -> Path:
        """The folder of wallet files."""
        return self.path / "wallets"

    @property
    def oracles(self) -> Path:
        """The oracles' secret keys, if they are on this machine."""
        return self.path / "oracles.json"

    @property
    def ceremony_key(self) -> Path:
        """The key that signs contributions to ceremonies."""
        return self.path / "ceremony-key.pem"

    @property
    def service(self) -> Path:
        """The folder of the prover service's socket."""
        return self.path / "service"

    def wallet(self, name: str) -> Path:
        """The file of a wallet.  Raises FormatError for an invalid name."""
        if not _NAME.fullmatch(name):
            raise FormatError(
                "a wallet's name must be 1 to 32 characters of a-z, 0-9, - and _, and begin with a letter or digit"
            )
        return self.wallets / f"{name}.json"


def find(option: str | os.PathLike | None = None) -> Home:
    """The home: the option, else ZKSETTLE_HOME, else the user's default.  Creates it with mode 0700 if missing."""
    chosen = option or os.environ.get(VARIABLE) or _of_system()
    return Home(files.make_folder(Path(chosen).expanduser().absolute()))


def _of_system() -> Path:
    import platformdirs

    return platformdirs.user_data_path("zksettle", appauthor=False)
