"""The effects of a checked bundle: every row that it writes, computed before the first is written."""

from collections.abc import Sequence

from circuits.records import Position, Root
from settlement import events, merkle
from settlement.bundle import Leg, Move
from settlement.events import Event
from settlement.state import Checked, Settling
from settlement.storage.rows import BundleEntry, Output, SettledFlow


def entry(
    checked: Checked, now_ms: int, *, previous: Event, size: int, read: merkle.Read, settling: Settling
) -> BundleEntry:
    """The rows of a bundle after the event `previous`, in a tree of `size` leaves whose nodes `read` returns.

    Nullifiers and new accounts are the legs' and then the seizures'.
    """
    moves = checked.bundle.moves
    nodes = merkle.append(read, size, [move.commitment for move in moves])
    root, size_after = Root(nodes[merkle.ROOT]), size + len(moves)
    body = events.bundle_body(checked.bundle_id, checked.data, root, size_after)
    event = events.next_event(previous, events.BUNDLE, now_ms, body)
    return BundleEntry(
        event=event,
        bundle_id=checked.bundle_id,
        data=checked.data,
        root=root,
        size=size_after,
        nullifiers=tuple(move.nullifier for move in moves),
        outputs=_outputs(moves, size, event.height),
        nodes=nodes,
        flows=_flows(checked.bundle.legs, event.height),
        reserves=settling.reserves,
        accounts=settling.accounts,
    )


def _outputs(moves: Sequence[Move], size: int, height: int) -> tuple[Output, ...]:
    """What a seizure leaves has no ciphertext: its owner can derive the opening from the account that was seized."""
    return tuple(
        Output(Position(size + i), move.commitment, move.ciphertexts if isinstance(move, Leg) else (), height)
        for i, move in enumerate(moves)
    )


def _flows(legs: Sequence[Leg], height: int) -> tuple[SettledFlow, ...]:
    flows = [(place, leg.key, flow) for place, leg in enumerate(legs) for flow in leg.flows]
    return tuple(SettledFlow(height, number, *flow) for number, flow in enumerate(flows))
