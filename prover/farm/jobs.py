"""What is asked of the queue, and what comes back.

A job is to prove one witness under one key.  Its id is chosen by who submits it, so submitting it again, after a lost
connection for example, changes nothing.  Keys are named by the digest of their content (prover/farm/keycontents.py), so
that versions of a statement live side by side.  Inputs are secret: in the database they are sealed to the workers' key.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from prover.proofs.purposes import Purpose
from zk import entropy
from zk.errors import FormatError
from zk.fields.prime import R
from zk.groth16.keys import Proof

ID_BYTES = 16
ELEMENT_BYTES = 32
MAX_ELEMENTS = 1 << 22  # of a witness
MAX_REPLACES = 64  # characters
MAX_DEADLINE_MS = 86_400_000
MOST_TOGETHER = 8
"""How many jobs a worker takes at once; their witnesses are computed in as many lanes."""
MOST_ATTEMPTS = 3
"""How many workers may fail a job before it is parked."""
KEPT_MS = 3_600_000
"""How long a job is kept after it has ended."""


class State(Enum):
    """The states of a job.  All but QUEUED are final, but a parked job may be queued again."""

    QUEUED = "queued"  # or being proved: only who holds its row knows
    DONE = "done"
    PARKED = "parked"  # after MOST_ATTEMPTS attempts
    REPLACED = "replaced"  # by a newer job of the same `replaces`
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"  # by who submitted it


class NotProved(Exception):
    """The queue did not make a proof.  The message is a sentence for the user."""


@dataclass(frozen=True)
class Job:
    """A witness to prove under the key with this digest.

    `elements` are what the key's workers compute the proof from: all inputs of a statement, public ones first, or the
    whole witness of a .zkey; `public` are the public inputs among them.  A job that has not been proved `deadline_ms`
    after it was submitted is abandoned.  It takes the place of a queued job that `replaces` the same name.
    """

    key: bytes
    elements: Sequence[int] | bytes = field(repr=False)  # bytes: 32 for each element, little-endian
    public: tuple[int, ...] = field(repr=False)
    purpose: Purpose = Purpose.TAKE
    deadline_ms: int = 600_000
    replaces: str | None = None
    id: bytes = field(default_factory=lambda: entropy.token(ID_BYTES))

    def __post_init__(self):
        if len(self.id) != ID_BYTES:
            raise ValueError(f"a job's id has {ID_BYTES} bytes")
        if not 1 <= self.deadline_ms <= MAX_DEADLINE_MS:
            raise ValueError(f"a job's deadline is 1 to {MAX_DEADLINE_MS} ms ahead")
        if self.replaces is not None and not 1 <= len(self.replaces) <= MAX_REPLACES:
            raise ValueError(f"what a job replaces is named by 1 to {MAX_REPLACES} characters")


@dataclass(frozen=True)
class Result:
    """How a job ended: a proof that its submitter has verified, or a reason in words."""

    id: bytes
    state: State
    proof: Proof | None = None
    reason: str = ""
    worker: bytes = b""  # the public key of who proved it
    attempts: int = 0

    @property
    def is_late(self) -> bool:
        """Whether the job has not ended in time: its row and inputs stay in the queue until somebody ends it."""
        return self.state in (State.QUEUED, State.OVERDUE)


def encode(elements: Sequence[int]) -> bytes:
    """Field elements as bytes, 32 for each, little-endian."""
    return b"".join(element.to_bytes(ELEMENT_BYTES, "little") for element in elements)


def decode(data: bytes, what: str) -> list[int]:
    """The elements that `encode` wrote.  Raises FormatError when the length is wrong or one is not below r."""
    count, rest = divmod(len(data), ELEMENT_BYTES)
    if rest or count > MAX_ELEMENTS:
        raise FormatError(f"{what}: {len(data)} bytes are no number of field elements")
    elements = [int.from_bytes(data[i : i + ELEMENT_BYTES], "little") for i in range(0, len(data), ELEMENT_BYTES)]
    if any(element >= R for element in elements):
        raise FormatError(f"{what}: an element is not below r")
    return elements
