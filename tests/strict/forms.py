"""Honest files, and changes of them: a value at a path of a JSON document, or of its text."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, reduce

from tests.zk.groth16 import known
from zk.fields.prime import R
from zk.formats import snarkjs
from zk.groth16.keys import Proof, VerifyingKey

PUBLIC = [R - 1, 42]
FILES = ("key", "public", "proof")  # in the order of `groth16 verify`

READ = {
    "key": snarkjs.decode_verifying_key,
    "public": lambda data: snarkjs.decode_public(data, len(PUBLIC)),
    "proof": snarkjs.decode_proof,
}

Change = Callable[[bytes], bytes]


@cache
def key() -> VerifyingKey:
    return known.key(len(PUBLIC))


@cache
def proof() -> Proof:
    return known.proof(PUBLIC)


@cache
def honest() -> dict[str, bytes]:
    """The three files of a valid proof, by their names in FILES."""
    written = json.loads(snarkjs.encode_verifying_key(key()))
    written["vk_alphabeta_12"] = [[["1", "2"]] * 3] * 2  # the shape that snarkjs writes; the value is not used
    texts = (json.dumps(written), snarkjs.encode_public(PUBLIC), snarkjs.encode_proof(proof()))
    return dict(zip(FILES, map(str.encode, texts), strict=True))


@dataclass(frozen=True)
class At:
    """The value at a path is replaced, or removed when the new value is `...`.  New keys come last in an object."""

    path: tuple[str | int, ...]
    value: object

    def __call__(self, data: bytes) -> bytes:
        document = json.loads(data)
        *parents, last = self.path
        holder = reduce(lambda inner, step: inner[step], parents, document)
        if self.value is ...:
            del holder[last]
        elif isinstance(holder, list) and last == len(holder):
            holder.append(self.value)
        else:
            holder[last] = self.value
        return json.dumps(document).encode()


@dataclass(frozen=True)
class Text:
    """The first occurrence of a piece of text is replaced."""

    old: str
    new: str

    def __call__(self, data: bytes) -> bytes:
        assert self.old.encode() in data
        return data.replace(self.old.encode(), self.new.encode(), 1)


@dataclass(frozen=True)
class Whole:
    """The whole file is replaced."""

    data: bytes

    def __call__(self, data: bytes) -> bytes:
        return self.data


def point(coordinates: tuple[int, ...]) -> list:
    """A point as snarkjs writes it."""
    numbers = list(map(str, coordinates))
    return [*numbers, "1"] if len(numbers) == 2 else [numbers[:2], numbers[2:], ["1", "0"]]
