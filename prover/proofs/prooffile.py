"""PROOF.json: a proof of a statement beside all that says what it proves.

    {"format": "zksettle-proof", "version": 1, "statement": "margin", "fingerprint": "64 hex digits",
     "public": {"commitment": "decimal", …}, "proof": {snarkjs's proof.json},
     "key": {"digest": "64 hex digits", "verification_key": {snarkjs's verification_key.json}}}

The key in the file says which key the proof was made under.  A proof means nothing under a key that whoever sent it
chose, so a verifier takes a key of its own and uses the one in the file only to say that they differ.
"""

import json
from dataclasses import dataclass
from typing import Any

from circuits import registry
from circuits.statements import statement
from zk.errors import FormatError
from zk.formats import snarkjs, strictjson
from zk.groth16 import keys
from zk.groth16.keys import Proof, VerifyingKey

FORMAT = "zksettle-proof"
VERSION = 1
MAX_BYTES = 1 << 20
FIELDS = {"format", "version", "statement", "fingerprint", "public", "proof", "key"}


@dataclass(frozen=True)
class ProofFile:
    """What a proof file holds; `public` is the statement's dataclass."""

    statement: str
    public: Any
    proof: Proof
    key: VerifyingKey

    @property
    def inputs(self) -> list[int]:
        """The public inputs in the order of the key."""
        return statement.inputs(self.public)


def to_json(found: ProofFile) -> dict[str, Any]:
    """The file's content as JSON values."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "statement": found.statement,
        "fingerprint": registry.pinned(found.statement),
        "public": statement.to_json(found.public),
        "proof": json.loads(snarkjs.encode_proof(found.proof)),
        "key": {
            "digest": keys.digest(found.key).hex(),
            "verification_key": json.loads(snarkjs.encode_verifying_key(found.key)),
        },
    }


def encode(found: ProofFile) -> str:
    """The file's text."""
    return json.dumps(to_json(found), indent=1) + "\n"


def decode(data: bytes) -> ProofFile:
    """The proof file in these bytes.

    Raises FormatError, naming the place, when anything in it is missing, unknown, out of range or contradicts the rest.
    """
    what = "the proof file"
    document = strictjson.loads(data, what, MAX_BYTES)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FormatError("this is not a proof file of zksettle")
    if document.get("version") != VERSION:
        raise FormatError(f"the proof file has version {document.get('version')!r}; this program knows {VERSION}")
    fields = strictjson.has_keys(document, FIELDS, what)
    name = fields["statement"]
    if name not in registry.names():
        raise FormatError(f"the proof file names no statement of ours: there are {', '.join(registry.names())}")
    if fields["fingerprint"] != registry.pinned(name):
        raise FormatError(f"the proof was made for another version of {name}: its fingerprint is not the pinned one")
    public = statement.from_json(registry.get(name).Public, fields["public"], "public")
    proof = snarkjs.decode_proof(_bytes(fields["proof"]))
    return ProofFile(name, public, proof, _key(fields["key"]))


def from_snarkjs(name: str, key_data: bytes, public_data: bytes, proof_data: bytes) -> ProofFile:
    """A proof file from snarkjs's three files.  Raises FormatError when one is malformed or the inputs do not fit."""
    key, inputs = snarkjs.decode_verifying_key(key_data), snarkjs.decode_public(public_data)
    kind = registry.get(name)
    names = [path for path, _ in statement.leaves(kind.blank()[0])]
    if not len(inputs) == len(names) == key.num_public:
        raise FormatError(
            f"{name} has {len(names)} public inputs; the files have {len(inputs)}, the key {key.num_public}"
        )
    public = statement.from_json(
        kind.Public, {name: str(value) for name, value in zip(names, inputs, strict=True)}, "public"
    )
    return ProofFile(name, public, snarkjs.decode_proof(proof_data), key)


def _key(document: object) -> VerifyingKey:
    fields = strictjson.has_keys(document, {"digest", "verification_key"}, "the proof file's key")
    key = snarkjs.decode_verifying_key(_bytes(fields["verification_key"]))
    if fields["digest"] != keys.digest(key).hex():
        raise FormatError("the digest in the proof file is not that of its key")
    return key


def _bytes(document: object) -> bytes:
    return json.dumps(document).encode()
