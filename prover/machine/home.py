"""The home: the one directory per user that holds all data of zksettle.

    HOME/pool/              the pool's folder: ledger.sqlite, and the secrets of who founded it, such as oracles.json
    HOME/custodian.json     the secret key of a custodian, who may serve pools that others founded
    HOME/governor.json · HOME/oracle.json        the same of a governor and of an oracle
    HOME/guardians/N.json   the secret shares of guardians, likewise
    HOME/wallets/NAME.json · HOME/keys/STATEMENT-FINGERPRINT/ · HOME/ceremony-key.pem · HOME/service/
    HOME/farm/              of a machine that proves for others: the farm's key, its own identity, keys that it fetched
    HOME/home.lock          held while the pool's folder is put in its place

It is `--home`, else the environment variable ZKSETTLE_HOME, else the operating system's folder for application data.
To look at a home never creates it: what is written creates the folders that it needs, with mode 0700.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prover.machine import files
from zk.errors import FormatError

VARIABLE = "ZKSETTLE_HOME"
LOCK_WAIT_S = 10.0
OLD_POOL = ("ledger.sqlite", "oracles.json")  # what earlier versions kept in the home itself
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}", re.ASCII)


class Missing(FormatError):
    """There is no home yet, or no pool in it."""


@dataclass(frozen=True)
class PoolFolder:
    """The paths inside the folder of everything that belongs to a pool.  It appears complete, by one rename."""

    path: Path

    @property
    def ledger(self) -> Path:
        """The ledger's database file."""
        return self.path / "ledger.sqlite"

    @property
    def oracles(self) -> Path:
        """The oracles' secret keys, if they are on this machine."""
        return self.path / "oracles.json"

    @property
    def governance(self) -> Path:
        """The governors' secret keys, if they are on this machine."""
        return self.path / "governance.json"

    @property
    def operator(self) -> Path:
        """The secret key under which checkpoints are signed, if it is on this machine."""
        return self.path / "operator.json"

    @property
    def joined(self) -> Path:
        """The file that names the service of the ledger, if somebody else operates it."""
        return self.path / "joined.json"

    @property
    def promoted(self) -> Path:
        """The succession that made this home the operator's, if it is not that of the pool's first operator."""
        return self.path / "succession.txt"

    def exists(self) -> bool:
        """Whether there is anything in its place."""
        return os.path.lexists(self.path)


@dataclass(frozen=True)
class Home:
    """The paths inside one home.

    `ledger_url` is the URL behind which a joined pool's ledger is looked for, instead of the one that was joined.
    """

    path: Path
    ledger_url: str | None = None

    def __fspath__(self) -> str:
        return str(self.path)

    @property
    def pool(self) -> PoolFolder:
        """The folder of the pool."""
        return PoolFolder(self.path / "pool")

    @property
    def ledger(self) -> Path:
        """The ledger's database file."""
        return self.pool.ledger

    @property
    def oracles(self) -> Path:
        """The oracles' secret keys, if they are on this machine."""
        return self.pool.oracles

    @property
    def keys(self) -> Path:
        """The folder of proving keys."""
        return self.path / "keys"

    @property
    def wallets(self) -> Path:
        """The folder of wallet files."""
        return self.path / "wallets"

    @property
    def carriers(self) -> Path:
        """The list of carriers that orders and letters go over, if it is not the default one."""
        return self.path / "carriers.json"

    def own_key(self, name: str) -> Path:
        """The secret key of the custodian, governor or oracle on this machine, if there is one."""
        return self.path / f"{name}.json"

    @property
    def validator(self) -> Path:
        """The validator's key, if there is one on this machine."""
        return self.path / "validator.json"

    @property
    def validator_state(self) -> Path:
        """What the validator has promised; in no backup, because an older one would let it contradict itself."""
        return self.path / "validator-state.json"

    @property
    def guardian_identity(self) -> Path:
        """The identity of the guardian that has no shares yet, if it is on this machine."""
        return self.path / "guardian-identity.json"

    @property
    def guardians(self) -> Path:
        """The folder of the guardians' secret shares, if any are on this machine."""
        return self.path / "guardians"

    @property
    def ceremony_key(self) -> Path:
        """The key that signs contributions to ceremonies."""
        return self.path / "ceremony-key.pem"

    @property
    def service(self) -> Path:
        """The folder of the prover service's socket."""
        return self.path / "service"

    @property
    def farm(self) -> Path:
        """The folder of what a worker of a proving queue keeps."""
        return self.path / "farm"

    @property
    def farm_key(self) -> Path:
        """The secret key that the workers of a proving queue share, if it is on this machine."""
        return self.farm / "key.json"

    def wallet(self, name: str) -> Path:
        """The file of a wallet.  Raises FormatError for an invalid name."""
        if not is_wallet_name(name):
            raise FormatError(
                "a wallet's name must be 1 to 32 characters of a-z, 0-9, - and _, and begin with a letter or digit"
            )
        return self.wallets / f"{name}.json"


    def check(self) -> None:
        """Raises Missing when there is nothing here, FormatError when it is no folder that this user can enter."""
        try:
            os.stat(os.path.join(self.path, "."))  # which takes the right to enter it
        except FileNotFoundError:
            makers = "`zksettle pool new`, `zksettle pool join` and `zksettle wallet new` make one"
            raise Missing(f"there is no home at {self.path}: {makers}, and --home selects another") from None
        except OSError as error:
            raise FormatError(f"the home {self.path} cannot be entered: {error.strerror}") from None

    def check_pool(self) -> None:
        """Raises Missing when there is no pool here, FormatError when there is none that this version knows."""
        self.check()
        self.check_not_old()
        if not self.pool.exists():
            raise Missing(f"there is no pool in {self.path}: create one with `zksettle pool new`")
        if not os.path.exists(self.ledger):
            raise FormatError(f"{self.pool.path} has no {self.ledger.name}: put that file back, or restore a backup")

    def check_not_old(self) -> None:
        """Raises FormatError when there is a pool of an earlier version here, and none of this one."""
        names = [name for name in OLD_POOL if os.path.lexists(self.path / name)]
        if names and not self.pool.exists():
            raise FormatError(
                f"{self.path} has the pool of an earlier version ({', '.join(names)}), which this version cannot read: "
                "choose another folder with --home"
            )


@contextmanager
def changing(home: Home, wait_s: float | None = None) -> Iterator[None]:
    """Holds the lock of the home, which every change of its pool's folder needs.

    Raises files.Busy when another process holds it for longer than `wait_s` seconds, or LOCK_WAIT_S when that is None.
    """
    with files.locked(home.path / "home", f"the home {home.path}", LOCK_WAIT_S if wait_s is None else wait_s):
        yield


def is_wallet_name(name: str) -> bool:
    """Whether a wallet may have this name."""
    return _NAME.fullmatch(name) is not None


def find(option: "str | os.PathLike | Home | None" = None) -> Home:
    """The home, which may not be there yet: the option, else ZKSETTLE_HOME, else the user's default."""
    if isinstance(option, Home):
        return option
    chosen = option or os.environ.get(VARIABLE) or _of_system()
    return Home(Path(chosen).expanduser().absolute())


def _of_system() -> Path:
    import platformdirs

    return platformdirs.user_data_path("zksettle", appauthor=False)
