"""The effects of a checked bundle: every row that it writes, computed before the first is written."""

from collections.abc import Sequence

from circuits.records import Commitment, Position, Root
from settlement import events, merkle
from settlement.bundles.bundle import Leg, Move
from settlement.checks import topups
from settlement.checks.state import Checked, Reader, Settling
from settlement.merkle import Append
from settlement.storage.rows import BundleEntry, Output, SettledFlow


def entry(
    reader: Reader, checked: Checked, settling: Settling, now_ms: int, append: Append = merkle.append
) -> BundleEntry:  # fmt: skip
    """The rows of a bundle after the newest event.  New accounts are the legs' and then the seizures'."""
    moves, size = checked.bundle.moves, reader.tree().size
    nodes = append(reader.node, size, [move.commitment for move in moves])
    root, size_after = Root(nodes[merkle.ROOT]), size + len(moves)
    body = events.bundle_body(checked.bundle_id, checked.data, root, size_after)
    appended = events.following(reader.last_event(), reader.log_node, events.BUNDLE, now_ms, body)
    height = appended.event.height
    return BundleEntry(
        appended=appended,
        bundle_id=checked.bundle_id,
        data=checked.data,
        root=root,
        size=size_after,
        nullifiers=tuple(move.nullifier for move in moves),
        top_ups=tuple(top_up for _, top_up in topups.counted(checked.bundle.legs)),
        outputs=_outputs(moves, size, height),
        nodes=nodes,
        flows=_flows(checked.bundle.legs, height),
        reserves=settling.reserves,
        accounts=settling.accounts,
        insurance=_insurance(checked.bundle.legs),
    )


def _insurance(legs: Sequence[Leg]) -> Commitment | None:
    """The insurance's account after the legs, or None when none of them moves it."""
    return next((leg.commitment for leg in reversed(legs) if leg.is_insurance), None)


def _outputs(moves: Sequence[Move], size: int, height: int) -> tuple[Output, ...]:
    """What a seizure leaves has no ciphertext: its owner can derive the opening from the account that was seized."""
    return tuple(
        Output(Position(size + i), move.commitment, move.ciphertexts if isinstance(move, Leg) else (), height)
        for i, move in enumerate(moves)
    )


def _flows(legs: Sequence[Leg], height: int) -> tuple[SettledFlow, ...]:
    flows = [(place, leg.key, flow) for place, leg in enumerate(legs) for flow in leg.flows]
    return tuple(SettledFlow(height, number, *flow) for number, flow in enumerate(flows))
