"""Learns of successions: other operators of this ledger, whom its validators have named.

Whoever has a copy of the ledger checks a succession itself: its own history must have the root that the validators
signed, and the quorum must be of the validators in force there.
"""

from collections.abc import Callable
from pathlib import Path

from prover.network.wire import evidence
from prover.network.wire.refusals import NotFound
from settlement.following import finality
from settlement.following.finality import OtherHistory
from settlement.ledger import Ledger
from settlement.log import checkpoint, note, succession
from settlement.log.succession import Succession
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof
from zk.formats import strictjson

PATH = "/successions"
MAX_SUCCESSIONS = 64
MAX_BYTES = MAX_SUCCESSIONS * note.MAX_NOTE_BYTES


class Double(InvalidProof):
    """Validators signed two successions of one number.  `evidence` is the file that shows it."""

    def __init__(self, message: str, path: Path):
        super().__init__(message)
        self.evidence = path


def fetch(fetch: Callable[[str], bytes]) -> list[str]:
    """The notes that a service shows, unverified.  Raises FormatError when its answer is malformed."""
    try:
        data = fetch(PATH)
    except NotFound:  # a service of an earlier version
        return []
    document = strictjson.loads(data, "the successions", MAX_BYTES)
    notes = strictjson.has_keys(document, {"successions"}, "the successions")["successions"]
    if not isinstance(notes, list) or len(notes) > MAX_SUCCESSIONS or not all(isinstance(each, str) for each in notes):
        raise FormatError("the successions are not a list of notes")
    return notes


def find_new(ledger: Ledger, signed: str, folder: Path | None) -> Succession | None:
    """What a note says, unless it is known.

    Raises FormatError when it is malformed, and Double when the ledger has another one of this number, both signed by
    the quorum; the evidence is in `folder` then.
    """
    made = succession.parse(signed, checkpoint.origin(ledger.ledger_id))
    known = ledger.witnessed.successions().get(made.number)
    if known is None:
        return made
    if succession.parse(known, made.origin) == made:
        return None
    members = _members(ledger, made.size)
    succession.verify(signed, made.origin, members)
    raise _double(ledger, known, signed, members, folder)


def check(ledger: Ledger, signed: str, made: Succession, members: Validators | None = None) -> None:
    """Raises unless the quorum signed the succession and this ledger's history begins as it says, as far as it goes.

    `members` are the validators in force at the succession's newest event, where that is not in the ledger yet.
    Raises InvalidProof, OtherHistory, and FormatError when it contradicts the successions that are known.
    """
    succession.verify(signed, made.origin, members or _members(ledger, made.size))
    if made.size <= ledger.reader.last_event().height + 1 and finality.named(ledger, made.size) != made.checkpoint:
        raise OtherHistory(
            f"the validators named another operator after {made.size} events, and the history here is another one: its"
            " operator showed it to nobody else. Move the pool's folder away, and join again"
        )
    succession.operators(checkpoint.key(ledger.pool), [*ledger.witnessed.successions().values(), signed])


def learn(ledger: Ledger, signed: str, folder: Path | None = None) -> Succession | None:
    """Checks and keeps a succession, and returns it; None when it is known.  Raises as `find_new` and `check`."""
    made = find_new(ledger, signed, folder)
    if made is not None:
        check(ledger, signed, made)
        ledger.witnessed.succeed(made.number, signed)
    return made


def _members(ledger: Ledger, size: int) -> Validators:
    """The validators in force after so many events, or after the ledger's newest, if it has fewer."""
    return finality.validators(ledger, min(size, ledger.reader.last_event().height + 1))


def _double(ledger: Ledger, known: str, signed: str, members: Validators, folder: Path | None) -> InvalidProof:
    both = succession.pair(known, signed)
    names = succession.double(both, checkpoint.origin(ledger.ledger_id), members)
    said = f"the validators {', '.join(names)} signed two successions of one number, which contradict each other"
    if folder is None:
        return InvalidProof(said)
    path = evidence.keep(folder, "double", both)
    return Double(f"{said}. The one that came first stays; the evidence is in {path}", path)
