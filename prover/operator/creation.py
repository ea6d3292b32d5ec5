"""Creates a pool on one machine: the oracles' keys, the pool under the keys of a keystore, and its empty ledger."""

from prover.machine.home import Home
from prover.operator import defaults, oracles
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from settlement.ledger import Ledger
from settlement.pool import SALT_BYTES, Pool
from zk import entropy
from zk.errors import FormatError


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


def create(home: Home, keystore: Keystore, name: str, now_ms: int) -> Pool:
    """Creates a pool of the example assets under this keystore's keys, and its empty ledger.

    A keystore of development keys generates the missing ones, and the pool is marked `insecure_dev`.

    Raises FormatError when the home has a ledger already.
    """
    if home.ledger.exists():
        raise FormatError(f"there is a ledger in {home.path} already: choose another folder with --home")
    leg, margin = keystore.statement_key("leg"), keystore.statement_key("margin")
    home.oracles.unlink(missing_ok=True)  # keys without a ledger are left over from an interrupted creation
    pool = Pool(
        name=name,
        salt=entropy.token(SALT_BYTES),
        assets=defaults.ASSETS,
        oracle_keys=oracles.create(home.oracles, defaults.ORACLES),
        quorum=defaults.QUORUM,
        limits=defaults.LIMITS,
        leg=leg,
        margin=margin,
        insecure_dev=keystore.transcript is None,
    )
    Ledger.create(home.ledger, pool, now_ms).close()
    return pool
