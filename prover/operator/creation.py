"""Founding a pool on one machine: oracle keys, the pool itself and its empty ledger, under the keys of a keystore."""

from prover.machine.home import Home
from prover.operator import defaults, oracles
from prover.proofs.keystores import Keystore
from settlement.ledger import Ledger
from settlement.pool import SALT_BYTES, Pool
from zk import entropy
from zk.errors import FormatError


def found(home: Home, keystore: Keystore, name: str, now_ms: int) -> Pool:
    """A pool of the example assets under this keystore's keys; its ledger is empty.

    With development keys, which are made here where there are none, it is a pool that says `insecure_dev`.

    Raises FormatError when the home has a ledger already.
    """
    if home.ledger.exists():
        raise FormatError(f"there is a ledger in {home.path} already")
    leg, margin = keystore.statement_key("leg"), keystore.statement_key("margin")
    home.oracles.unlink(missing_ok=True)  # keys without a ledger are left over from a founding that was broken off
    pool = Pool(
        name=name,
        salt=entropy.token(SALT_BYTES),
        assets=defaults.ASSETS,
        oracle_keys=oracles.make(home.oracles, defaults.ORACLES),
        quorum=defaults.QUORUM,
        limits=defaults.LIMITS,
        leg=leg,
        margin=margin,
        insecure_dev=keystore.transcript is None,
    )
    Ledger.create(home.ledger, pool, now_ms).close()
    return pool
