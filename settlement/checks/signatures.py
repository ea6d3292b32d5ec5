"""The signatures of bundles, as claims that are checked at once: in one sum for all bundles of a block."""

from collections.abc import Callable, Sequence

from settlement.rejection import Rejected, Rejection
from zk import signature
from zk.signature import Claim

Signed = tuple[Claim, Rejection, str]
"""What is claimed of a signature, and the rejection and the reason when it is not valid."""

VerifySignatures = Callable[[Sequence[Signed]], None]
"""Checks signatures at once, or collects them for a later check."""


def verify(signed: Sequence[Signed]) -> None:
    """Raises Rejected for the first of these signatures that is not valid."""
    for refused in rejections(signed).values():
        raise refused


def rejections(signed: Sequence[Signed]) -> dict[int, Rejected]:
    """The rejections of the signatures that are not valid, by their indices, in order: one sum for all of them."""
    false = signature.verify_batch([claim for claim, _, _ in signed])
    return {index: Rejected(*signed[index][1:]) for index in false}
