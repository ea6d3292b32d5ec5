"""The cosignatures of this log's checkpoints, by the validators that the pool names, and the newest final checkpoint.

They are kept in memory: validators cosign the newest checkpoint again and again, so after a restart they are here again
within one round.  Only the newest MAX_SIZES sizes are kept, for what matters is the largest that a quorum cosigned.
"""

from collections import OrderedDict
from dataclasses import dataclass

from prover.network import receipts
from settlement.errors import Discrepancy
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note
from settlement.log.checkpoint import Checkpoint
from settlement.validators import Validators
from zk.errors import FormatError, InvalidProof

MAX_SIZES = 256


@dataclass(frozen=True)
class Seen:
    """A checkpoint of this log, and the cosignatures of it that a note brought, by validator."""

    checkpoint: Checkpoint
    created_ms: int
    lines: dict[str, str]
    validators: Validators


@dataclass(frozen=True)
class Final:
    """A checkpoint that a quorum has cosigned, and their lines."""

    checkpoint: Checkpoint
    lines: tuple[str, ...]


def read(ledger: Ledger, text: str, now_ms: int) -> Seen:
    """What a cosigned note says, whose cosignatures are verified; others' lines in it are left out.

    Raises FormatError when it is malformed or of another log, InvalidProof when no validator of the pool cosigned it,
    and Discrepancy when this log has another history.
    """
    named = checkpoint.parse(note.text_of(text))
    if named.origin != checkpoint.origin(ledger.ledger_id):
        raise FormatError(f"the checkpoint is of the log {named.origin!r:.80}")
    if note.text_of(text) != str(named):  # the cosignature would not fit under the text that this log signs
        raise FormatError("the checkpoint has lines that those of this log do not have")
    validators = ledger.parameters(now_ms).validators
    lines = {}
    for validator in validators.members:
        key = cosignature.key(validator)
        try:
            cosignature.time(text, key)
            lines[validator.name] = note.line(key, note.signatures_by(text, key)[1][-1])
        except (FormatError, InvalidProof):
            continue
    if not lines:
        raise InvalidProof("the checkpoint is not cosigned by a validator of this pool")
    event = ledger.reader.event(named.size - 1) if named.size else None
    if event is None or event.digest != named.root:
        raise Discrepancy(f"the log that was cosigned at {named.size} events is not this one")
    return Seen(receipts.after(ledger, event), event.created_ms, lines, validators)


class Cosigned:
    """The cosignatures of one service.  Belongs to one thread."""

    def __init__(self) -> None:
        self._lines: OrderedDict[int, dict[str, str]] = OrderedDict()
        self.final: Final | None = None

    def add(self, seen: Seen) -> tuple[int, bool]:
        """How many validators have cosigned this checkpoint, and whether it is a newer final one than before."""
        size = seen.checkpoint.size
        members = {validator.name for validator in seen.validators.members}
        lines = self._lines.setdefault(size, {})
        lines.update(seen.lines)
        counted = {name: line for name, line in lines.items() if name in members}
        if len(self._lines) > MAX_SIZES:
            del self._lines[min(self._lines)]
        before = self.final.checkpoint.size if self.final else 0
        is_final = 0 < seen.validators.quorum <= len(counted) and size >= before
        if is_final:
            self.final = Final(seen.checkpoint, tuple(counted[name] for name in sorted(counted)))
        return len(counted), is_final and size > before
