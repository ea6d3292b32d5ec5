"""How often an account is topped up: PER_EPOCH times at most by its owner, from one publication to the next.

A leg that only adds needs no margin proof, so that an owner in breach can always cure his account, also while the pool
is frozen.  But it may add nothing, it takes a tenth of a second, and it voids the seizure that guardians have begun.
So top-ups are counted, and an owner who adds nothing puts off his seizure by a few seconds in each epoch:

    period = PER_EPOCH·epoch + k      of the newest epoch, which is 0 before the first; k < PER_EPOCH
    tag    = H[TOPUP](nk, period)     one for each owner in each period, and the ledger takes each once

An owner has one nk, and no top-up changes the owner.  To everybody else the tags of different periods are unrelated
random numbers.

Nothing else moves an account in breach and leaves it in breach.  Every other leg of a margined account survives an
initial grid in force, and so the newest maintenance grid (settlement.risk.coverage), or is the insurance's, which
guardians sign; and whoever ends in a cash account owes nothing any more.  """

from collections.abc import Iterator, Sequence

from settlement.bundles.bundle import MAX_EPOCH, MAX_PERIOD, Leg
from settlement.checks.state import Reader, State
from settlement.rejection import Rejected, Rejection

PER_EPOCH = 4
assert PER_EPOCH * MAX_EPOCH + PER_EPOCH - 1 == MAX_PERIOD, "every epoch has its periods"


def periods(reader: Reader) -> range:
    """The periods in which top-ups count now."""
    newest = reader.grids(1)
    first = PER_EPOCH * (newest[0].publication.epoch if newest else 0)
    return range(first, first + PER_EPOCH)


def counted(legs: Sequence[Leg]) -> Iterator[tuple[int, tuple[int, int]]]:
    """(number, (period, tag)) of each leg that is a top-up."""
    return ((number, (leg.public.period, leg.public.tag)) for number, leg in enumerate(legs) if leg.public.adds)


def check_periods(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when a top-up counts in a period of another epoch than the newest."""
    for number, (period, _) in counted(legs):
        if period not in periods(state.reader):
            of_epoch = f"a top-up of epoch {period // PER_EPOCH}"
            raise Rejected(Rejection.TOP_UP_STALE, f"leg {number} is {of_epoch}, which is not the newest")


def check_tags(state: State, legs: Sequence[Leg]) -> None:
    """Raises Rejected when an owner tops up twice in one period."""
    seen: set[tuple[int, int]] = set()
    for number, top_up in counted(legs):
        if top_up in seen or state.reader.is_topped_up(*top_up):
            raise Rejected(
                Rejection.TOP_UP_REPEATED, f"leg {number} is its owner's second top-up in period {top_up[0]}"
            )
        seen.add(top_up)
