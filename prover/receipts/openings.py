"""The opening of a leg: by how much it changed each balance of its account, and the blinding of its value commitment.

    value = Σ_i change_i·G_i + blinding·H                    (circuits.generators)

Nobody knows a relation between the bases, so a value has one opening only: what it says is what the leg did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from circuits import generators, records
from prover.trader.terms import CHANGE_LIMIT
from settlement.bundles.bundle import MAX_LEGS, Bundle, Flow
from zk.curves import babyjubjub
from zk.errors import FormatError, InvalidProof
from zk.formats import dataclassjson

Changes = tuple[int, ...]

_change = dataclassjson.decimal(1 - CHANGE_LIMIT, CHANGE_LIMIT)


@dataclass(frozen=True)
class Opening:
    """What the leg of this number changed, by asset index in smallest units, the fees that it paid among it."""

    leg: Annotated[int, dataclassjson.integer(0, MAX_LEGS - 1)]
    changes: Annotated[Changes, dataclassjson.array(_change, records.ASSETS, records.ASSETS)]
    blinding: Annotated[int, dataclassjson.decimal(0, babyjubjub.ORDER)]

    def __repr__(self) -> str:
        return "Opening"


def check(bundle: Bundle, opened: Sequence[Opening]) -> None:
    """Raises FormatError unless the legs ascend and the bundle has them, and InvalidProof for a false opening."""
    numbers = [each.leg for each in opened]
    if numbers != sorted(set(numbers)):
        raise FormatError("the openings are not in the order of their legs")
    if numbers and numbers[-1] >= len(bundle.legs):
        raise FormatError(f"the bundle has {len(bundle.legs)} legs, and leg {numbers[-1]} is opened")
    for each in opened:
        public = bundle.legs[each.leg].public
        if generators.commit(each.changes, each.blinding) != (public.value_x, public.value_y):
            raise InvalidProof(f"the opening of leg {each.leg} is not what the leg did")


def total(changes: Sequence[Changes]) -> Changes:
    """The sum of changes, by asset."""
    return tuple(map(sum, zip((0,) * records.ASSETS, *changes, strict=True)))


def flows(taken: Sequence[Flow]) -> Changes:
    """What these flows bring, by asset."""
    amounts = [0] * records.ASSETS
    for flow in taken:
        amounts[flow.asset] += flow.amount
    return tuple(amounts)
