"""A viewing key of one account for one period, as a file, and what it shows on a ledger.

    {"format": "zksettle-viewing-key", "version": 1, "ledger_id": …, "reader": for whom, a line of text,
     "from_ms": …, "to_ms": …, "height": …, "digest": of the event at that height when it was made, "owner": …,
     "states": [{"position": …, "balances": […], "guard": …, "rho": …, "nullifier": …, "proof": … or null}, …]}

A state is what the account was between two moves.  The file has those that lived in [from, to), each with its opening
and its nullifier, and no key: nothing in it opens, or recognises, any other state.

    commitment = H[ACCOUNT](owner, H[BALANCES](balances), guard, rho)           is the leaf at the position
    nullifier  = H[NULLIFIER](kappa, commitment, position)                      tells whether and when it ended

kappa is rho for a margined state, so the reader computes the nullifier.  For a cash state it is the owner's nullifier
key, which would tell the end of every other state too: so a proof of funds shows the nullifier without it, under the
root of a tree that has this leaf alone (circuits.merkle.lone), which the reader computes.

A move publishes the next commitment beside the nullifier, so the reader sees that no state is missing in between: what
follows a state and began in the period must be in the file.  What he cannot see is another beginning, such as a payment
that somebody made to the account and that the file leaves out.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from circuits import merkle, records
from circuits.records import Account, Commitment, Nullifier, Position, Root
from prover.receipts import netfile, openings
from prover.receipts.openings import Changes
from settlement.bundles import encoding
from settlement.bundles.bundle import MAX_EXPIRY_MS
from settlement.checks import checks
from settlement.checks.state import VerifyProofs
from settlement.ledger import Ledger
from settlement.log.checkpoint import MAX_SIZE
from settlement.merkle import CAPACITY
from settlement.orders import funds
from zk.errors import FormatError, InvalidProof
from zk.fields import prime
from zk.formats import dataclassjson, strictjson
from zk.hashes import poseidon

FORMAT: Final = "zksettle-viewing-key"
VERSION: Final = 1
MAX_STATES = 4096
MAX_BYTES = 16 << 20
CONTEXT = "viewing key"
_WHAT = "the viewing key"
_LIMIT = 1 << records.BALANCE_BITS - 1

_balance = dataclassjson.decimal(-_LIMIT, _LIMIT)
_Element = Annotated[int, dataclassjson.decimal(0, prime.R)]
_Time = Annotated[int, dataclassjson.integer(0, MAX_EXPIRY_MS)]


@dataclass(frozen=True)
class State:
    """The opening of a state, its place, its nullifier, and for a cash state the proof that the nullifier is its."""

    position: Annotated[Position, dataclassjson.integer(0, CAPACITY - 1)]
    balances: Annotated[Changes, dataclassjson.array(_balance, records.ASSETS, records.ASSETS)]
    guard: Annotated[int, dataclassjson.integer(0, (1 << 32) - 1)]
    rho: _Element
    nullifier: _Element
    proof: Annotated[bytes | None, dataclassjson.optional(dataclassjson.hexadecimal(funds.FUNDS_BYTES))]

    def __repr__(self) -> str:
        return "State"


@dataclass(frozen=True)
class ViewFile:
    """What the file says.  Nothing of it is checked."""

    format: Literal["zksettle-viewing-key"]
    version: Literal[1]
    ledger_id: Annotated[bytes, dataclassjson.hexadecimal(32)]
    reader: str
    from_ms: _Time
    to_ms: _Time
    height: Annotated[int, dataclassjson.integer(0, MAX_SIZE)]
    digest: Annotated[bytes, dataclassjson.hexadecimal(32)]
    owner: _Element
    states: Annotated[tuple[State, ...], dataclassjson.array(dataclassjson.of(State), 0, MAX_STATES)]


@dataclass(frozen=True)
class Life:
    """A state on the ledger: when it began, and when it ended and what followed, None while it lives.

    `is_missing` says that what followed began in the period and is not in the file.
    """

    state: State
    began: tuple[int, int]
    ended: tuple[int, int] | None
    followed_by: Position | None
    is_missing: bool


@dataclass(frozen=True)
class Seen:
    """What a viewing key shows: the states in the order of their positions, and the balances when the period began
    and when it ended."""

    file: ViewFile
    lives: tuple[Life, ...]
    at_start: Changes
    at_end: Changes

    @property
    def is_whole(self) -> bool:
        """Whether no state is missing between those that the file has."""
        return not any(life.is_missing for life in self.lives)


def encode(file: ViewFile) -> bytes:
    """The bytes of the file."""
    return json.dumps(dataclassjson.write(file), indent=1).encode() + b"\n"


def decode(data: bytes) -> ViewFile:
    """The file in these bytes.  Raises FormatError when it is malformed."""
    file = dataclassjson.read(ViewFile, strictjson.loads(data, _WHAT, MAX_BYTES), _WHAT)
    netfile.check_purpose(file.reader)
    positions = [state.position for state in file.states]
    if positions != sorted(set(positions)):
        raise FormatError("the states of the viewing key are not in the order of their positions")
    if file.from_ms >= file.to_ms:
        raise FormatError("the viewing key is for a period that ends before it begins")
    for state in file.states:
        if (state.proof is None) != bool(state.guard):
            raise FormatError(f"the state at position {state.position} must have a proof unless it is margined")
    return file


def read(ledger: Ledger, data: bytes, verify_proofs: VerifyProofs = checks.verify_proofs) -> Seen:
    """What a viewing key shows on this ledger.

    Raises FormatError when it is malformed, and InvalidProof when it is of another ledger or of one that is newer than
    the copy here, and when a state is not on the ledger, not of the period, or its nullifier is another's.
    """
    file, reader = decode(data), ledger.reader
    if file.ledger_id != ledger.ledger_id:
        raise InvalidProof("the viewing key is for another ledger")
    event = reader.event(file.height)
    if event is None or event.digest != file.digest:
        raise InvalidProof("the viewing key was made from a newer copy of the ledger, or from another history")
    for state in file.states:
        _check(ledger, file, state, verify_proofs)
    known = {state.position for state in file.states}
    lives = tuple(_life(ledger, file, state, known) for state in file.states)
    for life in lives:
        if not is_of_period(life.began[1], life.ended and life.ended[1], file.from_ms, file.to_ms):
            raise InvalidProof(f"the state at position {life.state.position} is not of the viewing key's period")
    return Seen(file, lives, _balances(lives, file.from_ms), _balances(lives, file.to_ms))


def is_of_period(began_ms: int, ended_ms: int | None, from_ms: int, to_ms: int) -> bool:
    """Whether a state that lived from one time to another did so in [from, to)."""
    return began_ms < to_ms and (ended_ms is None or ended_ms >= from_ms)


def lone_root(commitment: int, position: Position) -> Root:
    """The root of a tree that has this leaf alone."""
    return Root(merkle.path_root(merkle.lone(commitment, position)))


def _check(ledger: Ledger, file: ViewFile, state: State, verify_proofs: VerifyProofs) -> None:
    """Raises InvalidProof unless the state is the leaf at its position, and the nullifier is its own."""
    account = Account(file.owner, state.balances, state.guard, state.rho)
    commitment = account.commitment(poseidon.hash)
    found = ledger.reader.outputs(state.position, 1)
    if not found or found[0].position != state.position or found[0].commitment != commitment:
        raise InvalidProof(f"the state at position {state.position} is not on the ledger")
    if state.proof is None:
        own = records.nullifier(poseidon.hash, state.rho, commitment, state.position)
        if state.nullifier != own:
            raise InvalidProof(f"the state at position {state.position} names the nullifier of another")
        return
    made, root = funds.decode(state.proof), lone_root(commitment, state.position)
    context = funds.context(ledger.ledger_id, CONTEXT)
    if (made.public.root, made.public.nullifier, made.public.context) != (root, state.nullifier, context):
        raise InvalidProof(f"the state at position {state.position} has a proof of another nullifier")
    if not state.nullifier:
        raise InvalidProof(f"the state at position {state.position} hides its nullifier")
    funds.verify(ledger.pool, made, lambda named: named == root, verify_proofs)


def _life(ledger: Ledger, file: ViewFile, state: State, known: set[Position]) -> Life:
    reader = ledger.reader
    began = _moment(ledger, reader.outputs(state.position, 1)[0].height)
    spend = reader.spend(Nullifier(state.nullifier))
    if spend is None:
        return Life(state, began, None, None, is_missing=False)
    ended = _moment(ledger, spend.height)
    stored = reader.bundle(spend.height)
    assert stored is not None, "a nullifier is of a bundle"
    moves = encoding.decode_bundle(stored[1]).moves
    commitment = next(move.commitment for move in moves if move.nullifier == state.nullifier)
    followed_by = _position(ledger, commitment)
    return Life(state, began, ended, followed_by, ended[1] < file.to_ms and followed_by not in known)


def _position(ledger: Ledger, commitment: Commitment) -> Position:
    position = ledger.reader.position_of(commitment)
    assert position is not None, "the commitments of settled moves are leaves"
    return position


def _moment(ledger: Ledger, height: int) -> tuple[int, int]:
    event = ledger.reader.event(height)
    assert event is not None, "rows refer to events that exist"
    return height, event.created_ms


def _balances(lives: Iterable[Life], time_ms: int) -> Changes:
    """What the states that lived at a time had together."""
    alive: Sequence[Life] = [
        life for life in lives if life.began[1] < time_ms and (life.ended is None or life.ended[1] >= time_ms)
    ]
    return openings.total([life.state.balances for life in alive])
