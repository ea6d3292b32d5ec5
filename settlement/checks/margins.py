"""Who may owe something, and against which published grid that must be proved.

A leg whose new account has a guard may owe claims.  It needs an escrow, so that the guardians can open the account, and
a margin proof against the initial grid of the newest epoch, or of the one before while that still covers the newest
prices (settlement.risk.coverage).  A leg that only adds to an account needs no margin proof, so whoever is in breach
can always cure it.  The insurance takes over portfolios in breach, so its legs need the maintenance grid only.

    frozen       prices left what the last grid covers: no initial grid is in force
    restricted   the insurance has not shown for some epochs that it is solvent
                 in both, only cash legs, legs that only add, seizures and the insurance's legs settle
"""

from collections.abc import Iterator, Sequence

from settlement.bundles.bundle import Leg, Seizure
from settlement.checks.state import State
from settlement.pool.parameters import Parameters
from settlement.rejection import Rejected, Rejection
from settlement.risk import grids
from settlement.risk.grids import PublishedGrids


def initial(state: State, now_ms: int) -> list[PublishedGrids]:
    """The epochs against whose initial grids margin may be proved now, newest first; none while the pool is frozen."""
    return [] if is_frozen(state) else _in_force(state, now_ms)


def maintenance(state: State, now_ms: int) -> PublishedGrids | None:
    """The epoch whose maintenance grid and prices are in force, or None when the newest is too old."""
    newest = state.reader.grids(1)
    return newest[0] if newest and _is_fresh(state, newest[0], now_ms) else None


def is_frozen(state: State) -> bool:
    """Whether the newest prices are outside what the grid before them covers."""
    newest = state.reader.grids(1)
    return bool(newest) and newest[0].publication.coverage is grids.Coverage.FROZEN


def silent_epochs(state: State) -> int:
    """For how many epochs the insurance has not shown that it is solvent."""
    newest = state.reader.grids(1)
    return max(newest[0].publication.epoch - state.reader.heartbeat(), 0) if newest else 0


def epochs(count: int) -> str:
    """A number of epochs in words."""
    return f"{count} epoch{'' if count == 1 else 's'}"


def check_guards(parameters: Parameters, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a new account is neither a cash account nor one that the pool's guardians can open."""
    current = None if parameters.guardians is None else parameters.guardians.number
    for number, leg in enumerate(legs):
        if leg.public.guard not in (0, current):
            known = "there are no guardians" if current is None else f"the guardians' key is number {current}"
            raise Rejected(Rejection.GUARD_UNKNOWN, f"leg {number} names guardians {leg.public.guard}, but {known}")


def check_escrows(legs: Sequence[Leg]) -> None:
    """Raises Rejected when a new account has a guard, and its opening is not escrowed."""
    for number, leg in enumerate(legs):
        if leg.public.guard and leg.escrow is None:
            raise Rejected(Rejection.ESCROW_MISSING, f"leg {number} may owe something, and no guardian could open it")


def check_margins(legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg may owe more than its old account did, and has no margin proof."""
    for number, leg in enumerate(legs):
        if leg.public.guard and not leg.public.adds and leg.margin is None:
            raise Rejected(Rejection.MARGIN_MISSING, f"leg {number} may owe something and has no margin proof")


def check_frozen(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg needs an initial grid, and none is in force because prices left the last one."""
    for number in _trading(legs):
        if is_frozen(state):
            raise Rejected(
                Rejection.FROZEN, f"leg {number} needs margin, and the newest prices left what the last grid covers"
            )


def check_restricted(state: State, parameters: Parameters, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a leg needs margin, and the insurance that stands behind it has been silent too long."""
    for number in _trading(legs):
        silent = silent_epochs(state)
        if silent > parameters.grace_epochs:
            raise Rejected(
                Rejection.RESTRICTED,
                f"leg {number} needs margin, and the insurance has been silent for {epochs(silent)}",
            )


def check_grids(state: State, legs: Sequence[Leg], seizures: Sequence[Seizure], now_ms: int) -> None:
    """Raises Rejected when a margin proof or a seizure is about a grid that is not in force."""
    newest = maintenance(state, now_ms)
    maintained = set() if newest is None else {newest.publication.epoch}
    opened = {published.publication.epoch for published in _in_force(state, now_ms)}
    for number, leg in enumerate(legs):
        if leg.margin is not None and leg.margin.epoch not in (maintained if leg.is_insurance else opened):
            raise Rejected(
                Rejection.STALE_GRID,
                f"leg {number} has margin for the grid of epoch {leg.margin.epoch}, which is not in force",
            )
    for number, seizure in enumerate(seizures):
        if seizure.epoch not in maintained:
            raise Rejected(
                Rejection.STALE_GRID,
                f"seizure {number} is at the prices of epoch {seizure.epoch}, which are not the newest or too old",
            )


def check(state: State, legs: Sequence[Leg], seizures: Sequence[Seizure], now_ms: int) -> None:
    """Runs every check of this module, in the order of the rejections."""
    parameters = state.parameters(now_ms)
    check_guards(parameters, legs)
    check_escrows(legs)
    check_margins(legs)
    check_frozen(state, legs)
    check_restricted(state, parameters, legs)
    check_grids(state, legs, seizures, now_ms)


def _trading(legs: Sequence[Leg]) -> Iterator[int]:
    """The legs that need an initial grid."""
    return (
        number for number, leg in enumerate(legs)
        if leg.public.guard and not leg.public.adds and not leg.is_insurance
    )  # fmt: skip


def _in_force(state: State, now_ms: int) -> list[PublishedGrids]:
    """The newest epoch, and the one before while its initial grid covers the newest prices; fresh ones only.

    None when a claim has expired early since: its rate may be far from what their grids say it is worth.
    """
    newest = state.reader.grids(2)
    if newest and newest[0].publication.rates != state.reader.rates():
        return []
    covers = bool(newest) and newest[0].publication.coverage is grids.Coverage.MIXTURE
    return [published for published in newest[: 2 if covers else 1] if _is_fresh(state, published, now_ms)]


def _is_fresh(state: State, published: PublishedGrids, now_ms: int) -> bool:
    return now_ms - published.published_ms <= state.parameters(now_ms).limits.grid_age_ms
