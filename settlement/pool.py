"""A pool: the eight assets that share one tree, who may price them, and the keys that proofs are checked with.

A pool never changes.  Its bytes are JSON with sorted keys, without spaces and without floats, and its ledger's id is
their digest: whoever signs for a ledger id has agreed to everything here.  Field elements are decimal strings.
"""

import hashlib
import json
from dataclasses import asdict, dataclass

from settlement import poolcheck
from zk import domains
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.fields import prime
from zk.formats import strictjson
from zk.groth16 import keys

VERSION = 2
MAX_POOL_BYTES = 64 * 1024
_VERSION_WITHOUT_ORIGINS = 1


@dataclass(frozen=True)
class Risk:
    """How an asset's value may move, for the risk grids.  Amounts are in bps, 10^-4.

    `factor` is the index of the asset whose price moves this one (its own index when it is a factor itself), or None.
    `volatility_bps` is a factor's standard deviation over one day.  `delta_bps` and `gamma_bps` say what one unit moves
    by when the factor does: 10^4 and 0 for a spot asset or a perpetual.  `haircut_bps` is a move of its own.
    """

    factor: int | None
    volatility_bps: int
    delta_bps: int
    gamma_bps: int
    haircut_bps: int


@dataclass(frozen=True)
class Asset:
    """`kind` is one of poolcheck.KINDS; `decimals` is where the point stands when an amount is shown."""

    symbol: str
    kind: str
    decimals: int
    risk: Risk


@dataclass(frozen=True)
class Limits:
    """How old a grid or a price may be, in milliseconds."""

    grid_age_ms: int
    price_age_ms: int


@dataclass(frozen=True)
class StatementKey:
    """The verifying key of a statement, beside the fingerprint of the circuit that it was made for (64 hex digits).

    `transcript` says where the key comes from: it is the digest of the ceremony's transcript (64 hex digits), and None
    for a development key, which one party made alone.  `zksettle ledger audit --ceremony` holds a key against it.
    """

    statement: str
    fingerprint: str
    verifying: keys.VerifyingKey
    transcript: str | None

    @property
    def digest(self) -> bytes:
        """32 bytes that legs name this key by."""
        return keys.digest(self.verifying)

    @property
    def origin(self) -> str:
        """Where the key comes from, in words."""
        return "development, made by one party" if self.transcript is None else f"ceremony {self.transcript[:16]}"


@dataclass(frozen=True)
class Pool:
    """`salt` keeps two pools of equal terms apart.  `insecure_dev` says that a key was made by one party alone.

    Making one raises FormatError, naming what is wrong, when settlement.poolcheck does.
    """

    name: str
    salt: bytes
    assets: tuple[Asset, ...]
    oracle_keys: tuple[babyjubjub.Point, ...]
    quorum: int
    limits: Limits
    leg: StatementKey
    margin: StatementKey
    insecure_dev: bool

    def __post_init__(self) -> None:
        poolcheck.check(self)

    @property
    def ledger_id(self) -> bytes:
        """32 bytes: the domain-separated SHA-256 of the pool's bytes."""
        return hashlib.sha256(domains.LEDGER_ID + encode(self)).digest()


def asset_index(pool: Pool, symbol: str) -> int:
    """The index of the asset with this symbol.  Raises FormatError when the pool has none."""
    for index, asset in enumerate(pool.assets):
        if asset.symbol == symbol:
            return index
    raise FormatError(f"the pool has no asset {symbol}: it has {', '.join(asset.symbol for asset in pool.assets)}")


def encode(pool: Pool) -> bytes:
    """The pool's canonical bytes."""
    fields = {
        "version": VERSION,
        "name": pool.name,
        "salt": pool.salt.hex(),
        "assets": [asdict(asset) for asset in pool.assets],
        "oracle_keys": [[str(x), str(y)] for x, y in pool.oracle_keys],
        "quorum": pool.quorum,
        "limits": asdict(pool.limits),
        "leg": _encode_key(pool.leg),
        "margin": _encode_key(pool.margin),
        "insecure_dev": pool.insecure_dev,
    }
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def decode(data: bytes) -> Pool:
    """The pool in these bytes.  Raises FormatError when they are not exactly what `encode` writes for a sound pool."""
    fields = strictjson.loads(data, "the pool", MAX_POOL_BYTES)
    try:
        pool = _decode(fields)
    except FormatError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FormatError("the pool is not JSON with a pool's fields") from error
    if encode(pool) != data:
        raise FormatError("the pool is not in its canonical form")
    return pool


def _encode_key(key: StatementKey) -> dict[str, str | None]:
    verifying = keys.encode_verifying_key(key.verifying).hex()
    return {
        "statement": key.statement,
        "fingerprint": key.fingerprint,
        "verifying": verifying,
        "transcript": key.transcript,
    }


def _decode_key(fields: dict) -> StatementKey:
    verifying = keys.decode_verifying_key(bytes.fromhex(fields["verifying"]))
    return StatementKey(fields["statement"], fields["fingerprint"], verifying, fields["transcript"])


def _decode_asset(fields: dict) -> Asset:
    return Asset(fields["symbol"], fields["kind"], fields["decimals"], Risk(**fields["risk"]))


def _decode(fields: dict) -> Pool:
    if fields["version"] == _VERSION_WITHOUT_ORIGINS:
        raise FormatError("the pool has version 1, which does not say where its keys come from: found a new pool")
    if fields["version"] != VERSION:
        raise FormatError(f"the pool has version {fields['version']}, and this program knows {VERSION}")
    points = (
        babyjubjub.point(*(prime.parse(part, prime.R, "an oracle key") for part in pair), "an oracle key")
        for pair in fields["oracle_keys"]
    )
    return Pool(
        name=fields["name"],
        salt=bytes.fromhex(fields["salt"]),
        assets=tuple(_decode_asset(asset) for asset in fields["assets"]),
        oracle_keys=tuple(points),
        quorum=fields["quorum"],
        limits=Limits(**fields["limits"]),
        leg=_decode_key(fields["leg"]),
        margin=_decode_key(fields["margin"]),
        insecure_dev=fields["insecure_dev"],
    )
