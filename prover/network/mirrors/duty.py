"""What a validator has promised, written down and on the disk before each signature leaves the machine.

    HOME/validator-state.json   {"format": "zksettle-validator-state", "version": 1, "ledgers": [
                                    {"ledger": id, "number": 0, "size": 12, "root": "…", "succession": "…"}, …]}

By its key alone a validator must never sign two histories, nor for two operators at once.  So whoever signs holds the
file's lock, compares with what was signed last, writes, and signs then: two processes cannot contradict each other, and
after a crash it may have promised what it has not sent, never the other way round.

The file begins with the key.  It is in no backup: one that is restored from last week says that less was signed than
was.  Who has the key and not the file must say what the key signed last (`validator recover`).
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final, Literal

from prover.machine import files
from settlement.ids import LedgerId
from settlement.log import checkpoint
from settlement.log.checkpoint import Checkpoint
from settlement.log.succession import Succession
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson, strictjson

FORMAT: Final = "zksettle-validator-state"
VERSION: Final = 1
MAX_LEDGERS = 64
WAIT_S = 10
_MAX_BYTES = 1 << 16
_WHAT = "the validator's state"
_Digest = Annotated[bytes, dataclassjson.hexadecimal(32)]
_NONE = bytes(32)

RootAt = Callable[[int], bytes | None]
"""The root of the first so many events of the validator's own copy, or None when it does not have them."""


class Refusal(InvalidProof):
    """The validator signs this not: it would contradict what it has signed."""


@dataclass(frozen=True)
class Promise:
    """The newest that was signed about a ledger: for which succession's operator, and up to which event.

    `succession` is the SHA-256 of the succession that was signed with this number, or zeros.
    """

    ledger: _Digest
    number: Annotated[int, dataclassjson.integer(0, 2**31 - 1)]
    size: Annotated[int, dataclassjson.integer(0, checkpoint.MAX_SIZE)]
    root: _Digest
    succession: _Digest


@dataclass(frozen=True)
class _StateFile:
    format: Literal["zksettle-validator-state"]
    version: Literal[1]
    ledgers: Annotated[tuple[Promise, ...], dataclassjson.array(dataclassjson.of(Promise), 0, MAX_LEDGERS)]


def begin(path: Path, promises: tuple[Promise, ...] = ()) -> None:
    """Writes the state of a key that has signed no more than this."""
    document = dataclassjson.write(_StateFile(FORMAT, VERSION, promises))
    files.replace(path, json.dumps(document, indent=1).encode() + b"\n")


def newest(path: Path, ledger_id: LedgerId) -> Promise:
    """The newest promise about a ledger.  Raises FormatError when the file is missing or malformed."""
    found = {each.ledger: each for each in _read(path)}
    return found.get(ledger_id, Promise(ledger_id, 0, 0, _NONE, _NONE))


def cosign(path: Path, ledger_id: LedgerId, named: Checkpoint, number: int, since: int, root_at: RootAt) -> None:
    """Promises that this checkpoint, of the operator of a succession's number that began at `since`, is the largest.

    Raises Refusal when that contradicts what was promised, files.Busy, and FormatError as `newest`.
    """
    with files.locked(path, _WHAT, WAIT_S):
        last = newest(path, ledger_id)
        if number < last.number:
            raise Refusal(
                f"this validator has signed succession {last.number}, and cosigns for nobody before it; when too few"
                " signed that one, propose another with a higher number"
            )
        # What it cosigned of an operator who was replaced may be void, beyond the successor's beginning.
        if (number == last.number or last.size <= since) and root_at(last.size) not in (last.root, None):
            raise Refusal(f"the history here is not the one of which this validator cosigned {last.size} events")
        if number == last.number and named.size < last.size:
            raise Refusal(f"this validator has cosigned {last.size} events, and {named.size} are fewer")
        if root_at(named.size) != named.root:
            raise Refusal(f"the checkpoint of {named.size} events is not of the history that was checked here")
        kept = last.succession if number == last.number else _NONE
        _write(path, Promise(ledger_id, number, named.size, named.root, kept))


def succeed(path: Path, ledger_id: LedgerId, made: Succession, number: int, root_at: RootAt) -> None:
    """Promises this succession: to cosign for no operator of a lower number any more; `number` is the one in force.

    Raises as `cosign`.
    """
    digest = hashlib.sha256(str(made).encode()).digest()
    with files.locked(path, _WHAT, WAIT_S):
        last = newest(path, ledger_id)
        if (last.number, last.succession) == (made.number, digest):
            return
        if made.number <= max(last.number, number):
            raise Refusal(f"number {made.number} is taken here: propose {max(last.number, number) + 1}")
        root = root_at(made.size)
        if root is None:
            raise Refusal(f"this copy does not have {made.size} events yet: follow the proposer's service first")
        if root != made.root:
            raise Refusal(f"the succession is of another history: the root of {made.size} events here is {root.hex()}")
        if made.size < last.size:
            raise Refusal(f"this validator has cosigned {last.size} events, which the succession would make void")
        if root_at(last.size) not in (last.root, None):
            raise Refusal(f"the history here is not the one of which this validator cosigned {last.size} events")
        _write(path, Promise(ledger_id, made.number, made.size, made.root, digest))


def recover(path: Path, promise: Promise) -> None:
    """Makes the state say at least this, for a key whose state was lost, or is older than what the key signed."""
    with files.locked(path, _WHAT, WAIT_S):
        if path.exists():
            last = newest(path, LedgerId(promise.ledger))
            if (last.number, last.size) >= (promise.number, promise.size):
                return
            _write(path, replace(promise, number=max(last.number, promise.number)))
        else:
            begin(path, (promise,))


def _read(path: Path) -> tuple[Promise, ...]:
    if not path.exists():
        raise FormatError(
            f"there is no {path.name} beside the validator's key, which says what it signed last: a restored key may"
            " have signed more than this machine knows. `zksettle validator recover` says what to do"
        )
    document = strictjson.loads(files.read(path, _MAX_BYTES), _WHAT, _MAX_BYTES)
    return dataclassjson.read(_StateFile, document, _WHAT).ledgers


def _write(path: Path, promise: Promise) -> None:
    others = tuple(each for each in _read(path) if each.ledger != promise.ledger)
    begin(path, (*others, promise))
