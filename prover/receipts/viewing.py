"""Makes viewing keys of one account for a period that is over, and records them in the wallet.

A wallet has one X25519 secret for all its addresses, so that it tries each leaf once; whoever has it opens everything.
So a viewing key of one account is not that secret but what it opened: the states themselves, for a period of the past
(prover/receipts/viewfile.py).  For what is still to come there is no such key.  Who wants to show a fund or a strategy
as it goes keeps it in a wallet of its own and shares that wallet's key (`zksettle wallet watch-key`).

    HOME/wallets/NAME.grants       who was given what, and when (prover/trader/beside.py)

A key that was given cannot be taken back.  The record is written before the file, so no key is given unrecorded.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from circuits import merkle, records
from circuits.records import Account, Commitment, Nullifier, Position, Root
from prover.receipts import netfile, ownlegs, viewfile
from prover.receipts.viewfile import State, ViewFile
from prover.trader import archive, beside, keys, sealing, showing
from prover.trader.plan import Source
from prover.trader.sessions import Session
from prover.trader.walletfile import WalletFile
from settlement.bundles import encoding
from settlement.orders import funds
from zk.errors import FormatError, Unsatisfied
from zk.formats import dataclassjson, strictjson
from zk.hashes import poseidon

SUFFIX = "grants"
MAX_GRANTS = 1024
MAX_BYTES = 1 << 20
_WHAT = "the record of viewing keys"
_UInt = Annotated[int, dataclassjson.integer(0, (1 << 64) - 1)]


@dataclass(frozen=True)
class Grant:
    """A viewing key that was given: to whom, of which account and period, when, and the SHA-256 of its file."""

    reader: str
    account: Annotated[int, dataclassjson.integer(0, keys.MAX_INDEX - 1)]
    from_ms: _UInt
    to_ms: _UInt
    made_ms: _UInt
    states: _UInt
    digest: Annotated[bytes, dataclassjson.hexadecimal(32)]


@dataclass(frozen=True)
class _Record:
    format: Literal["zksettle-grants"]
    version: Literal[1]
    grants: Annotated[tuple[Grant, ...], dataclassjson.array(dataclassjson.of(Grant), 0, MAX_GRANTS)]


RECORD: Final = "zksettle-grants"


def grants(file: WalletFile) -> tuple[Grant, ...]:
    """The viewing keys that were given, the oldest first.  Raises FormatError when the record is damaged."""
    data = beside.read(file.path, file.wallet.view, SUFFIX, MAX_BYTES)
    if data is None:
        return ()
    return dataclassjson.read(_Record, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT).grants


def grant(session: Session, index: int, from_ms: int, to_ms: int, reader: str, now_ms: int) -> tuple[bytes, Grant]:
    """The file of a viewing key of an account for [from, to), recorded in the wallet, and the record.

    The wallet has been synced.  Raises FormatError for a period that is not over or empty and for a bad `reader`,
    Unsatisfied when the account had no state then, and keys.WatchOnly for a wallet without its phrase.
    """
    netfile.check_purpose(reader)
    session.wallet.check_moves()
    if from_ms >= to_ms:
        raise FormatError("the period must end after it begins")
    if to_ms > now_ms:
        raise FormatError(
            "a viewing key is for a period that is over: to show what is still to come, keep it in a wallet of its "
            "own, and give `zksettle wallet watch-key` of that"
        )
    given = grants(session.file)
    if len(given) >= MAX_GRANTS:
        raise FormatError(f"the wallet has recorded {MAX_GRANTS} viewing keys, and no more are kept")
    states = [_state(session, index, *each) for each in sorted(_states(session, index, from_ms, to_ms).items())]
    if not states:
        raise Unsatisfied(f"the account of address {index} held nothing in that period: there is nothing to show")
    if len(states) > viewfile.MAX_STATES:
        raise FormatError(f"the period has {len(states)} states, and a viewing key is of {viewfile.MAX_STATES} at most")
    newest, ledger = session.ledger.reader.last_event(), session.ledger
    owner = keys.account(session.wallet.seed, index).owner
    data = viewfile.encode(ViewFile(
        viewfile.FORMAT, viewfile.VERSION, ledger.ledger_id, reader, from_ms, to_ms, newest.height, newest.digest,
        owner, tuple(states),
    ))  # fmt: skip
    made = Grant(reader, index, from_ms, to_ms, now_ms, len(states), hashlib.sha256(data).digest())
    content = json.dumps(dataclassjson.write(_Record(RECORD, 1, (*given, made)))).encode()
    beside.write(session.file.path, session.wallet.view, SUFFIX, content)
    return data, made


def _states(session: Session, index: int, from_ms: int, to_ms: int) -> dict[Position, Account[int]]:
    """The states of an account that lived in the period, empty ones too: each follows from the one before it."""
    wallet, reader = session.wallet, session.ledger.reader
    spent = archive.read(archive.beside(session.file.path), keys.archive_key(keys.viewing_key(wallet.view)))
    pending = {each.position: each.account for each in (*spent, *wallet.live) if each.index == index}
    found: dict[Position, Account[int]] = {}
    tried: set[Position] = set()
    while pending:
        position, account = pending.popitem()
        tried.add(position)
        began = _time(session, reader.outputs(position, 1)[0].height)
        spend = reader.spend(_nullifier(session, index, position, account))
        ended = None if spend is None else _time(session, spend.height)
        if viewfile.is_of_period(began, ended, from_ms, to_ms):
            found[position] = account
        if spend is not None:
            pending |= {place: each for place, each in _after(session, index, spend.height) if place not in tried}
    return found


def _after(session: Session, index: int, height: int) -> Iterator[tuple[Position, Account[int]]]:
    """The states of an account that a bundle made."""
    stored = session.ledger.reader.bundle(height)
    assert stored is not None, "a nullifier is of a bundle"
    opener = sealing.Opener(keys.viewing_key(session.wallet.seed))
    for leg in encoding.decode_bundle(stored[1]).legs:
        ended = ownlegs.ended_in(session.wallet.seed, opener, leg)
        place = session.ledger.reader.position_of(Commitment(leg.public.commitment))
        if ended is not None and ended[1] == index and place is not None:
            yield place, ended[0]


def _state(session: Session, index: int, position: Position, account: Account[int]) -> State:
    nullifier = _nullifier(session, index, position, account)
    if account.guard:
        return State(position, account.balances, account.guard, account.rho, nullifier, None)
    path = merkle.lone(account.commitment(poseidon.hash), position)
    own, root = keys.account(session.wallet.seed, index), Root(merkle.path_root(path))
    source = Source(own, account, position, path, root)
    context = funds.context(session.ledger.ledger_id, viewfile.CONTEXT)
    held = {asset: balance for asset, balance in enumerate(account.balances) if balance}
    made = showing.prove(session.ledger.pool, source, held, context, session.keystore, is_named=True)
    return State(position, account.balances, account.guard, account.rho, nullifier, funds.encode(made))


def _nullifier(session: Session, index: int, position: Position, account: Account[int]) -> Nullifier:
    kappa = records.kappa(account, keys.account(session.wallet.seed, index).nk)
    return Nullifier(records.nullifier(poseidon.hash, kappa, account.commitment(poseidon.hash), position))


def _time(session: Session, height: int) -> int:
    event = session.ledger.reader.event(height)
    assert event is not None, "rows refer to events that exist"
    return event.created_ms
