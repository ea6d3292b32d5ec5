"""The sixteen assets of a pool: what is held outside, and the claims of members on each other.

    slots 0 … 7     held: a custodian outside has them; in no account may their balance be below zero
    slots 8 … 15    claims: perpetuals, options and loans; whoever is short owes them to whoever is long

Slot 0 is the numeraire, which is cash.  A pool has sixteen slots, whatever it lists, because the circuits have sixteen;
a slot that lists nothing is unused.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from circuits import records
from settlement.bundles.bundle import MAX_EXPIRY_MS
from settlement.wellformed import check_range, require
from zk.curves import babyjubjub

SLOTS = records.ASSETS
HELD = records.HELD
HELD_KINDS = ("cash", "spot", "bill", "commodity")
CLAIM_KINDS = ("perpetual", "option", "loan")
UNUSED = "unused"
NO_SYMBOL = "-"
NUMERAIRE = records.NUMERAIRE
"""The index of the asset in which prices are stated."""

MAX_DECIMALS = 18
MAX_STRIKE = 2**63 - 1

# A small d begins the symbol of a debt: dUSDC.
_SYMBOL = re.compile(r"(?=.{1,16}\Z)d?[A-Z0-9][A-Z0-9-]*", re.ASCII)


@dataclass(frozen=True)
class Perpetual:
    """A future without an expiry on the held asset in slot `underlying`."""

    underlying: int


@dataclass(frozen=True)
class Option:
    """A European option: a call when `is_call`, otherwise a put, on the held asset in slot `underlying`.

    `strike` is a price, in 10^-9 of the numeraire's smallest unit per smallest unit (settlement.risk.risk).
    """

    underlying: int
    strike: int
    is_call: bool
    expiry_ms: int


@dataclass(frozen=True)
class Loan:
    """A debt in the held asset in slot `underlying`, the numeraire, which grows at the pool's loan rate."""

    underlying: int


Terms = Perpetual | Option | Loan


@dataclass(frozen=True)
class Asset:
    """`kind` is one of HELD_KINDS, CLAIM_KINDS or UNUSED; `decimals` is the number of digits behind the point when an
    amount is shown.

    `custodian` is the public key of whoever holds a held asset outside, and None for all others.  The pool checks that
    it is a sound point.  `terms` says what a claim is, and is None for all others.

    Raises FormatError, naming the asset, when a field is malformed or does not go with the kind.
    """

    symbol: str
    kind: str
    decimals: int
    custodian: babyjubjub.Point | None
    terms: Terms | None = None

    def __post_init__(self) -> None:
        what = f"asset {self.symbol!r:.40}"
        require(
            isinstance(self.symbol, str) and (self.symbol == NO_SYMBOL if self.is_unused else _is_symbol(self.symbol)),
            f"{what}: a symbol must be 1 to 16 capital letters, digits and hyphens, and not begin with a hyphen "
            f"(a debt's may begin with a small d, and an unused slot has {NO_SYMBOL})",
        )
        require(
            self.is_held or self.is_claim or self.is_unused,
            f"{what}: its kind must be one of {', '.join((*HELD_KINDS, *CLAIM_KINDS, UNUSED))}",
        )
        check_range(self.decimals, 0, 0 if self.is_unused else MAX_DECIMALS, f"{what}: decimals")
        require(self.is_held == (self.custodian is not None), f"{what}: a held asset has a custodian, and no other has")
        expected = {"perpetual": Perpetual, "option": Option, "loan": Loan}.get(self.kind, type(None))
        require(type(self.terms) is expected, f"{what}: its terms are not those of its kind, {self.kind}")
        if self.terms is not None:
            check_range(self.terms.underlying, 0, HELD - 1, f"{what}: its underlying")
        if isinstance(self.terms, Option):
            check_range(self.terms.strike, 1, MAX_STRIKE, f"{what}: its strike")
            require(type(self.terms.is_call) is bool, f"{what}: is_call must be true or false")
            check_range(self.terms.expiry_ms, 1, MAX_EXPIRY_MS, f"{what}: its expiry")
        if isinstance(self.terms, Loan):
            require(self.terms.underlying == NUMERAIRE, f"{what}: a loan must be of the numeraire")

    @property
    def is_held(self) -> bool:
        """Whether a custodian holds it outside."""
        return self.kind in HELD_KINDS

    @property
    def is_claim(self) -> bool:
        """Whether members owe it to each other."""
        return self.kind in CLAIM_KINDS

    @property
    def is_unused(self) -> bool:
        """Whether the slot lists nothing."""
        return self.kind == UNUSED


NOTHING = Asset(NO_SYMBOL, UNUSED, 0, None)
"""The asset of an unused slot."""


def check(assets: Sequence[Asset]) -> None:
    """Raises FormatError, naming what is wrong, unless these are the sixteen assets of a sound pool."""
    require(len(assets) == SLOTS, f"a pool must have {SLOTS} slots for assets")
    used = [asset for asset in assets if not asset.is_unused]
    require(len({asset.symbol.upper() for asset in used}) == len(used), "two assets have the same symbol")
    require(assets[NUMERAIRE].kind == "cash", "the first asset, in which prices are stated, must be cash")
    for slot, asset in enumerate(assets):
        what = f"asset {asset.symbol!r:.40}"
        is_in_place = asset.is_unused or asset.is_held == (slot < HELD)
        require(is_in_place, f"{what}: slots 0 to {HELD - 1} are for held assets, and the others for claims")
        if asset.terms is not None:
            underlying = assets[asset.terms.underlying]
            require(underlying.is_held, f"{what}: its underlying is no held asset")
            least = underlying.decimals if asset.kind == "loan" else 0
            check_range(asset.decimals, least, underlying.decimals, f"{what}: in view of its underlying, decimals")
    loans = sum(asset.kind == "loan" for asset in assets)
    require(loans <= 1, "a pool can have one loan only")
    needy = [asset.symbol for asset in assets if asset.is_claim and asset.kind != "loan"]
    require(bool(loans) or not needy, f"a pool with {', '.join(needy)} needs a loan, into which they convert")
    # Each key only once, because the check is slow.
    for custodian in {asset.custodian for asset in assets if asset.custodian is not None}:
        symbols = ", ".join(asset.symbol for asset in assets if asset.custodian == custodian)
        babyjubjub.point(*custodian, f"the custodian's key of {symbols}")


def loan_slot(assets: Sequence[Asset]) -> int | None:
    """The slot of the loan claim, or None when the pool has none."""
    return next((slot for slot, asset in enumerate(assets) if asset.kind == "loan"), None)


def _is_symbol(text: str) -> bool:
    return _SYMBOL.fullmatch(text) is not None

