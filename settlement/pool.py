"""A pool: the eight assets that share one tree, the oracles that price them, and the keys that verify their proofs.

Each asset is held outside by a custodian, who signs what is paid in and out of the ledger (settlement.custody).

A pool never changes.  Its ledger's id is the digest of its bytes (settlement.poolfile), so a signature for a ledger id
agrees to everything here.  Every part checks itself when it is constructed, so every Pool object is sound.

A party that makes a key alone can forge proofs under it.  So a pool must say `insecure_dev` when its keys come from no
ceremony, and must not say it otherwise: a warning that is sometimes false is soon ignored.
"""

import re
from dataclasses import dataclass

from circuits import records
from circuits.statements import leg, margin
from settlement.boardrules import BoardRules
from settlement.ids import KeyDigest
from zk.curves import babyjubjub
from zk.errors import FormatError
from zk.groth16 import keys

KINDS = ("cash", "spot", "bill", "perpetual", "option", "commodity")
MAX_NAME = 64
MAX_DECIMALS = 18
MAX_ORACLES = 16
MAX_BPS = 10**6
MAX_HAIRCUT_BPS = 10**4
MAX_AGE_MS = 10**12
SALT_BYTES = 16

NUM_PUBLIC = {statement.name: statement.num_public for statement in (leg.STATEMENT, margin.STATEMENT)}
"""The number of public inputs of each statement."""

_SYMBOL = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Risk:
    """How an asset's value may move, for the risk grids.  Amounts are in bps, 10^-4.

    `factor` is the index of the asset whose price moves this one (its own index when it is a factor itself), or None.
    `volatility_bps` is a factor's standard deviation over one day.  `delta_bps` and `gamma_bps` say by how much one
    unit moves when the factor does: 10^4 and 0 for a spot asset or a perpetual.  `haircut_bps` is a move of its own.

    Raises FormatError, naming the field, when one is out of range.
    """

    factor: int | None
    volatility_bps: int
    delta_bps: int
    gamma_bps: int
    haircut_bps: int

    def __post_init__(self) -> None:
        if self.factor is not None:
            _check_range(self.factor, 0, records.ASSETS - 1, "factor")
        _check_range(self.volatility_bps, 0, MAX_BPS, "volatility_bps")
        _check_range(self.delta_bps, -MAX_BPS, MAX_BPS, "delta_bps")
        _check_range(self.gamma_bps, 0, MAX_BPS, "gamma_bps")
        _check_range(self.haircut_bps, 0, MAX_HAIRCUT_BPS, "haircut_bps")


@dataclass(frozen=True)
class Asset:
    """`kind` is one of KINDS; `decimals` is the number of digits behind the point when an amount is shown.

    `custodian` is the public key of whoever holds the asset outside.  The pool checks that it is a sound point.

    Raises FormatError, naming the asset, when a field is malformed.
    """

    symbol: str
    kind: str
    decimals: int
    risk: Risk
    custodian: babyjubjub.Point

    def __post_init__(self) -> None:
        what = f"asset {self.symbol!r:.40}"
        _require(
            isinstance(self.symbol, str) and _SYMBOL.fullmatch(self.symbol) is not None,
            f"{what}: a symbol must be 1 to 16 capital letters, digits and hyphens, and not begin with a hyphen",
        )
        _require(self.kind in KINDS, f"{what}: its kind must be one of {', '.join(KINDS)}")
        _check_range(self.decimals, 0, MAX_DECIMALS, f"{what}: decimals")


@dataclass(frozen=True)
class Limits:
    """How old a grid or a price may be, in milliseconds.  Raises FormatError when one is out of range."""

    grid_age_ms: int
    price_age_ms: int

    def __post_init__(self) -> None:
        _check_range(self.grid_age_ms, 1, MAX_AGE_MS, "the age limit of grids")
        _check_range(self.price_age_ms, 1, MAX_AGE_MS, "the age limit of prices")


@dataclass(frozen=True)
class StatementKey:
    """The verifying key of a statement, and the fingerprint of the circuit that it was made for (64 hex digits).

    `transcript` says where the key comes from: it is the digest of the ceremony's transcript (64 hex digits), and None
    for a development key, which one party made alone.  `zksettle ledger audit --ceremony` checks a key against it.

    Raises FormatError when the digits are malformed or the key is not for as many public inputs as the statement has.
    """

    statement: str
    fingerprint: str
    verifying: keys.VerifyingKey
    transcript: str | None

    def __post_init__(self) -> None:
        _require(self.statement in NUM_PUBLIC, f"there is no statement {self.statement!r:.40}")
        _require(
            isinstance(self.fingerprint, str) and _DIGEST.fullmatch(self.fingerprint) is not None,
            f"the fingerprint of the {self.statement} key is not 64 hex digits",
        )
        _require(
            self.transcript is None
            or isinstance(self.transcript, str) and _DIGEST.fullmatch(self.transcript) is not None,
            f"the transcript of the {self.statement} key is neither null nor 64 hex digits",
        )
        num_public = NUM_PUBLIC[self.statement]
        _require(
            len(self.verifying.ic) == num_public + 1,
            f"the {self.statement} key does not have {num_public} public inputs",
        )

    @property
    def digest(self) -> KeyDigest:
        """The 32 bytes by which legs name this key."""
        return KeyDigest(keys.digest(self.verifying))

    @property
    def origin(self) -> str:
        """The origin of the key, in words."""
        return "development, made by one party" if self.transcript is None else f"ceremony {self.transcript[:16]}"


@dataclass(frozen=True)
class Pool:
    """`salt` distinguishes two otherwise equal pools.  `insecure_dev` says that one party alone made the keys.

    `board` says what its board asks of orders.

    Raises FormatError, naming what is wrong, when the parts do not make a sound pool.
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
    board: BoardRules

    def __post_init__(self) -> None:
        _require(
            isinstance(self.name, str) and 0 < len(self.name) <= MAX_NAME,
            f"the pool's name must have 1 to {MAX_NAME} characters",
        )
        _require(self.name.isprintable(), "the pool's name has a character that cannot be printed")
        _require(len(self.salt) == SALT_BYTES, f"the pool's salt must have {SALT_BYTES} bytes")
        _check_assets(self.assets)
        _check_oracles(self)
        for key, statement in ((self.leg, "leg"), (self.margin, "margin")):
            _require(key.statement == statement, f"the {statement} key is for {key.statement}")
        _check_origin(self)


def asset_index(pool: Pool, symbol: str) -> int:
    """The index of the asset with this symbol.  Raises FormatError when the pool has none."""
    for index, asset in enumerate(pool.assets):
        if asset.symbol == symbol:
            return index
    raise FormatError(f"the pool has no asset {symbol}: it has {', '.join(asset.symbol for asset in pool.assets)}")


def _check_assets(assets: tuple[Asset, ...]) -> None:
    _require(len(assets) == records.ASSETS, f"a pool must have {records.ASSETS} assets")
    _require(len({asset.symbol for asset in assets}) == len(assets), "two assets have the same symbol")
    for asset in assets:
        factor = asset.risk.factor
        _require(
            factor is None or assets[factor].risk.factor == factor,
            f"asset {asset.symbol!r:.40}: its factor is moved by another factor",
        )
    for custodian in set(asset.custodian for asset in assets):  # each only once, because the check is slow
        symbols = ", ".join(asset.symbol for asset in assets if asset.custodian == custodian)
        babyjubjub.point(*custodian, f"the custodian's key of {symbols}")


def _check_oracles(pool: Pool) -> None:
    _require(0 < len(pool.oracle_keys) <= MAX_ORACLES, f"a pool must have 1 to {MAX_ORACLES} oracle keys")
    _require(len(set(pool.oracle_keys)) == len(pool.oracle_keys), "two oracles have the same key")
    for key in pool.oracle_keys:
        babyjubjub.point(*key, "an oracle key")
    _check_range(pool.quorum, 1, len(pool.oracle_keys), "the quorum")
    # Liars who are fewer than a third of all are then fewer than half of any quorum (settlement.oracle has the reason).
    _require(3 * pool.quorum > 2 * len(pool.oracle_keys), "the quorum must be more than two thirds of the oracles")


def _check_origin(pool: Pool) -> None:
    """Raises FormatError unless `insecure_dev` is true exactly when one party alone made the keys."""
    _require(isinstance(pool.insecure_dev, bool), "insecure_dev must be true or false")
    _require(
        pool.leg.transcript == pool.margin.transcript, "the pool's keys do not come from one and the same ceremony"
    )
    has_ceremony = pool.leg.transcript is not None
    _require(
        has_ceremony or pool.insecure_dev,
        "the keys come from no ceremony, so the party that made them can forge proofs: the pool must say insecure_dev",
    )
    _require(not (has_ceremony and pool.insecure_dev), "the pool says insecure_dev, but its keys come from a ceremony")


def _check_range(value: object, least: int, most: int, what: str) -> None:
    _require(type(value) is int and least <= value <= most, f"{what} is not an integer from {least} to {most}")


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise FormatError(message)
