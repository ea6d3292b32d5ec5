"""What the proofs of a bundle in the clear claim, by arithmetic on balances.  Imports nothing of ours."""

from collections.abc import Sequence

from tests.reference.plain import Leaf, PlainBundle, PlainFlow, PlainGrid, PlainLeg, PlainSeizure

ASSETS = 16
HELD = 8
NUMERAIRE, LOAN = 0, 8
BPS = 10**4
OUTSIDE, FEE, INSURANCE, POT = range(4)


def is_malformed(leg: PlainLeg) -> bool:
    """Whether a leg carries what nothing would use: of a cash leg, or of one that only adds."""
    has_margin = leg.margin is not None
    adds = leg.period is not None
    return (adds and has_margin) if leg.guard else (has_margin or adds or leg.escrow is not None or leg.insurance)


def is_true(leg: PlainLeg, leaves: Sequence[Leaf], grids: Sequence[PlainGrid]) -> bool:
    """Whether the leg, its escrow and its margin prove something true."""
    old = leaves[leg.spends].balances if isinstance(leg.spends, int) else (0,) * ASSETS
    if not leg.faithful or leg.changes != tuple(new - was for new, was in zip(leg.balances, old, strict=True)):
        return False
    if min(leg.balances[:HELD]) < 0 or (not leg.guard and min(leg.balances) < 0):
        return False
    if leg.period is not None and not (leg.same_owner and min(leg.changes) >= 0):
        return False
    if leg.guard and not leg.escrow:
        return False
    if leg.margin is None:
        return True
    grid = next(grid for grid in grids if grid.epoch == leg.margin.epoch)
    rows = grid.maintenance if leg.insurance else grid.initial
    return all(worth(leg.balances, row) >= 0 for row in rows)


def is_true_seizure(seizure: PlainSeizure, leaves: Sequence[Leaf], grid: PlainGrid, penalty_bps: int) -> bool:
    """Whether the account may be seized, and leaves what the seizure says."""
    if not seizure.faithful or not isinstance(seizure.spends, int):
        return False
    leaf = leaves[seizure.spends]
    stressed = worth(leaf.balances, grid.maintenance[seizure.scenario])
    if not leaf.guard or (stressed >= 0 and leaf.guard >= seizure.stale_before):
        return False
    value = worth(leaf.balances, grid.prices)
    left = max(0, BPS * value - penalty_bps * max(0, value - stressed))
    if seizure.amount != -(-left // (BPS * grid.prices[NUMERAIRE])):
        return False
    return seizure.changes == tuple(
        (seizure.amount if asset == NUMERAIRE else 0) - was for asset, was in enumerate(leaf.balances)
    )


def takes_more_than_its_share(bundle: PlainBundle, numeraire: int, cancelled: int) -> bool:
    """Whether a leg takes more out of a pot of these contents than the average that was paid in for a claim."""
    pots = [[flow for flow in leg.flows if flow.account == POT] for leg in bundle.legs]
    sums = [[sum(flow.amount for flow in own if flow.asset == asset) for asset in (NUMERAIRE, LOAN)] for own in pots]
    numeraire -= sum(taken for taken, _ in sums if taken < 0)
    cancelled += sum(claims for _, claims in sums if claims > 0)
    return any(taken > 0 and taken * cancelled > numeraire * -claims for taken, claims in sums)


def takes_from_pot(leg: PlainLeg, grid: PlainGrid | None) -> bool:
    """Whether the leg takes more out of the pot than it gives, or something that is not the pot's."""
    own = [flow for flow in leg.flows if flow.account == POT]
    if not own:
        return False
    if grid is None or any(flow.asset not in (NUMERAIRE, LOAN) for flow in own):
        return True
    return sum(flow.amount * grid.prices[flow.asset] for flow in own) > 0


def worth(balances: Sequence[int], row: Sequence[int]) -> int:
    """The value of the balances at these prices."""
    return sum(balance * price for balance, price in zip(balances, row, strict=True))


def flows(bundle: PlainBundle) -> list[PlainFlow]:
    """All flows."""
    return [flow for leg in bundle.legs for flow in leg.flows]


def references(bundle: PlainBundle) -> list[tuple[int, bytes]]:
    """(asset, reference) of every flow outside."""
    return [(flow.asset, flow.reference) for flow in flows(bundle) if flow.account == OUTSIDE]


def top_ups(bundle: PlainBundle) -> list[tuple[object, int]]:
    """(who, period) of every top-up."""
    return [(leg.topper, leg.period) for leg in bundle.legs if leg.period is not None]
