"""PROOF.json: a proof, together with its statement, its public inputs and its key.

    {"format": "zksettle-proof", "version": 1, "statement": "margin", "fingerprint": "64 hex digits",
     "public": {"commitment": "decimal", …}, "proof": {snarkjs's proof.json},
     "key": {"digest": "64 hex digits", "verification_key": {snarkjs's verification_key.json}}}

The key in the file is the one under which the proof was made.  A proof means nothing under a key that its sender chose,
so a verifier uses its own key, and the one in the file only to report that they differ.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from circuits import registry
from circuits.statements import statement
from zk.errors import FormatError
from zk.fields.prime import R
from zk.formats import dataclassjson, snarkjs, strictjson
from zk.groth16 import keys
from zk.groth16.keys import Proof, VerifyingKey

FORMAT: Final = "zksettle-proof"
VERSION: Final = 1
MAX_BYTES = 1 << 20
_END = "\n }\n}\n"
_NO_KEY = "null" + _END.rstrip("\n")
_MOST_KEYS = 16


@dataclass(frozen=True)
class ProofFile:
    """The content of a proof file; `public` is the statement's dataclass."""

    statement: str
    public: Any
    proof: Proof
    key: VerifyingKey

    @property
    def inputs(self) -> list[int]:
        """The public inputs in the order of the key."""
        return statement.inputs(self.public)


_OtherJson = Annotated[Any, dataclassjson.Codec(lambda value, _place: value, lambda value: value)]
"""JSON that another module reads."""


@dataclass(frozen=True)
class _KeyJson:
    digest: str
    verification_key: _OtherJson


@dataclass(frozen=True)
class _ProofJson:
    format: Literal["zksettle-proof"]
    version: Literal[1]
    statement: str
    fingerprint: str
    public: _OtherJson
    proof: _OtherJson
    key: _KeyJson


def to_json(file: ProofFile) -> dict[str, Any]:
    """The file's content as JSON values."""
    digest, verification_key = _key_text(file.key)
    return _fields(file, _KeyJson(digest, json.loads(verification_key)))


def encode(file: ProofFile) -> str:
    """The file's text: `to_json` with an indent of 1.

    The key is the same in many files, and the longest part of them: its text is made once, and takes its place here.
    """
    digest, verification_key = _key_text(file.key)
    text = json.dumps(_fields(file, _KeyJson(digest, None)), indent=1)
    assert text.endswith(_NO_KEY), "the key is the last field, and its contents the last of it"
    return text.removesuffix(_NO_KEY) + verification_key + _END


def _fields(file: ProofFile, key: _KeyJson) -> dict[str, Any]:
    return dataclassjson.write(
        _ProofJson(
            format=FORMAT,
            version=VERSION,
            statement=file.statement,
            fingerprint=registry.pinned(file.statement),
            public=statement.to_json(file.public),
            proof=json.loads(snarkjs.encode_proof(file.proof)),
            key=key,
        )
    )


@lru_cache(maxsize=_MOST_KEYS)
def _key_text(key: VerifyingKey) -> tuple[str, str]:
    """The key's digest, and its verification_key.json as it stands in a proof file: two levels down."""
    return keys.digest(key).hex(), snarkjs.encode_verifying_key(key).rstrip("\n").replace("\n", "\n  ")


def decode(data: bytes) -> ProofFile:
    """The proof file in these bytes.

    Raises FormatError, naming the field, when one is missing, unknown, out of range, or contradicts the others.
    """
    what = "the proof file"
    document = strictjson.loads(data, what, MAX_BYTES)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError("this is not a proof file of zksettle")
    version = document.get("version")
    if type(version) is not int or version != VERSION:
        raise FormatError(f"the proof file has version {version!r}; this program knows {VERSION}")
    file_json = dataclassjson.read(_ProofJson, document, what)
    name = file_json.statement
    if name not in registry.names():
        raise FormatError(f"the proof file's statement is unknown: the statements are {', '.join(registry.names())}")
    if file_json.fingerprint != registry.pinned(name):
        raise FormatError(f"the proof was made for another version of {name}: its fingerprint is not the pinned one")
    public = statement.from_json(registry.get(name).Public, file_json.public, "public")
    proof = snarkjs.decode_proof(json.dumps(file_json.proof).encode())
    key = snarkjs.decode_verifying_key(json.dumps(file_json.key.verification_key).encode())
    if file_json.key.digest != keys.digest(key).hex():
        raise FormatError("the digest in the proof file is not its key's digest")
    return ProofFile(name, public, proof, key)


def from_snarkjs(name: str, key_data: bytes, public_data: bytes, proof_data: bytes) -> ProofFile:
    """A proof file from snarkjs's three files.

    Raises FormatError when one is malformed, or when the inputs do not fit the statement or the key.
    """
    key, inputs = snarkjs.decode_verifying_key(key_data), snarkjs.decode_public(public_data)
    kind = registry.get(name)
    if not len(inputs) == kind.num_public == key.num_public:
        raise FormatError(
            f"{name} has {kind.num_public} public inputs; the files have {len(inputs)}, the key {key.num_public}"
        )
    blank = kind.blank()[0]
    signed = {field.name for field in fields(blank) if statement.KINDS[field.metadata["kind"]].low < 0}
    # A negative number is r minus it among a key's inputs.
    numbers = (
        value - R if path.partition("[")[0] in signed and value > R // 2 else value
        for (path, _), value in zip(statement.leaves(blank), inputs, strict=True)
    )
    document = _filled(statement.to_json(blank), numbers)
    public = statement.from_json(kind.Public, document, "public")
    return ProofFile(name, public, snarkjs.decode_proof(proof_data), key)


def _filled(shape: Any, inputs: Iterator[int]) -> Any:
    """A JSON value of this shape with these numbers in its places, in order."""
    if isinstance(shape, dict):
        return {name: _filled(part, inputs) for name, part in shape.items()}
    if isinstance(shape, list):
        return [_filled(part, inputs) for part in shape]
    return str(next(inputs))
