"""Founds a pool on one machine: the oracles' keys, the pool under the keys of a keystore, and its empty ledger.

All of it lies in one folder, HOME/pool/, which is made complete under another name and put in place by one rename:
after a crash there is a whole pool or none.  Nothing that exists is changed, whatever it is.
"""

import shutil

from prover.machine import arrayfolder, files
from prover.machine import home as homes
from prover.machine.home import Home, PoolFolder
from prover.operator import defaults, oracles
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from settlement.ledger import Ledger
from settlement.pool import SALT_BYTES, Pool
from zk import entropy
from zk.errors import FormatError

_LABEL = "pool-"  # begins the name of a pool's unfinished folder, after arrayfolder.UNFINISHED


class NoCeremony(FormatError):
    """No ceremony's keys are installed, and the caller did not accept development keys."""


def choose_keys(home: Home, now_ms: int, *, insecure_dev: bool) -> Keystore:
    """The keys of the ceremony that was installed last, or with `insecure_dev` the development keys.

    Raises NoCeremony when neither is there.
    """
    keystore = Keystore(home.keys, now_ms) if insecure_dev else keystores.best(home.keys, now_ms)
    if keystore.transcript is None and not insecure_dev:
        raise NoCeremony(
            "no ceremony's keys are installed here, and one party who made keys alone could forge: install those of a "
            "ceremony with `zksettle ceremony install`, or say --insecure-dev (insecure_dev=True) if you accept that"
        )
    return keystore


def check_vacant(home: Home) -> None:
    """Raises FormatError, naming what is there, when the home has a pool or anything in its place."""
    home.check_not_old()
    if not home.pool.exists():
        return
    place = home.pool.path
    names = sorted(path.name for path in place.iterdir()) if place.is_dir() else []
    missing = "" if home.ledger.name in names else f", without a {home.ledger.name}"
    raise FormatError(
        f"there is a pool in {home.path} already{missing} ({', '.join(names) or 'nothing'} in {place}): choose "
        "another folder with --home"
    )


def create(home: Home, keystore: Keystore, name: str, now_ms: int) -> Pool:
    """Founds a pool of the example assets under this keystore's keys, with an empty ledger.

    A keystore of development keys generates the missing ones, and the pool is marked `insecure_dev`.

    Raises FormatError as `check_vacant`, files.Busy when another process changes the home.
    """
    check_vacant(home)
    leg, margin = keystore.statement_key("leg"), keystore.statement_key("margin")
    with homes.changing(home):
        check_vacant(home)
        for leftover in home.path.glob(f"{arrayfolder.UNFINISHED}{_LABEL}*"):  # its founding was interrupted
            shutil.rmtree(leftover)
        with arrayfolder.creating(home.pool.path, _LABEL) as path:
            folder = PoolFolder(path)
            pool = Pool(
                name=name,
                salt=entropy.token(SALT_BYTES),
                assets=defaults.ASSETS,
                oracle_keys=oracles.create(folder.oracles, defaults.ORACLES),
                quorum=defaults.QUORUM,
                limits=defaults.LIMITS,
                leg=leg,
                margin=margin,
                insecure_dev=keystore.transcript is None,
            )
            Ledger.create(folder.ledger, pool, now_ms).close()
            files.sync_folder(folder.path)
    return pool
