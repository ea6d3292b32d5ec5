"""What a worker does with the jobs of a claim: it opens their key, computes their witnesses in lanes, and proves.

Inputs come from whoever submits, so each list is checked before a kernel sees it, and fails alone.  A worker does not
know a statement's claim, only its program and its key: inputs of a false statement give no proof that verifies.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from prover.farm import jobs, sealing
from prover.farm.keyshelf import OpenKey
from prover.proofs import together
from zk.errors import FormatError, InvalidProof
from zk.fields import array
from zk.fields.prime import FR
from zk.groth16.keys import Proof

MOST_OPEN_KEYS = 8


@dataclass(frozen=True)
class Task:
    """Inputs to prove, opened; `digest` is of the public ones among them."""

    elements: bytes = field(repr=False)
    digest: bytes


@dataclass(frozen=True)
class Failed:
    """Why there is no proof, in a sentence without any of the inputs."""

    reason: str


class CannotServe(Exception):
    """This worker cannot prove under a key now, through no fault of the job: its disk is full, for example."""


class Engine(Protocol):
    """What makes proofs.  Another one stands in for it where proving is not what is measured."""

    def __call__(self, key: bytes, tasks: Sequence[Task]) -> Sequence[Proof | Failed]:
        """A verified proof, or a failure, for each task; all are under the key with this digest.

        Raises CannotServe, and FormatError when the key is damaged or of a version that this program does not know.
        """


class Kernels:
    """The engine of a worker: our own prover.  `fetch` opens the key with a digest, which the database has."""

    def __init__(self, fetch: Callable[[bytes], OpenKey]):
        self._fetch = fetch
        self._open: OrderedDict[bytes, OpenKey] = OrderedDict()

    def __call__(self, key: bytes, tasks: Sequence[Task]) -> Sequence[Proof | Failed]:
        """As Engine."""
        opened = self._opened(key)
        made: list[Proof | Failed | None] = [None] * len(tasks)
        checked: list[tuple[int, list[int] | np.ndarray, list[int]]] = []
        for i, task in enumerate(tasks):
            try:
                checked.append((i, *_read(opened, key, task)))
            except FormatError as error:
                made[i] = Failed(str(error))
        if checked:
            places, inputs, public = zip(*checked, strict=True)
            results = together.prove(opened.proving, _witnesses(opened, inputs), public)
            for i, result in zip(places, results, strict=True):
                made[i] = Failed(str(result)) if isinstance(result, InvalidProof) else result
        return [one for one in made if one is not None]

    def _opened(self, key: bytes) -> OpenKey:
        opened = self._open.pop(key, None) or self._fetch(key)
        self._open[key] = opened
        while len(self._open) > MOST_OPEN_KEYS:
            self._open.popitem(last=False)
        return opened


def _witnesses(key: OpenKey, inputs: Sequence) -> list[np.ndarray]:
    if key.program is not None:
        return together.witnesses(key.program, inputs)
    from zk.fields import conversion

    return [conversion.from_plain(FR, words) for words in inputs]


def _read(key: OpenKey, digest: bytes, task: Task) -> tuple[list[int] | np.ndarray, list[int]]:
    """The inputs of a statement, or the witness of a .zkey as plain words, and the public inputs."""
    num_public = key.proving.num_public
    inputs: list[int] | np.ndarray
    if key.program is not None:
        inputs = jobs.decode(task.elements, "the job's inputs")
        _check_count(len(inputs), key.program.num_inputs)
        public = inputs[:num_public]
    else:
        rows, rest = divmod(len(task.elements), jobs.ELEMENT_BYTES)
        _check_count(rows + (rest > 0), key.proving.num_wires)
        inputs = np.frombuffer(task.elements, "<u8").reshape(-1, 4).astype(np.uint64)
        if not array.is_canonical(FR, inputs):
            raise FormatError("the job's witness has a value that is not below r")
        if inputs[0].tolist() != [1, 0, 0, 0]:
            raise FormatError("the job's witness does not begin with one")
        public = array.from_plain(inputs[1 : num_public + 1])
    if sealing.public_digest(digest, public) != task.digest:
        raise FormatError("the job's public inputs are not those that were announced")
    return inputs, public


def _check_count(count: int, expected: int) -> None:
    if count != expected:
        raise FormatError(f"the job has {count} inputs, and its key is for {expected}")
