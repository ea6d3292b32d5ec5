"""Successions: the quorum of a pool's validators names another key to sign the log's checkpoints.

    zksettle-succession@v1
    zksettle/9f2c41d05b7e8a36                                        the log
    number 1                                                         the highest number is in force
    size 1834                                                        from here on the new key signs
    root sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=                the root of these events
    key zksettle/9f2c41d05b7e8a36+8a1c5f0e+AY3kd0…                   the new operator's
    url https://standby.example:7464                                 where its service is, if that is said

    — validator …                                                    their cosignatures (settlement.log.cosignature)

The old operator's key is not needed, so a ledger outlives it.  A validator that signs number k has a copy with this
root, has cosigned nothing larger, and cosigns nothing for an operator of a lower number any more.  Therefore

- nothing final is lost: a quorum that cosigned more than `size` events, and the quorum that signed, have a member in
  common, who would have done what it must not;
- of two successions the one with the higher number is in force, and every `size` is at least the one before;
- whoever signs two successions of one number, or cosigns a larger checkpoint of the old operator after it, leaves the
  evidence: both notes have its signature.

What the old operator settled after `size` is void, unless it is settled again: a bundle is settled once, whoever sends
it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from settlement.log import checkpoint, cosignature, note, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof

HEADER = "zksettle-succession@v1"
MAX_NUMBER = 2**31 - 1
MAX_URL_CHARACTERS = 200

_NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_URL = re.compile(rf"https?://[!-~]{{1,{MAX_URL_CHARACTERS}}}", re.ASCII)


class Superseded(InvalidProof):
    """A checkpoint is of an operator whom a succession has replaced, and has more events than that leaves to it."""


@dataclass(frozen=True)
class Succession:
    """After `size` events with this root, checkpoints of the log are signed by `key`.

    Raises FormatError for values that no succession can have.
    """

    number: int
    size: int
    root: bytes
    key: Key
    url: str | None = None

    def __post_init__(self) -> None:
        if not 0 < self.number <= MAX_NUMBER or not 0 < self.size <= checkpoint.MAX_SIZE:
            raise FormatError("a succession's number or size is out of range")
        if len(self.root) != tree.HASH_BYTES or self.key.kind != note.ED25519:
            raise FormatError("a succession's root or key is none")
        if self.url is not None and (not _URL.fullmatch(self.url) or len(self.url) > MAX_URL_CHARACTERS):
            raise FormatError("a succession's URL is not one of a service")

    @property
    def origin(self) -> str:
        """The log that the succession is about."""
        return self.key.name

    @property
    def checkpoint(self) -> Checkpoint:
        """The events that the new operator begins with."""
        return Checkpoint(self.origin, self.size, self.root)

    def __str__(self) -> str:
        root = str(self.checkpoint).split("\n")[2]
        lines = [HEADER, self.origin, f"number {self.number}", f"size {self.size}", f"root {root}", f"key {self.key}"]
        return "\n".join([*lines, *([] if self.url is None else [f"url {self.url}"])]) + "\n"


def sign(proposed: str, name: str, secret: Ed25519PrivateKey, time_s: int) -> str:
    """The text of a succession as a note with this validator's signature, made at a time in Unix seconds.

    What the validator promises by it is for the caller to keep (prover.network.mirrors.duty).
    """
    return f"{proposed}\n{cosignature.line(proposed, name, secret, time_s)}"


def parse(signed: str, origin: str) -> Succession:
    """What a note says, whoever signed it.  Raises FormatError when it is malformed or of another log."""
    return read(note.text_of(signed), origin)


def read(text: str, origin: str) -> Succession:
    """The succession in a text that nobody need have signed.  Raises FormatError as `parse` does."""
    lines = text.removesuffix("\n").split("\n")
    names = ["number", "size", "root", "key", *(["url"] if len(lines) == 7 else [])]
    if len(lines) != 2 + len(names) or lines[0] != HEADER:
        raise FormatError(f"the text is not a {HEADER}")
    values = {}
    for name, line in zip(names, lines[2:], strict=True):
        if not line.startswith(f"{name} "):
            raise FormatError(f"the succession's {name} is missing")
        values[name] = line.removeprefix(f"{name} ")
    if not all(_NUMBER.fullmatch(values[name]) for name in ("number", "size")):
        raise FormatError("a succession's number or size is none")
    root = note.decode_base64(values["root"], "the succession's root")
    key = note.parse_key(values["key"])
    made = Succession(int(values["number"]), int(values["size"]), root, key, values.get("url"))
    if lines[1] != origin or made.origin != origin:
        raise FormatError(f"the succession is of the log {lines[1]!r:.80}, not of {origin}")
    if str(made) != text:
        raise FormatError("the succession is not written as it must be")
    return made


def verify(signed: str, origin: str, validators: Validators) -> Succession:
    """The succession that the quorum of these validators has signed: those in force at its newest event.

    Raises FormatError when it is malformed or of another log, and InvalidProof when too few have signed it.
    """
    made = parse(signed, origin)
    count = len(cosignature.times(signed, validators))
    if not cosignature.is_final(signed, validators):
        raise InvalidProof(
            f"the succession is signed by {count} of the pool's validators, and takes {validators.quorum or 'some'}"
        )
    return made


def merge(notes: Sequence[str]) -> str:
    """One note with all signatures of notes with the same text.  Raises FormatError when their texts differ."""
    texts = {note.text_of(each) for each in notes}
    if len(texts) != 1:
        raise FormatError("the notes are of different successions")
    (text,) = texts
    lines = {line for each in notes for line in each.removeprefix(f"{text}\n").splitlines()}
    return f"{text}\n" + "".join(f"{line}\n" for line in sorted(lines))


@dataclass(frozen=True)
class Operators:
    """Whose keys sign the checkpoints of a log: the pool's operator, and those of the successions, by number."""

    first: Key
    successions: tuple[Succession, ...] = ()

    @property
    def newest(self) -> Key:
        """The key of the operator in force."""
        return self.successions[-1].key if self.successions else self.first

    @property
    def number(self) -> int:
        """The number of the succession in force, 0 when there was none."""
        return self.successions[-1].number if self.successions else 0

    def verify(self, signed: str) -> Checkpoint:
        """The checkpoint in a note that an operator of this log signed, of no more events than are the operator's.

        Raises FormatError and InvalidProof as checkpoint.verify does, and Superseded.
        """
        bounds = [None, *(each.size for each in reversed(self.successions))]
        keys = [*(each.key for each in reversed(self.successions)), self.first]
        failure: InvalidProof | None = None
        for key, bound in zip(keys, bounds, strict=True):
            try:
                named = checkpoint.verify(signed, key)
            except InvalidProof as error:
                failure = failure or error
                continue
            if bound is None or named.size <= bound:
                return named
            failure = Superseded(
                f"the checkpoint of {named.size} events is of an operator whom the validators have replaced after"
                f" {bound} events: what it settled since is void"
            )
        assert failure is not None, "there is a key"
        raise failure


def operators(first: Key, notes: Iterable[str]) -> Operators:
    """The operators of a log whose verified successions these are.  Raises FormatError when they are no sequence."""
    made = sorted((parse(each, first.name) for each in notes), key=lambda each: each.number)
    for before, after in zip(made, made[1:], strict=False):
        if before.number == after.number or before.size > after.size:
            raise FormatError("the successions contradict each other")
    return Operators(first, tuple(made))


def pair(one: str, other: str) -> str:
    """Two signed successions as one text: evidence, if they contradict each other.  `double` verifies it."""
    return f"{one}\n\n{other}"


def double(evidence: str, origin: str, validators: Validators) -> list[str]:
    """Who of these validators signed both of two different successions of one number: they broke their word.

    `evidence` is what `pair` makes.  Raises FormatError when it is malformed, and InvalidProof when the two do not
    contradict each other, or nobody signed both.
    """
    one, separator, other = evidence.partition(f"\n\n\n{HEADER}\n")
    if not separator:
        raise FormatError("the file is not two successions")
    one, other = f"{one}\n", f"{HEADER}\n{other}"
    made = [parse(each, origin) for each in (one, other)]
    if made[0].number != made[1].number or made[0] == made[1]:
        raise InvalidProof("the successions are not two of one number")
    both = [set(cosignature.times(each, validators)) for each in (one, other)]
    names = [each.name for each in validators.members if each.name in both[0] & both[1]]
    if not names:
        raise InvalidProof("none of the pool's validators signed both successions")
    return names

