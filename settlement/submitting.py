"""Settles bundles in blocks: one batch of proofs, one transaction, one receipt for each.

A bundle's id is the key of its receipt: a bundle that has settled is answered with the place that it has, whatever its
proofs and signatures are now, because it settles nothing.  So whoever got no answer sends the same bundle again.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from circuits.records import Position, Root
from settlement import stages
from settlement.block import MAX_LEGS, Block
from settlement.bundles import digests
from settlement.bundles.bundle import Bundle
from settlement.checks import bundlechecks, checks
from settlement.checks.state import Checked, VerifyProofs
from settlement.events import Event
from settlement.ids import BundleId
from settlement.ledger import Ledger
from settlement.rejection import Rejected
from settlement.storage.rows import Settled


@dataclass(frozen=True)
class Receipt:
    """The place of a settled bundle.  Not signed; informational only.

    When not `is_checkpointed`, the bundle settled and its checkpoint could not be marked: damage that loses the bundle
    again might go unnoticed until the next event settles.  `check_us` and `apply_us` say how long checking and applying
    its block took, and are 0 for a bundle that had settled before.
    """

    bundle_id: BundleId
    height: int
    positions: tuple[Position, ...]
    root: Root
    is_checkpointed: bool
    check_us: int = field(default=0, compare=False)
    apply_us: int = field(default=0, compare=False)


@dataclass(frozen=True)
class _Sent:
    """A bundle, its id, and the bytes it came in."""

    bundle: Bundle
    bundle_id: BundleId
    data: bytes


def settled(ledger: Ledger, bundle_id: BundleId) -> Receipt | None:
    """The receipt of a bundle that has settled, or None: how whoever got no answer learns what became of it."""
    return _receipt(bundle_id, ledger.reader.settled(bundle_id))


def _receipt(bundle_id: BundleId, place: Settled | None) -> Receipt | None:
    return None if place is None else Receipt(bundle_id, place.height, place.positions, place.root, True)


def submit_all(
    ledger: Ledger, data: Sequence[bytes], now_ms: int, verify_proofs: VerifyProofs = checks.verify_proofs
) -> list[Receipt | Rejected]:  # fmt: skip
    """Settles the bundles in these bytes, in blocks that are as large as they may be.

    Returns for each what engine.submit would return or raise if they came one after the other, except that a bundle is
    checked against the ledger before its block: it cannot spend what another of the same block pays in.

    Raises OSError and errors.Unavailable as engine.submit does; then some of the blocks may have settled.  Call
    Ledger.rest afterwards, unless there is more to settle.
    """
    start_ns, newest = time.perf_counter_ns(), ledger.reader.last_event()
    verify_proofs = ledger.verifying(verify_proofs)
    with stages.stage("decode"):
        decoded = checks.decode_bundles(data)
        sent = [_sent(*one) for one in zip(decoded, data, strict=True)]
    answers: list[Receipt | Rejected] = []
    for block in _blocks(sent):
        answers += _submit_block(ledger, newest, block, now_ms, verify_proofs, start_ns)
    return answers


def _sent(decoded: Bundle | Rejected, data: bytes) -> _Sent | Rejected:
    return decoded if isinstance(decoded, Rejected) else _Sent(decoded, digests.bundle_id(decoded), data)


def _blocks(sent: Sequence[_Sent | Rejected]) -> Iterator[list[_Sent | Rejected]]:
    """The bundles in the same order, in groups that have no more legs than a block may have."""
    block: list[_Sent | Rejected] = []
    legs = 0
    for one in sent:
        more = 0 if isinstance(one, Rejected) else len(one.bundle.moves)
        if block and legs + more > MAX_LEGS:
            yield block
            block, legs = [], 0
        block.append(one)
        legs += more
    yield block


def _submit_block(
    ledger: Ledger, newest: Event, block: Sequence[_Sent | Rejected], now_ms: int, verify_proofs: VerifyProofs,
    start_ns: int,
) -> list[Receipt | Rejected]:  # fmt: skip
    """The answers to the bundles of one block, in their order."""
    answers: dict[int, Receipt | Rejected] = {}
    fresh: dict[int, _Sent] = {}
    state = Block(ledger)  # asks once for what all of the bundles are checked against; apply_all asks again, locked
    state.foresee([(one.bundle, one.bundle_id) for one in block if isinstance(one, _Sent)])
    for number, one in enumerate(block):
        answer = one if isinstance(one, Rejected) else _receipt(one.bundle_id, state.settled(one.bundle_id))
        if answer is not None:
            answers[number] = answer
        elif isinstance(one, _Sent):
            fresh[number] = one
    check_start_ns = time.perf_counter_ns()
    bundles = [(one.bundle, one.data) for one in fresh.values()]
    passed = bundlechecks.check_all(state, newest, bundles, now_ms, verify_proofs)
    check_end_ns = time.perf_counter_ns()
    checked = [one for one in passed if isinstance(one, Checked)]
    applied = iter(ledger.apply_all(checked, now_ms, lambda: time.perf_counter_ns() - start_ns))
    end_ns = time.perf_counter_ns()
    took_us = (check_end_ns - check_start_ns) // 1000, (end_ns - check_end_ns) // 1000
    receipts: dict[BundleId, Receipt] = {}
    for (number, one), check in zip(fresh.items(), passed, strict=True):
        place = check if isinstance(check, Rejected) else next(applied)
        if not isinstance(place, Rejected):
            at = place.height, place.positions, place.root, place.is_checkpointed
            receipts[one.bundle_id] = Receipt(one.bundle_id, *at, *(took_us if place.is_new else ()))
        elif one.bundle_id not in receipts:
            answers[number] = place
            continue
        answers[number] = receipts[one.bundle_id]
    return [answers[number] for number in range(len(block))]
