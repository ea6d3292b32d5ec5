"""Bundles and publications in the clear, as tests.reference.ledger takes them.  Imports nothing of ours."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PlainMargin:
    """The epoch that a margin proof refers to, and whether its key belongs to the pool."""

    epoch: int
    known_key: bool = True


@dataclass(frozen=True)
class PlainFlow:
    """`amount` flows into the leg from an account: outside (0), fee, insurance or pot."""

    asset: int
    amount: int
    account: int
    reference: bytes


@dataclass(frozen=True)
class PlainLeg:
    """The transition of one account, in the clear.

    `spends` is the position of the old account, or a unique value for a leg without one or with an invented nullifier.
    A top-up has a `period`, and `topper` is the owner whose tag it has there.
    `changes` are the balance changes that its value commits to.  `escrow` says whether the guardians can open it, None
    without any.  `companions` are the commitments that it was signed to stand beside, None for any.  `faithful` says
    whether its proof is about this leg.
    """

    spends: object
    root: int
    commitment: int
    same_owner: bool
    balances: tuple[int, ...]
    guard: int
    period: int | None
    topper: object
    changes: tuple[int, ...]
    margin: PlainMargin | None
    escrow: bool | None
    flows: tuple[PlainFlow, ...]
    expiry_ms: int
    companions: tuple[int, ...] | None
    insurance: bool = False
    known_key: bool = True
    signed: bool = True
    faithful: bool = True


@dataclass(frozen=True)
class PlainSeizure:
    """The end of a margined account, of which `amount` of the numeraire is left to its owner."""

    spends: object
    root: int
    commitment: int
    amount: int
    scenario: int
    changes: tuple[int, ...]
    epoch: int
    stale_before: int
    expiry_ms: int
    companions: tuple[int, ...]
    known_key: bool = True
    signed: bool = True
    faithful: bool = True


@dataclass(frozen=True)
class PlainConversion:
    """`quantity` is the change of the claim; `proved` says that the proof is for this bundle and the claim's rate."""

    claim: int
    quantity: int
    proved: bool = True


@dataclass(frozen=True)
class PlainBundle:
    """`damage` is the reason to refuse its bytes alone; `bound` says that its signer knew every blinding.

    `attested` says that the custodian signed each flow outside; `guarded` that the guardians signed each draw from the
    fees and the insurance, and each leg of the insurance.
    """

    legs: tuple[PlainLeg, ...]
    seizures: tuple[PlainSeizure, ...] = ()
    conversions: tuple[PlainConversion, ...] = ()
    damage: str | None = None
    own_ledger: bool = True
    bound: bool = True
    attested: bool = True
    guarded: bool = True

    @property
    def moves(self) -> tuple[PlainLeg | PlainSeizure, ...]:
        """The legs, then the seizures."""
        return (*self.legs, *self.seizures)


@dataclass(frozen=True)
class Leaf:
    """An account in the tree."""

    commitment: int
    balances: tuple[int, ...]
    guard: int


@dataclass(frozen=True)
class PlainGrid:
    """The prices of an epoch, its two grids, how the prices are covered, and the time of publication."""

    epoch: int
    prices: tuple[int, ...]
    initial: tuple[tuple[int, ...], ...]
    maintenance: tuple[tuple[int, ...], ...]
    coverage: str
    published_ms: int
