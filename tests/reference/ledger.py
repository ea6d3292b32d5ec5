"""A ledger of plain dicts and lists for bundles in the clear.

It knows no hash, no proof and no signature.  A nullifier is spent when its position is, a bundle balances when a sum
does, and a proof is true when arithmetic on the balances says so.  Only what it cannot compute, such as whether
something was signed, is part of its input.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

ASSETS = 8
LEVELS = 16
LARGEST = 2**63 - 1


@dataclass(frozen=True)
class PlainMargin:
    """The grid that a margin proof refers to, and whether its key belongs to the pool."""

    grid_root: int
    epoch: int
    known_key: bool


@dataclass(frozen=True)
class PlainLeg:
    """The transition of one account, in the clear.

    `spends` is the position of the old account, or a unique value for a leg without one or with an invented nullifier.
    `changes` are the balance changes that its value commits to.  `faithful` says whether its proof is about this leg.
    """

    spends: object
    root: int
    commitment: int
    balances: tuple[int, ...]
    epoch: int
    changes: tuple[int, ...]
    cash: bool
    margin: PlainMargin | None
    flows: tuple[tuple[int, int, bytes], ...]  # (asset, signed amount, reference)
    expiry_ms: int
    known_key: bool
    signed: bool
    faithful: bool


@dataclass(frozen=True)
class PlainBundle:
    """`damage` is the reason to refuse its bytes alone; `bound` says that its signer knew every blinding.

    `attested` says that the custodian signed each of its flows.
    """

    damage: str | None
    own_ledger: bool
    legs: tuple[PlainLeg, ...]
    bound: bool
    attested: bool


@dataclass(frozen=True)
class Leaf:
    """An account in the tree."""

    commitment: int
    balances: tuple[int, ...]


@dataclass(frozen=True)
class PlainGrid:
    """An initial grid and its time of publication."""

    root: int
    epoch: int
    values: tuple[tuple[int, ...], ...]
    published_ms: int


@dataclass
class ReferenceLedger:
    """The ledger; `hash` maps four children to their node."""

    hash: Callable[[tuple[int, ...]], int]
    grid_window: int
    grid_age_ms: int
    leaves: list[Leaf] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    spent: set = field(default_factory=set)
    references: set = field(default_factory=set)
    reserves: list[int] = field(default_factory=lambda: [0] * ASSETS)
    grids: list[PlainGrid] = field(default_factory=list)
    last_ms: int = 0

    def __post_init__(self) -> None:
        self.roots.append(self.naive_root())

    def naive_root(self) -> int:
        """The root over all leaves, recomputed from scratch."""
        level, empty = [leaf.commitment for leaf in self.leaves], 0
        for _ in range(LEVELS):
            level += [empty] * (-len(level) % 4 or (4 if not level else 0))
            level = [self.hash(tuple(level[i : i + 4])) for i in range(0, len(level), 4)]
            empty = self.hash((empty,) * 4)
        return level[0]

    def live(self) -> list[Leaf]:
        """The unspent accounts."""
        return [leaf for position, leaf in enumerate(self.leaves) if position not in self.spent]

    def submit(self, bundle: PlainBundle, now_ms: int) -> str | None:
        """Applies the bundle and returns None, or returns the reason to refuse it."""
        reason = self.refusal(bundle, now_ms)
        if reason is None:
            for leg in bundle.legs:
                self.leaves.append(Leaf(leg.commitment, leg.balances))
                self.spent.add(leg.spends)
            self.reserves = self._reserves_after(bundle)
            self.references.update(_references(bundle))
            self.roots.append(self.naive_root())
            self.last_ms = now_ms
        return reason

    def publish(self, grid: PlainGrid) -> None:
        """Takes the grid of the next epoch."""
        assert grid.published_ms >= self.last_ms, "time runs backwards"
        self.grids.append(grid)
        self.last_ms = grid.published_ms

    def refusal(self, bundle: PlainBundle, now_ms: int) -> str | None:
        """The reason to refuse the bundle now, or None.  Changes nothing."""
        legs = bundle.legs
        if bundle.damage:
            return bundle.damage
        if not bundle.own_ledger:
            return "WRONG_LEDGER"
        if not all(leg.known_key and (leg.margin is None or leg.margin.known_key) for leg in legs):
            return "UNKNOWN_KEY"
        if now_ms < self.last_ms:
            return "CLOCK_BEHIND"
        if any(leg.expiry_ms <= now_ms for leg in legs):
            return "EXPIRED"
        if any(leg.root not in self.roots for leg in legs):
            return "UNKNOWN_ROOT"
        for leg in legs:
            if leg.margin is None and not leg.cash:
                return "MARGIN_MISSING"
            if leg.margin is not None and self._grid(leg.margin, now_ms) is None:
                return "STALE_GRID"
        if len({leg.spends for leg in legs}) < len(legs):
            return "NULLIFIER_REPEATED"
        if any(leg.spends in self.spent for leg in legs):
            return "NULLIFIER_SPENT"
        if not all(leg.signed for leg in legs):
            return "LEG_SIGNATURE"
        if not bundle.bound or any(self._imbalance(bundle)):
            return "UNBALANCED"
        if not all(self._is_true(leg, now_ms) for leg in legs):
            return "INVALID_PROOF"
        references = _references(bundle)
        if references and not bundle.attested:
            return "ATTESTATION"
        if len(set(references)) < len(references) or not self.references.isdisjoint(references):
            return "REFERENCE_USED"
        if not all(0 <= amount <= LARGEST for amount in self._reserves_after(bundle)):
            return "CUSTODY"
        return None

    def _grid(self, margin: PlainMargin, now_ms: int) -> PlainGrid | None:
        for grid in self.grids[-self.grid_window :]:
            is_named = (grid.root, grid.epoch) == (margin.grid_root, margin.epoch)
            if is_named and now_ms - grid.published_ms <= self.grid_age_ms:
                return grid
        return None

    def _imbalance(self, bundle: PlainBundle) -> list[int]:
        total = [0] * ASSETS
        for leg in bundle.legs:
            for asset in range(ASSETS):
                total[asset] += leg.changes[asset]
            for asset, amount, _ in leg.flows:
                total[asset] -= amount
        return total

    def _is_true(self, leg: PlainLeg, now_ms: int) -> bool:
        old = self.leaves[leg.spends].balances if isinstance(leg.spends, int) else (0,) * ASSETS
        if not leg.faithful or leg.changes != tuple(new - was for new, was in zip(leg.balances, old, strict=True)):
            return False
        if leg.cash and (leg.epoch or min(leg.balances) < 0):
            return False
        if leg.margin is None:
            return True
        rows = self._grid(leg.margin, now_ms).values
        worth = [sum(amount * value for amount, value in zip(leg.balances, row, strict=True)) for row in rows]
        return leg.epoch == leg.margin.epoch and min(worth) >= 0

    def _reserves_after(self, bundle: PlainBundle) -> list[int]:
        after = list(self.reserves)
        for leg in bundle.legs:
            for asset, amount, _ in leg.flows:
                after[asset] += amount
        return after


def _references(bundle: PlainBundle) -> list[tuple[int, bytes]]:
    """(asset, reference) of every flow."""
    return [(asset, reference) for leg in bundle.legs for asset, _, reference in leg.flows]
