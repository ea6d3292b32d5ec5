"""The audit of the cosignatures: each is one of a checkpoint of this log, by a validator that the pool has named.

Which validators are in force changes, and a cosignature may have been brought long before, so those of every record of
the parameters may have cosigned.
"""

from settlement.errors import Discrepancy, require
from settlement.events import Event
from settlement.log import checkpoint, cosignature, note
from settlement.log.checkpoint import Checkpoint
from settlement.replay import Replay
from settlement.storage.cosignatures import Cosignature
from settlement.validators import Validator
from zk.errors import FormatError, InvalidProof


def check(replay: Replay, history: list[Event], stored: list[Cosignature]) -> int:
    """The number of cosignatures.  Raises Discrepancy for the first that does not belong to this history."""
    records = [replay.pool.parameters, *(entry.change.parameters for entry in replay.announced)]
    validators = {validator for record in records for validator in record.validators.members}
    for one in stored:
        require(one.size <= len(history), f"a checkpoint of {one.size} events is cosigned, and there are fewer")
        signed = Checkpoint(checkpoint.origin(replay.ledger_id), one.size, history[one.size - 1].digest)
        own = sorted((each for each in validators if each.public == one.validator), key=lambda each: each.name)
        if not any(_is_of(one, signed, validator) for validator in own):
            raise Discrepancy(f"a cosignature of {one.size} events is not one of this log by a validator of its pool")
    return len(stored)


def _is_of(stored: Cosignature, signed: Checkpoint, validator: Validator) -> bool:
    """Whether the line is this validator's one cosignature of the checkpoint, at its time."""
    key = cosignature.key(validator)
    try:
        text = f"{signed}\n{stored.line.decode()}"
        _, (signature, *_) = note.signatures_by(text, key)
        is_alone = note.line(key, signature).encode() == stored.line
        return is_alone and cosignature.time(text, key) == stored.time_s
    except (UnicodeDecodeError, FormatError, InvalidProof):
        return False
