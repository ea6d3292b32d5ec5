"""Evidence of a fork: two checkpoints of one log, signed by the same keys, that cannot both be of one history.

    zksettle-fork@v1
    root …                     the root that the larger log had at the smaller one's size, in base64
    …                          the hashes of a consistency proof from there on, a line each

    (the smaller checkpoint)

    (the larger checkpoint)

A log only grows, so the first n events of the larger tree are all that the smaller tree of n events may have.  The
consistency proof shows which root these events have; when it is another than the smaller checkpoint's, then whoever
signed both has shown two histories.  Between checkpoints of one size, the proof is empty and the root the second's.
Anybody can verify the file offline, and nobody can make one about a signer who signs one history.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from settlement.log import checkpoint, cosignature, note, proofs, tree
from settlement.log.checkpoint import Checkpoint
from settlement.log.note import Key
from settlement.pool.validators import Validators
from zk.errors import FormatError, InvalidProof

HEADER = "zksettle-fork@v1"


@dataclass(frozen=True)
class Fork:
    """Two checkpoints that contradict each other, and the names of those who signed both, the operator first."""

    smaller: Checkpoint
    larger: Checkpoint
    signers: tuple[str, ...]


def write(smaller: str, larger: str, root: bytes, proof: Sequence[bytes]) -> str:
    """The file of evidence: two signed checkpoints, and what the larger tree was at the smaller one's size."""
    lines = [HEADER, f"root {base64.b64encode(root).decode()}", *(base64.b64encode(each).decode() for each in proof)]
    return "\n".join([*lines, "", smaller]) + "\n" + larger


def verify(text: str, operator: Key, validators: Validators) -> Fork:
    """What the evidence shows of a pool's operator and validators.

    Raises FormatError when it is malformed, and InvalidProof when the checkpoints do not contradict each other, or
    nobody of the pool signed both.
    """
    parts = text.split("\n\n")
    head = parts[0].split("\n")
    if len(parts) != 5 or len(head) < 2 or head[0] != HEADER or not head[1].startswith("root "):
        raise FormatError(f"the file is not {HEADER}, a root, a proof and two signed checkpoints")
    signed = f"{parts[1]}\n\n{parts[2]}\n", f"{parts[3]}\n\n{parts[4]}"
    smaller, larger = (checkpoint.parse(note.text_of(each)) for each in signed)
    if smaller.origin != operator.name or larger.origin != operator.name:
        raise FormatError(f"a checkpoint is not one of the log {operator.name}")
    if not 0 < smaller.size <= larger.size:
        raise FormatError("the first checkpoint must not be empty, nor larger than the second")
    root, *proof = proofs.hashes([head[1].removeprefix("root "), *head[2:]])
    tree.verify_consistency(smaller.size, larger.size, root, larger.root, proof)
    if root == smaller.root:
        raise InvalidProof("the larger checkpoint's history begins with the smaller one's: there is no fork")
    signers = tuple(name for name in _signers(signed[0], operator, validators)
                    if name in _signers(signed[1], operator, validators))  # fmt: skip
    if not signers:
        raise InvalidProof("neither the operator nor a validator of this pool signed both checkpoints")
    return Fork(smaller, larger, signers)


def _signers(signed: str, operator: Key, validators: Validators) -> list[str]:
    try:
        checkpoint.verify(signed, operator)
        names = [operator.name]
    except InvalidProof:
        names = []
    return names + list(cosignature.times(signed, validators))
