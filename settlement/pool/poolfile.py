"""A pool's canonical bytes, and the ledger id that is derived from them.

The bytes are JSON with sorted keys, without spaces and without floats.  Field elements are decimal strings, other bytes
are hexadecimal.  The terms of a claim are an object with one key, its kind: {"option": {"expiry_ms": …}}.
"""

import hashlib
import json
from functools import lru_cache
from typing import Any

from settlement.ids import LedgerId
from settlement.pool.assets import Asset, Loan, Option, Perpetual, Terms
from settlement.pool.parameters import Governance, Guardians, Parameters
from settlement.pool.pool import OPERATOR_KEY_BYTES, Pool, StatementKey
from zk import domains
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson, strictjson
from zk.formats.dataclassjson import Codec
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

VERSION = 5
# The keys of margin and seize have more than five hundred points each, of 128 hexadecimal digits.
MAX_POOL_BYTES = 256 * 1024
MAX_PARAMETERS_BYTES = 32 * 1024
_LACKS = {
    1: "does not say where its keys come from",
    2: "names no custodians",
    3: "has eight assets and no guardians",
    4: "does not count top-ups, so that nobody in breach need ever be seized",
}
_TERMS = {"perpetual": Perpetual, "option": Option, "loan": Loan}


def encode(pool: Pool) -> bytes:
    """The pool's canonical bytes."""
    return _bytes({"version": VERSION, **_POOL.write(pool)})


@lru_cache(maxsize=4)  # because a thousand points are checked to be on their curve, each time a ledger is opened
def decode(data: bytes) -> Pool:
    """The pool in these bytes.  Raises FormatError unless they are exactly what `encode` writes for a sound pool."""
    document = strictjson.loads(data, "the pool", MAX_POOL_BYTES)
    if not isinstance(document, dict):
        raise FormatError("the pool is not an object")
    version = document.pop("version", None)
    if type(version) is int and version in _LACKS:
        raise FormatError(f"the pool has version {version}, which {_LACKS[version]}: create a new pool")
    if version != VERSION:
        raise FormatError(f"the pool has version {version!r:.40}, and this program reads version {VERSION}")
    pool = _POOL.read(document, "the pool")
    if encode(pool) != data:
        raise FormatError("the pool is not in its canonical form")
    return pool


@lru_cache(maxsize=4)
def ledger_id(pool: Pool) -> LedgerId:
    """32 bytes: the domain-separated SHA-256 of the pool's bytes."""
    return LedgerId(hashlib.sha256(domains.LEDGER_ID + encode(pool)).digest())


def encode_parameters(parameters: Parameters) -> bytes:
    """The canonical bytes of a record of parameters."""
    return _bytes(_PARAMETERS.write(parameters))


def decode_parameters(data: bytes, what: str = "the parameters") -> Parameters:
    """The parameters in these bytes.  Raises FormatError unless they are exactly what `encode_parameters` writes."""
    parameters = _PARAMETERS.read(strictjson.loads(data, what, MAX_PARAMETERS_BYTES), what)
    if encode_parameters(parameters) != data:
        raise FormatError(f"{what} are not in their canonical form")
    return parameters


def parameters_json(parameters: Parameters) -> dict[str, Any]:
    """The parameters as JSON values."""
    return _PARAMETERS.write(parameters)


def guardians_json(guardians: Guardians) -> dict[str, Any]:
    """What the parameters say about guardians, as JSON values."""
    return _GUARDIANS.write(guardians)


def read_parameters(document: object, what: str) -> Parameters:
    """The parameters in a JSON value.  Raises FormatError, naming `what` and the path of the wrong field."""
    return _PARAMETERS.read(document, what)


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _read_key(value: Any, place: str) -> VerifyingKey:
    return keys.decode_verifying_key(dataclassjson.of(bytes).read(value, place), place)


def _read_terms(value: Any, place: str) -> Terms:
    if not isinstance(value, dict) or len(value) != 1 or (name := next(iter(value))) not in _TERMS:
        raise FormatError(f"{place} is not an object with one of the keys {', '.join(_TERMS)}")
    return dataclassjson.read(_TERMS[name], value[name], f"{place}.{name}")


def _write_terms(terms: Terms) -> dict[str, Any]:
    return {name: dataclassjson.write(terms) for name, kind in _TERMS.items() if isinstance(terms, kind)}


_COORDINATE = dataclassjson.decimal(0, prime.R, "below the modulus")
_POINT = dataclassjson.row(_COORDINATE, _COORDINATE)
_POINTS = dataclassjson.array(_POINT)
_ASSET = dataclassjson.record(
    Asset, {
        "custodian": dataclassjson.optional(_POINT),
        "terms": dataclassjson.optional(Codec(_read_terms, _write_terms)),
    }
)  # fmt: skip
_STATEMENT_KEY = dataclassjson.record(
    StatementKey, {"verifying": Codec(_read_key, lambda key: keys.encode_verifying_key(key).hex())}
)
_GUARDIANS = dataclassjson.record(Guardians, {"encryption_key": _POINT, "signing_key": _POINT})
_PARAMETERS = dataclassjson.record(
    Parameters, {"oracle_keys": _POINTS, "guardians": dataclassjson.optional(_GUARDIANS)}
)
_POOL = dataclassjson.record(
    Pool,
    {
        "assets": dataclassjson.array(_ASSET),
        "operator": dataclassjson.hexadecimal(OPERATOR_KEY_BYTES),
        "governance": dataclassjson.record(Governance, {"keys": _POINTS}),
        "parameters": _PARAMETERS,
        **dict.fromkeys(("leg", "margin", "escrow", "seize", "funds"), _STATEMENT_KEY),
    },
)
