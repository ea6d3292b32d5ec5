"""What concerns a home as a whole, for prover.desk: its pool, prices, custodian, backup, and wallets from elsewhere."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from prover.backup import restoring, saving
from prover.backup.archive import Manifest
from prover.machine import clock, home
from prover.operator import attesting, creation, defaults, founderkeys, oracles, ownkey
from prover.operator.founding import Choices
from prover.trader import sessions, walletfile
from settlement import engine
from settlement.engine import Receipt
from settlement.pool.pool import Pool
from settlement.risk.grids import Publication

PathLike = str | os.PathLike[str]


def create_pool(
    folder: PathLike | None = None, *, name: str = defaults.POOL_NAME, insecure_dev: bool = False,
    custodians: Mapping[str, str] | None = None, funds_required: bool = False,
    parameters: Mapping[str, Any] | None = None,
) -> Pool:  # fmt: skip
    """Creates a pool of ten example assets in a home, with an empty ledger.

    Its keys come from the ceremony that was installed last.  With `insecure_dev` they are development keys, made here
    by one party, which could forge proofs; the pool says so.  `custodians` names custodians by symbol and
    `custodian_key`; this machine is the custodian of all other assets.  With `funds_required` the board takes only
    orders of accounts that show funds.  `parameters` are values of the pool's first parameters, such as
    {"fees": {"leg": 10000}}, in place of the defaults (prover.operator.founding).
    """
    paths, now_ms = home.find(folder), clock.now_ms()
    named = {symbol: ownkey.parse_key(text, ownkey.CUSTODIAN) for symbol, text in (custodians or {}).items()}
    choices = Choices(values=parameters or {}, named={"board.funds_required": "true"} if funds_required else {})
    keystore = creation.choose_keys(paths, now_ms, insecure_dev=insecure_dev)
    return creation.create(paths, keystore, name, now_ms, named, choices)


def custodian_key(folder: PathLike | None = None, *, new: bool = False) -> str:
    """The public key of the home's custodian, made with `new`.  Raises FileExistsError when there is one already."""
    paths = home.find(folder)
    if new:
        ownkey.make(paths, ownkey.CUSTODIAN)
    return ownkey.key_text(ownkey.read(paths, ownkey.CUSTODIAN))


def attest(folder: PathLike | None, request: bytes) -> bytes:
    """The request of a deposit or withdrawal with the signature of the home's custodian, who knows of the payment.

    Raises Rejected when it could not settle now, and Unsatisfied when this custodian has nothing to sign in it.
    """
    paths = home.find(folder)
    secret = ownkey.read(paths, ownkey.CUSTODIAN)
    with sessions.open_ledger(paths, read_only=True) as ledger:
        return attesting.sign(ledger.pool, attesting.examine(ledger, request, secret, clock.now_ms()), secret)


def submit(folder: PathLike | None, bundle: bytes) -> Receipt:
    """Settles a finished bundle, such as one that `attest` returned.  Raises Rejected when the ledger refuses it."""
    with sessions.open_ledger(home.find(folder)) as ledger:
        return engine.submit(ledger, bundle, clock.now_ms())


def publish_prices(folder: PathLike | None = None, prices: Mapping[str, str] | None = None) -> Publication:
    """Signs prices such as {"ETH": "3050.25"} as the pool's oracles and publishes the grids of the next epoch.

    An asset that is not named keeps its price; before the first epoch that is an example price.  Orders on margin need
    grids of the last hour.
    """
    paths = home.find(folder)
    with sessions.open_ledger(paths) as ledger:
        now_ms = clock.now_ms()
        secrets = founderkeys.here(paths, ownkey.ORACLE, ledger.parameters(now_ms).oracle_keys)
        observed = oracles.observation(ledger, oracles.parse_prices(prices or {}, ledger.pool))
        return oracles.publish(ledger, secrets.values(), observed, now_ms)


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
