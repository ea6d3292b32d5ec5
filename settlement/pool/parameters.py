"""The parameters of a pool that may change: who prices it, its risk, its fees, its guardians.

They are one versioned record.  The first is in the pool; each later one was signed by the pool's governors, has the
version after its predecessor's, and is in force from a time that it names (settlement.pool.governance).  Everything
else in a pool never changes.  Every record checks itself when it is constructed.  """

from collections.abc import Sequence
from dataclasses import dataclass

from settlement.bundles.bundle import MAX_AMOUNT, MAX_EPOCH
from settlement.pool import assets as slots
from settlement.pool import rules
from settlement.pool.assets import Asset
from settlement.pool.boardrules import BoardRules
from settlement.pool.validators import Validators
from settlement.wellformed import check_range, require
from zk.curves import babyjubjub

MAX_VERSION = 2**31 - 1
MAX_ORACLES = 16
MAX_GOVERNORS = 16
MAX_GUARDIANS = 16
MAX_GUARDIAN_NUMBER = 2**32 - 1
MAX_FACTORS = 4
MAX_VOLATILITY_BPS = 10**6
MAX_BPS = 10**4
MAX_AGE_MS = 10**12
MAX_LOAN_RATE_BPS = 10**6


@dataclass(frozen=True)
class Risk:
    """How an asset's value may move, for the risk grids.  Amounts are in bps, 10^-4.

    `factor` is the slot of the asset whose price moves this one (its own slot when it is a factor itself), or None.
    `own_move_bps` is a move of its own, which no factor explains.  `least_volatility_bps` is the least daily volatility
    that a factor is given, however quiet the market.

    Raises FormatError, naming the field, when one is out of range.
    """

    factor: int | None
    own_move_bps: int
    least_volatility_bps: int

    def __post_init__(self) -> None:
        if self.factor is not None:
            check_range(self.factor, 0, slots.SLOTS - 1, "factor")
        check_range(self.own_move_bps, 0, MAX_BPS, "own_move_bps")
        check_range(self.least_volatility_bps, 0, MAX_VOLATILITY_BPS, "least_volatility_bps")


NO_RISK = Risk(None, 0, 0)
"""The risk of an unused slot."""


@dataclass(frozen=True)
class Limits:
    """How old a grid or a price may be, in milliseconds.  Raises FormatError when one is out of range."""

    grid_age_ms: int
    price_age_ms: int

    def __post_init__(self) -> None:
        check_range(self.grid_age_ms, 1, MAX_AGE_MS, "the age limit of grids")
        check_range(self.price_age_ms, 1, MAX_AGE_MS, "the age limit of prices")


@dataclass(frozen=True)
class Fees:
    """What a leg that settles and an order that is placed pay, in smallest units of the numeraire; 0 for nothing.

    Raises FormatError when one is out of range.
    """

    leg: int
    order: int

    def __post_init__(self) -> None:
        check_range(self.leg, 0, MAX_AMOUNT, "the fee of a leg")
        check_range(self.order, 0, MAX_AMOUNT, "the fee of an order")


@dataclass(frozen=True)
class Guardians:
    """The `members` guardians, any `threshold` of whom together can open margined accounts and seize them.

    `number` is the guard of new margined accounts: it counts the guardians' keys.  Accounts with a guard below
    `stale_before` are sealed to a key that is retired, and may be seized.

    Raises FormatError, naming the field, when one is out of range or a key is not a sound point.
    """

    number: int
    threshold: int
    members: int
    encryption_key: babyjubjub.Point
    signing_key: babyjubjub.Point
    stale_before: int

    def __post_init__(self) -> None:
        check_range(self.number, 1, MAX_GUARDIAN_NUMBER, "the number of the guardians' key")
        check_range(self.members, 1, MAX_GUARDIANS, "the number of guardians")
        check_range(self.threshold, 1, self.members, "the guardians' threshold")
        babyjubjub.point(*self.encryption_key, "the guardians' encryption key")
        babyjubjub.point(*self.signing_key, "the guardians' signing key")
        require(
            self.encryption_key != self.signing_key,
            "the guardians' two keys are one: decrypting for traders would help to forge seizures",
        )
        check_range(self.stale_before, 0, self.number, "stale_before")


@dataclass(frozen=True)
class Governance:
    """Who may change the parameters: any `quorum` of the owners of `keys`.

    A change comes into force `delay_ms` after the ledger took it, or later, so that everybody can look at it and leave.

    Raises FormatError, naming what is wrong, when a part is malformed.
    """

    keys: tuple[babyjubjub.Point, ...]
    quorum: int
    delay_ms: int

    def __post_init__(self) -> None:
        _check_keys(self.keys, self.quorum, "a governor", MAX_GOVERNORS)
        check_range(self.delay_ms, 0, MAX_AGE_MS, "the delay of a change")


@dataclass(frozen=True)
class Parameters:
    """`rules` is the number of the formulas that the ledger computes by (settlement.pool.rules).

    `risk` has one entry for each slot.  `board` says what the pool's board asks of orders.

    `penalty_bps` is the share of an account's risk that a seizure takes.  `grace_epochs` is how many epochs the
    insurance may be silent.  `loan_rate_bps` is the interest on loans for a year.  Without `guardians` no account may
    owe anything.  `validators` make the log's checkpoints final.

    Raises FormatError, naming what is wrong, when the parts do not make sound parameters.
    """

    version: int
    rules: int
    oracle_keys: tuple[babyjubjub.Point, ...]
    quorum: int
    limits: Limits
    risk: tuple[Risk, ...]
    board: BoardRules
    fees: Fees
    penalty_bps: int
    grace_epochs: int
    loan_rate_bps: int
    guardians: Guardians | None
    validators: Validators

    def __post_init__(self) -> None:
        check_range(self.version, 1, MAX_VERSION, "the version of the parameters")
        rules.check(self.rules)
        _check_oracles(self.oracle_keys, self.quorum)
        require(len(self.risk) == slots.SLOTS, f"the parameters must have {slots.SLOTS} entries of risk")
        _check_factors(self.risk)
        check_range(self.penalty_bps, 0, MAX_BPS, "penalty_bps")
        check_range(self.grace_epochs, 1, MAX_EPOCH, "grace_epochs")
        check_range(self.loan_rate_bps, 0, MAX_LOAN_RATE_BPS, "loan_rate_bps")


def check_for(assets: Sequence[Asset], parameters: Parameters) -> None:
    """Raises FormatError when a pool of these assets cannot have the parameters."""
    for asset, risk, funds in zip(assets, parameters.risk, parameters.board.funds, strict=True):
        what = f"asset {asset.symbol!r:.40}"
        require(not asset.is_unused or risk == NO_RISK, f"{what}: an unused slot has no risk")
        require(not asset.is_claim or risk.factor == parameters.risk[_underlying(asset)].factor,
                 f"{what}: another factor moves it than its underlying")  # fmt: skip
        require(asset.kind != "option" or risk.factor == _underlying(asset), f"{what}: its underlying is no factor")
        require(asset.is_held or not funds, f"{what}: only a held asset counts as funds")
        if risk.factor is not None:
            require(assets[risk.factor].is_held, f"{what}: its factor is no held asset")


def _underlying(asset: Asset) -> int:
    assert asset.terms is not None, "a claim has terms"
    return asset.terms.underlying


def _check_factors(risk: Sequence[Risk]) -> None:
    for slot, each in enumerate(risk):
        require(
            each.factor is None or risk[each.factor].factor == each.factor,
            f"the factor of slot {slot} is moved by another factor",
        )
    factors = {each.factor for each in risk} - {None}
    require(
        len(factors) <= MAX_FACTORS,
        f"there are {len(factors)} risk factors, more than the {MAX_FACTORS} that the scenarios of a grid can move",
    )


def _check_oracles(oracle_keys: Sequence[babyjubjub.Point], quorum: int) -> None:
    _check_keys(oracle_keys, quorum, "an oracle", MAX_ORACLES)
    # Liars who are fewer than a third of all are then fewer than half of any quorum (settlement.risk.oracle has the
    # reason).
    require(3 * quorum > 2 * len(oracle_keys), "the quorum must be more than two thirds of the oracles")


def _check_keys(keys: Sequence[babyjubjub.Point], quorum: int, who: str, most: int) -> None:
    """Raises FormatError unless these are 1 to `most` different sound keys, of which a quorum can sign."""
    name = who.split()[1]
    require(0 < len(keys) <= most, f"a pool must have 1 to {most} {name} keys")
    require(len(set(keys)) == len(keys), f"two {name}s have the same key")
    for key in keys:
        babyjubjub.point(*key, f"{who}'s key")
    check_range(quorum, 1, len(keys), f"the quorum of the {name}s")

