"""A pool: the sixteen assets that share one tree, the keys that verify their proofs, and who may change what.

Each held asset is held outside by a custodian, who signs what is paid in and out of the ledger (settlement.custody).

A pool never changes.  Its ledger's id is the digest of its bytes (settlement.pool.poolfile), so a signature for a
ledger id agrees to everything here: also to who may change the parameters, and how (settlement.pool.governance);
`parameters` are the first.  Every part checks itself when it is constructed, so every Pool object is sound.

A party that makes a key alone can forge proofs under it.  So a pool must say `insecure_dev` when its keys come from no
ceremony, and must not say it otherwise: a warning that is sometimes false is soon ignored.
"""

import re
from dataclasses import dataclass
from functools import cached_property

from circuits.statements import escrow, funds, leg, margin, seize
from settlement.ids import KeyDigest
from settlement.pool import assets as slots
from settlement.pool import parameters as records_of_parameters
from settlement.pool.assets import Asset
from settlement.pool.parameters import Governance, Parameters
from settlement.wellformed import require
from zk.errors import FormatError
from zk.groth16 import keys

MAX_NAME = 64
SALT_BYTES = 16
OPERATOR_KEY_BYTES = 32

NUM_PUBLIC = {
    statement.name: statement.num_public
    for statement in (leg.STATEMENT, margin.STATEMENT, escrow.STATEMENT, seize.STATEMENT, funds.STATEMENT)
}
"""The number of public inputs of each statement."""

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)


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
        require(self.statement in NUM_PUBLIC, f"there is no statement {self.statement!r:.40}")
        require(
            isinstance(self.fingerprint, str) and _DIGEST.fullmatch(self.fingerprint) is not None,
            f"the fingerprint of the {self.statement} key is not 64 hex digits",
        )
        require(
            self.transcript is None
            or isinstance(self.transcript, str) and _DIGEST.fullmatch(self.transcript) is not None,
            f"the transcript of the {self.statement} key is neither null nor 64 hex digits",
        )
        num_public = NUM_PUBLIC[self.statement]
        require(
            len(self.verifying.ic) == num_public + 1,
            f"the {self.statement} key does not have {num_public} public inputs",
        )

    @cached_property
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

    `operator` is the Ed25519 public key under which the ledger's checkpoints are signed (settlement.log).

    Raises FormatError, naming what is wrong, when the parts do not make a sound pool.
    """

    name: str
    salt: bytes
    assets: tuple[Asset, ...]
    operator: bytes
    governance: Governance
    parameters: Parameters
    leg: StatementKey
    margin: StatementKey
    escrow: StatementKey
    seize: StatementKey
    funds: StatementKey
    insecure_dev: bool

    def __post_init__(self) -> None:
        require(
            isinstance(self.name, str) and 0 < len(self.name) <= MAX_NAME,
            f"the pool's name must have 1 to {MAX_NAME} characters",
        )
        require(self.name.isprintable(), "the pool's name has a character that cannot be printed")
        require(len(self.salt) == SALT_BYTES, f"the pool's salt must have {SALT_BYTES} bytes")
        slots.check(self.assets)
        require(len(self.operator) == OPERATOR_KEY_BYTES, f"the operator's key must have {OPERATOR_KEY_BYTES} bytes")
        require(self.parameters.version == 1, "the version of a pool's first parameters must be 1")
        records_of_parameters.check_for(self.assets, self.parameters)
        for statement, key in zip(NUM_PUBLIC, self.keys, strict=True):
            require(key.statement == statement, f"the {statement} key is for {key.statement}")
        _check_origin(self)

    @property
    def keys(self) -> tuple[StatementKey, ...]:
        """The verifying keys of all statements."""
        return self.leg, self.margin, self.escrow, self.seize, self.funds


def asset_index(pool: Pool, symbol: str) -> int:
    """The slot of the asset with this symbol, in capitals or not.  Raises FormatError when the pool has none."""
    for index, asset in enumerate(pool.assets):
        if not asset.is_unused and asset.symbol.upper() == symbol.upper():
            return index
    known = ", ".join(asset.symbol for asset in pool.assets if not asset.is_unused)
    raise FormatError(f"the pool has no asset {symbol}: it has {known}")


def _check_origin(pool: Pool) -> None:
    """Raises FormatError unless `insecure_dev` is true exactly when one party alone made the keys."""
    require(isinstance(pool.insecure_dev, bool), "insecure_dev must be true or false")
    transcripts = {key.transcript for key in pool.keys}
    require(len(transcripts) == 1, "the pool's keys do not come from one and the same ceremony")
    has_ceremony = None not in transcripts
    require(
        has_ceremony or pool.insecure_dev,
        "the keys come from no ceremony, so the party that made them can forge proofs: the pool must say insecure_dev",
    )
    require(not (has_ceremony and pool.insecure_dev), "the pool says insecure_dev, but its keys come from a ceremony")
