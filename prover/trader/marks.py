"""What belongs to an order beside its terms: the set that it is one of, and what its maker's wallet notes about it."""

from dataclasses import dataclass
from typing import Annotated

from prover.trader import keys
from prover.trader.terms import ALONE
from zk.formats import dataclassjson

_OrderName = Annotated[str, dataclassjson.text("(?:[0-9a-f]{32}|[0-9a-f]{64})?", "an order's id, or none")]
_Group = Annotated[str, dataclassjson.text("(?:[0-9a-f]{32})?", "32 hexadecimal digits, or none")]
_Reader = Annotated[str, dataclassjson.text("[0-9a-z]{1,113}", "an address")]


@dataclass(frozen=True)
class Lot:
    """The set that an order is one of, and of how many; none by default.  Its readers see it."""

    group: bytes = ALONE
    lots: int = 1


NO_LOT = Lot()


@dataclass(frozen=True, repr=False)
class Mark(keys.Secret):
    """What the wallet notes of an own order, which nobody else learns.

    `readers` are the addresses that its terms are sealed to, `replaces` names the order in whose place it stands, and
    `alternatives` the set of orders on one account of which one settles at most.  An order that `is_kept` is good until
    it is cancelled: `order keep` places it anew before it expires (prover/trader/renewing.py).
    """

    placed_ms: Annotated[int, dataclassjson.integer(0, (1 << 63) - 1)] = 0
    readers: tuple[_Reader, ...] = ()
    replaces: _OrderName = ""
    alternatives: _Group = ""
    is_kept: bool = False


UNMARKED = Mark()
