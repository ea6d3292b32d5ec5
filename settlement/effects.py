"""The effects of a checked bundle: every row that it writes, computed before the first is written."""

from collections.abc import Sequence

from circuits.records import Position, Root
from settlement import events, merkle
from settlement.bundle import Leg
from settlement.checks import Checked
from settlement.custody import Reserves
from settlement.events import Event
from settlement.storage.rows import BundleEntry, Output, SettledFlow


def entry(
    checked: Checked, now_ms: int, *, previous: Event, size: int, read: merkle.Read, reserves: Reserves
) -> BundleEntry:
    """The rows of a bundle after the event `previous`, in a tree of `size` leaves whose nodes `read` returns.

    `reserves` are the reserves that the bundle's flows change, after the flows.
    """
    legs = checked.bundle.legs
    nodes = merkle.append(read, size, [leg.commitment for leg in legs])
    root, size_after = Root(nodes[merkle.ROOT]), size + len(legs)
    body = events.bundle_body(checked.bundle_id, checked.data, root, size_after)
    event = events.next_event(previous, events.BUNDLE, now_ms, body)
    return BundleEntry(
        event=event,
        bundle_id=checked.bundle_id,
        data=checked.data,
        root=root,
        size=size_after,
        nullifiers=tuple(leg.nullifier for leg in legs),
        outputs=_outputs(legs, size, event.height),
        nodes=nodes,
        flows=_flows(legs, event.height),
        reserves=reserves,
    )


def _outputs(legs: Sequence[Leg], size: int, height: int) -> tuple[Output, ...]:
    return tuple(
        Output(Position(size + i), leg.commitment, leg.ciphertexts, height) for i, leg in enumerate(legs)
    )


def _flows(legs: Sequence[Leg], height: int) -> tuple[SettledFlow, ...]:
    flows = [(place, leg.key, flow) for place, leg in enumerate(legs) for flow in leg.flows]
    return tuple(SettledFlow(height, number, *flow) for number, flow in enumerate(flows))
