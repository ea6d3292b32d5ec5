"""A session, which is an open ledger, an open wallet and the proving keys; and the steps from a plan to a bundle.

An action syncs, chooses an account, plans, proves, submits, and syncs again.  Everything that an action changes on the
ledger is sealed to its wallet there, so a crash after submitting loses nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from prover.machine import clock
from prover.machine.home import Home
from prover.network.mirrors import opening
from prover.proofs import keystores
from prover.proofs.keystores import Keystore
from prover.trader import addresses, assembly, keys, owing, plan, roots, seized, shapes, walletfile, wallets, walletsync
from prover.trader.diary import About
from prover.trader.outbox import Entry
from prover.trader.owing import Setting
from prover.trader.plan import LegPlan, Source, Target
from prover.trader.shapes import Padding
from prover.trader.starts import Starts
from prover.trader.terms import Terms
from prover.trader.walletfile import WalletFile
from prover.trader.wallets import Holding, Wallet
from settlement.bundles.bundle import Bundle, Leg
from settlement.engine import Receipt
from settlement.following import finality
from settlement.ledger import Ledger
from settlement.storage.checkpoints import EventsLost
from zk import entropy
from zk.errors import FormatError

IMMEDIATE_MS = 10 * 60_000
"""The lifetime of a leg that is submitted as soon as it is proved; shapes.even shortens it."""


@dataclass(frozen=True, repr=False)
class Session(keys.Secret):
    """An open ledger, an open wallet file and the proving keys.

    `custodian` is the secret of the custodian's key that is on this machine, or None.  `on_done` is called with a
    settlement or order as soon as it is on the ledger or the board (prover/trader/settling.py).  `padded` has what each
    bundle that it made was filled up with, and `notes` what the newest of them is about, until the diary has it.
    """

    ledger: Ledger
    file: WalletFile
    keystore: Keystore
    custodian: int | None = None
    on_done: "Callable[[Settlement | Placed], None] | None" = None
    padded: list[Padding] = field(default_factory=list, compare=False)
    starts: Starts = field(default_factory=Starts, compare=False)
    notes: list[tuple[About, Sequence[Leg]]] = field(default_factory=list, compare=False)

    @property
    def wallet(self) -> Wallet:
        """The wallet as it was last saved."""
        return self.file.wallet


@dataclass(frozen=True, repr=False)
class Settlement:
    """A settled bundle, the ledger's receipt for it and its time, and the wallet's own orders that it closed.

    `is_repeated` says that an earlier run of the same command settled it and that nothing was done now.  The receipt is
    then rebuilt from the ledger, and does not know how long checking and applying took.
    """

    bundle: Bundle
    receipt: Receipt
    settled_ms: int
    entry: Entry
    closed: tuple[walletsync.Closed, ...] = ()
    is_repeated: bool = False

    def __repr__(self) -> str:
        return f"Settlement(height {self.receipt.height}, bundle {self.receipt.bundle_id.hex()[:16]}…)"

    @property
    def done(self) -> str:
        """What was done, in words."""
        return f"settled at height {self.receipt.height} (bundle {self.receipt.bundle_id.hex()})"


@dataclass(frozen=True, repr=False)
class Placed(keys.Secret):
    """An order on the board: its id, its public leg, and the terms, which only its maker and their readers know.

    `backed_by` is the index of the asset of which the account showed that it holds enough, or None.  `is_repeated` says
    that an earlier run of the same command placed it and that nothing was done now; then it need not be `is_open`,
    which says that the board still has it.
    """

    order_id: str
    leg: Leg
    terms: Terms
    backed_by: int | None
    entry: Entry
    is_open: bool = True
    is_repeated: bool = False

    @property
    def done(self) -> str:
        """What was done, in words."""
        return f"order {self.order_id} is placed"


class Unreported(Exception):
    """A bundle settled or an order was placed, and something failed after that, which is the `__cause__`.

    The same action, repeated, returns this `outcome` and does nothing else.
    """

    def __init__(self, outcome: Settlement | Placed):
        super().__init__(
            f"{outcome.done}, but the wallet could not be brought up to date; the same action, repeated, returns this "
            "and does nothing else"
        )
        self.outcome = outcome


def open_ledger(home: Home, *, accept_older: bool = False, read_only: bool = False) -> Ledger:
    """Opens the home's ledger; with `read_only`, on media that cannot be written to as well.

    A ledger that somebody else operates is brought up to date first; what is written then goes to its service.

    Raises FormatError when there is none, checkpoints.EventsLost when it lost an event that was settled, and
    walletsync.LedgerWentBack when it lost one that a wallet of the home saw, both unless `accept_older`.
    """
    home.check_pool()
    try:
        ledger = opening.open_ledger(home, clock.now_ms, accept_older=accept_older, read_only=read_only)
    except EventsLost as lost:
        way_on = "or accept this one with `zksettle wallet sync NAME --accept-older-ledger`"
        raise EventsLost(f"{lost}, {way_on}", lost.height) from None
    try:
        if not accept_older:
            for seen in walletfile.last_seen(home):
                walletsync.check_seen(ledger, seen)
    except BaseException:
        ledger.close()
        raise
    return ledger


def check_wallet(home: Home, name: str) -> None:
    """Raises FormatError when the home has no wallet of this name."""
    home.check()
    if not home.wallet(name).exists():
        raise FormatError(f"there is no wallet named {name}: create one with `zksettle wallet new {name}`")


@contextmanager
def open(
    home: Home, ledger: Ledger, name: str, passphrase: str, now_ms: int, custodian: int | None = None
) -> Iterator[Session]:
    """A session of a wallet at an open ledger.  Raises FormatError when there is none, and as `walletfile.open`."""
    check_wallet(home, name)
    with walletfile.open(home.wallet(name), passphrase) as file:
        yield Session(ledger, file, keystores.of_pool(home.keys, now_ms, ledger.pool), custodian)


def sync(session: Session) -> walletsync.Synced:
    """Brings the wallet up to date with the ledger and saves it.

    What a watch-only wallet only counts, its owner may have spent: then it starts over when there are new events.  So
    does one that counts what the guardians may have seized, or that saw what is void since the operator was replaced.
    Raises walletsync.LedgerWentBack, and saves nothing, when the ledger lost the event that the wallet saw last.
    """
    wallet = session.wallet
    if finality.is_void(session.ledger, wallet.seen_height) and walletsync.has_lost(session.ledger, wallet):
        return accept_older_ledger(session)[0]
    if wallet.dust.count and session.ledger.reader.last_event().height > wallet.seen_height and (
        wallet.is_watch_only or seized.is_any_since(session.ledger, wallet.seen_height)
    ):
        return rescan(session)
    return _save(session, walletsync.sync(session.ledger, session.wallet, session.file.save))


def accept_older_ledger(session: Session) -> tuple[walletsync.Synced, Path | None]:
    """Syncs a wallet with a ledger that may have lost events which the wallet saw.

    When it did, the wallet file is first copied under another name, as evidence, and the ledger is scanned from its
    beginning.  Returns also the path of the copy, or None when nothing was lost.
    """
    if not walletsync.has_lost(session.ledger, session.wallet):
        return sync(session), None
    copy = session.file.keep_evidence()
    return _start_over(session), copy


def rescan(session: Session) -> walletsync.Synced:
    """Forgets the wallet's accounts and finds them again from the beginning of the ledger, the dust among them.

    Raises as `sync` does.
    """
    walletsync.check(session.ledger, session.wallet)
    session.file.forget_archive()
    return _start_over(session)


def _start_over(session: Session) -> walletsync.Synced:
    fresh = wallets.start_over(session.wallet)
    return _save(session, walletsync.sync(session.ledger, fresh, session.file.save))


def _save(session: Session, synced: walletsync.Synced) -> walletsync.Synced:
    if synced.archived or synced.wallet != session.wallet:
        session.file.save(synced.wallet, synced.archived, synced.closed)
    return synced


def setting(session: Session, now_ms: int) -> Setting:
    """The ledger's state that plans need, as of now."""
    return replace(owing.setting(session.ledger, now_ms), pads=session.starts.pads)


def source(session: Session, holding: Holding) -> Source:
    """The start of a leg that spends this holding, under a root of the last ten minutes (prover/trader/roots.py)."""
    return session.starts.source(session.ledger, session.wallet.seed, holding)


def nothing(session: Session, beside: Holding) -> Source:
    """The start of a genesis leg, with a root as the leg of `beside` may have it."""
    return plan.genesis_source(roots.draw(session.ledger, beside.position).tree.root)


def target(session: Session, index: int) -> Target:
    """The end of a leg in this wallet's own account of an index."""
    seed = session.wallet.seed
    return Target(addresses.of(seed, index), index, keys.blinding_key(seed, index))


def assemble(
    session: Session, plans: Sequence[LegPlan], counterparty: Sequence[tuple[Leg, int]] = (),
    conversions: Mapping[int, int] = MappingProxyType({}), about: About | None = None,
) -> Bundle:  # fmt: skip
    """Proves the plans and binds them with the counterparty's legs, padded to an even shape (prover/trader/shapes.py).

    One of the plans pays for `shapes.fees` legs, and the others for none.  `conversions` has, by claim, the change of
    what the accounts have of it: a claim that is converted away counts negative.  `about` is for the wallet's diary.

    Raises Unsatisfied when a statement is false.
    """
    pool, others = session.ledger.pool, [leg for leg, _ in counterparty]
    made = shapes.even(session.ledger, plans, others, converts=bool(conversions))
    proved, padding_us = assembly.bundled(made, len(plans), pool, session.keystore)
    own_legs = [(leg, each.blinding) for leg, each in zip(proved, made, strict=True)]
    session.notes[:] = [] if about is None else [(about, others)]
    session.padded.append(Padding(len(made) - len(plans), padding_us))
    # In random order, so that a leg's place does not tell who pays and who is paid.
    legs, blindings = zip(*entropy.shuffled([*counterparty, *own_legs]), strict=True)
    converted = assembly.converted(session.ledger, legs, conversions)
    return assembly.bundle(session.ledger.ledger_id, legs, blindings, converted)
