"""What concerns a home as a whole, for prover.desk: its pool, its prices, its backup, and wallets from elsewhere."""

import os
from collections.abc import Mapping
from pathlib import Path

from prover.backup import restoring, saving
from prover.backup.archive import Manifest
from prover.machine import clock, home
from prover.operator import creation, defaults, oracles
from prover.trader import sessions, walletfile
from settlement.grids import Publication
from settlement.pool import Pool

PathLike = str | os.PathLike[str]


def create_pool(folder: PathLike | None = None, *, name: str = defaults.POOL_NAME, insecure_dev: bool = False) -> Pool:
    """Creates a pool of eight example assets in a home, with an empty ledger.

    Its keys come from the ceremony that was installed last.  With `insecure_dev` they are development keys, made here
    by one party, which could forge proofs; the pool says so.
    """
    paths, now_ms = home.find(folder), clock.now_ms()
    return creation.create(paths, creation.choose_keys(paths, now_ms, insecure_dev=insecure_dev), name, now_ms)


def publish_prices(folder: PathLike | None = None, prices: Mapping[str, str] | None = None) -> Publication:
    """Signs prices such as {"ETH": "3050.25"} as the pool's oracles and publishes the grids of the next epoch.

    An asset that is not named keeps its price; before the first epoch that is an example price.  Orders on margin need
    grids of the last hour.
    """
    paths = home.find(folder)
    with sessions.open_ledger(paths) as ledger:
        new_prices = oracles.parse_prices(prices or {}, ledger.pool)
        all_prices = oracles.prices(ledger, new_prices)
        return oracles.publish(ledger, oracles.read(paths.oracles), all_prices, clock.now_ms())


def backup(folder: PathLike | None, file: PathLike) -> Manifest:
    """Writes a backup of a home to a new file with mode 0600, checks it, and returns what is in it.

    It contains the ledger, every wallet (encrypted as it is), and the secret keys of the home and its pool.
    """
    return saving.save(home.find(folder), Path(file), clock.now_ms())


def restore(file: PathLike, folder: PathLike) -> Manifest:
    """Makes a new home of a backup, which is checked first, and returns what is in it.

    Raises FileExistsError when there is anything in that folder: nothing is overwritten.
    """
    return restoring.restore(Path(file), home.find(folder))


def import_wallet(
    folder: PathLike | None, name: str, file: PathLike, passphrase: str, *, file_passphrase: str
) -> None:
    """Makes a wallet of an exported one or of a viewing key, under a passphrase of its own.

    Raises FileExistsError when there is a wallet of this name, and walletfile.WrongPassphrase when `file_passphrase` is
    not the file's.
    """
    walletfile.check_passphrase(passphrase)
    wallet = walletfile.read_exported(Path(file), file_passphrase)
    with walletfile.create(home.find(folder).wallet(name), passphrase, wallet):
        pass
