"""What a checked bundle writes: every row, computed before the first is written."""

from collections.abc import Sequence

from settlement import custody, events, merkle
from settlement.bundle import Leg
from settlement.checks import Checked
from settlement.custody import Holdings
from settlement.events import Event
from settlement.storage.rows import BundleEntry, Output, SettledFlow


def entry(
    checked: Checked, now_ms: int, *, previous: Event, size: int, read: merkle.Read, holdings: Holdings
) -> BundleEntry:
    """The rows of a bundle that follows the event `previous`, in a tree of `size` leaves that `read` answers for."""
    legs = checked.bundle.legs
    nodes = merkle.append(read, size, [leg.public.commitment for leg in legs])
    root, size_after = nodes[merkle.ROOT], size + len(legs)
    body = events.bundle_body(checked.bundle_id, checked.data, root, size_after)
    event = events.following(previous, events.BUNDLE, now_ms, body)
    return BundleEntry(
        event=event,
        bundle_id=checked.bundle_id,
        data=checked.data,
        root=root,
        size=size_after,
        nullifiers=tuple(leg.public.nullifier for leg in legs),
        outputs=_outputs(legs, size, event.height),
        nodes=nodes,
        flows=_flows(legs, event.height),
        reserves=custody.reserves_after(holdings, legs),
    )


def _outputs(legs: Sequence[Leg], size: int, height: int) -> tuple[Output, ...]:
    return tuple(Output(size + i, leg.public.commitment, leg.ciphertexts, height) for i, leg in enumerate(legs))


def _flows(legs: Sequence[Leg], height: int) -> tuple[SettledFlow, ...]:
    return tuple(SettledFlow(height, number, leg.key, flow) for number, leg in enumerate(legs) for flow in leg.flows)
