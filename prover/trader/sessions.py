"""What every action works at: the ledger, an open wallet, and the proving keys; and the way from a plan to a receipt.

An action syncs, chooses an account, plans, proves, submits and syncs again.  Everything that an action changes on
the ledger is sealed to its wallet there, so a crash after submitting loses nothing.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from circuits import merkle
from prover.machine.home import Home
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from prover.trader import addresses, assembly, keys, walletfile, walletsync
from prover.trader.plan import LegPlan, Setting, Source, Target
from prover.trader.walletfile import WalletFile
from prover.trader.wallets import Holding, Wallet
from settlement import encoding, engine
from settlement.bundle import Bundle, Leg
from settlement.engine import Receipt
from settlement.ledger import Ledger
from zk import entropy

IMMEDIATE_MS = 10 * 60_000
"""A leg that is submitted as soon as it is proved is void after this time."""


@dataclass(frozen=True, repr=False)
class Session(keys.Secret):
    """An open ledger, an open wallet file and the proving keys."""

    ledger: Ledger
    file: WalletFile
    keystore: Keystore

    @property
    def wallet(self) -> Wallet:
        """The wallet as it was last saved."""
        return self.file.wallet


@dataclass(frozen=True)
class Settled:
    """A bundle that was settled, the ledger's receipt for it, and the wallet's own orders that this closed."""

    bundle: Bundle
    receipt: Receipt
    closed: tuple[walletsync.Closed, ...]


@contextmanager
def open(home: Home, ledger: Ledger, name: str, passphrase: str, now_ms: int) -> Iterator[Session]:
    """A session at a ledger with the wallet of this name.  Raises as `walletfile.open` does."""
    with walletfile.open(home.wallet(name), passphrase) as file:
        yield Session(ledger, file, keystores.of_pool(home.keys, now_ms, ledger.pool))


def sync(session: Session) -> walletsync.Synced:
    """Brings the wallet up to date with the ledger and saves it."""
    synced = walletsync.sync(session.ledger, session.wallet)
    if synced.wallet != session.wallet:
        session.file.save(synced.wallet)
    return synced


def setting(session: Session, now_ms: int) -> Setting:
    """What plans take from the ledger at this moment."""
    pool = session.ledger.pool
    for published in session.ledger.grids(newest=1):
        if session.ledger.is_fresh_grid(published.initial_root, published.publication.epoch, now_ms):
            return Setting(pool, published.publication.initial)
    return Setting(pool, None)


def source(session: Session, holding: Holding) -> Source:
    """Where a leg that spends this holding starts."""
    own = keys.account(session.wallet.seed, holding.index)
    path = session.ledger.path(holding.position)
    return Source(own, holding.account, holding.position, path, merkle.path_root(path))


def target(session: Session, index: int) -> Target:
    """This wallet's own account of an index."""
    return Target(addresses.of(session.wallet.seed, index), index)


def settle(session: Session, plans: Sequence[LegPlan], now_ms: int, taken: Sequence[tuple[Leg, int]] = ()) -> Settled:
    """Proves the plans, binds them with legs of others (each beside its blinding), submits, and syncs.

    The legs come in random order, so that a leg's place does not tell who pays and who is paid.

    Raises Unsatisfied when a statement is false, Rejected when the ledger refuses.
    """
    pool = session.ledger.pool
    proved = [(assembly.leg(made, pool, session.keystore), made.blinding) for made in plans]
    legs, blindings = zip(*entropy.shuffled([*taken, *proved]), strict=True)
    bundle = assembly.bundle(session.ledger.ledger_id, legs, blindings)
    receipt = engine.submit(session.ledger, encoding.encode_bundle(bundle), now_ms)
    return Settled(bundle, receipt, sync(session).closed)
