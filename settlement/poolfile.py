"""A pool's canonical bytes, and the ledger id that is derived from them.

The bytes are JSON with sorted keys, without spaces and without floats.  Field elements are decimal strings, other bytes
are hexadecimal.
"""

import hashlib
import json
from typing import Any

from settlement.ids import LedgerId
from settlement.pool import Asset, Pool, StatementKey
from zk import domains
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import dataclassjson, strictjson
from zk.formats.dataclassjson import Codec
from zk.groth16 import keys
from zk.groth16.keys import VerifyingKey

VERSION = 3
MAX_POOL_BYTES = 64 * 1024
_LACKS = {1: "does not say where its keys come from", 2: "names no custodians"}


def encode(pool: Pool) -> bytes:
    """The pool's canonical bytes."""
    document = {"version": VERSION, **_POOL.write(pool)}
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


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


def ledger_id(pool: Pool) -> LedgerId:
    """32 bytes: the domain-separated SHA-256 of the pool's bytes."""
    return LedgerId(hashlib.sha256(domains.LEDGER_ID + encode(pool)).digest())


def _read_key(value: Any, place: str) -> VerifyingKey:
    return keys.decode_verifying_key(dataclassjson.of(bytes).read(value, place), place)


_COORDINATE = dataclassjson.decimal(0, prime.R, "below the modulus")
_POINT = dataclassjson.row(_COORDINATE, _COORDINATE)
_ASSET = dataclassjson.record(Asset, {"custodian": _POINT})
_STATEMENT_KEY = dataclassjson.record(
    StatementKey, {"verifying": Codec(_read_key, lambda key: keys.encode_verifying_key(key).hex())}
)
_POOL = dataclassjson.record(
    Pool,
    {
        "assets": dataclassjson.array(_ASSET),
        "oracle_keys": dataclassjson.array(_POINT),
        "leg": _STATEMENT_KEY,
        "margin": _STATEMENT_KEY,
    },
)
