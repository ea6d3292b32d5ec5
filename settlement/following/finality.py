"""Which part of a ledger is final: what the quorum of its validators has cosigned.

A bundle is *settled* when it is in the ledger, under a checkpoint that the operator signs.  It is *final* when it is
under a checkpoint that the quorum of the validators has cosigned too: the validators in force at the time of the
checkpoint's newest event, so that no later change of the parameters makes anything less final.  In a pool without
validators nothing is final, and who trades there trusts the operator.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType

from settlement import events
from settlement.ledger import Ledger
from settlement.log import checkpoint, cosignature, note, succession
from settlement.log.checkpoint import Checkpoint
from settlement.log.succession import Operators
from settlement.pool.validators import Validator, Validators
from settlement.storage.witnessed import Line
from zk.errors import FormatError, InvalidProof


class OtherHistory(InvalidProof):
    """A cosigned checkpoint, or a succession, is of another history than the ledger's."""


@dataclass(frozen=True)
class Final:
    """The newest final checkpoint: `signed` has the validators' lines, and the operator's where that is kept."""

    checkpoint: Checkpoint
    signed: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Cosigned:
    """What came of a cosigned note: how many of the validators have cosigned this checkpoint, and whether it is final.

    `lines` are those of the note that count, to be kept.  `is_news` says that one of them is a validator's newest, of
    nothing that is final already: who sends the same again, or what somebody signed before, has no news.
    """

    checkpoint: Checkpoint
    created_ms: int
    count: int
    quorum: int
    lines: tuple[Line, ...]
    is_news: bool

    @property
    def is_final(self) -> bool:
        """Whether the checkpoint is final."""
        return 0 < self.quorum <= self.count


def validators(ledger: Ledger, size: int) -> Validators:
    """The validators who make a checkpoint of this size final.  Raises FormatError when the log is not that long."""
    event = ledger.reader.event(size - 1)
    if event is None:
        raise FormatError(f"the ledger has no checkpoint of {size} events")
    return ledger.parameters(event.created_ms).validators


def operators(ledger: Ledger) -> Operators:
    """Whose keys sign the log's checkpoints."""
    return succession.operators(checkpoint.key(ledger.pool), ledger.witnessed.successions().values())


def is_void(ledger: Ledger, height: int) -> bool:
    """Whether what stood at this height may be void: the validators have replaced the operator who settled it."""
    return any(made.size <= height for made in operators(ledger).successions)


def named(ledger: Ledger, size: int) -> Checkpoint:
    """The ledger's own checkpoint of this size.  Raises FormatError when the log is not that long."""
    event = ledger.reader.event(size - 1) if size else None
    if event is None:
        raise FormatError(f"the ledger has no checkpoint of {size} events")
    return Checkpoint(checkpoint.origin(ledger.ledger_id), size, event.digest)


def newest(ledger: Ledger) -> Final | None:
    """The newest final checkpoint, or None."""
    for height, group in groupby(ledger.witnessed.lines(), key=lambda line: line.height):
        lines = list(group)
        members = validators(ledger, height + 1)
        names = _names(members, lines)
        if 0 < members.quorum <= len(names):
            return Final(named(ledger, height + 1), _note(ledger, height + 1, members, lines), names)
    return None


def size(ledger: Ledger) -> int:
    """How many events are final."""
    found = newest(ledger)
    return 0 if found is None else found.checkpoint.size


def leaves(ledger: Ledger) -> int:
    """How many accounts' commitments are in the tree by what is final."""
    for height in range(size(ledger) - 1, 0, -1):
        event = ledger.reader.event(height)
        if event is not None and event.kind == events.BUNDLE:
            return events.tree_after(event).size
    return 0


def operator_signed(ledger: Ledger) -> tuple[Checkpoint, str] | None:
    """The newest checkpoint of which the operator's signature is kept here, with all its signatures; or None."""
    keys = {key.public for key in _operator_keys(ledger)}
    for height, group in groupby(ledger.witnessed.lines(), key=lambda line: line.height):
        lines = list(group)
        if any(line.key in keys for line in lines):
            return named(ledger, height + 1), _note(ledger, height + 1, validators(ledger, height + 1), lines)
    return None


def newest_of(ledger: Ledger, validator: Validator) -> str | None:
    """The largest checkpoint that this validator has cosigned, with its signature alone, as far as it is kept here."""
    line = next((line for line in ledger.witnessed.lines() if line.key == validator.public), None)
    if line is None:
        return None
    return f"{named(ledger, line.height + 1)}\n{note.line(cosignature.key(validator), line.signature)}"


def pending(
    ledger: Ledger, now_s: int, patience_s: int, asked_s: Mapping[int, int] = MappingProxyType({})
) -> int | None:  # fmt: skip
    """The size of the checkpoint that validators should cosign next to agree on one; None when any will do.

    It is the one larger than what is final that was asked for or cosigned first, while that is not longer ago than
    `patience_s`, among those that a quorum can cosign still: nobody cosigns a smaller one than he has.  `asked_s` has
    when validators were asked for a checkpoint, by the height of its newest event.
    """
    first_s = dict(asked_s)
    for line in ledger.witnessed.lines():
        if line.time_s is not None:
            first_s[line.height] = min(line.time_s, first_s.get(line.height, line.time_s))
    times = range(now_s - patience_s + 1, now_s + patience_s + 1)
    least = max(size(ledger), _least(ledger))
    fresh = [(time_s, height) for height, time_s in first_s.items() if height >= least and time_s in times]
    return min(fresh)[1] + 1 if fresh else None


def _least(ledger: Ledger) -> int:
    """The least height that as many validators as make a quorum may cosign, because none of them has a larger one."""
    members = validators(ledger, ledger.reader.last_event().height + 1)
    newest = dict.fromkeys((each.public for each in members.members), 0)
    for line in ledger.witnessed.lines():
        if line.key in newest:
            newest[line.key] = max(newest[line.key], line.height)
    return sorted(newest.values())[members.quorum - 1] if members.quorum else 0


def read(ledger: Ledger, text: str, now_ms: int) -> Cosigned:
    """What a note says of this log: the signatures of validators and operators in it that are true.

    Raises FormatError when it is malformed, of another log or has no signature that counts, InvalidProof when none of
    the pool's validators cosigned it, and OtherHistory when this log has other events.
    """
    parsed = checkpoint.parse(note.text_of(text))
    if parsed.origin != checkpoint.origin(ledger.ledger_id):
        raise FormatError(f"the checkpoint is of the log {parsed.origin!r:.80}")
    if note.text_of(text) != str(parsed):  # the cosignature would not fit under the text that this log signs
        raise FormatError("the checkpoint has lines that those of this log do not have")
    event = ledger.reader.event(parsed.size - 1) if parsed.size else None
    at_ms = now_ms if event is None else event.created_ms
    members = ledger.parameters(at_ms).validators
    lines = _lines(ledger, parsed, text, members)
    if not any(line.key in {each.public for each in members.members} for line in lines):
        raise InvalidProof("the checkpoint is not cosigned by a validator of this pool")
    if event is None or event.digest != parsed.root:
        raise OtherHistory(f"the log that was cosigned at {parsed.size} events is not this one")
    known = ledger.witnessed.lines()
    count = len(_names(members, [*(line for line in known if line.height == event.height), *lines]))
    is_news = parsed.size >= size(ledger) and any(_is_newest(line, known) for line in lines)
    return Cosigned(parsed, event.created_ms, count, members.quorum, lines, is_news)


def keep(ledger: Ledger, cosigned: Cosigned) -> None:
    """Keeps the signatures that `read` has found, and forgets those of smaller checkpoints than the final one."""
    if not cosigned.lines:
        return
    final = cosigned.checkpoint.size if cosigned.is_final else 0
    ledger.witnessed.keep(cosigned.lines, max(final, size(ledger)) - 1)


def keep_operators(ledger: Ledger, text: str) -> None:
    """Keeps the operator's signature of a checkpoint of this ledger, which who cannot sign shows to others.

    Raises InvalidProof when no operator signed it, and OtherHistory when it is of another history.
    """
    parsed = operators(ledger).verify(text)
    if named(ledger, parsed.size) != parsed:
        raise OtherHistory(f"the checkpoint of {parsed.size} events is not of this history")
    lines = _lines(ledger, parsed, text, validators(ledger, parsed.size))
    ledger.witnessed.keep(lines, size(ledger) - 1)


def _is_newest(line: Line, known: Sequence[Line]) -> bool:
    """Whether a validator's signature is of a larger checkpoint, or made later, than those of his that are known."""
    if line.time_s is None:
        return False
    before = ((each.height, each.time_s or 0) for each in known if each.key == line.key)
    return (line.height, line.time_s) > max(before, default=(0, 0))


def _operator_keys(ledger: Ledger) -> list[note.Key]:
    of = operators(ledger)
    return [of.first, *(each.key for each in of.successions)]


def _names(members: Validators, lines: Sequence[Line]) -> tuple[str, ...]:
    """Who of the validators signed one of the lines."""
    keys = {line.key for line in lines}
    return tuple(each.name for each in members.members if each.public in keys)


def _lines(ledger: Ledger, parsed: Checkpoint, text: str, members: Validators) -> tuple[Line, ...]:
    """The signatures in a note that are true; a false one counts as none, because anybody can add it."""
    found = []
    for key in [*map(cosignature.key, members.members), *_operator_keys(ledger)]:
        try:
            if key.kind == note.COSIGNATURE:
                cosignature.time(text, key)
            else:
                checkpoint.verify(text, key)
            found.append(Line(parsed.size - 1, key.public, note.signatures_by(text, key)[1][-1]))
        except (FormatError, InvalidProof):
            continue
    return tuple(found)


def _note(ledger: Ledger, size: int, members: Validators, lines: Sequence[Line]) -> str:
    """The note of a checkpoint with these signatures, the operators' first, the validators' by name."""
    by_key = {line.key: line.signature for line in lines}
    keys = [*_operator_keys(ledger), *(cosignature.key(each) for each in sorted(members.members, key=lambda v: v.name))]
    signatures = [note.line(key, by_key[key.public]) for key in keys if key.public in by_key]
    return f"{named(ledger, size)}\n{''.join(signatures)}"
