"""A ledger of plain dicts and lists for bundles in the clear (tests.reference.plain).

It knows no hash, no proof, no curve and no signature.  A nullifier is spent when its position is, a bundle balances
when a sum does, and a proof is true when arithmetic on the balances says so.  Only what it cannot compute, such as
whether something was signed, is part of its input.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.reference import truths
from tests.reference.plain import Leaf, PlainBundle, PlainGrid, PlainLeg
from tests.reference.truths import ASSETS, FEE, INSURANCE, LOAN, NUMERAIRE, OUTSIDE, POT

LEVELS = 16
LARGEST = 2**63 - 1


@dataclass
class ReferenceLedger:
    """The ledger; `hash` maps four children to their node."""

    hash: Callable[[tuple[int, ...]], int]
    grid_age_ms: int
    guard: int
    penalty_bps: int
    leg_fee: int = 0
    stale_before: int = 0
    leaves: list[Leaf] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    spent: set = field(default_factory=set)
    references: set = field(default_factory=set)
    topped_up: set = field(default_factory=set)
    reserves: list[int] = field(default_factory=lambda: [0] * ASSETS)
    accounts: dict[tuple[int, int], int] = field(default_factory=dict)
    rates: dict[int, int] = field(default_factory=dict)
    converted: dict[int, int] = field(default_factory=dict)
    grids: list[PlainGrid] = field(default_factory=list)
    last_ms: int = 0
    heartbeat: int = 0
    grace_epochs: int = LARGEST

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
                self.leaves.append(Leaf(leg.commitment, leg.balances, leg.guard))
            for seizure in bundle.seizures:
                left = (seizure.amount, *[0] * (ASSETS - 1))
                self.leaves.append(Leaf(seizure.commitment, left, 0))
            self.spent.update(move.spends for move in bundle.moves)
            self.reserves, self.accounts = self._reserves_after(bundle), self._accounts_after(bundle)
            for one in bundle.conversions:
                self.converted[one.claim] = self.converted.get(one.claim, 0) + one.quantity
            self.references.update(truths.references(bundle))
            self.topped_up.update(truths.top_ups(bundle))
            self.roots.append(self.naive_root())
            self.last_ms = now_ms
        return reason

    def publish(self, grid: PlainGrid) -> None:
        """Takes the grids of the next epoch."""
        assert grid.published_ms >= self.last_ms, "time runs backwards"
        self.grids.append(grid)
        self.last_ms = grid.published_ms

    def expected_sums(self) -> list[int]:
        """What the balances of all accounts must add up to, asset by asset.

        Of a held asset: what is held outside less what public accounts have.  Of a claim: what was converted into it,
        and what the pot cancelled or redeemed.
        """
        sums = list(self.reserves)
        for (_, asset), amount in self.accounts.items():
            sums[asset] -= amount
        for claim, quantity in self.converted.items():
            sums[claim] += quantity
            sums[LOAN] -= self.rates[claim] * quantity
        return sums

    def refusal(self, bundle: PlainBundle, now_ms: int) -> str | None:
        """The reason to refuse the bundle now, or None.  Changes nothing."""
        return (
            self._before_state(bundle, now_ms)
            or self._refused_by_state(bundle, now_ms)
            or self._refused_by_arithmetic(bundle)
            or self._refused_by_payments(bundle)
        )

    def _before_state(self, bundle: PlainBundle, now_ms: int) -> str | None:
        if bundle.damage:
            return bundle.damage
        if any(truths.is_malformed(leg) for leg in bundle.legs):
            return "MALFORMED"
        if not bundle.own_ledger:
            return "WRONG_LEDGER"
        margins = [leg.margin for leg in bundle.legs if leg.margin is not None]
        if not all(part.known_key for part in (*bundle.moves, *margins)):
            return "UNKNOWN_KEY"
        if now_ms < self.last_ms:
            return "CLOCK_BEHIND"
        if any(move.expiry_ms <= now_ms for move in bundle.moves):
            return "EXPIRED"
        return None

    def _refused_by_state(self, bundle: PlainBundle, now_ms: int) -> str | None:
        if any(move.root not in self.roots for move in bundle.moves):
            return "UNKNOWN_ROOT"
        if any(leg.guard not in (0, self.guard) for leg in bundle.legs):
            return "GUARD_UNKNOWN"
        margined = [leg for leg in bundle.legs if leg.guard]
        if any(leg.escrow is None for leg in margined):
            return "ESCROW_MISSING"
        if any(leg.margin is None for leg in margined if leg.period is None):
            return "MARGIN_MISSING"
        is_trading = any(leg.period is None and not leg.insurance for leg in margined)
        if is_trading and self.grids and self.grids[-1].coverage == "frozen":
            return "FROZEN"
        if is_trading and self.grids and self.grids[-1].epoch - self.heartbeat > self.grace_epochs:
            return "RESTRICTED"
        if not all(self._is_in_force(leg, now_ms) for leg in bundle.legs if leg.margin is not None):
            return "STALE_GRID"
        if not all(one.epoch in self._maintained(now_ms) for one in bundle.seizures):
            return "STALE_GRID"
        top_ups = truths.top_ups(bundle)
        epoch = self.grids[-1].epoch if self.grids else 0
        if any(not 4 * epoch <= period < 4 * epoch + 4 for _, period in top_ups):
            return "TOP_UP_STALE"
        if len({move.spends for move in bundle.moves}) < len(bundle.moves):
            return "NULLIFIER_REPEATED"
        if any(move.spends in self.spent for move in bundle.moves):
            return "NULLIFIER_SPENT"
        if len(set(top_ups)) < len(top_ups) or not self.topped_up.isdisjoint(top_ups):
            return "TOP_UP_REPEATED"
        return None

    def _refused_by_arithmetic(self, bundle: PlainBundle) -> str | None:
        for place, move in enumerate(bundle.moves):
            others = [other.commitment for i, other in enumerate(bundle.moves) if i != place]
            if move.companions is not None and sorted(others) != sorted(move.companions):
                return "COMPANIONS"
        if not all(leg.signed for leg in bundle.legs):
            return "LEG_SIGNATURE"
        if not all(one.signed and one.stale_before == self.stale_before for one in bundle.seizures):
            return "SEIZURE"
        if not all(one.proved and one.claim in self.rates for one in bundle.conversions):
            return "CONVERSION"
        if not bundle.bound or any(self._imbalance(bundle)):
            return "UNBALANCED"
        if not all(truths.is_true(leg, self.leaves, self.grids) for leg in bundle.legs):
            return "INVALID_PROOF"
        grid = self.grids[-1] if self.grids else None
        if not all(truths.is_true_seizure(one, self.leaves, grid, self.penalty_bps) for one in bundle.seizures):
            return "INVALID_PROOF"
        return None

    def _refused_by_payments(self, bundle: PlainBundle) -> str | None:
        flows = truths.flows(bundle)
        if any(flow.account == OUTSIDE for flow in flows) and not bundle.attested:
            return "ATTESTATION"
        draws = [flow for flow in flows if flow.account in (FEE, INSURANCE) and flow.amount > 0]
        if draws and not bundle.guarded:
            return "ATTESTATION"
        if any(leg.insurance for leg in bundle.legs) and not bundle.guarded:
            return "INSURANCE"
        references = truths.references(bundle)
        if len(set(references)) < len(references) or not self.references.isdisjoint(references):
            return "REFERENCE_USED"
        paid = -sum(flow.amount for flow in flows if flow.account == FEE and flow.amount < 0 and not flow.reference)
        if paid < self.leg_fee * sum(not leg.insurance for leg in bundle.legs):
            return "FEE_MISSING"
        after = self._accounts_after(bundle)
        if any(not 0 <= amount <= LARGEST for (account, _), amount in after.items() if account != POT):
            return "PUBLIC_ACCOUNT"
        newest = self.grids[-1] if self.grids else None
        if any(truths.takes_from_pot(leg, newest) for leg in bundle.legs) or after.get((POT, NUMERAIRE), 0) < 0:
            return "POT"
        inside, claims = (self.accounts.get((POT, asset), 0) for asset in (NUMERAIRE, LOAN))
        if truths.takes_more_than_its_share(bundle, inside, -claims):
            return "POT"
        if not all(0 <= amount <= LARGEST for amount in self._reserves_after(bundle)):
            return "CUSTODY"
        return None

    def _maintained(self, now_ms: int) -> list[int]:
        """The epoch whose maintenance grid is in force, if any."""
        return [grid.epoch for grid in self.grids[-1:] if now_ms - grid.published_ms <= self.grid_age_ms]

    def _is_in_force(self, leg: PlainLeg, now_ms: int) -> bool:
        """Whether the leg's margin is against a grid that is in force."""
        if leg.insurance:
            return leg.margin.epoch in self._maintained(now_ms)
        if not self.grids or self.grids[-1].coverage == "frozen":
            return False
        count = 2 if self.grids[-1].coverage == "mixture" else 1
        return any(
            grid.epoch == leg.margin.epoch and now_ms - grid.published_ms <= self.grid_age_ms
            for grid in self.grids[-count:]
        )

    def _imbalance(self, bundle: PlainBundle) -> list[int]:
        total = [0] * ASSETS
        for move in bundle.moves:
            for asset in range(ASSETS):
                total[asset] += move.changes[asset]
        for flow in truths.flows(bundle):
            total[flow.asset] -= flow.amount
        for one in bundle.conversions:
            total[one.claim] -= one.quantity
            total[LOAN] += self.rates[one.claim] * one.quantity
        return total

    def _reserves_after(self, bundle: PlainBundle) -> list[int]:
        after = list(self.reserves)
        for flow in truths.flows(bundle):
            if flow.account == OUTSIDE:
                after[flow.asset] += flow.amount
        return after

    def _accounts_after(self, bundle: PlainBundle) -> dict[tuple[int, int], int]:
        after = dict(self.accounts)
        for flow in truths.flows(bundle):
            if flow.account != OUTSIDE:
                after[flow.account, flow.asset] = after.get((flow.account, flow.asset), 0) - flow.amount
        return after
