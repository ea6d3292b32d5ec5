"""Settles what a wallet is asked for, once: from a bundle to the ledger and to a told outcome.

The order of the steps makes it safe to repeat the command (prover/trader/outbox.py has the states in between):

    repeated?   what the ledger has of an earlier run is the outcome; if it has nothing, the same bytes are submitted
    make        otherwise sync, choose, plan and prove; save the bundle in the outbox; again for what came between
    submit      if this returns, the bundle has settled, and that is said before anything else can fail
    sync        the wallet finds its new accounts
    confirm     the outcome was told

The wallet file is locked all the time, so no two processes do this at once.
"""

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace

from circuits.records import Position
from prover.machine import clock
from prover.trader import diary, outbox, sessions, walletsync
from prover.trader.diary import Note
from prover.trader.outbox import Asked, Entry
from prover.trader.sessions import Placed, Session, Settlement, Unreported
from prover.trader.walletsync import Closed
from settlement import engine, events
from settlement.bundles import digests, encoding
from settlement.bundles.bundle import Bundle
from settlement.engine import Receipt
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.rejection import Rejected, Rejection
from zk.errors import FormatError, Unsatisfied

MEANWHILE = (Rejection.TOP_UP_STALE, Rejection.TOP_UP_REPEATED)
"""What nobody is at fault for: prices were published while a top-up was proved, or another copy of the wallet was
quicker.  Then it is made again."""
MORE_TRIES = 2


def perform(
    session: Session, request: Asked, now_ms: int, make: Callable[[], Bundle],
    meanwhile: Collection[Rejection] = MEANWHILE,
) -> Settlement:  # fmt: skip
    """Settles the bundle that `make` returns, unless the same command settled before; then returns that settlement.

    `make` syncs, chooses, plans and proves; it is called only when there is nothing to repeat, and again, up to
    MORE_TRIES times, when the ledger refuses its bundle for one of the reasons in `meanwhile`.  If the session has
    `on_done`, the caller must `confirm` the settlement once it has told the outcome; if not, returning tells it.

    Raises keys.WatchOnly for a watch-only wallet, what `make` raises, Unsatisfied when the key was used for something
    else or the same command without a key settled untold, and Rejected when the ledger refuses the bundle; then nothing
    has settled.  Raises Unreported when the bundle has settled and something else failed.  After any other exception it
    may have settled: the same command, repeated, finds out.
    """
    session.wallet.check_moves()
    time = clock.running(now_ms)  # somebody else may settle while `make` asks and proves: no event is older than that
    earlier = outbox.find(session.wallet.outbox, request)
    if earlier is not None:
        settlement = _settled_before(session, earlier) or _submitted_again(session, earlier, time())
        if settlement is not None:
            return settlement
    else:
        _check_told(session, request)
    key = request.key if earlier is None else earlier.key
    for _ in range(MORE_TRIES):
        try:
            return _made(session, key, request, make, time)
        except Rejected as refused:
            if refused.rejection not in meanwhile:
                raise
    return _made(session, key, request, make, time)


def _made(
    session: Session, key: str | None, request: Asked, make: Callable[[], Bundle], time: Callable[[], int]
) -> Settlement:
    """Settles a new bundle for a command."""
    bundle = make()
    voids = _own_orders_moved(session, bundle)
    entry = Entry(key, request.digest, digests.bundle_id(bundle), encoding.encode_bundle(bundle), voids)
    _save(session, outbox.with_entry(session.wallet.outbox, entry))
    try:
        settlement = _submitted(session, entry, bundle, time())
    except Rejected:
        with suppress(OSError):  # an entry that stays is harmless: repeated, the ledger refuses its bytes again
            _save(session, outbox.without(session.wallet.outbox, entry))
        raise
    _keep_notes(session, entry.made)
    return settlement


def _keep_notes(session: Session, made: bytes) -> None:
    """Writes into the diary what the newest bundle, of this id, is about."""
    name = session.ledger.ledger_id
    notes = [
        Note(made, about.what, tuple(digests.leg_id(name, leg) for leg in others), about.parties)
        for about, others in session.notes
    ]
    session.notes.clear()
    diary.keep(session.file.path, session.wallet.view, notes)


def confirm(session: Session, outcome: Settlement | Placed) -> None:
    """Notes that the outcome was told: from now on the same command without a key is a new action."""
    height = outcome.receipt.height if isinstance(outcome, Settlement) else None
    _save(session, outbox.with_told(session.wallet.outbox, outcome.entry, height))


def _settled_before(session: Session, entry: Entry) -> Settlement | None:
    """The settlement of an entry by an earlier run, or None when the ledger does not have it."""
    settlement = _on_ledger(session.ledger, entry)
    if settlement is not None:
        return _finished(session, replace(settlement, is_repeated=True))
    if entry.height is not None:
        raise Unsatisfied(
            f"the wallet has seen that this settled at height {entry.height}, and the ledger does not have it: this "
            "ledger is an older copy; to do it again, choose another --once"
        )
    return None


def _check_told(session: Session, request: Asked) -> None:
    """Raises Unsatisfied when the same command settled without a key and nobody was told: with one it would act twice.

    Whoever adds --once to a command that was cut off means to be careful.
    """
    twin = outbox.find(session.wallet.outbox, replace(request, key=None))
    settled = None if twin is None or twin.key is not None else _on_ledger(session.ledger, twin)
    if settled is not None:
        raise Unsatisfied(
            f"an earlier run of this command without --once {settled.done}, and its report did not arrive: repeat it "
            "without --once to see that; afterwards the same with --once is a new action"
        )


def _submitted_again(session: Session, entry: Entry, now_ms: int) -> Settlement | None:
    """The settlement of the entry's own bytes; None when there are none, or the ledger refuses them.

    Then another bundle for the same command is safe: nobody but this wallet has the bytes, and the new ones replace
    them.
    """
    if not entry.data:
        return None
    sessions.sync(session)
    try:
        bundle = encoding.decode_bundle(entry.data)
    except FormatError:  # another version of this program made it
        return None
    try:
        return _submitted(session, entry, bundle, now_ms)
    except Rejected:
        return None


def _submitted(session: Session, entry: Entry, bundle: Bundle, now_ms: int) -> Settlement:
    """Submits the entry's bytes."""
    try:
        receipt = engine.submit(session.ledger, entry.data, now_ms)
        settlement = Settlement(bundle, receipt, now_ms, entry)
        announce(session, settlement)
    except Rejected:
        raise
    except BaseException as error:
        # A signal may strike between the commit and the announcement, and the commit itself may fail after it is done.
        settled = _on_ledger(session.ledger, entry)
        if settled is None:
            raise
        with suppress(Exception):
            announce(session, settled)
        if isinstance(error, Exception):
            raise Unreported(settled) from error
        raise
    return _finished(session, settlement)


def _finished(session: Session, settlement: Settlement) -> Settlement:
    """Announces the settlement, syncs, and returns it with the orders that it closed."""
    try:
        if settlement.is_repeated:
            announce(session, settlement)
        closed = sessions.sync(session).closed
        # An earlier run may have synced, and then nobody was told which orders that closed.
        told = {order.order_id for order in closed}
        missed = [order_id for order_id in map(bytes.hex, settlement.entry.voids) if order_id not in told]
        closed += tuple(Closed(order_id, None) for order_id in missed)
        settlement = replace(settlement, closed=closed)
        if session.on_done is None:
            confirm(session, settlement)
    except Exception as error:
        raise Unreported(settlement) from error
    return settlement


def announce(session: Session, outcome: Settlement | Placed) -> None:
    """Says at once what was done, to whoever opened the session."""
    if session.on_done is not None:
        session.on_done(outcome)


def _save(session: Session, entries: tuple[Entry, ...]) -> None:
    if entries != session.wallet.outbox:
        session.file.save(replace(session.wallet, outbox=entries))


def _own_orders_moved(session: Session, bundle: Bundle) -> tuple[bytes, ...]:
    """The ids of the wallet's own orders whose account this bundle moves without them."""
    wallet = session.wallet
    spent = {leg.nullifier for leg in bundle.legs}
    moved = {each.position for each in wallet.live if walletsync.nullifier(wallet.view, each) in spent}
    return tuple(bytes.fromhex(order.order_id) for order in wallet.orders if order.position in moved)


def _on_ledger(ledger: Ledger, entry: Entry) -> Settlement | None:
    """The settlement of an entry's bundle, rebuilt from the ledger, or None when the ledger does not have it."""
    height = ledger.reader.bundle_height(BundleId(entry.made))
    if height is None:
        return None
    settled, event = ledger.reader.bundle(height), ledger.reader.event(height)
    assert settled and event, "a bundle that has a height has an event"
    bundle, tree = encoding.decode_bundle(settled[1]), events.tree_after(event)
    positions = tuple(Position(tree.size - len(bundle.moves) + place) for place in range(len(bundle.moves)))
    # What only the run that settled it knew is left out of what is shown of a repeated settlement.
    receipt = Receipt(settled[0], height, positions, tree.root, is_checkpointed=True, check_us=0, apply_us=0)
    return Settlement(bundle, receipt, event.created_ms, entry)
