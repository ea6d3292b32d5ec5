"""A light mirror: it takes a history that validators have checked, and checks that it is this history, byte for byte.

    checked here      the log and its root at every event; that what was sent is what a leaf names, and a bundle's id
                      what it does; the root of the tree of commitments after every bundle; the governors' signatures
                      on every change of the parameters, because these name the validators
    taken on trust    that the ledger's rules were kept: proofs, signatures, times, prices, sums

So a light mirror has the same rows as a full one (settlement.following.following), and making one full takes an audit
of what it has, and nothing from anybody.  Who may be trusted with the rest is for the caller to see: the quorum of the
pool's validators, who cosigned the checkpoint.

Thousands of events are one transaction, and their trees are computed level by level (settlement.merkle.extend).
"""

from collections.abc import Sequence
from functools import partial

from circuits.records import Amount, Position
from settlement import events, merkle
from settlement.bundles.bundle import Account
from settlement.checks import expiry, heartbeat
from settlement.custody import Reserves
from settlement.errors import Discrepancy, require
from settlement.events import Appended, Event
from settlement.following import skimming
from settlement.following.following import Received
from settlement.following.skimming import Skimmed
from settlement.ledger import Ledger
from settlement.log import tree
from settlement.merkle import Extended
from settlement.pool import governance
from settlement.pool.governance import Change
from settlement.pool.parameters import Parameters
from settlement.pool.pool import Pool
from settlement.publicaccounts import Balances
from settlement.rejection import Rejected
from settlement.risk import grids
from settlement.risk.grids import PublishedGrids
from settlement.storage.rows import (
    BundleEntry,
    ChangeEntry,
    Entry,
    ExpiryEntry,
    GridsEntry,
    HeartbeatEntry,
    Output,
    SettledFlow,
)
from zk.errors import FormatError


def follow(ledger: Ledger, received: Sequence[Received]) -> Event:
    """Records the events of another ledger that come after this one's newest, in one transaction; returns the last.

    The caller lets the ledger rest after the last of them.  Raises Discrepancy when they are not its next events, or
    what was sent is not what they name; nothing is recorded.
    """
    ledger.take(partial(_entries, received=received))
    return ledger.reader.last_event()


def changed(pool: Pool, announced: Sequence[Change], event: Event, data: bytes) -> Change:
    """The change of the parameters that was sent for an event, after those that were announced before it.

    Raises Discrepancy unless it is what the event names, and the governors have signed it.
    """
    newest = announced[-1] if announced else None
    before = (pool.parameters, 0) if newest is None else (newest.parameters, newest.effective_ms)
    try:
        decoded = governance.decode(data)
        governance.check(pool, *before, decoded, event.created_ms)
    except (FormatError, Rejected) as error:
        raise Discrepancy(f"{_name(event)} should have been refused: {error}") from error
    _require_body(event, events.parameters_body(decoded.parameters.version, decoded.effective_ms, data))
    return decoded


def in_force(pool: Pool, announced: Sequence[Change], now_ms: int) -> Parameters:
    """The parameters that are in force at a time when these changes, and no others, were announced."""
    effective = [change.parameters for change in announced if change.effective_ms <= now_ms]
    return effective[-1] if effective else pool.parameters


def _entries(ledger: Ledger, received: Sequence[Received]) -> list[Entry]:
    """What the events write that are not here yet, in their order."""
    received = received[_known(ledger, received) :]
    appended = _appended(ledger, received)
    announced = [settled.change for settled in ledger.reader.changes()]
    bundles: list[tuple[Appended, bytes, Skimmed]] = []
    entries: list[Entry | None] = []
    for after, one in zip(appended, received, strict=True):
        event = after.event
        if event.kind == events.BUNDLE:
            bundles.append((after, one.sent, _skimmed(ledger, event, one.sent)))
            entries.append(None)
        elif event.kind == events.PARAMETERS:
            announced.append(changed(ledger.pool, announced, event, one.sent))
            entries.append(ChangeEntry(after, announced[-1], one.sent))
        else:
            entries.append(_other(after, one.sent))
    settled = iter(_settled(ledger, bundles))
    return [entry or next(settled) for entry in entries]


def _known(ledger: Ledger, received: Sequence[Received]) -> int:
    """How many of the events are here already, because another process took them meanwhile."""
    first = _read(received[0].leaf).height
    known = ledger.reader.events(first, first + len(received))
    require(
        all(event.leaf == one.leaf for event, one in zip(known, received, strict=False)),
        f"another process has taken another history from height {first} on",
    )
    return len(known)


def _read(leaf: bytes) -> Event:
    try:
        return events.read(leaf)
    except FormatError as error:
        raise Discrepancy(f"a leaf of the log is malformed: {error}") from error


def _appended(ledger: Ledger, received: Sequence[Received]) -> list[Appended]:
    """The events of the leaves, each with the nodes of the log that it completes."""
    log = tree.Growing(ledger.reader.log_node, ledger.reader.last_event().height + 1)
    found = []
    for one in received:
        event = _read(one.leaf)
        require(event.height == log.size, f"the leaf at height {log.size} says that its height is {event.height}")
        require(event.leaf == one.leaf, f"the leaf at height {log.size} is malformed")
        nodes = log.append(tree.leaf_hash(one.leaf))
        found.append(Appended(Event(event.height, event.kind, event.created_ms, event.body, log.root()), nodes))
    return found


def _skimmed(ledger: Ledger, event: Event, data: bytes) -> Skimmed:
    try:
        return skimming.skim(data, ledger.ledger_id)
    except FormatError as error:
        raise Discrepancy(f"{_name(event)} is malformed: {error}") from error


def _settled(ledger: Ledger, bundles: Sequence[tuple[Appended, bytes, Skimmed]]) -> list[BundleEntry]:
    """What the bundles write; the nodes of the tree, as they are after the last of them, stand with the last."""
    if not bundles:
        return []
    size = ledger.reader.tree().size
    groups = [skimmed.commitments for _, _, skimmed in bundles]
    require(size + sum(map(len, groups)) <= merkle.CAPACITY, "the tree of commitments has no room for the new leaves")
    extended = merkle.extend(ledger.reader.node, size, groups)
    held, accounts = dict[tuple, Amount](), dict[tuple, Amount]()
    entries = []
    for place, (appended, data, skimmed) in enumerate(bundles):
        entries.append(_entry(ledger, appended, data, skimmed, extended, place, size, held, accounts))
        size = entries[-1].size
    return entries


def _entry(
    ledger: Ledger, appended: Appended, data: bytes, skimmed: Skimmed, extended: Extended, place: int, size: int,
    held: Reserves, accounts: Balances,
) -> BundleEntry:  # fmt: skip
    """What a bundle writes.  `held` and `accounts` have what those before it left, and are brought up to date."""
    event, root = appended.event, extended.roots[place]
    size_after = size + len(skimmed.commitments)
    _require_body(event, events.bundle_body(skimmed.bundle_id, data, root, size_after))
    outputs = zip(skimmed.commitments, skimmed.ciphertexts, strict=True)
    reserves, balances = _paid(ledger, skimmed, held, accounts)
    return BundleEntry(
        appended=appended,
        bundle_id=skimmed.bundle_id,
        data=data,
        root=root,
        size=size_after,
        nullifiers=skimmed.nullifiers,
        top_ups=skimmed.top_ups,
        outputs=tuple(Output(Position(size + i), *output, event.height) for i, output in enumerate(outputs)),
        nodes=extended.nodes if place == len(extended.roots) - 1 else {},
        flows=tuple(SettledFlow(event.height, number, *flow) for number, flow in enumerate(skimmed.flows)),
        reserves=reserves,
        accounts=balances,
        insurance=skimmed.insurance,
    )


def _paid(
    ledger: Ledger, skimmed: Skimmed, held: Reserves, accounts: Balances
) -> tuple[Reserves, Balances]:  # fmt: skip
    """The reserves and the public accounts that the bundle's flows change, after it."""
    reserves, balances = dict[tuple, Amount](), dict[tuple, Amount]()
    for _, key, flow in skimmed.flows:
        if flow.account is Account.OUTSIDE:
            of = key, flow.asset
            before = held[of] if of in held else ledger.reader.reserve(*of)
            reserves[of] = held[of] = Amount(before + flow.amount)
        else:
            whose = flow.account, flow.asset
            before = accounts[whose] if whose in accounts else ledger.reader.account_balance(*whose)
            balances[whose] = accounts[whose] = Amount(before - flow.amount)
    return reserves, balances


def _other(appended: Appended, data: bytes) -> Entry:
    """What an event writes that is neither a bundle nor a change of the parameters."""
    event = appended.event
    try:
        if event.kind == events.GRIDS:
            publication = grids.decode(data)
            _require_body(event, events.grids_body(publication))
            return GridsEntry(appended, PublishedGrids(publication, event.created_ms))
        if event.kind == events.INSURANCE:
            beat = heartbeat.decode(data)
            _require_body(event, events.insurance_body(beat.epoch, data))
            return HeartbeatEntry(appended, beat.epoch, data)
        if event.kind == events.EXPIRY:
            expired = expiry.decode(data)
            _require_body(event, events.expiry_body(expired.claim, expired.rate, data))
            return ExpiryEntry(appended, expired.claim, expired.rate, data)
    except FormatError as error:
        raise Discrepancy(f"{_name(event)} is malformed: {error}") from error
    raise Discrepancy(f"{_name(event)} is a second genesis")


def _require_body(event: Event, computed: bytes) -> None:
    require(computed == event.body, f"what was sent for {_name(event)}, or what the leaf says of it, is something else")


def _name(event: Event) -> str:
    return f"the event at height {event.height}"
