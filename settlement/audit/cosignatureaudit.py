"""The audit of what others signed about the log: each signature is one of this history, by a key that the pool names.

Which validators are in force changes, and a cosignature may have been brought long before, so those of every record of
the parameters may have cosigned.  A succession takes the quorum of those in force at its newest event.
"""

from collections.abc import Sequence

from settlement.audit.replay import Replay
from settlement.errors import Discrepancy, require
from settlement.events import Event
from settlement.log import checkpoint, cosignature, note, succession
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import COSIGNATURE, Key
from settlement.storage.witnessed import Line, Witnessed
from zk.errors import FormatError, InvalidProof


def check(replay: Replay, history: Sequence[Event], witnessed: Witnessed) -> int:
    """The number of signatures of checkpoints.  Raises Discrepancy for the first that is not of this history."""
    notes = _check_successions(replay, history, witnessed)
    first = checkpoint.key(replay.pool)
    keys = [first, *(succession.parse(each, first.name).key for each in notes.values())]
    records = [replay.pool.parameters, *(entry.change.parameters for entry in replay.announced)]
    validators = {validator for record in records for validator in record.validators.members}
    keys += map(cosignature.key, sorted(validators, key=lambda each: each.name))
    stored = witnessed.lines()
    for line in stored:
        size = line.height + 1
        require(size <= len(history), f"a checkpoint of {size} events is cosigned, and there are fewer")
        signed = Checkpoint(first.name, size, history[line.height].digest)
        if not any(_is_of(line, signed, key) for key in keys if key.public == line.key):
            raise Discrepancy(f"a signature of {size} events is not one of this log by a key that its pool names")
    return len(stored)


def _check_successions(replay: Replay, history: Sequence[Event], witnessed: Witnessed) -> dict[int, str]:
    """The notes of the successions, which were all signed by the quorum of their time."""
    notes, first = witnessed.successions(), checkpoint.key(replay.pool)
    try:
        for made in succession.operators(first, notes.values()).successions:
            require(made.number in notes, f"succession {made.number} has another number in the table")
            if made.size > len(history):
                continue  # an operator that the validators replaced may lack what they had
            last = history[made.size - 1]
            require(last.digest == made.root, f"succession {made.number} is of another history")
            succession.verify(notes[made.number], first.name, replay.parameters(last.created_ms).validators)
    except (FormatError, InvalidProof) as error:
        raise Discrepancy(f"a succession does not belong to this ledger: {error}") from error
    return notes


def _is_of(line: Line, signed: Checkpoint, key: Key) -> bool:
    """Whether the line is this key's signature of the checkpoint."""
    text = f"{signed}\n{note.line(key, line.signature)}"
    try:
        if key.kind == COSIGNATURE:
            cosignature.time(text, key)
        else:
            checkpoint.verify(text, key)
    except (FormatError, InvalidProof):
        return False
    return True
