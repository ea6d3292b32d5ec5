"""Founds a pool on one machine: the keys of all who serve it, the pool under a keystore's keys, its empty ledger.

All but the keys of custodian and guardians lies in one folder, HOME/pool/, which is made complete under another name
and put in place by one rename: after a crash there is a whole pool or none.  Nothing that exists is changed, whatever
it is.
"""

import shutil
from collections.abc import Mapping
from types import MappingProxyType

from prover.guardian import dealing
from prover.machine import arrayfolder, files
from prover.machine import home as homes
from prover.machine.home import Home, PoolFolder
from prover.operator import defaults, founderkeys, founding, operatorkey, ownkey
from prover.operator.founding import Choices
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from settlement.ledger import Ledger
from settlement.pool.assets import Asset
from settlement.pool.pool import NUM_PUBLIC, SALT_BYTES, Pool
from zk import entropy, signature
from zk.curves.babyjubjub import Point
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


def create(
    home: Home, keystore: Keystore, name: str, now_ms: int, custodians: Mapping[str, Point] = MappingProxyType({}),
    choices: Choices = founding.DEFAULT,
) -> Pool:  # fmt: skip
    """Founds a pool of the example assets under this keystore's keys, with an empty ledger.

    A keystore of development keys generates the missing ones, and the pool is marked `insecure_dev`.  This machine is
    the custodian of every asset for which `custodians` does not name another by symbol and public key.  It makes the
    keys of oracles, governors and guardians whom the `choices` do not name.

    Raises FormatError as `check_vacant` and `founding.check`, files.Busy when another process changes the home.  It
    raises FormatError, too, when `custodians` has a symbol that no asset has.
    """
    defaults.check_symbols(custodians)
    founding.check(choices)
    check_vacant(home)
    keys = {statement: keystore.statement_key(statement) for statement in NUM_PUBLIC}
    with homes.changing(home):
        check_vacant(home)
        for label in (_LABEL, dealing.LABEL):
            for leftover in home.path.glob(f"{arrayfolder.UNFINISHED}{label}*"):  # its founding was interrupted
                shutil.rmtree(leftover)
        with arrayfolder.creating(home.pool.path, _LABEL) as path:
            folder = PoolFolder(path)
            pool = Pool(
                name=name,
                salt=entropy.token(SALT_BYTES),
                assets=_assets(home, custodians, now_ms),
                operator=operatorkey.create(folder.operator),
                governance=founding.governance(
                    choices, choices.governors or founderkeys.create(folder, ownkey.GOVERNOR, defaults.GOVERNORS)
                ),
                parameters=founding.parameters(
                    choices,
                    None if choices.has("oracle_keys") else founderkeys.create(folder, ownkey.ORACLE, defaults.ORACLES),
                    None if choices.has("guardians") else dealing.find_or_deal(
                        home.guardians, defaults.GUARDIANS, defaults.GUARDIAN_THRESHOLD
                    ),
                ),
                **keys,
                insecure_dev=keystore.transcript is None,
            )
            Ledger.create(folder.ledger, pool, now_ms).close()
            files.sync_folder(folder.path)
    return pool


def _assets(home: Home, custodians: Mapping[str, Point], now_ms: int) -> tuple[Asset, ...]:
    """The example assets.  Makes this machine's custodian's key when an asset needs it and there is none."""
    missing = [symbol for symbol in defaults.SYMBOLS if symbol not in custodians]
    if not missing:
        return defaults.assets(custodians, now_ms)
    own = signature.public(ownkey.find_or_create(home, ownkey.CUSTODIAN))
    return defaults.assets({**custodians, **dict.fromkeys(missing, own)}, now_ms)
